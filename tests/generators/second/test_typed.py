"""Second opinions on typed answers: a table of right, wrong and unjudged replies per type, and round trips."""

import ast
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import generators
from generators.answers.comparers import COMPARERS
from generators.family import from_params
from generators.second.opinion import opinion, question
from generators.second.typed import JUDGES, MAX_CHARS, most_chars, refuses, type_of

SETS = {"declared": {"choices": ["Paris", "Rome", "Oslo"]}}
TABLE = {
    "date": ("2024-03-05", ("March 5, 2024", "5 March 2024", "the 5th of March, 2024", "Tuesday, Mar. 5 2024",
        "2024/3/5"),
             ("2024-03-06", "April 5, 2024", "March 6", "5/13/2024"),
             ("03/05/2024", "Monday, March 5, 2024", "March 5", "March 2024", "spring", "3/5", "February 30, 2024")),
    "time": ("1:30 pm", ("13:30", "1:30 p.m.", "\\text{1:30 PM}", "1:30:00 pm"), ("1:31 pm", "1:30 am", "14:30",
        "noon"),
             ("1:30", "half past one", "25:00", "1:3 pm")),
    "duration": ("1 h 30 min", ("90 minutes", "1.5 hours", "5400 s", "1:30:00"), ("91 min", "2 hours", "1 h 30 s"),
                 ("1:30", "90", "an hour and a half", "30 min 1 h", "1.49 h")),
    "quantity": ("5 km", ("5000 m", "5\\text{ km}", "5.0 kilometers", "500{,}000 cm".replace("{,}", ",")),
                 ("6 km", "5 m", "5 kg", "5 km/h", "5 km^2"), ("5", "five km", "3.11 miles", "5 parsecs",
                 "5 km or 6 km")),
    "percent": ("25%", ("25\\%", "25 percent", "25", "25.0%"), ("26%", "30", "0.3", "250%"), ("0.25", "a quarter",
        "25.1%")),
    "choice": ("B", ("(B)", "B.", "\\text{(B)}", "b)", "(B) the second"), ("A", "(C)", "D) none", "C."),
               ("A or B", "not B", "(B) or (C)", "the second", "b", "BC")),
    "boolean": ("True", ("yes", "**Yes.**", "\\text{true}", "TRUE"), ("no", "False"), ("1", "yes and no",
        "not false", "maybe")),
    "word": ("ellipse", ("\\text{ellipse}", "ELLIPSE", "An ellipse."), ("circle", "a straight line"),
             ("ellipsoid", "an elongated ellipse", "circle or oval", "7", "le pile s")),
    "sequence": ("[1, 2.5, 1/2]", ("1, 2.5, 0.5", "(1, 5/2, 0.50)", "[1.0,2.5,\\frac{1}{2}]"),
                 ("[1, 2.5]", "2.5, 1, 1/2", "1, 3, 0.5"), ("{1, 2.5, 0.5}", "[1, 2.5, x]", "[1, 2.51, 0.5]",
                 "1 2.5 0.5", "[1,[2.5,1/2]")),
    "tuple": ("(3, red)", ("(3, red)", "3, red", "[3, \"red\"]"), ("(4, red)", "(red, 3, 3)", "(3, blue)"),
              ("(3, reddish)", "3, Red", "3; red", "(3, f(red))")),
    "set": ("{1, 2, 3}", ("3, 2, 1", "\\{2, 1, 3\\}", "[1,3,2]"), ("{1, 2}", "{1, 2, 4}", "1, 2, 3, 4"),
            ("(1, 2, 3)", "{1, 2, 2, 3}", "{1, 2, 3.01}", "1 and 2 and 3")),
    "multiset": ("[1, 1, 2]", ("1, 2, 1", "{2, 1, 1}"), ("1, 2", "1, 2, 2"), ("(1, 1, 2)", "1 1 2")),
    "mapping": ('{"a": 1, "b": 2.5}', ("{'b': 5/2, 'a': 1}", "a: 1, b: 2.5", "{a: 1.0, b: 2.5}"),
                ("{'a': 1}", "{'a': 2, 'b': 2.5}", "{'a': 1, 'b': 2.5, 'c': 0}", "{'a': 1, 'c': 2.5}"),
                ("{'a': 1, 'a': 1, 'b': 2.5}", "{A: 1, B: 2.5}", "a = 1, b = 2.5", "{'a': 1, 'b': two}",
                "{**{}, 'a': 1}")),
    "grid": ("[[1, 2], [3, 4]]", ("[[1,2],[3,4]]", "((1, 2), (3, 4))", "1 2\n3 4",
        "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}"),
             ("[[1, 2], [4, 3]]", "[[1, 2]]", "1 2 3\n4 5 6", "[[1, 3], [2, 4]]"), ("[1, 2, 3, 4]", "[[1, 2], [3]]",
             "12\n34 5")),
    "matrix": ("\\begin{pmatrix}1&\\frac{1}{2}\\\\3&4\\end{pmatrix}", ("[[1, 0.5], [3, 4]]",),
        ("[[1, 0.5], [3, 5]]",),
               ("\\begin{vmatrix}1&1/2\\\\3&4\\end{vmatrix}", "[[1, 0.503], [3, 4]]")),
}  # fmt: skip
"""Per type: a gold, the same otherwise written, others, and what nobody can be sure of."""
ROWS = [
    (type_, right, gold, reply)
    for type_, (gold, *groups) in TABLE.items()
    for right, replies in zip((True, False, None), groups, strict=True)
    for reply in replies
]


