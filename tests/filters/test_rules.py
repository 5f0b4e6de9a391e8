"""Each rule on rows made to be caught and rows made to pass."""

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.rules.guessable import cap
from filters.rules.near_duplicate import signature, similarity
from filters.words import ngrams, template, words
from pipeline.errors import ConfigError
from pipeline.rule_context import Reference, RuleContext
from pipeline.seeds import rng
from tests.filters.rows import curate, marks, problem

LAWFUL = RuleContext(check=lambda p: None)


def test_lawful_passes_lawful_rows_and_names_each_breach():
    good = problem(1, split="test")
    assert marks([good], "lawful", LAWFUL) == [""]
    assert marks([dataclasses.replace(good, uid="0" * 32)], "lawful", LAWFUL) == ["uid is not that of the content"]
    assert marks([dataclasses.replace(good, params={"i": 2})], "lawful", LAWFUL) == ["uid is not that of the content"]
    assert marks([dataclasses.replace(good, level=0)], "lawful", LAWFUL) == ["level below 1"]
    assert marks([good], "lawful", RuleContext(check=lambda p: "witness judged wrong")) == ["witness judged wrong"]
    with pytest.raises(ConfigError, match="check"):
        marks([good], "lawful")


def test_lawful_refuses_a_split_looser_than_the_instance():
    held = next(p for p in map(problem, range(500)) if p.split == "test")
    free = next(p for p in map(problem, range(500)) if p.split == "train")
    assert marks([dataclasses.replace(held, split="train")], "lawful", LAWFUL) == ["split looser than its instance's"]
    assert marks([dataclasses.replace(free, split="test")], "lawful", LAWFUL) == [""]


@pytest.mark.parametrize(
    ("fields", "options", "reason"),
    [
        ({"prompt": "x" * 10}, {"max_prompt_chars": 10}, ""),
        ({"prompt": "x" * 11}, {"max_prompt_chars": 10}, "prompt too long"),
        ({"prompt": "  "}, {}, "prompt too short"),
        ({"trace": "y" * 11}, {"max_trace_chars": 10}, "trace too long"),
        ({"trace": None}, {"max_trace_chars": 1}, ""),
        ({"answer": [1] * 50}, {"max_answer_chars": 50}, "answer too long"),
    ],
)
def test_length_limits(fields, options, reason):
    assert marks([problem(1, **fields)], "length", **options) == [reason]


def test_exact_duplicates_by_instance_keep_the_lowest_uid():
    same = [problem(i, canonical_form="same", prompt=f"Wording {i}") for i in range(4)]
    curated = curate([*same, problem(9)], [{"name": "exact_duplicate"}])
    assert {p.uid for p in curated.kept} == {min(p.uid for p in same), problem(9).uid}
    assert curated.dropped == {"exact_duplicate: same instance": 3}
    assert len(curate(same, [{"name": "exact_duplicate", "instance": False}]).kept) == 4


def test_exact_duplicates_by_prompt_ignore_case_form_and_spacing_only():
    prompts = ["How many?  Two", "how many?\ntwo", "Ｈow many? two", "how many two"]
    rows = [problem(i, prompt=prompt) for i, prompt in enumerate(prompts)]
    assert sorted(marks(rows, "exact_duplicate")) == ["", "", "same prompt", "same prompt"]
    assert marks(rows, "exact_duplicate", prompt=False) == [""] * 4


def test_a_row_written_twice_is_kept_once():
    assert sorted(marks([problem(1), problem(2), problem(1)], "exact_duplicate")) == ["", "", "same instance"]


def test_duplicates_joined_through_a_third_row_leave_one():
    chain = [
        problem(1, canonical_form="a", prompt="one"),
        problem(2, canonical_form="a", prompt="two"),
        problem(3, canonical_form="b", prompt="two"),
    ]
    assert [p.uid for p in curate(chain, [{"name": "exact_duplicate"}]).kept] == [min(p.uid for p in chain)]


def jaccard(one, other, n=5):
    first, second = set(ngrams(words(one), n)), set(ngrams(words(other), n))
    return len(first & second) / len(first | second)


def test_minhash_estimates_jaccard_without_bias():
    source, errors = rng("test", "minhash"), []
    for _ in range(60):
        text = [source.choice("abcdefghijklmnopqrstuvwxyz") + str(source.randrange(40)) for _ in range(80)]
        changed = [word if source.random() > 0.04 else "changed" + str(source.randrange(99)) for word in text]
        one, other = " ".join(text), " ".join(changed)
        errors.append(similarity(signature(one, 5), signature(other, 5)) - jaccard(one, other))
    assert abs(np.mean(errors)) < 0.02
    assert np.std(errors) < 0.06


STORY = (
    "Mia buys a red kite for twelve coins and then sells her old bicycle to a friend who pays her forty coins today "
)


