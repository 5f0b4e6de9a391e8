"""Problem, Certificate, Verdict: identities, laws and the row that says everything."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.problem import (
    PROBLEM_SCHEMA,
    Certificate,
    Outcome,
    Verdict,
    correct,
    from_row,
    from_table,
    instance_hash,
    make_problem,
    malformed,
    problem_uid,
    row_hash,
    to_row,
    to_table,
    undecided,
    wrong,
)
from pipeline.split import split_of
from tests.pipeline.examples import addition, additions

CERTIFICATE = Certificate("optimal", "solver", optima=2, optima_kind="count", value=7, bound=7, baseline=9, solver="x")
text = st.text(st.characters(codec="utf-8"), max_size=8)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


def test_uid_is_content_and_ignores_seed_index_and_wording() -> None:
    base = addition(3)
    same = [
        addition(3, origin='{"seed":9}'),
        addition(3, prompt="3+1 makes?"),
        addition(3, trace="4"),
        addition(3, level=1),
    ]
    assert {problem.uid for problem in same} == {base.uid}
    different = [addition(4), addition(3, rendering="story"), addition(3, family_version=2), addition(3, family="a/b")]
    assert len({problem.uid for problem in [base, *different]}) == 5
    assert base.uid == problem_uid("arith/add", 1, {"b": 1, "a": 3}, "plain")


def test_instance_hash_ignores_version_rendering_and_labels() -> None:
    base = addition(3)
    swapped = addition(3, params={"a": 1, "b": 3})  # the same sum, written the other way round
    for same in (addition(3, family_version=2), addition(3, rendering="story"), swapped):
        assert same.instance_hash == base.instance_hash
        assert same.split == base.split == split_of(base.instance_hash)
    assert swapped.uid != base.uid
    assert addition(4).instance_hash != base.instance_hash
    assert instance_hash("a/b", [1, 3]) != instance_hash("a/c", [1, 3])


def test_a_stricter_split_may_be_given_and_an_answer_must_be() -> None:
    assert addition(3, split="test").split == "test"
    with pytest.raises(ValueError, match="answer is None"):
        addition(3, answer=None)


@settings(deadline=None)  # the first example pays for imports
@given(params=plain, answer=plain.filter(lambda value: value is not None), trace=st.none() | text)
def test_every_problem_survives_its_row_and_the_row_survives_json(
    params: object, answer: object, trace: object
) -> None:
    problem = addition(
        1, params=params, answer=answer, trace=trace, certificate=CERTIFICATE, parents=("p",), concepts=()
    )
    row = json.loads(json.dumps(to_row(problem)))
    assert from_row(row) == problem
    assert from_table(to_table([problem])) == [problem]
    assert row_hash(from_row(row)) == row_hash(problem)


def test_row_hash_sees_every_column() -> None:
    base = addition(1)
    changes = {
        "uid": "0" * 32, "instance_hash": "1" * 32, "family": "x/y", "family_version": 2, "level": 9, "region": "r",
        "rendering": "json", "params": {"a": 0}, "prompt": "?", "answer_format": "hash", "answer": 0,
        "certificate": CERTIFICATE, "trace": "t", "split": "none", "parents": ("p",), "concepts": ("c",),
        "origin": "o", "license": "MIT",
    }  # fmt: skip
    assert set(changes) == set(PROBLEM_SCHEMA.names)
    assert len({row_hash(base), *(row_hash(replace(base, **{k: v})) for k, v in changes.items())}) == len(changes) + 1


def test_tables_have_the_schema_even_when_empty() -> None:
    assert to_table([]).schema.equals(PROBLEM_SCHEMA)
    assert to_table(additions(3)).schema.equals(PROBLEM_SCHEMA)


@pytest.mark.parametrize(
    "damage",
    [{"params": "{"}, {"certificate": '{"status": "exact"}'}, {"certificate": "[]"}, {"answer": None}, {"uid": ...}],
)
def test_a_damaged_row_is_one_clear_error(damage: dict[str, object]) -> None:
    row = {**to_row(addition(1)), **damage}
    row = {key: value for key, value in row.items() if value is not ...}
    with pytest.raises(StoreError, match="is no problem"):
        from_row(row)


def test_certificate_laws() -> None:
    with pytest.raises(ValueError, match="optimal means value = bound"):
        replace(CERTIFICATE, bound=6)
    for status in ("exact", "optimal"):
        with pytest.raises(ValueError, match="consensus is not a proof"):
            Certificate(status, "consensus")  # type: ignore[arg-type]
    for optima, kind in ((None, "count"), (3, "unknown"), (None, "at_least")):
        with pytest.raises(ValueError, match="disagree"):
            Certificate("exact", "enumeration", optima=optima, optima_kind=kind)  # type: ignore[arg-type]
    assert Certificate(**CERTIFICATE.to_json()) == CERTIFICATE
    assert Certificate("bounded", "consensus").status == "bounded"


def test_a_verdict_is_no_boolean() -> None:
    for verdict in (correct("1"), wrong("no"), malformed("none"), undecided("bug")):
        with pytest.raises(TypeError, match=r"compare verdict\.outcome"):
            bool(verdict)
        with pytest.raises(TypeError):
            assert not verdict


def test_verdict_laws() -> None:
    assert (correct("1").outcome, correct("1").feasible, correct("1").quality) == (Outcome.CORRECT, True, 1.0)
    suboptimal = wrong("suboptimal", "5", feasible=True, quality=0.8)
    assert (suboptimal.outcome, suboptimal.feasible, suboptimal.quality) == (Outcome.WRONG, True, 0.8)
    assert malformed("none").quality == undecided("bug").quality == 0.0
    for quality in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="outside"):
            wrong("x", quality=quality)
    with pytest.raises(ValueError, match="feasible"):
        Verdict(Outcome.CORRECT, feasible=False, quality=1.0)


def test_fields_of_make_problem_are_all_asked_for() -> None:
    with pytest.raises(TypeError, match="missing"):
        make_problem(family="a/b", family_version=1, params={}, rendering="plain", canonical_form={})