def asked(type_, gold, reply, declared=None, place="tag"):
    params = {"question": "What?", "answer": gold, "source": "test"}
    params |= {"type": type_} if type_ else {}
    params |= {"declared": declared} if declared else {}
    problem = from_params("text/math", params, rendering="plain")
    return opinion(question(problem, f"So <answer>{reply}</answer>" if place == "tag" else reply))


@pytest.mark.parametrize(("type_", "right", "gold", "reply"), ROWS)
def test_every_type_has_replies_that_are_right_wrong_and_not_judged(type_, right, gold, reply):
    found = asked(type_, gold, reply)
    assert found.right is right, found
    assert found.judge == JUDGES[type_].name


def test_every_type_of_the_table_is_one_of_the_comparers_and_the_rest_is_known():
    assert set(JUDGES) <= set(COMPARERS) and set(TABLE) == set(JUDGES) - {"integer", "rational", "decimal"}
    assert set(COMPARERS) - set(JUDGES) == {"interval", "polynomial", "relation", "expression"}


@pytest.mark.parametrize("type_", TABLE)
def test_no_answer_in_its_place_is_wrong_and_two_answers_are_not_judged(type_):
    gold = TABLE[type_][0]
    assert asked(type_, gold, "nothing here", place="").right is False
    assert asked(type_, gold, f"<answer>{gold}</answer> or <answer>x</answer>", place="").right is None
    assert asked(type_, gold, f"<answer>{gold}", place="").right is None
    assert asked(type_, gold, "x" * (most_chars(type_) + 1)).right is None and most_chars(type_) >= MAX_CHARS


