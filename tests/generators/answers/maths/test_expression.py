"""expression against Python's own parser on well-formed text, and against everything that is not arithmetic."""

import ast
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generators.answers.maths import expression
from generators.answers.maths.expression import Node, Operation
from generators.malformed import Malformed

NODES = st.recursive(
    st.integers(0, 10**6),
    lambda inner: st.builds(Operation, st.sampled_from("+-*/"), inner, inner),
    max_leaves=12,
)


def oracle(text: str) -> Fraction | None:
    """Evaluate by walking the tree that Python's parser builds; None on division by zero."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.Constant):
            return Fraction(node.value)
        assert isinstance(node, ast.BinOp)
        left, right = value(node.left), value(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        return left * right if isinstance(node.op, ast.Mult) else left / right

    try:
        return value(ast.parse(text, mode="eval").body)
    except ZeroDivisionError:
        return None


@given(NODES)
def test_written_expressions_read_back_to_their_value_and_numbers(node: Node) -> None:
    text = expression.write(node)
    again = expression.parse(text)
    assert expression.evaluate(again) == expression.evaluate(node) == oracle(text)
    assert expression.operands(again) == expression.operands(node)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(["1", "2", "30", "+", "-", "*", "/", "(", ")", " "]), max_size=14))
def test_agrees_with_pythons_parser_on_what_is_arithmetic(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        tree = ast.parse(text.strip(), mode="eval")
        arithmetic = all(
            isinstance(n, ast.Expression | ast.BinOp | ast.Constant | ast.operator) for n in ast.walk(tree)
        )
        arithmetic = arithmetic and not {"**", "//"} & {text[i : i + 2] for i in range(len(text))}
    except SyntaxError:
        arithmetic = False
    if arithmetic:
        assert expression.evaluate(expression.parse(text)) == oracle(text.strip())
    else:
        with pytest.raises(Malformed):
            expression.parse(text)


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_malformed(text: str) -> None:
    for read in (expression.parse, expression.read_integer, expression.read_integers):
        try:
            read(text)
        except Malformed as error:
            assert error.reason


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "()", "1+", "+1", "-3+4", "3--1", "2**3", "7//2", "2^3", "1.5+1", "1,000", "1e3", "0x10", "1 2",
        "1\n2", "(1", "1)", ")1(", "2(3)", "x+1", "1=1", "3%2", "１+2", "½", "__import__('os')", "1_0", "9" * 13,
        "(1+2]", "[1+2)", "[]", "1\\left2", "\\frac{1}{2}", "\\timesx1", "{1}",
        "(" * 51 + "1" + ")" * 51, "+".join(["1"] * 101), "1+" * 600 + "1",
    ],
)  # fmt: skip
def test_refuses(text: str) -> None:
    with pytest.raises(Malformed):
        expression.parse(text)


def test_reads_other_spellings_and_divides_exactly() -> None:
    assert expression.evaluate(expression.parse(" 3 × 5 − 8 ÷ 6 ")) == Fraction(41, 3)
    assert expression.evaluate(expression.parse("8/(3-8/3)")) == 24
    assert expression.evaluate(expression.parse("[(1 + 2) * 3] - 4")) == 5
    assert expression.evaluate(expression.parse(r"\left(3\times5\right)\cdot2 \div 6")) == 5
    assert expression.evaluate(expression.parse("1/(2-2)")) is None


def test_limits_are_reachable() -> None:
    assert expression.evaluate(expression.parse("(" * 50 + "1" + ")" * 50)) == 1
    assert expression.evaluate(expression.parse("*".join(["9" * 9] * 99))) == (10**9 - 1) ** 99


SHAPES = ["[%s]", "(%s)", "{%s}", "%s", " %s ", r"\{%s\}", r"\left[%s\right]"]


@given(st.lists(st.integers(-(10**12) + 1, 10**12 - 1), max_size=20), st.sampled_from(SHAPES))
def test_integer_lists_read_back(numbers: list[int], shape: str) -> None:
    assert expression.read_integers(shape % ", ".join(map(str, numbers))) == numbers
    assert expression.read_integers(shape % " ".join(map(str, numbers))) == numbers


@pytest.mark.parametrize("text", ["1,,2", "[1,2", "1;2", "true", '"3"', "3.0", "[[1]]", "1 or 2", "--1", "1" * 13, "١"])
def test_refuses_what_is_no_integer_list(text: str) -> None:
    with pytest.raises(Malformed):
        expression.read_integers(text)
    with pytest.raises(Malformed):
        expression.read_integer(text)