def test_near_duplicates_fall_to_the_lowest_uid_in_listed_families_only():
    story = STORY + " ".join(f"and day {i} brings her {i * i} coins more" for i in range(12))
    texts = [story + " What does she have left?", story + " What has she got left?", "Quite another story " * 9]
    for family, expected in (("text/math", 1), ("seq/toy", 0)):
        rows = [problem(i, family=family, prompt=text) for i, text in enumerate(texts)]
        curated = curate(rows, [{"name": "near_duplicate"}])
        assert curated.dropped == ({"near_duplicate: near duplicate": 1} if expected else {})
        if expected:
            assert {p.uid for p in curated.kept} == {min(rows[0].uid, rows[1].uid), rows[2].uid}


def test_near_duplicate_threshold_is_a_similarity():
    pair = [
        problem(i, family="text/a", prompt=STORY + tail) for i, tail in enumerate(["", "and goes home to rest now"])
    ]
    alike = jaccard(pair[0].prompt, pair[1].prompt)
    assert 0.6 < alike < 0.9
    assert len(curate(pair, [{"name": "near_duplicate", "threshold": 0.97}]).kept) == 2
    assert len(curate(pair, [{"name": "near_duplicate", "threshold": 0.55}]).kept) == 1


def test_near_duplicates_share_runs_of_as_many_words_as_asked():
    words = STORY.split()
    every_fifth = " ".join(word if n % 5 else f"other{n}" for n, word in enumerate(words))
    pair = [problem(i, family="text/a", prompt=text) for i, text in enumerate([STORY, every_fifth])]
    for ngram, kept in ((1, 1), (5, 2)):
        asked = [{"name": "near_duplicate", "ngram": ngram, "threshold": 0.5, "max_share": 1}]
        assert len(curate(pair, asked).kept) == kept


def test_a_family_that_would_lose_too_much_raises_the_alarm():
    rows = [problem(i, family="text/a", prompt=STORY * 3 + f"Story {i}") for i in range(30)]
    with pytest.raises(ConfigError, match="29 of 30 rows of text/a"):
        curate(rows, [{"name": "near_duplicate"}])
    assert len(curate(rows, [{"name": "near_duplicate", "max_share": 1}]).kept) == 1


REFERENCE = (
    "A farmer has 17 sheep and buys 25 more at the market, then sells 9. How many sheep does the farmer have now?"
)
SHORT = "What is the sum of the first 100 primes?"


@pytest.mark.parametrize(
    ("prompt", "reason", "quoted"),
    [
        (REFERENCE.upper() + "!", "equals a reference", "a farmer has 17 sheep"),
        ("Yesterday: " + REFERENCE[:70] + " he waits.", "13 words of a reference", "a farmer has 17 sheep"),
        ("A farmer has 17 sheep and buys 25 more at the shop.", "8 words of a reference", "17 sheep and buys 25"),
        ("Please say: what is the sum of the first 100 primes, and explain every step you take in full",
         "8 words of a reference", "what is the sum of the first 100"),
        (REFERENCE.replace("17", "170").replace("25", "3").replace(" 9", " 12.5"),
         "template of a reference", "farmer has 0"),
        ("A farmer keeps 17 sheep on the hill and 25 goats by the river; how many animals are there in all?", "", ""),
        ("What is 3 + 4?", "", ""),
        ("What is the value of 1 + 20 - 3 + 4?", "", ""),
    ],
)  # fmt: skip
def test_contamination_quotes_what_matches(prompt, reason, quoted):
    context = RuleContext(references=[REFERENCE, SHORT, "What is 5 + 6?", "What is the value of 9 + 8 - 7 + 6?"])
    (decision,) = curate([problem(1, prompt=prompt, split="train")], [{"name": "contamination"}], context).decisions
    assert decision.reason == reason
    assert quoted in decision.detail


def test_contamination_leaves_the_test_split_and_templates_can_be_allowed():
    context = RuleContext(references=[REFERENCE])
    assert marks([problem(1, prompt=REFERENCE, split="test")], "contamination", context) == [""]
    changed = " ".join(w.replace("sheep", "cows") for w in SHORT.split()).replace("100", "7")
    rows = [problem(1, prompt=changed, split="train")]
    assert marks(rows, "contamination", RuleContext(references=[SHORT])) == ["template of a reference"]
    assert marks(rows, "contamination", RuleContext(references=[SHORT]), templates=False) == [""]


def test_contamination_without_references_is_refused():
    with pytest.raises(ConfigError, match="no texts to compare with"):
        marks([problem(1, split="train")], "contamination")


def test_words_and_templates():
    assert words("Ａnn's  cat — 3.5 km!") == ["ann", "s", "cat", "3", "5", "km"]
    assert template("Pay 1,250.50 for 3 cats") == template("pay 7 for 12 cats") == "pay 0 for 0 cats"
    assert ngrams(["a", "b", "c"], 2) == ["a b", "b c"]
    assert (ngrams(["a"], 2), ngrams([], 2)) == (["a"], [])


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.sampled_from([0.1, 0.25, 0.5, 0.8, 1.0]))
def test_cap_is_the_largest_lawful_one_by_exhaustion(counts, share):
    lawful = [c for c in range(max(counts) + 1) if c <= share * sum(min(count, c) for count in counts)]
    assert cap(counts, share) == max(lawful)


