"""Objects that lie about themselves: none passes a test whose certificate says exact, and honest programs all do."""

import pytest

from generators.families.code.tests import solve
from generators.programs.case_rows import read_cases
from generators.programs.judge import check_program
from generators.sandbox.sandbox import Sandbox
from pipeline.problem import Outcome
from tests.generators.boxes import LEVELS, made

EVERYTHING = """
class Liar:
    def __init__(self, *given): pass
    def _yes(self, *given, **named): return True
    def _self(self, *given, **named): return self
    def _three(self, *given): return 3
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = __instancecheck__ = __ne__ = _yes
    issubset = issuperset = isdisjoint = startswith = endswith = isdigit = equals = is_integer = _yes
    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __pow__ = __mod__ = __abs__ = __neg__ = __round__ = _self
    __getitem__ = __call__ = strip = lower = __truediv__ = __floordiv__ = __and__ = __or__ = _self
    __len__ = __hash__ = __index__ = _three
    def __float__(self): return 0.5
    def __iter__(self): return iter(())
    def __next__(self): raise StopIteration
"""
LIAR = EVERYTHING + "def f(*given): return Liar()\ndef g(*given): return Liar()\n"
CLASSED = (
    EVERYTHING
    + "class Posing(Liar):\n    @property\n    def __class__(self): return {kind}\ndef f(*given): return Posing()\n"
)
SUBCLASS = """
class Sub({kind}):
    def __eq__(self, other): return True
    def __ne__(self, other): return True
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __contains__ = __lt__
    def __hash__(self): return 0
    def __len__(self): return 3
    def __iter__(self): return iter([7, 8])
    def __sub__(self, other): return 0
    __rsub__ = __mod__ = __pow__ = __abs__ = __sub__
    def issubset(self, other): return True
    def startswith(self, other): return True
    def __int__(self): return 3
    def __float__(self): return 3.0
    def __str__(self): return '3'
    def items(self): return [('z', 1)]
def f(*given): return Sub({value})
"""


SHADOWED = "ValueError = Exception\ndef f(x): 1 / 0"


def subclass(kind: str, value: str) -> str:
    return SUBCLASS.format(kind=kind, value=value)


ATTACKS = [
    ("assert isinstance(f(1), list)", "def f(x): return [x]", LIAR),
    ("assert isinstance(f(1), list)", "def f(x): return [x]", CLASSED.format(kind="list")),
    ("assert isinstance(f(1), int) and f(1) > 5", "def f(x): return 6", CLASSED.format(kind="int")),
    ("import operator\nassert operator.eq(f(1), 3)", "def f(x): return 3", LIAR),
    ("from operator import eq as same\nassert same(f(1), 3)", "def f(x): return 3", LIAR),
    ("assert f(1).issubset({1, 2})", "def f(x): return {x}", LIAR),
    ("assert f(1).issubset({1, 2})", "def f(x): return {x}", subclass("set", "[9]")),
    ("assert {1}.issubset(f(1))", "def f(x): return [x]", LIAR),
    ("assert (f(2) - 0.5) ** 2 < 1e-6", "def f(x): return 1 / x", LIAR),
    ("assert (f(2) - 0.5) ** 2 < 1e-6", "def f(x): return 1 / x", subclass("float", "9")),
    ("assert abs(f(2) - 0.5) < 1e-6", "def f(x): return 1 / x", subclass("float", "9")),
    ("assert abs(f(2) - g(2)) < 1e-6", "def f(x): return 1 / x\ng = f", LIAR),
    ("assert abs(round(f(2), 3) - 0.5) < 1e-6", "def f(x): return 1 / x", LIAR),
    ("import math\nassert math.isclose(f(2), 0.5)", "def f(x): return 1 / x", subclass("float", "9")),
    ("import math\nassert math.fabs(f(2) - 0.5) <= 0.1", "def f(x): return 1 / x", LIAR),
    ("import pytest\nassert f(2) == pytest.approx(0.5)", "def f(x): return 1 / x", LIAR),
    ("assert f(1) == 3", "def f(x): return 3", LIAR),
    ("assert f(1) == 3", "def f(x): return 3", subclass("int", "9")),
    ("assert f(1) == '3'", "def f(x): return '3'", subclass("str", "'9'")),
    ("assert f(1) == [1, 2, 3]", "def f(x): return [1, 2, 3]", subclass("list", "[9]")),
    ("assert f(1) == (1, 2, 3)", "def f(x): return 1, 2, 3", subclass("tuple", "[9]")),
    ("assert f(1) == {'a': 1}", "def f(x): return {'a': 1}", subclass("dict", "{'b': 2}")),
    ("assert f(1) == {1: 1}", "def f(x): return {1: 1}", subclass("dict", "{2: 2}")),
    ("assert f(1) == f(1) and f(1) != 4", "def f(x): return 3", LIAR),
    ("assert f(1) == g(2)", "def f(x): return 3\ng = f", LIAR),
    ("assert f(1) % 2 == 0", "def f(x): return 4", subclass("int", "9")),
    ("assert f(3) in (1, 2)", "def f(x): return 2", LIAR),
    ("assert f(3) in (1, 2)", "def f(x): return 2", subclass("int", "9")),
    ("assert 2 in f(3)", "def f(x): return [2]", LIAR),
    ("assert 2 in f(3)", "def f(x): return [2]", subclass("list", "[9]")),
    ("assert f(3).__eq__(3)", "def f(x): return 3", LIAR),
    ("assert f(3).__contains__(3)", "def f(x): return [3]", LIAR),
    ("assert f(1) > 5", "def f(x): return 6", LIAR),
    ("assert 5 < f(1) < 7", "def f(x): return 6", subclass("int", "9")),
    ("assert f(1)", "def f(x): return [x]", LIAR),
    ("assert f('ab').startswith('a')", "def f(x): return x", LIAR),
    ("assert f('ab').startswith('a')", "def f(x): return x", subclass("str", "'z'")),
    ("assert len(f(1)) == 3", "def f(x): return [1, 2, 3]", LIAR),
    ("assert len(f(1)) == 3", "def f(x): return [1, 2, 3]", subclass("list", "[9]")),
    ("assert all(x == 3 for x in f(1))", "def f(x): return [3]", LIAR.replace("iter(())", "iter([Liar()])")),
    ("assert all(isinstance(x, int) for x in f(1))", "def f(x): return [3]", CLASSED.format(kind="list")),
    ("assert type(f(1)) == int", "def f(x): return 3", CLASSED.format(kind="int")),
    ("assert not f(1) == 2", "def f(x): return 3", LIAR),
    ("assert set(f(1)) <= {1, 2}", "def f(x): return [1]", LIAR.replace("iter(())", "iter([Liar()])")),
    ("assert sorted(f(1)) == [1, 2]", "def f(x): return [2, 1]", LIAR.replace("iter(())", "iter([Liar()])")),
    ("assert sum(f(1)) == 3", "def f(x): return [1, 2]", LIAR),
    ("assert f(1)[0] == 3 and f(1)[1] == 4", "def f(x): return [3, 4]", LIAR),
    ("xs = [2, 1]\nassert f(xs) == sorted(xs)", "def f(x): return sorted(x)", LIAR),
    ("r = f(1)\nassert isinstance(r, list) and r == [1]", "def f(x): return [x]", LIAR),
    ("import numpy as np\nassert np.allclose(f(1), 3)", "", LIAR),
    ("def same(a, b):\n    return a == b\nassert same(f(1), 3)", "def f(x): return 3", LIAR),
    ("def same(a, b):\n    assert a == b\nsame(f(1), 3)", "def f(x): return 3", LIAR),
    ("assert is_three(f(1))", "def f(x): return 3\ndef is_three(x): return x == 3", LIAR + "is_three = f"),
    ("assert hasattr(f(1), '__len__')", "def f(x): return []", LIAR),
    ("if f(1) != 3:\n    assert False", "def f(x): return 3", LIAR),
    ("for x in f(1):\n    assert x == 3", "def f(x): return [3]", LIAR),
    ("with pytest.raises(ValueError):\n    f(1)", "def f(x): raise ValueError", SHADOWED),
]  # fmt: skip


