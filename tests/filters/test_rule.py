"""The runner's laws, for every rule found by folder."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filters.rule import decide, decisions_table, load, names, resolve, versions_of
from pipeline.errors import ConfigError
from pipeline.problem import PROBLEM_SCHEMA, to_table
from pipeline.rule_context import RuleContext
from pipeline.store.ledger import TABLES
from tests.filters.rows import curate, problem

CONTEXT = RuleContext(
    check=lambda p: "witness judged wrong" if p.answer == 13 else None,
    references=("Ann has 3 apples and Bob has 4 pears , how many fruits do the two of them have together ?",),
    agrees=lambda p, other: p.answer % 7 == other % 7,
)
TEXTS = [
    "Ann has 3 apples and Bob has 4 pears, how many fruits do the two of them have together?",
    "Short one",
    "a b c",
]
ALL = [{"name": name} for name in names()]

rows = st.lists(
    st.builds(
        lambda i, form, text, answer, split: problem(
            i, canonical_form=form, prompt=TEXTS[text] if text < 3 else f"Task {text}", answer=answer,
            family="text/toy" if i % 2 else "seq/toy", split=split,
        ),
        st.integers(0, 30), st.integers(0, 12), st.integers(0, 9), st.sampled_from([7, 7, 13, 21]),
        st.sampled_from(["train", "test"]),
    ),
    max_size=45,
)  # fmt: skip


def by_uid(problems, shards, rules=ALL):
    tables = [to_table(problems[start:end]) for start, end in shards]
    decided = decide(tables, resolve(rules), CONTEXT)
    return sorted((d.uid, d.action, d.rule, d.reason) for part in decided for d in part)


@settings(max_examples=25, deadline=None)
@given(rows, st.randoms(use_true_random=False), st.integers(1, 20))
def test_every_rule_is_independent_of_order_and_sharding(problems, random, size):
    # a uid is one content: rows that share it and differ do not occur
    problems = list({p.uid: p for p in problems}.values())
    shuffled = random.sample(problems, len(problems))
    whole = by_uid(problems, [(0, len(problems))])
    parts = [(start, start + size) for start in range(0, len(shuffled), size)]
    assert by_uid(shuffled, parts) == whole
    for rule in ALL:
        assert by_uid(shuffled, parts, [rule]) == by_uid(problems, [(0, len(problems))], [rule])


@settings(max_examples=30, deadline=None)
@given(rows)
def test_rows_in_are_rows_kept_and_dropped(problems):
    curated = curate(problems, ALL, CONTEXT)
    assert [d.uid for d in curated.decisions] == [p.uid for p in problems]
    keeps = [p for p, d in zip(problems, curated.decisions, strict=True) if d.action == "keep"]
    assert curated.kept == keeps
    assert len(problems) == len(curated.kept) + sum(curated.dropped.values())
    assert all((d.rule == "") == (d.action == "keep") for d in curated.decisions)
    again = curate(curated.kept, [{"name": "lawful"}, {"name": "exact_duplicate"}], CONTEXT)
    assert again.kept == curated.kept


def test_all_reasons_are_kept_and_the_first_decides():
    bad = problem(1, answer=13, prompt="x" * 50)
    rules = [{"name": "length", "max_prompt_chars": 40}, {"name": "lawful"}]
    for order in (rules, rules[::-1]):
        (decision,) = curate([bad], order, CONTEXT).decisions
        marks = json.loads(decision.detail)
        assert [rule for rule, _ in marks] == [rule["name"] for rule in order]
        assert decision.rule == order[0]["name"]
    assert decision.reason == "witness judged wrong"


def test_a_dataset_rule_sees_only_what_earlier_rules_kept():
    """The duplicate of a dropped row stays: otherwise both would be lost."""
    pair = sorted((problem(i, canonical_form="same", prompt=f"Task {i}") for i in range(2)), key=lambda p: p.uid)
    unlawful = RuleContext(check=lambda p: "witness judged wrong" if p.uid == pair[0].uid else None)
    curated = curate(pair, [{"name": "lawful"}, {"name": "exact_duplicate"}], unlawful)
    assert curated.kept == [pair[1]]


def test_decisions_fit_the_ledger():
    table = decisions_table(curate([problem(1), problem(2, answer=13)], ALL, CONTEXT).decisions)
    assert set(table.column_names) <= set(TABLES["decisions"].names)
    assert table.schema.field("reason").type == TABLES["decisions"].field("reason").type
    assert table["action"].to_pylist() == ["keep", "drop"]


def test_nothing_in_nothing_out():
    assert curate([], ALL, CONTEXT).decisions == []
    assert decide([], resolve(ALL), CONTEXT) == []
    assert decide([PROBLEM_SCHEMA.empty_table()] * 2, resolve(ALL), CONTEXT) == [[], []]


def test_versions_describe_and_rebuild_the_rules():
    rules = resolve([{"name": "length", "max_prompt_chars": 99}, {"name": "near_duplicate"}])
    told = versions_of(rules)
    assert (told[0]["name"], told[0]["max_prompt_chars"], told[0]["version"]) == ("length", 99, 1)
    assert json.loads(json.dumps(told)) == told
    assert resolve([{k: v for k, v in rule.items() if k != "version"} for rule in told]) == rules


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "lenght"}, "did you mean 'length'"),
        ({"name": "length", "max_prompt": 3}, "did you mean 'max_prompt_chars'"),
        ({"name": "length", "max_prompt_chars": 0}, "max_prompt_chars = 0"),
        ({"max_prompt_chars": 3}, "has no name"),
    ],
)
def test_bad_options_are_named(options, message):
    with pytest.raises(ConfigError, match=message):
        resolve([options])


@pytest.mark.parametrize("name", names())
def test_every_rule_explains_itself(name):
    rule = load(name)
    assert rule.version >= 1
    assert rule.config.model_config["frozen"]
    assert rule.config.model_config["extra"] == "forbid"
    rule.config()
