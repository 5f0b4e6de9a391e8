"""Values of trees at one point, in arithmetic of many digits. Not their equality (symbolic).

Law: bounded by construction: every power, angle and factorial has a limit, checked before it is computed; never
simplifies, so no input can make it search. An operator that is not carried out is an unknown function of its parts.
What is carried out, where that is asked for, is a sum or product of few terms, a series, an integral, a limit or a
derivative, each by a bounded number of values.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from generators.answers.language.exact import MAX_BITS, exact, is_plain, most_terms
from generators.answers.language.nodes import Node
from generators.malformed import Malformed
from pipeline.seeds import derive

DIGITS = 70
TOLERANCE = 50
"""Digits that two equal values must share; the rest is room for cancellation."""
MAX_ANGLE = 10**6
MAX_GAMMA = 1000
MAX_CARRIED_WEIGHT = 80_000
"""Weighted evaluations that carrying out sums, integrals and limits may take at one point."""
MAX_TERMS = 100
"""Values that a series or a limit is extrapolated from."""
QUADRATURE = 6
"""Degree of the quadrature, whose nodes double with each."""
_NODES = 400
_EXTRAPOLATION = 8000
_DIFFERENCES = 8
_INFINITE = Node("const", (), "inf")
_FAR = 20
"""Beyond it an integrand too large to compute is nothing: what is integrated to infinity vanishes there."""


class Undefined(Exception):
    """The expression has no finite value here."""


@cache
def arithmetic(digits: int = DIGITS) -> Any:
    """Return the arithmetic all values are computed in; more digits where a large summand would hide a small one."""
    import mpmath

    context = mpmath.mp.clone()
    context.dps = digits
    return context


@cache
def tolerance() -> Any:
    """Return the relative difference below which two values are equal."""
    return arithmetic().mpf(10) ** -TOLERANCE


def is_complex(value: Any) -> bool:
    """Say whether a value has an imaginary part above its noise."""
    imaginary = getattr(value, "imag", 0)
    return bool(imaginary) and bool(abs(imaginary) > tolerance() * max(1, abs(value)))


class Values:
    """Values of trees at one point; remembers the largest summand, below which a sum's noise lies.

    carrying: sums, integrals and limits are carried out. real: what is complex has no value, even within a real one.
    """

    def __init__(
        self, point: dict[str, Any], digits: int = DIGITS, *, carrying: bool = False, real: bool = False
    ) -> None:
        self.real = real
        self.mp, self.point, self.carrying, self.spent = arithmetic(digits), point, carrying, 0
        self.scale = self.mp.mpf(0)

    def of(self, node: Node) -> Any:
        """Return the value of a tree.

        Raises:
            Undefined: where it has none. Malformed: beyond a limit.
        """
        leaf = node.leaf
        if node.op in ("num", "decimal"):
            return self.mp.mpf(leaf.numerator) / leaf.denominator  # type: ignore[union-attr]
        if node.op in ("sym", "bound"):
            return self.named(str(leaf) if node.op == "sym" else f"<{leaf}>")
        if node.op == "const":
            if leaf not in ("pi", "e", "i"):
                raise Undefined
            return {"pi": +self.mp.pi, "e": +self.mp.e, "i": self.mp.mpc(0, 1)}[str(leaf)]
        if node.op in _OPERATORS:
            value = self.carried(node) if self.carrying else None
            return self.unknown(node) if value is None else value
        value = self.combine(node, [self.of(argument) for argument in node.args])
        if not self.mp.isfinite(value) or (self.real and is_complex(value)):
            raise Undefined
        if value and abs(self.mp.mag(value)) > MAX_BITS:
            raise Malformed(f"value beyond 2^{MAX_BITS}")
        return value

    def named(self, name: str) -> Any:
        """Return the value of a name at this point."""
        if name not in self.point:
            raise Undefined
        return self.point[name]

    def carried(self, node: Node) -> Any:
        """Return the value of a sum, product, integral, limit or derivative; None where it is not carried out here."""
        body, name = node.args[0], f"<{node.leaf}>"
        if not is_plain(body):
            return None
        if node.op == "opaque":
            return self.approached(node) if node.leaf == "lim" else self.derived(node) if node.leaf == "d" else None
        if node.op == "int":
            ends = [self.end(part) for part in node.args[1:]]
            return self.extrapolated(lambda at: self.mp.quad(at, ends, maxdegree=QUADRATURE), body, name, ends)
        first, last = self.of(node.args[1]), self.end(node.args[2])
        if is_complex(first) or is_complex(last) or not self.mp.isint(first):
            return None
        first, last = self.mp.re(first), self.mp.re(last)
        if last == self.mp.inf and node.op == "sum":
            ends = [first, last]
            return self.extrapolated(
                lambda at: self.mp.nsum(at, ends, maxterms=MAX_TERMS, method="r+s"), body, name, []
            )
        if not (self.mp.isint(last) and 0 <= last - first + 1 <= most_terms(node)):
            return None
        before = self.point
        total = self.mp.mpf(int(node.op == "prod"))
        for step in range(int(first), int(last) + 1):
            self.spend(weight(body))
            self.point = {**before, name: self.mp.mpf(step)}
            value = self.of(body)
            total = total + value if node.op == "sum" else total * value
            self.scale = max(self.scale, abs(total), abs(value))
        self.point = before
        return total

    def approached(self, node: Node) -> Any:
        """Return a limit; one without a side has to be the same from both."""
        body, to = node.args
        if to.op != "seq" or to.args[0].op != "bound":
            return None
        name, end = f"<{to.args[0].leaf}>", self.end(to.args[1])
        sides = {"to+": (1,), "to-": (-1,)}.get(str(to.leaf), (1,) if self.mp.isinf(end) else (1, -1))

        def from_side(side: int) -> Any:
            return self.extrapolated(
                lambda at: self.mp.limit(at, end, direction=side, maxterms=MAX_TERMS), body, name, []
            )

        found = [from_side(side) for side in sides]
        if abs(found[0] - found[-1]) > abs(found[0]) * self.mp.mpf(10) ** -20:
            raise Undefined
        return found[0]

    def derived(self, node: Node) -> Any:
        """Return the derivative of an expression in one of its names, at this point."""
        body, name = node.args[0], str(node.args[1].leaf)
        return self.extrapolated(lambda at: self.mp.diff(at, self.named(name)), body, name, [])

    def spend(self, cost: int) -> None:
        """Count what carrying out costs, also where it is nested.

        Raises:
            Malformed: beyond MAX_CARRIED_WEIGHT.
        """
        self.spent += cost
        if self.spent > MAX_CARRIED_WEIGHT:
            raise Malformed("too much to carry out")

    def end(self, node: Node) -> Any:
        """Return the end of an integral, which may be infinite."""
        bare = node.args[0] if node.op == "neg" else node
        if bare.op == "const" and bare.leaf == "inf":
            return -self.mp.inf if node.op == "neg" else self.mp.inf
        return self.of(node)

    def extrapolated(
        self, method: Callable[[Callable[[Any], Any]], Any], body: Node, name: str, ends: list[Any]
    ) -> Any:
        """Return what a method makes of the values of a body; what is not smooth comes out wrong, and equal to nothing.

        Source: Takahasi & Mori 1974 (Publ. RIMS 9) for integrals, Richardson's and Shanks' extrapolations for the
        others, as mpmath has them.
        """
        before, endless, cost = self.point, any(map(self.mp.isinf, ends)), weight(body)
        self.spend(_EXTRAPOLATION if not ends else _NODES)

        def at(x: Any) -> Any:
            self.spend(cost)
            self.point = {**before, name: x}
            try:
                return self.of(body)
            except Malformed:
                if endless and abs(x) > _FAR and self.spent <= MAX_CARRIED_WEIGHT:
                    return self.mp.mpf(0)
                raise

        try:
            return method(at)
        except (ArithmeticError, ValueError, TypeError, self.mp.NoConvergence):
            raise Undefined from None
        finally:
            self.point = before

    def combine(self, node: Node, values: list[Any]) -> Any:
        """Apply a tree's operation to the values of its arguments."""
        op, first, last = node.op, values[0], values[-1]
        if op == "+":
            self.scale = max(self.scale, abs(first), abs(last))
            return first + last
        if op == "*":
            return first * last
        if op == "neg":
            return -first
        if op == "/":
            if last == 0:
                raise Undefined
            return first / last
        if op == "^":
            return self.power(node.args[1], first, last)
        if op == "sqrt":
            return self.mp.sqrt(first)
        if op == "root":
            return self.nth_root(first, last)
        if op in ("log", "ln", "exp", "cis"):
            return self.logarithmic(op, values)
        if op in _TRIGONOMETRIC and len(values) == 1:
            return self.trigonometric(op, first)
        if op in ("abs", "conj"):
            return abs(first) if op == "abs" else self.mp.conj(first)
        return self.stepped(node, values)

    def stepped(self, node: Node, values: list[Any]) -> Any:
        """Return what is not smooth: steps, remainders, the larger of two, factorials; else the exact value."""
        op, real = node.op, not any(map(is_complex, values))
        if op in ("floor", "ceil", "max", "min", "mod") and real:
            return self.ordered(op, [self.mp.re(value) for value in values])
        if op in ("!", "binom") and real and max(map(abs, values)) <= MAX_GAMMA:
            try:
                return (self.mp.factorial if op == "!" else self.mp.binomial)(*map(self.mp.re, values))
            except ValueError:
                raise Undefined from None
        rational = exact(node)
        if rational is None:
            raise Malformed(f"cannot evaluate {op}")
        return self.mp.mpf(rational.numerator) / rational.denominator

    def unknown(self, node: Node) -> Any:
        """Return a value that equal parts of an operator share and different parts do not."""
        name = str(node.leaf) if node.op == "opaque" else node.op
        total = self.mp.mpf(derive("operator", name) % 10**9) / 10**8
        for place, part in enumerate(node.args):
            total += (self.inside(part) + 1) ** 2 * (derive("place", place, name) % 10**9) / 10**8
        return total

    def inside(self, part: Node) -> Any:
        """Return a value for a part of an operator, which may be a relation or have none."""
        if part.op in ("rel", "seq"):
            return self.unknown(Node("opaque", part.args, f"{part.op} {part.leaf}"))
        if part.op == "const" and part.leaf not in ("pi", "e", "i"):
            return self.mp.mpf(derive("constant", str(part.leaf)) % 10**9) / 10**8
        return self.of(part)

    def power(self, written: Node, base: Any, exponent: Any) -> Any:
        """Return a power; an exponent with an odd denominator takes the real root of a negative base."""
        known = exact(written) if written.op in ("/", "neg") else None
        if known is not None and known.denominator % 2 and known.denominator > 1:
            root = self.nth_root(base, self.mp.mpf(known.denominator))
            return self.raised(root, self.mp.mpf(known.numerator))
        return self.raised(base, exponent)

    def ordered(self, op: str, values: list[Any]) -> Any:
        """Return a floor, ceiling, remainder, maximum or minimum of reals; noise round an integer is not a step."""
        if op in ("max", "min"):
            return (max if op == "max" else min)(values)
        if op == "mod":
            if values[1] == 0:
                raise Undefined
            return values[0] - values[1] * self.ordered("floor", [values[0] / values[1]])
        nearest = self.mp.nint(values[0])
        if abs(nearest - values[0]) < tolerance() * max(1, self.scale):
            return nearest
        return self.mp.floor(values[0]) if op == "floor" else self.mp.ceil(values[0])

    def raised(self, base: Any, exponent: Any) -> Any:
        """Return a power whose magnitude is known to be in bounds before it is computed."""
        if base == 0:
            if self.mp.re(exponent) <= 0:
                raise Undefined
            return self.mp.mpf(0)
        if abs(exponent) > MAX_BITS or abs(exponent) * (abs(self.mp.mag(base)) + 3) > 2 * MAX_BITS:
            raise Malformed(f"power beyond 2^{MAX_BITS}")
        return self.mp.power(base, exponent)

    def nth_root(self, value: Any, degree: Any) -> Any:
        """Return the real root of odd degree of a negative number, else the principal root."""
        if degree == 0:
            raise Undefined
        if not is_complex(value) and self.mp.re(value) < 0 and self.mp.isint(degree) and int(degree) % 2:
            return -self.raised(-value, 1 / degree)
        return self.raised(value, 1 / degree)

    def logarithmic(self, op: str, values: list[Any]) -> Any:
        """Return an exponential, a turn or a logarithm; log without a base is natural, as ln."""
        if op == "cis":
            return self.mp.mpc(self.trigonometric("cos", values[0]), self.trigonometric("sin", values[0]))
        if op == "exp":
            return self.raised(+self.mp.e, values[0])
        if 0 in values or values[1:] == [1]:
            raise Undefined
        self.scale = max(self.scale, 1)
        value = self.mp.log(values[0])
        return value / self.mp.log(values[1]) if len(values) == 2 else value

    def trigonometric(self, op: str, value: Any) -> Any:
        """Return a trigonometric or hyperbolic value of a bounded argument."""
        if abs(value) > MAX_ANGLE:
            raise Malformed(f"angle beyond {MAX_ANGLE}")
        self.scale = max(self.scale, 1)
        try:
            return getattr(self.mp, _TRIGONOMETRIC[op])(value)
        except (ZeroDivisionError, ValueError):
            raise Undefined from None