@pytest.fixture(scope="module", params=LEVELS)
def box(request: pytest.FixtureRequest):
    with made(request.param) as found:
        yield found


@pytest.mark.parametrize(("test", "right", "liar"), ATTACKS)
def test_a_liar_passes_only_what_claims_nothing(box: Sandbox, test: str, right: str, liar: str) -> None:
    cases = read_cases([{"kind": "code", "source": test}])
    inside = any(case.kind == "assert" for case in cases)
    if right:
        assert check_program(right, cases, sandbox=box).verdict(right).outcome is Outcome.CORRECT
    verdict = check_program(liar, cases, sandbox=box).verdict(liar)
    assert inside or verdict.outcome is not Outcome.CORRECT, verdict


@pytest.mark.parametrize(("test", "right"), [(test, right) for test, right, _ in ATTACKS if right])
def test_the_certificate_says_whether_the_program_could_decide(test: str, right: str) -> None:
    rows = [{"kind": "code", "source": test}]
    inside = sum(case.kind == "assert" for case in read_cases(rows))
    proof = solve({"question": "?", "cases": rows, "reference": right}).certificate
    assert proof.status == ("none" if inside else "exact")
    assert ("asserted inside" in proof.solver) == bool(inside)


def test_most_forms_are_decided_outside() -> None:
    kinds = [{case.kind for case in read_cases([{"kind": "code", "source": test}])} for test, _, _ in ATTACKS]
    assert sum("assert" in found for found in kinds) == 7


@pytest.mark.parametrize(
    "program",
    [
        "import json\njson.dumps = lambda *a, **k: 'true'\ndef f(x): return 9",
        "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.type = lambda *a: list\ndef f(x): return 9",
        "_veriloop_plain = lambda *a: [[3]]\ndef f(x): return 9",
        "def f(x):\n    import sys\n    sys.modules['program']._veriloop_plain = lambda *a: [True]\n    return 9",
        "class M(type):\n    def __subclasscheck__(c, k): return True\n    def mro(c): return [c, object]\n"
        "class L(metaclass=M):\n    __class__ = list\ndef f(x): return L()",
    ],
)  # fmt: skip
def test_what_is_forged_is_only_another_answer(box: Sandbox, program: str) -> None:
    """A program may send any words, as it may return any value; the expected ones it does not know."""
    cases = read_cases([{"kind": "code", "source": "assert isinstance(f(1), list) and f(1) == [3] and len(f(2)) == 2"}])
    assert all(case.kind == "call" for case in cases)
    assert check_program(program, cases, sandbox=box).verdict(program).outcome is not Outcome.CORRECT