DECLARED = [
    ("date", "2024-03-05", "03/05/2024", {"first": "month"}, True), ("date", "2024-03-05", "05/03/2024",
    {"first": "month"}, False),
    ("date", "2024-03-05", "05/03/2024", {"first": "day"}, True), ("date", "2024-03-05", "03/05/2024",
    {"first": "day"}, False),
    ("quantity", "5 km", "5", {"unit": "required"}, False), ("quantity", "5 km", "5 m", {"unit": "ignored"}, True),
    ("quantity", "5 km", "5", {"unit": "ignored"}, True), ("quantity", "5 km", "6 km", {"unit": "ignored"}, False),
    ("quantity", "5 km", "5040 m", {"tolerance": "0.05"}, True), ("quantity", "5 km", "5.06 km",
    {"tolerance": "0.05"}, False),
    ("quantity", "5 km", "5.06 km", {"tolerance": "2%"}, True), ("quantity", "5 km", "5.06 km", {"digits": 2}, None),
    ("decimal", "3.14", "3.15", {"tolerance": "0.01"}, True), ("decimal", "3.14", "3.151", {"tolerance": "0.01"},
    False),
    ("integer", "100", "101", {"tolerance": "1%"}, True), ("integer", "100", "102", {"tolerance": "1%"}, False),
    (None, "100", "99", {"tolerance": "1%"}, True), (None, "100", "one hundred", {"tolerance": "1%"}, None),
    ("choice", "B", "Rome", SETS["declared"], True), ("choice", "B", "oslo", SETS["declared"], False),
    ("choice", "Rome", "(B)", SETS["declared"], True), (None, "Rome", "A. Paris", SETS["declared"], False),
    ("choice", "B", "B. Paris", SETS["declared"], None), ("choice", "B", "E", SETS["declared"], None),
    ("sequence", "[1, 2, 3]", "3, 2, 1", {"order": "any"}, True), ("sequence", "[1, 2, 3]", "3, 2, 2",
    {"order": "any"}, False),
    ("sequence", "[1, 2, 3]", "3, 2, 1", {"symmetry": "reversal"}, True),
    ("sequence", "[1, 2, 3]", "2, 3, 1", {"symmetry": "reversal"}, False),
    ("sequence", "[1, 2, 3]", "2, 3, 1", {"symmetry": "rotation"}, True),
    ("sequence", "[1, 2, 3]", "3, 2, 1", {"symmetry": "rotation"}, False),
    ("sequence", "[1, 2, 3]", "2, 1, 3", {"symmetry": "dihedral"}, True),
    ("sequence", "[1, 2, 3, 4]", "1, 3, 2, 4", {"symmetry": "dihedral"}, False),
    ("sequence", "[1, 2]", "1.01, 2", {"tolerance": "0.01"}, True), ("sequence", "[1, 2]", "1.02, 2",
    {"tolerance": "0.01"}, False),
    (None, "1, 2, 3", "3, 2, 1", {"order": "any"}, True), (None, "1, 2, 3", "3, 2, 1", {"order": "given"}, False),
    ("mapping", '{"a": 1}', "a: 1.5", {"tolerance": "50%"}, True), ("grid", "[[1, 2]]", "[[1, 3]]",
    {"tolerance": "1"}, True),
    ("set", "{1, 2}", "{1, 2}", {"tolerance": "1"}, None), ("sequence", "[1, 2]", "[2, 1]", {"order": "any",
    "tolerance": "1"}, None),
    ("duration", "2 hours", "2 h", {"digits": 1}, None), ("expression", "x", "x", {"tolerance": "1"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "gold", "reply", "declared", "right"), DECLARED)
def test_a_declaration_is_honoured_exactly_or_the_problem_is_not_judged(type_, gold, reply, declared, right):
    found = asked(type_, gold, reply, declared)
    assert found.right is right, found


def test_the_table_of_the_docs_is_the_table_of_the_judges():
    text = (Path(generators.__file__).parent.parent / "docs" / "noise.md").read_text()
    rows = [
        line.strip()[1:-1].split("|") for line in text.split("| answer type |")[1].split("\n\n")[0].splitlines()[2:]
    ]
    told = {name: cells[-1].split(",") for cells in rows for name in cells[0].split(" with ")[0].strip().split(", ")}
    honours = {name: tuple(word.strip() for word in words if word.strip()) for name, words in told.items()}
    assert honours == {name: judge.honours for name, judge in JUDGES.items()}


UNSTATED = [
    (True, "boolean"), ({"a": 1}, "mapping"), ([[1, 2], [3, 4]], "grid"), ([1, [2]], "sequence"), ("yes",
    "boolean"), ("C", "choice"),
    ("25\\%", "percent"), ("12:30", "time"), ("3 pm", "time"), ('{"a": 1}', "mapping"), ("[[1,2],[3,4]]", "grid"),
    ("\\{1, 2\\}", "set"), ("\\text{ellipse}", "word"), ("2024-03-05", "date"), ("March 5, 2024", "date"),
    ("9.8 m/s^2", "quantity"),
    ("7", None), ("x^2+1", None), ("1, 2, 3", None), ("(1, 2)", None), ("\\{x : x > 1\\}", None), ("x", None),
    ("5x", None),
    ("2\\pi", None), ("", None), ("03/04/2025", None), (7, None), (0.5, None), ("\\sqrt{2}", None), ("f(x)", None),
]  # fmt: skip


@pytest.mark.parametrize(("gold", "type_"), UNSTATED)
def test_a_type_that_is_not_stated_is_seen_in_the_gold_where_it_can_be_one_alone(gold, type_):
    assert type_of(gold, None, {}) == type_


def test_what_is_not_stated_is_judged_with_more_care():
    assert asked(None, [1, 2, 3], "3, 2, 1").right is None and asked("sequence", [1, 2, 3], "3, 2, 1").right is False
    assert asked(None, "25%", "25").right is None and asked("percent", "25%", "25").right is True
    assert asked(None, "12:30", "6:15").right is None and asked("time", "12:30", "6:15").right is False
    assert asked("percent", "25", "25%").right is True and asked("percent", "25", "0.25").right is None


scalars = st.integers(-(10**6), 10**6) | st.booleans() | st.sampled_from(["red", "green", "blue", "violet"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("pqrs"), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from("klmn"), values, min_size=1, max_size=4), st.randoms())
def test_a_mapping_is_itself_in_any_order_and_notation(gold, random):
    keys = random.sample(list(gold), len(gold))
    shuffled = {key: gold[key] for key in keys}
    for text in (json.dumps(shuffled), repr(shuffled)):
        assert asked("mapping", gold, text).right is True
    assert asked("mapping", gold, json.dumps({**gold, "z": 1})).right is False


@given(st.lists(st.lists(st.integers(-99, 99), min_size=2, max_size=2), min_size=2, max_size=4), st.data())
def test_a_grid_is_itself_and_not_with_one_other_cell(gold, data):
    row, column = data.draw(st.integers(0, len(gold) - 1)), data.draw(st.integers(0, 1))
    other = [list(line) for line in gold]
    other[row][column] += 1
    lines = "\n".join(" ".join(map(str, line)) for line in gold)
    latex = "\\begin{bmatrix}" + "\\\\".join("&".join(map(str, line)) for line in gold) + "\\end{bmatrix}"
    assert all(asked("grid", gold, text).right is True for text in (json.dumps(gold), lines, latex))
    assert asked("grid", gold, json.dumps(other)).right is False


@given(st.lists(st.fractions(-50, 50, max_denominator=9), min_size=1, max_size=6), st.randoms())
def test_bags_of_fractions_are_equal_in_any_order_alone(gold, random):
    mixed = random.sample(gold, len(gold))
    text = ", ".join(map(str, gold))
    assert asked("multiset", f"[{text}]", "[" + ", ".join(map(str, mixed)) + "]").right is True
    assert asked("multiset", f"[{text}]", f"[{text}, 1]").right is False


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(1, 400))
def test_dates_round_trip_through_every_format(day, later):
    texts = [f"{day:%Y-%m-%d}", f"{day:%B} {day.day}, {day.year}", f"{day:%A}, {day.day} {day:%b} {day.year}"]
    assert all(asked("date", texts[0], text).right is True for text in texts)
    other = day + timedelta(days=later)
    assert asked("date", texts[0], f"{other:%d %B %Y}").right is False