_TRIGONOMETRIC = {
    "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "coth": "coth", "sech": "sech", "csch": "csch", "arcsin": "asin", "arccos": "acos",
    "arctan": "atan", "arccot": "acot", "arcsec": "asec", "arccsc": "acsc", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh",
}  # fmt: skip
_OPERATORS = frozenset(("opaque", "sum", "prod", "int"))
_WEIGHTS = {
    **dict.fromkeys(_TRIGONOMETRIC, 12), "log": 10, "ln": 10, "exp": 10, "cis": 24, "sqrt": 4, "root": 30, "floor": 10,
    "ceil": 10, "mod": 15, "!": 25, "binom": 120,
}  # fmt: skip


def weight(node: Node, *, counting: bool = False, carrying: bool = False) -> int:
    """Return what one evaluation of a tree costs, about one for an addition.

    counting: factorials are of whole numbers. carrying: sums and integrals are carried out.
    """
    own = _WEIGHTS.get(node.op, 1)
    if own > 20 and (counting or all(argument.op == "num" for argument in node.args)):
        own = min(own, 15)
    if node.op == "^":
        own = 4 if node.args[1].op == "num" else 20
    inner = [weight(argument, counting=counting, carrying=carrying) for argument in node.args]
    if carrying and node.op in ("sum", "prod", "int", "opaque") and inner:
        series = node.op == "sum" and node.args[2] == _INFINITE
        if node.op == "int" or series or node.leaf == "lim":
            inner[0] = inner[0] * _NODES + (_EXTRAPOLATION if node.op != "int" else 0)
        elif node.leaf == "d":
            inner[0] *= _DIFFERENCES
        elif node.op != "opaque":
            inner[0] *= most_terms(node)
    return own + sum(inner)
