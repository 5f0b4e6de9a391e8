"""What a problem declares: its JSON, what it refuses, and what it changes in a verdict."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generators.answers.comparers import COMPARERS
from generators.answers.declared import NOTHING, Declared, from_json
from generators.answers.honoured import HONOURED
from generators.answers.structures import equal_sequences
from generators.answers.values import close
from generators.grade import AnswerType, grade
from pipeline.errors import ConfigError, FamilyError
from pipeline.fingerprint import canonical
from pipeline.problem import Json, Outcome

DECLARATIONS = [
    NOTHING, Declared(order="any"), Declared(symmetry="dihedral"), Declared(tolerance="0.01"),
    Declared(tolerance="1.5%"), Declared(digits=3), Declared(places=0), Declared(choices=("a", "b")),
    Declared(unit="required"), Declared(first="month"),
]  # fmt: skip


@pytest.mark.parametrize("declared", DECLARATIONS)
def test_declarations_survive_json(declared: Declared) -> None:
    assert from_json(declared.to_json()) == declared
    assert canonical(declared.to_json())
    assert from_json(None) == from_json({}) == NOTHING and NOTHING.to_json() == {}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"ordr": "any"}, "unknown declared key 'ordr', did you mean 'order'"),
        ({"order": "some"}, "'some' is unknown"),
        ({"symmetry": "mirror"}, "choose one of none, reversal"), ({"tolerance": 0.01}, "no decimal text"),
        ({"tolerance": "-1"}, "no decimal text"),
        ({"tolerance": "1/3"}, "no decimal text"), ({"tolerance": "nan"}, "no decimal text"),
        ({"digits": 0}, "outside 1..100"),
        ({"places": 101}, "outside 0..100"), ({"digits": True}, "outside 1..100"),
        ({"digits": 3, "places": 2}, "keep one of the three"),
        ({"order": "any", "symmetry": "rotation"}, "keep one of the two"), ({"choices": "ab"}, "no list of texts"),
        ({"choices": ["a"]}, "outside 2..26"),
        ({"choices": ["a", " "]}, "no list of texts"), ({"choices": ["a"] * 27}, "outside 2..26"),
        ({"unit": True}, "unknown"), ([], "JSON list"),
        ({1: 2}, "unknown declared key 1"), ({"first": "year"}, "choose one of day, month"),
    ],
)  # fmt: skip
def test_impossible_declarations_are_refused(value: Json, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        from_json(value)


def accepted(gold: Json, text: str, name: AnswerType | None = None, **declared: Json) -> bool:
    return grade(gold, f"<answer>{text}</answer>", name, declared=from_json(declared)).outcome is Outcome.CORRECT


@pytest.mark.parametrize(
    ("gold", "text", "declared", "equal"),
    [
        ("1, 2, 3", "3, 1, 2", {"order": "any"}, True), ("1, 2, 3", "3, 1, 1", {"order": "any"}, False),
        ([1, 2], "[2, 1]", {"order": "any"}, True),
        ("1, 2, 3", "3, 1, 2", {"order": "given"}, False), ("a, b", "b, a", {"order": "any"}, True),
        ("5", "5", {"order": "any"}, True),
        ("1, 2, 3", "3, 2, 1", {"symmetry": "reversal"}, True), ("1, 2, 3", "2, 3, 1", {"symmetry": "reversal"}, False),
        ("1, 2, 3, 4", "3, 4, 1, 2", {"symmetry": "rotation"}, True),
        ("1, 2, 3, 4", "4, 3, 2, 1", {"symmetry": "rotation"}, False),
        ("1, 2, 3, 4", "2, 1, 4, 3", {"symmetry": "dihedral"}, True),
        ("1, 2, 3, 4", "1, 3, 2, 4", {"symmetry": "dihedral"}, False),
        ("A, B, C", "C, A, B", {"symmetry": "rotation"}, True), ("A, B, C", "C, B, A", {"symmetry": "rotation"}, False),
        ("100", "101", {"tolerance": "1%"}, True), ("100", "102", {"tolerance": "1%"}, False),
        ("100", "101", {}, False),
        ("0.5", "0.51", {"tolerance": "0.01"}, True), ("0.5", "0.5100001", {"tolerance": "0.01"}, False),
        ("\\pi", "3.14", {"tolerance": "0.002"}, True),
        ("\\pi", "3.14", {"places": 2}, True), ("\\pi", "3.15", {"places": 2}, False),
        ("3.14159", "3.1", {"places": 1}, True),
        ("2.675", "2.68", {"places": 2}, True), ("2.675", "2.67", {"places": 2}, True),
        ("2.675", "2.66", {"places": 2}, False),
        ("12345", "12300", {"digits": 3}, True), ("12345", "12400", {"digits": 3}, False),
        ("0.0012345", "0.00123", {"digits": 3}, True),
        ("\\sqrt{2}", "1.41", {"digits": 3}, True), ("\\sqrt{2}", "1.42", {"digits": 3}, False),
        ("x = 1.234", "1.23", {"places": 2}, True),
        ("(1.234, 5)", "(1.23, 5)", {"places": 2}, True), ("(1.234, 5)", "(1.23, 6)", {"places": 2}, False),
        ("33.3%", "1/3", {"digits": 3}, True),
        ("5 km", "5", {"unit": "required"}, False), ("5 km", "5000 m", {"unit": "required"}, True),
        ("5 km", "5 m", {"unit": "ignored"}, True),
        ("5 miles", "8.05 km", {"tolerance": "0.1%"}, True), ("5 miles", "8.05 km", {}, False),
        ("5 miles", "8.1 km", {"tolerance": "0.1%"}, False),
        ("2024-04-03", "03/04/2024", {"first": "day"}, True), ("2024-04-03", "04/03/2024", {"first": "day"}, False),
        ("2024-04-03", "04/03/2024", {"first": "month"}, True), ("north", "north", {"order": "any"}, True),
        ("x+1", "x+2", {"tolerance": "1%"}, False),
    ],
)  # fmt: skip
def test_declarations_decide(gold: Json, text: str, declared: dict[str, Json], equal: bool) -> None:
    assert accepted(gold, text, **declared) is equal


USE = {"tolerance": "1%", "digits": 3, "places": 2, "unit": "required", "order": "given", "symmetry": "rotation",
       "choices": ["Rome", "Oslo"], "first": "day"}  # fmt: skip
GOLDS = {
    "integer": "10", "rational": "1/3", "decimal": "0.5", "percent": "25%", "quantity": "5 km", "date": "2024-04-03",
    "time": "12:30", "duration": "2 hours", "choice": "B", "boolean": "yes", "word": "north", "set": "{1, 2}",
    "multiset": "{1, 1}", "sequence": "1, 2", "tuple": "(1, 2)", "mapping": "{a1: 1, b1: 2}",
    "grid": "[[1, 2], [3, 4]]", "interval": "[0, 1)", "matrix": "[[1, 2], [3, 4]]", "polynomial": "x + 1",
    "relation": "x = 2", "expression": "x + 1",
}  # fmt: skip


@pytest.mark.parametrize("name", HONOURED)
def test_what_a_type_has_no_use_for_is_an_error_that_names_it(name: AnswerType) -> None:
    assert GOLDS.keys() == HONOURED.keys() == COMPARERS.keys()
    for key, value in USE.items():
        declared = from_json({key: value})
        if key in HONOURED[name]:
            grade(GOLDS[name], GOLDS[name], name, declared=declared)
            continue
        with pytest.raises(FamilyError, match=rf"{key} is declared, but of an answer of type {name} "):
            grade(GOLDS[name], GOLDS[name], name, declared=declared)


@pytest.mark.parametrize(
    ("gold", "declared", "said"),
    [
        ("north", {"tolerance": "1%"}, "tolerance is declared, but of an answer of type word nothing can be"),
        (True, {"digits": 2}, "digits is declared, but of an answer of type boolean"),
        (5, {"places": 2}, "places is declared, but of an answer of type integer only tolerance, unit can be"),
        ("12:30:15", {"tolerance": "1"}, "of type time nothing"), ("5", {"first": "day"}, "of type expression"),
        ("B", {"choices": ["Rome", "Oslo"], "tolerance": "1"}, "of type choice only choices can be"),
    ],
)  # fmt: skip
def test_nor_is_it_passed_over_where_the_type_follows_from_the_gold(gold: Json, declared, said: str) -> None:
    with pytest.raises(FamilyError, match=said):
        grade(gold, "5", declared=from_json(declared))


def test_an_order_says_nothing_new_of_a_set_or_of_a_single_answer() -> None:
    assert accepted("{1, 2}", "{2, 1}", "set", order="any") and accepted(True, "yes", order="any")
    assert accepted("5 km", "5 km", symmetry="rotation")


def test_a_unit_may_be_required_of_an_integer() -> None:
    assert accepted("10 cm", "10", "integer") and not accepted("10 cm", "10", "integer", unit="required")


def test_only_a_tolerance_loosens_an_integer() -> None:
    for gold in (10**4, 10**8, 10**12):
        assert not accepted(gold, str(gold + 1))
        assert accepted(gold, str(gold + 1), tolerance="1%") and not accepted(gold, str(gold * 2), tolerance="1%")


@given(
    st.lists(st.integers(0, 2), min_size=1, max_size=7),
    st.lists(st.integers(0, 2), min_size=1, max_size=7),
    st.booleans(),
)
def test_symmetries_are_those_of_brute_force(gold: list[int], other: list[int], words: bool) -> None:
    turns = [gold[k:] + gold[:k] for k in range(len(gold))]
    orbits = {
        "none": [gold], "reversal": [gold, gold[::-1]], "rotation": turns,
        "dihedral": turns + [turn[::-1] for turn in turns],
    }  # fmt: skip
    names = "xyz" if words else "012"
    texts = ["[" + ", ".join(names[k] for k in line) + "]" for line in (gold, other)]
    for symmetry, orbit in orbits.items():
        assert equal_sequences(*texts, Declared(symmetry=symmetry)) == (other in orbit)  # type: ignore[arg-type]
    assert equal_sequences(*texts, Declared(order="any")) == (sorted(gold) == sorted(other))


@given(st.fractions(-1000, 1000), st.integers(0, 4))
def test_a_number_agrees_with_its_own_rounding(number: Fraction, places: int) -> None:
    rounded = Fraction(round(number, places))
    assert close(number, rounded, Declared(places=places)) and close(rounded, number, Declared(places=places))
    assert not close(number, rounded + Fraction(2, 10**places), Declared(places=places))
    if number:
        written = Fraction(f"{float(number):.{places}e}")
        assert close(number, written, Declared(digits=places + 1)) or abs(float(number) - number) > 0
        assert not close(number, written * 3, Declared(digits=places + 1))  # twice may be the other side of a tie
