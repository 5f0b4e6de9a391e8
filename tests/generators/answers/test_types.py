"""Every type of answer: what is equal, near misses that are not, and what one type never takes for another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.answers.comparers import COMPARERS, AnswerType, type_of
from generators.answers.declared import Declared
from generators.answers.targets import target_of
from generators.grade import grade
from pipeline.errors import FamilyError
from pipeline.problem import Json, Outcome

CAPITALS = Declared(choices=("London", "Paris", "Rome", "\\frac{1}{2}"))
EQUAL: dict[AnswerType, list[tuple[Json, str]]] = {
    "integer": [(7, "7"), (7, "7.0"), (-7, "−7"), ("1234", "1,234"), (8, "2^3"), (3, "３"), (3, '"3"'), (3, "3,"),
        (3, "```\n3\n```")],
    "rational": [("1/2", "0.5"), ("3/4", "\\dfrac{3}{4}"), ("2/4", "1/2"), ("6/2", "3")],
    "decimal": [(0.5, "1/2"), (27.0, "27"), ("0.50", ".5"), ("\\pi", "3.1416")],
    "percent": [("25%", "25\\%"), ("25%", "25"), ("25%", "0.25"), (25, "25%"), ("12.5\\%", "1/8")],
    "quantity": [
        ("5 km", "5000 m"), ("5 km", "5"), ("25 °C", "77 °F"), ("25^\\circ\\text{C}", "298.15 K"),
        ("5 N", "5 kg m/s^2"),
        ("9.8 m/s^2", "980 \\text{ cm/s}^2"), ("5 apples", "5 apples"), ("36 \\text{ in}^2", "36 square inches"),
        ("60 km/h", "1 kilometer per minute"), ("5 ft 11 in", "71 inches"), ("2\\pi \\text{ cm}", "20\\pi mm"),
        ("3 cats", "3 cats"), ("90 minutes", "1.5 h"), ("5 ft 6 in", "66 in"), ("5 lb 3 oz", "83 oz"),
        ("7 μm", "7e-6 m"), ("20 N", "20 newtons"), ("47 kΩ", "47000 Ω"), ("30 min", "0.5 h"),
        ("180 degrees", "\\pi rad"),
    ],
    "date": [
        ("2024-03-05", "March 5, 2024"), ("March 5, 2024", "5 March 2024"), ("2024-04-13", "13/04/2024"),
        ("2024-04-13", "04/13/2024"), ("March 5", "the 5th of March"), ("March 5, 2024", "Tuesday, Mar. 5, 2024"),
        ("March 2024", "Mar 2024"), ("2024-03-05", "\\text{5 March 2024}"),
    ],
    "time": [
        ("4:30 pm", "16:30"), ("12:30", "12:30 pm"), ("\\text{4:30 p.m.}", "4.30 PM"), ("noon", "12:00"),
        ("12:00 am", "midnight"), ("9:05", "09:05:00"), ("4 pm", "16:00"),
    ],
    "duration": [
        ("1 hour 30 minutes", "90 min"), ("1:30:00", "1.5 hours"), ("1 h 30 min", "1 hour and 30 minutes"),
        ("90 minutes", "90"), ("2 days", "48 hours"), ("1/2 hour", "30 minutes"),
    ],
    "choice": [("B", "(B)"), ("B", "B."), ("B", "b"), ("(B)", "\\text{B}"), ("B", "B. Paris"), ("B", "Option B"),
        ("C", "**C**")],
    "boolean": [(True, "true"), (True, "Yes"), (False, "F"), ("yes", "True"), ("False", "\\text{no}"),
        (True, "\\text{True}")],
    "word": [("north", "North"), ("New York", "new york."), ("north", '"north"'), ("well-known", "well known"),
             ("ellipse", "An ellipse.")],
    "set": [("{1, 2}", "{2, 1}"), ("\\{1, 2\\}", "1, 2"), ([1, 2, 1], "[2, 1]"), ("{a, b}", "b and a"),
        ("{1/2, 3}", "3, 0.5")],
    "multiset": [("1, 1, 2", "2, 1, 1"), (["b", "a", "b"], "[b, b, a]"), ("1/2, 3", "{3, 0.5}")],
    "sequence": [
        ([1, 2, 3], "1, 2, 3"), ([1, 2, 3], "[1,2,3]"), ("1, 2, 3", "(1, 2, 3)"), ([1, 2, 3], "1 2 3"),
        ([1, 2], "[1, 2,]"),
        (["a", "b"], '["a", "b"]'), (["1/2", "x^2"], "0.5, x*x"), ([1, 2, 3], "1, 2, and 3"), ([1], "1"), ([], "[]"),
        ([1000, 2], "[1000, 2]"), ([[1, 2], [3]], "[(1, 2), (3)]"), (["red", "blue"], "red\nblue"),
    ],
    "tuple": [("(1, 2)", "(1,2)"), ("(1/2, 3)", "(0.5, 3)"), ("(1, 2)", "1, 2"), ("(a, b)", "\\left(a, b\\right)")],
    "mapping": [
        ({"1": 2, "3": 4}, "{3: 4, 1: 2}"), ("{1: 2, 3: 4}", '{"1": 2, "3": 4}'), ({"a": [1, 2]}, "{'a': (1, 2)}"),
        ({"a": 0.5}, "a: 1/2"), ({"a": "x", "b": "y"}, "a -> x, b -> y"), ({"a": 1, "b": 2}, "b: 2\na: 1"),
        ({"a": {"b": 1}}, '{"a": {"b": 1}}'),
    ],
    "grid": [
        ([[1, 2], [3, 4]], "[[1, 2], [3, 4]]"), ([[1, 2], [3, 4]], "1 2\n3 4"),
        ("1 2\n3 4", "| 1 | 2 |\n|---|---|\n| 3 | 4 |"),
        ([[1, 2], [3, 4]], "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}"), ([["#", "."], [".", "#"]], "#.\n.#"),
        ("12\n34", "1,2\n3,4"),
        ([[1, 2], [3, 4]], "```\n1 2\n3 4\n```"),
    ],
    "interval": [("[0, 1)", "\\left[0, 1\\right)"), ("(-\\infty, 2]", "(-\\infty,2]"), ("(1/2, 1]", "(0.5, 1]")],
    "matrix": [("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{bmatrix}1&2\\\\3&\\sqrt{16}\\end{bmatrix}"),
        ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "[[1,2],[3,4]]")],
    "polynomial": [("x^2-1", "(x-1)(x+1)"), ("x^2/2 + \\sqrt{2}x", "0.5x^2 + x\\sqrt2")],
    "relation": [("x < 3", "3 > x"), ("y = 2x + 1", "2x - y + 1 = 0"), ("a=1, b=2", "b=2, a=1")],
    "expression": [("\\sqrt{8}", "2\\sqrt2"), ("7", "7"), ("\\frac{1}{\\sqrt{n}}", "\\sqrt{1/n}")],
}  # fmt: skip

DIFFERENT: dict[AnswerType, list[tuple[Json, str]]] = {
    "integer": [(7, "8"), (7, "-7"), (7, "77"), (7, "7 or 8"), (10**12, "1000000000001"), (7, "true"), (1, "true"),
        (7, "7%"), (0, "")],
    "rational": [("1/2", "2"), ("1/2", "-1/2"), ("1/3", "0.33"), ("1/2", "1, 2"), ("1/2", "1/0")],
    "decimal": [(0.5, "0.51"), (0.5, "-0.5"), ("3.14", "3.1416"), (1.0, "NaN"), (1.0, "inf"), (0.5, "50")],
    "percent": [("25%", "26%"), ("25%", "2.5"), ("25%", "0.0025"), ("25%", "-25%"), ("25%", "0.25%")],
    "quantity": [
        ("5 km", "5 m"), ("5 km", "-5 km"), ("5 km", "5 kg"), ("5 km", "6 km"), ("25 °C", "25 °F"), ("25 °C", "298 K"),
        ("5 m/s", "5 m/s^2"), ("36 square inches", "36 inches"), ("5 apples", "5 pears"), ("5 km", "5 km or 6 km"),
        ("5 km", "km"),
        ("5 ft 11 in", "5 ft"), ("5 ft 6 in", "6 ft 5 in"), ("5 lb 3 oz", "3 lb 5 oz"), ("8 N", "8 kN"),
        ("3 m", "3 M"), ("5 ft 11 in", "71"), ("90 minutes", "90 hours"),
    ],
    "date": [
        ("2024-03-05", "2024-03-06"), ("2024-03-05", "2024-05-03"), ("2024-03-05", "March 5"), ("2024-03-05", "2016"),
        ("March 5, 2024", "March 5, 2023"), ("2024-03-04", "03/04/2024"), ("2024-03-05", "Monday, March 5, 2024"),
        ("2024-02-29", "2023-02-29"), ("March 5", "March 5 or 6"), ("2024-03-05", "2024-03-05, 2024-03-06"),
    ],
    "time": [
        ("12:30", "12:45"), ("4:30 pm", "4:30 am"), ("4:30 pm", "4:30"), ("12:30", "30:12"), ("12:30", "12:30:01"),
        ("12:30", "1230"),
        ("12:30", "12.5"), ("4 pm", "4"), ("12:30", "12:30 or 12:45"),
    ],
    "duration": [
        ("1 hour 30 minutes", "90 hours"), ("1 hour 30 minutes", "1 hour 31 minutes"),
        ("1 hour 30 minutes", "30 minutes 1 hour"),
        ("1 hour 30 minutes", "1:30"), ("90 minutes", "91"), ("2 days", "2"[:0]), ("1 hour 30 minutes", "1 hour"),
        ("1 hour 30 minutes", "90"),
    ],
    "choice": [("B", "C"), ("B", "B or C"), ("B", "B, C"), ("B", "AB"), ("A", "a banana"), ("B", "B. or C"),
    ("B", "B. is not right"),
        ("B", ""), ("B", "(B) (C)"), ("B", "B. C. D.")],
    "boolean": [(True, "false"), (True, "1"), (True, "not true"), (True, "true or false"), ("yes", "no"),
        (False, "0"), (True, "correct"), (True, "")],
    "word": [("north", "south"), ("north", "not north"), ("god", "dog"), ("north", "north or south"), ("north", ""),
        ("north", "nort")],
    "set": [("{1, 2}", "{1}"), ("{1, 2}", "{1, 2, 3}"), ("{1, 2}", "{1, 2, 2}"), ("{1, 2}", "{1, 3}"),
        ("{1, 2}", "{1, -2}"), ("{1, 2}", "(1, 2)"), ("{1, 2}", "")],
    "multiset": [("1, 1, 2", "1, 2"), ("1, 1, 2", "1, 2, 2"), ("1, 1, 2", "1, 1, 2, 2"), ("1/2, 3", "2, 3")],
    "sequence": [
        ([1, 2, 3], "1, 3, 2"), ([1, 2, 3], "1, 2"), ([1, 2, 3], "1, 2, 3, 3"), ([1, 2, 3], "1, 2, 4"),
        ([1, 2, 3], "{1, 2, 3}"),
        ([1, 2, 3], "123"), ([1, 2, 3], "1, 2, -3"), ([1, 2, 3], "1,,2,3"), ([[1, 2], [3]], "[1, 2, 3]"),
        (["a", "b"], "a b"),
        ([1, 2, 3], "[1, 2, 3], [1, 2, 3]"), ([12, 3], "1, 23"), ([1234, 5], "1,234,5"),
    ],
    "tuple": [("(1, 2)", "(2, 1)"), ("(1, 2)", "(1, 2, 2)"), ("(1, 2)", "{1, 2}"), ("(1, 2)", "(1)"),
        ("(1, 2)", "(1, -2)")],
    "mapping": [
        ({"1": 2, "3": 4}, "{1: 4, 3: 2}"), ({"1": 2, "3": 4}, "{1: 2}"), ({"1": 2, "3": 4}, "{1: 2, 3: 4, 5: 6}"),
        ({"1": 2}, "{1: 2, 1: 2}"),
        ({"1": 2, "3": 4}, "{9: 9, 9: 4}"), ({"a": [1, 2]}, "{a: [2, 1]}"), ({"a": 1}, "1"),
        ({"a": 1}, '{"a": true}'), ({"a": 1}, ""),
    ],
    "grid": [
        ([[1, 2], [3, 4]], "[[1, 2], [4, 3]]"), ([[1, 2], [3, 4]], "1 2 3 4"), ([[1, 2], [3, 4]], "1 3\n2 4"),
        ([[1, 2], [3, 4]], "1 2\n3"),
        ([[1, 2], [3, 4]], "1 2\n3 4\n3 4"), ([["#", "."], [".", "#"]], "##\n.#"),
        ([[1, 2], [3, 4]], "[[1, 2], [3, -4]]"),
    ],
    "interval": [("[0, 1)", "[0, 1]"), ("[0, 1)", "(0, 1)"), ("[0, 1)", "[0, 2)"), ("(-\\infty, 2]", "(\\infty, 2]")],
    "matrix": [("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "\\begin{pmatrix}1&3\\\\2&4\\end{pmatrix}"),
        ("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", "[[1,2,3,4]]")],
    "polynomial": [("x^2-1", "x^2+1"), ("x^2-1", "x^3-1"), ("x^2-1", "1-x^2"), ("x^2-1", "x - 1")],
    "relation": [("x < 3", "x > 3"), ("x < 3", "x \\le 3"), ("y = 2x", "y = 3x"), ("x < 3", "3")],
    "expression": [("\\sqrt{8}", "2\\sqrt3"), ("4", "4\\sqrt{2}"), ("x", "|x|")],
}  # fmt: skip


def cases(table: dict[AnswerType, list[tuple[Json, str]]]) -> list[tuple[AnswerType, Json, str]]:
    return [(name, gold, reply) for name, rows in table.items() for gold, reply in rows]


def test_every_type_has_equals_and_near_misses() -> None:
    assert set(EQUAL) == set(DIFFERENT) == set(COMPARERS)


@pytest.mark.parametrize(("name", "gold", "reply"), cases(EQUAL))
def test_equal_answers_of_a_type(name: AnswerType, gold: Json, reply: str) -> None:
    for dressed in (f"\\boxed{{{reply}}}", f"<think>no</think> so <answer>{reply}</answer>"):
        verdict = grade(gold, dressed, name)
        assert verdict.outcome is Outcome.CORRECT, (dressed, verdict)


@pytest.mark.parametrize(("name", "gold", "reply"), cases(DIFFERENT))
def test_near_misses_of_a_type(name: AnswerType, gold: Json, reply: str) -> None:
    for dressed in (reply, f"\\boxed{{{reply}}}", f"<answer>{reply}</answer>", f"The answer is {reply}"):
        verdict = grade(gold, dressed, name)
        assert verdict.outcome in (Outcome.WRONG, Outcome.MALFORMED), (dressed, verdict)


@pytest.mark.parametrize(
    ("name", "gold"), sorted({(name, str(g)) for name, g, _ in cases(EQUAL) if isinstance(g, str)})
)
def test_a_gold_is_its_own_answer_wherever_it_stands(name: AnswerType, gold: str) -> None:
    for reply in (gold, f"\\boxed{{{gold}}}", f"<answer>{gold}</answer>", f"So the answer is {gold}."):
        assert grade(gold, reply, name).outcome is Outcome.CORRECT, reply


@pytest.mark.parametrize(
    ("gold", "name"),
    [
        (5, "integer"), (True, "boolean"), (0.5, "decimal"), ([1, 2], "sequence"), ([[1, 2], [3, 4]], "grid"),
        ({"a": 1}, "mapping"),
        ("2024-03-05", "date"), ("March 5, 2024", "date"), ("4:30 pm", "time"), ("12:30", "time"),
        ("1 hour 30 minutes", "duration"),
        ("5 \\text{ km}", "quantity"), ("{1: 2, 3: 4}", "mapping"), ("[[1, 2], [3, 4]]", "grid"),
        ("1 2\n3 4", "grid"), ("Yes", "boolean"),
        ("\\text{True}", "boolean"), ("5", "integer"), ("1/3", "rational"), ("\\{1\\}", "set"), ("x<2", "relation"),
        ("north", "word"),
        ("\\{x : x > 0\\}", "expression"), ("3:2", "sequence"), ("3/4/2", "rational"), ("5x", "expression"),
        ("[1, 2]", "sequence"),
    ],
)  # fmt: skip
def test_types_are_inferred_from_what_can_be_one_thing_only(gold: Json, name: str) -> None:
    assert type_of(gold) == name


CONFUSED = ["true", '{"a": 1}', "[[1]]", "[1, [2]]", "null", "[None]", "NaN", "inf", "-inf", "1e999999999", "north",
"12:30", "2024-03-05",
            "x", "x<2", "{1: 2}", "\\{5\\}", "", " ", "[]", "{}", "()", "''"]  # fmt: skip


@pytest.mark.parametrize("reply", CONFUSED)
def test_no_type_takes_another_for_its_own(reply: str) -> None:
    golds: list[tuple[Json, AnswerType]] = [
        (7, "integer"), ("7/3", "rational"), (7.5, "decimal"), ("7%", "percent"), ("7 km", "quantity"),
        ("2020-01-01", "date"),
        ("7:07", "time"), ("7 minutes", "duration"), ("D", "choice"), (False, "boolean"), ("south", "word"),
        ("{7, 8}", "set"),
        ("7, 7", "multiset"), ([7, 8], "sequence"), ("(7, 8)", "tuple"), ({"q": 7}, "mapping"), ([[7, 8]], "grid"),
        ("(7, 8]", "interval"),
        ("\\begin{pmatrix}7&8\\end{pmatrix}", "matrix"), ("x^7", "polynomial"), ("x < 7", "relation"),
        ("\\sqrt 7", "expression"),
    ]  # fmt: skip
    assert {name for _, name in golds} == set(COMPARERS)
    for gold, name in golds:
        verdict = grade(gold, f"<answer>{reply}</answer>", name)
        assert verdict.outcome in (Outcome.WRONG, Outcome.MALFORMED), (gold, name)


@pytest.mark.parametrize(
    ("gold", "name"),
    [
        ("north", "integer"), ("1/2", "integer"), ("x", "decimal"), ("5", "date"), ("2024-02-30", "date"),
        ("25:00", "time"), ("5", "mapping"),
        ("north", "quantity"), ("\\sin x", "polynomial"), ("5", "relation"), ("maybe", "boolean"),
        ("1 2\n3", "grid"), (None, None),
        (float("nan"), None), ("{1: 2, 1: 3}", "mapping"), ("B or C", "choice"),
    ],
)  # fmt: skip
def test_a_gold_that_is_not_of_its_type_is_a_data_error(gold: Json, name: AnswerType | None) -> None:
    with pytest.raises(FamilyError, match="cannot be read"):
        grade(gold, "5", name)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(FamilyError, match="unknown answer type 'number'"):
        grade("5", "5", "number")  # type: ignore[arg-type]


@pytest.mark.parametrize(("reply", "outcome"), [
    ("B", "correct"), ("(B)", "correct"), ("B. Paris", "correct"), ("Paris", "correct"), ("paris.", "correct"),
    ("The answer is Paris.", "correct"),
    ("The answer is (B).", "correct"), ("C", "wrong"), ("Rome", "wrong"), ("B. Rome", "malformed"),
    ("Berlin", "malformed"), ("E", "malformed"),
    ("Paris or Rome", "malformed"), ("B or C", "malformed"), ("\\boxed{\\text{(B) Paris}}", "correct"),
])  # fmt: skip
def test_choices_by_letter_or_content(reply: str, outcome: str) -> None:
    for gold in ("B", "Paris", "(B) Paris"):
        assert grade(gold, reply, declared=CAPITALS).outcome.value == outcome, gold


def test_the_content_of_a_choice_may_be_mathematics() -> None:
    assert grade("D", "\\boxed{0.5}", declared=CAPITALS).outcome is Outcome.CORRECT
    assert grade("D", "\\boxed{0.25}", declared=CAPITALS).outcome is not Outcome.CORRECT


SYMMETRIC: tuple[AnswerType, ...] = (
    "integer",
    "rational",
    "date",
    "time",
    "boolean",
    "set",
    "multiset",
    "sequence",
    "mapping",
    "grid",
    "polynomial",
)


@pytest.mark.parametrize(
    ("name", "gold", "reply"),
    [case for case in cases(EQUAL) + cases(DIFFERENT) if case[0] in SYMMETRIC and isinstance(case[1], str)],
)
def test_equality_is_symmetric(name: AnswerType, gold: str, reply: str) -> None:
    try:
        target_of(reply, name, Declared())
    except FamilyError:
        return
    if name == "set" and "2, 2" in reply:
        return
    there, back = grade(gold, f"<answer>{reply}</answer>", name), grade(reply, f"<answer>{gold}</answer>", name)
    assert (there.outcome is Outcome.CORRECT) == (back.outcome is Outcome.CORRECT)


GOLDS: list[tuple[Json, AnswerType | None]] = [(rows[0][0], name) for name, rows in EQUAL.items()]
PIECES = st.sampled_from(
    ["1", "7", "-", ", ", ":", "{", "}", "[", "]", "(", ")", "\\{", "\\}", "km", " or ", "\n", "|", "&", "\\\\",
    "pm", "March", "2024", "B", ".", "%", "true",
     "and", "=", "$", "\\boxed{", "<answer>", "</answer>", "\"", "'", "°", "/", "^", "\\text{", "\ud800", "３",
     "\x00", "The answer is ", "****", "`"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=40))
@settings(max_examples=120, deadline=None)
def test_any_text_gets_a_verdict_from_every_type(text: str) -> None:
    for gold, name in GOLDS:
        for reply in (text, f"<answer>{text}</answer>"):
            assert grade(gold, reply, name).outcome is not Outcome.UNDECIDED


@given(st.lists(PIECES, min_size=1, max_size=10).map("".join), st.sampled_from(list(COMPARERS)))
@settings(max_examples=200, deadline=None)
def test_any_gold_is_read_or_a_data_error(text: str, name: AnswerType) -> None:
    for type_ in (None, name):
        try:
            verdict = grade(text, f"<answer>{text}</answer>", type_)
        except FamilyError:
            continue
        assert verdict.outcome is not Outcome.UNDECIDED


@pytest.mark.parametrize("text", ["2^{2^{2^{49}}}",
"(" * 100_000, "[" * 9000, " " * 9000, "," * 9000, "1, " * 3000, "$" * 9000, "\\" * 9000, "6 ft " * 2000,
                                  "9**9**9", "1 9**9**9", "5 m^999999999", "k" * 9000 + "m",
                                  "1:" * 4000, "{1: " * 2000, "a -> " * 2000, "&" * 9000, "1 and " * 1500])  # fmt: skip
def test_costly_texts_are_bounded_for_every_type(text: str) -> None:
    import time

    grade("5 km", "\\boxed{5 miles}")
    for gold, name in GOLDS:
        begun = time.thread_time()
        for reply in (f"<answer>{text}</answer>", f"The answer is {text}"):
            assert grade(gold, reply, name).outcome in (Outcome.WRONG, Outcome.MALFORMED)
        assert time.thread_time() - begun < 0.2, (gold, name, text[:20])