@settings(deadline=None)  # the first asks for sympy
@given(
    st.integers(1, 1000),
    st.sampled_from([("km", 1000, "m"), ("h", 3600, "s"), ("kg", 10**6, "mg"), ("L", 1000, "mL")]),
)
def test_quantities_are_converted_exactly(size, units):
    large, times, small = units
    assert asked("quantity", f"{size} {large}", f"{size * times} {small}").right is True
    assert asked("quantity", f"{size} {large}", f"{size * times + 1} {small}").right is False


@given(st.text(max_size=60), st.sampled_from(sorted(TABLE)))
def test_no_text_makes_a_judge_raise_and_none_is_right_by_chance(text, type_):
    found = JUDGES[type_]
    assert refuses(type_, {}) == "" and found.name
    assert asked(type_, TABLE[type_][0], text).right in (True, False, None)


@pytest.mark.parametrize("text", ["[" * 3000, "{" * 300 + "}" * 300, "9**9**9", "[1e999999999]", "1" * 399,
"__import__('os')",
                                  "[" + "1," * 1990 + "1]", "5 km^9", "10^99 km", "1/0", "{1: [2, {3}]}",
                                  "\\frac{1}{0}", "٣:٣٠"])  # fmt: skip
@pytest.mark.parametrize("type_", TABLE)
def test_hostile_texts_end_without_an_opinion_or_as_another_answer(type_, text):
    assert asked(type_, TABLE[type_][0], text).right in (None, False)


def test_no_judge_shares_code_with_the_graders():
    own = {"plain", "parts", "quantities", "inputs"}
    allowed = {"generators.second", *(f"generators.second.{room}" for room in own), "generators.programs.executions",
               "generators.sandbox.sandbox", "generators.programs.differential", "pipeline.problem", "pipeline.seeds",
               "generators.programs.prelude", "pipeline.fingerprint"}  # fmt: skip
    folder = Path(generators.__file__).parent / "second"
    for path in sorted(path for path in folder.glob("*.py") if path.stem not in ("opinion", "objectives")):
        tree = ast.parse(path.read_text())
        modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        ours = {name for name in modules if name.split(".")[0] in ("generators", "pipeline")}
        assert ours <= allowed, (path.name, ours - allowed)
        names = {
            a.name
            for n in ast.walk(tree)
            if isinstance(n, ast.ImportFrom) and n.module == "generators.programs.differential"
            for a in n.names
        }
        assert names <= {"nearby"}  # which makes inputs and judges nothing