def test_guessable_trims_the_common_answer_to_its_share():
    rows = [problem(i, answer=0 if i < 70 else i) for i in range(100)]
    curated = curate(rows, [{"name": "guessable"}])
    answers = Counter(p.answer for p in curated.kept)
    assert (answers[0], len(curated.kept)) == (30, 60)
    kept = {p.uid for p in curated.kept if p.answer == 0}
    assert kept == set(sorted(p.uid for p in rows if p.answer == 0)[:30])
    assert "70% of its cell" in next(d.detail for d in curated.decisions if d.action == "drop")


def test_guessable_judges_cells_and_only_large_ones():
    small = [problem(i, answer=0) for i in range(19)]
    assert curate(small, [{"name": "guessable"}]).dropped == {}
    even = [problem(i, answer=i % 2, level=2) for i in range(40)]
    constant = [problem(i, answer=0, level=3, region="r") for i in range(100, 120)]
    curated = curate([*small, *even, *constant], [{"name": "guessable"}])
    assert {(p.level, p.region) for p in curated.kept} == {(1, ""), (2, "")}
    assert curated.dropped == {"guessable: answer too common": 20}


def test_contamination_names_the_reference_and_compares_the_question_alone():
    ask = "\n\nReason step by step, then put the final answer in \\boxed{}."
    named = RuleContext(references=[Reference("bench 12ab34cd", REFERENCE + ask), SHORT + ask])
    rows = [
        problem(i, family="text/math", params={"question": question}, prompt=question + ask, split="train")
        for i, question in enumerate([REFERENCE, SHORT, "How many sheep are seven sheep and six more?"])
    ]
    told = [decision.told for decision in curate(rows, [{"name": "contamination"}], named).decisions]
    assert told[0].startswith("equals a reference: bench 12ab34cd: a farmer has 17 sheep")
    assert told[1].startswith("equals a reference: reference 2: what is the sum")
    assert told[2] == ""


def test_rules_of_duplicates_compare_questions_whatever_is_asked_for_around_them():
    one, other = ("What is 3 + 4?", "what is 3+4")
    rows = [
        problem(1, family="text/math", params={"question": one}, prompt=f"{one} Box it."),
        problem(2, family="text/chat", params={"question": other}, prompt=f"{other} Say it."),
    ]
    assert sorted(marks(rows, "exact_duplicate")) == ["", "same prompt"]
    story = STORY + " ".join(f"and day {i} brings her {i * i} coins more" for i in range(12))
    asked = [story + " What does she have left?", "Quite another story " * 9]
    long = "Now write a careful plan before you start and check every line of it when you are done. " * 9
    rows = [problem(i, family="text/math", params={"question": q}, prompt=q + long) for i, q in enumerate(asked)]
    assert marks(rows, "near_duplicate") == ["", ""]


def test_of_duplicates_in_two_splits_the_stricter_stays():
    rows = [problem(i, canonical_form="same", split=split) for i, split in enumerate(["train", "test", "probe"] * 2)]
    kept = curate(rows, [{"name": "exact_duplicate"}]).kept
    assert [p.uid for p in kept] == [min(p.uid for p in rows if p.split == "test")]


def test_held_out_instances_stay_in_test_alone():
    rows = [problem(i, canonical_form="same", split=split) for i, split in enumerate(["train", "probe", "test"])]
    context = RuleContext(held_out={rows[0].instance_hash: "bench 12ab34cd"})
    decisions = curate([*rows, problem(9)], [{"name": "held_out"}], context).decisions
    assert [decision.told for decision in decisions] == ["held out: in test of bench 12ab34cd"] * 2 + ["", ""]
    assert marks(rows, "held_out") == ["", "", ""]


def test_every_row_of_a_question_with_two_answers_is_a_conflict():
    answers = ["84", "84.0", "85", "84", [8, 5]]
    rows = [problem(i, family="text/math", canonical_form="same", answer=answer) for i, answer in enumerate(answers)]
    same = RuleContext(agrees=lambda p, other: {p.answer, other} == {"84", "84.0"} if isinstance(other, str) else False)
    agreeing = RuleContext(agrees=lambda p, other: True)
    told = [decision.told for decision in curate(rows[:4], [{"name": "conflict"}], same).decisions]
    assert told == [f"two answers to one question: {both}" for both in
                    ("84 and 85", "84.0 and 85", "84 and 85", "84 and 85")]  # fmt: skip
    assert marks(rows[:2], "conflict", same) == ["", ""]
    assert marks(rows, "conflict", agreeing) == [""] * 5
    assert marks([rows[0], rows[3]], "conflict") == ["", ""]
    proven = [problem(i, canonical_form="same", answer=i) for i in range(2)]
    assert marks(proven, "conflict") == ["", ""]
    with pytest.raises(ConfigError, match="got no comparison"):
        marks(rows, "conflict")
