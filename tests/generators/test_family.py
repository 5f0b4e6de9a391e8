"""The contract itself, on the toy family."""

from dataclasses import replace

import pytest

from generators.family import Reject, check_request, from_params, generate, load, make_params, names, verify
from generators.malformed import Malformed
from pipeline.errors import FamilyError
from pipeline.problem import Outcome, Problem
from pipeline.split import split_of
from tests.generators.broken.toy import TOY, make


def toy(index: int = 0, **changes: object) -> Problem:
    arguments = {"level": 2, "seed": 1, "index": index, "family": TOY} | changes
    return generate("toy", **arguments)  # type: ignore[arg-type]


def test_names_are_found_by_folder() -> None:
    assert "text/math" in names() and list(names()) == sorted(names())
    assert all(len(name.split("/")) == 2 for name in names())


def test_unknown_family_names_the_nearest() -> None:
    with pytest.raises(FamilyError, match="did you mean 'text/math'"):
        load("text/maths")


def test_wording_never_changes_the_instance() -> None:
    plain, compact = toy(rendering="plain"), toy(rendering="compact")
    assert plain.params == compact.params and plain.uid != compact.uid
    assert plain.instance_hash == compact.instance_hash and plain.split == split_of(plain.instance_hash)


def test_neighbouring_seeds_and_indices_share_nothing() -> None:
    first = [toy(index, seed=1, level=12).uid for index in range(50)]
    assert not set(first) & {toy(index, seed=2, level=12).uid for index in range(50)}


def test_a_rendering_is_drawn_among_words_and_compact_only_by_name() -> None:
    assert {toy(index).rendering for index in range(40)} == {"plain", "story"}
    assert {toy(index, rendering="compact").rendering for index in range(40)} == {"compact"}


def test_a_rendering_is_drawn_among_those_named_whatever_their_order() -> None:
    drawn = [toy(index, rendering="compact,story").rendering for index in range(40)]
    assert drawn == [toy(index, rendering="story, compact").rendering for index in range(40)]
    assert set(drawn) == {"compact", "story"}
    assert [toy(i, rendering="compact,story").params for i in range(9)] == [toy(i).params for i in range(9)]


def test_origin_repeats_the_problem() -> None:
    problem = toy(7)
    assert problem.origin == '{"index":7,"level":2,"region":"","seed":1}'


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"level": 0}, "no level 0"),
        ({"level": 13}, "1 to 12"),
        ({"level": 1, "region": "north"}, "no region 'north'"),
        ({"level": 1, "rendering": "poem"}, "no rendering 'poem'"),
        ({"level": 1, "rendering": "plain,poem"}, "no rendering 'poem'"),
        ({"level": 1, "rendering": "plain,"}, "no rendering ''"),
        ({"level": 1, "rendering": ""}, "no rendering ''"),
    ],
)
def test_requests_beyond_the_family_are_refused(request_: dict[str, object], says: str) -> None:
    with pytest.raises(FamilyError, match=says):
        check_request("toy", family=TOY, **request_)  # type: ignore[arg-type]


def test_imported_family_generates_nothing() -> None:
    with pytest.raises(FamilyError, match="veriloop import"):
        generate("text/math", level=1, seed=0, index=0)


def test_rejects_are_counted_and_capped() -> None:
    def never(rng: object, level: int, region: str) -> None:
        raise Reject("too even")

    with pytest.raises(FamilyError, match=r"10000 draws rejected.*too even.*10000"):
        toy(family=replace(TOY, make=never))


def test_rejected_draws_are_drawn_again() -> None:
    def odd(rng, level, region):  # type: ignore[no-untyped-def]
        params = make(rng, level, region)
        if params["a"] % 2 == 0:
            raise Reject("even")
        return params

    assert all(toy(index, family=replace(TOY, make=odd)).params["a"] % 2 for index in range(20))


def test_params_alone_rebuild_the_problem() -> None:
    problem = toy(3)
    again = from_params("toy", problem.params, rendering=problem.rendering, origin=problem.origin, family=TOY)
    assert again == problem
    params, _ = make_params("toy", level=2, region=None, seed=1, index=3, rendering=None, family=TOY)
    assert params == problem.params


def test_versions_it_cannot_judge_raise() -> None:
    newer = replace(TOY, family_version=2)
    with pytest.raises(FamilyError, match="version 1 cannot be judged"):
        verify(toy(), "#1", family=newer)
    assert verify(toy(rendering="compact"), "#1", family=replace(newer, judges=(1,))).outcome is Outcome.WRONG


def test_our_exceptions_become_undecided_and_malformed_text_does_not() -> None:
    def bug(problem: Problem, reply: str) -> None:
        raise ZeroDivisionError("ours")

    def refuses(problem: Problem, reply: str) -> None:
        raise Malformed("theirs", "x")

    verdict = verify(toy(), "", family=replace(TOY, verify=bug))
    assert verdict.outcome is Outcome.UNDECIDED and "ZeroDivisionError: ours" in verdict.reason
    verdict = verify(toy(), "", family=replace(TOY, verify=refuses))
    assert (verdict.outcome, verdict.reason, verdict.extracted) == (Outcome.MALFORMED, "theirs", "x")
