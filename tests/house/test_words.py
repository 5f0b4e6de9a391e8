"""What must not be said: empty names, prints, eval, pickles, hidden randomness, swallowed errors, machine paths."""

import ast
import re

from tests.house.source import Source, definitions, dotted, imports, sources, within

EMPTY_NAMES = {"utils", "util", "common", "manager", "helper", "helpers", "misc"}
EMPTY_MODULES = EMPTY_NAMES | {"data", "info"}
SPEAKERS = ("flows/commands/cli.py", "flows/report/report.py")
SANDBOXED = "generators/sandbox/zygote.py"
"""The one place that executes text, and must catch whatever it raises: it runs inside the sandbox alone."""
GUARDS = ("pipeline/workers/worker.py", "generators/family.py", SANDBOXED)
SEEDS = "pipeline/seeds.py"
PICKLES = ("pickle", "cloudpickle", "dill", "shelve", "marshal", "joblib")
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:home|work|root|tmp|opt|mnt|srv|Users)/\w")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b")  # the words this test looks for


def word_faults(source: Source) -> list[str]:
    """Name every banned word, call and handler of a file."""
    nodes = list(ast.walk(source.tree))
    return [
        *_names(source),
        *(fault for node in nodes if isinstance(node, ast.Call) for fault in _call(source, node)),
        *(fault for node in nodes if isinstance(node, ast.ExceptHandler) for fault in _handler(source, node)),
        *(
            f"{source.at(node.lineno)} adds to a seed: name the choice instead (pipeline.seeds)"
            for node in nodes
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and _seed(node.left, node.right)
        ),
        *(
            f"{source.at(line)} imports {name}: nothing is pickled"
            for name, line, _ in imports(source)
            if within(name, PICKLES)
        ),
        *_text(source),
    ]


def _names(source: Source) -> list[str]:
    stem = source.module.split(".")[-1]
    faults = [f"{source.path}: {stem!r} says nothing"] if set(stem.split("_")) & EMPTY_MODULES else []
    for name, node, _ in definitions(source.tree):
        last = name.split(".")[-1]
        words = re.findall(r"[A-Z]?[a-z]+", last) if isinstance(node, ast.ClassDef) else [last.strip("_")]
        if {word.lower() for word in words} & EMPTY_NAMES:
            faults.append(f"{source.at(node.lineno)}: the name {last!r} says nothing")
    return faults


def _call(source: Source, node: ast.Call) -> list[str]:
    name = dotted(node.func)
    where = source.at(node.lineno)
    if name in ("eval", "exec", "compile") and source.path != SANDBOXED:
        return [f"{where} calls {name}"]
    if name == "print" and source.path not in SPEAKERS and not source.path.endswith("__main__.py"):
        return [f"{where} prints: log it, or return it"]
    if source.path != SEEDS and (
        name == "Random"
        or name.startswith(("random.", "np.random.", "numpy.random."))
        or (name in ("torch.manual_seed", "torch.seed") and not _derived(node))
    ):
        return [f"{where} calls {name}: randomness comes from pipeline.seeds"]
    if name in ("torch.save", "torch.load"):
        return [f"{where} calls {name}: nothing is pickled"]
    return []


def _derived(node: ast.Call) -> bool:
    """Say whether the one argument is a call of `derive`: some libraries draw from torch's global stream alone."""
    return len(node.args) == 1 and isinstance(node.args[0], ast.Call) and dotted(node.args[0].func) == "derive"


def _handler(source: Source, node: ast.ExceptHandler) -> list[str]:
    if node.type is None:
        return [f"{source.at(node.lineno)}: a bare except"]
    caught = {dotted(item) for item in ast.walk(node.type)}
    cleanup = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
    if caught & {"Exception", "BaseException"} and source.path not in GUARDS and not cleanup:
        return [f"{source.at(node.lineno)} catches everything: name the errors"]
    return []


def _seed(*operands: ast.expr) -> bool:
    return any(dotted(operand).split(".")[-1] == "seed" for operand in operands)


def _text(source: Source) -> list[str]:
    faults = []
    for number, line in enumerate(source.text.splitlines(), start=1):
        if MACHINE_PATH.search(line):
            faults.append(f"{source.at(number)} names a path of one machine")
        if UNFINISHED.search(line):
            faults.append(f"{source.at(number)} is unfinished: honest or absent")
    return faults


def test_no_banned_words():
    faults = [fault for source in sources() for fault in word_faults(source)]
    assert not faults, "\n".join(faults)


def test_no_machine_paths_in_tests_and_benchmarks():
    faults = [fault for source in sources(packages=("tests", "benchmarks")) for fault in _paths(source)]
    assert not faults, "\n".join(faults)


def _paths(source: Source) -> list[str]:
    return [fault for fault in _text(source) if "one machine" in fault]


def broken(text: str, path: str = "pipeline/a.py") -> str:
    return " | ".join(word_faults(Source(path, text)))


def test_checker_catches_names():
    assert "says nothing" in broken("", "pipeline/text_utils.py")
    assert "says nothing" in broken("", "pipeline/data.py")
    assert "'RunManager' says nothing" in broken("class RunManager: pass\n")
    assert "'_helper' says nothing" in broken("def _helper(): pass\n")
    assert broken("def longest_common_run(): pass\n") == ""


def test_checker_catches_calls():
    assert "prints" in broken("print(1)\n") and broken("print(1)\n", "flows/commands/cli.py") == ""
    assert "calls eval" in broken("eval('1')\n") and broken("model.eval()\n") == ""
    assert "nothing is pickled" in broken("from pickle import dumps\n")
    assert "nothing is pickled" in broken("torch.save(x, path)\n")
    assert "pipeline.seeds" in broken("import random\nx = random.random()\n")
    assert "pipeline.seeds" in broken("np.random.default_rng(0)\n")
    assert "pipeline.seeds" in broken("from random import Random\nRandom(3)\n")
    assert "pipeline.seeds" in broken("torch.manual_seed(1)\n")
    assert broken("torch.manual_seed(derive('policy', seed))\n") == ""
    assert broken("from random import Random\ndef f(rng: Random): rng.random()\n") == ""
    assert "adds to a seed" in broken("x = config.seed + index\n")


def test_checker_catches_handlers():
    assert "bare except" in broken("try: f()\nexcept: pass\n")
    assert "catches everything" in broken("try: f()\nexcept (ValueError, Exception): pass\n")
    assert broken("try: f()\nexcept Exception: pass\n", "pipeline/workers/worker.py") == ""  # a guard may: it is listed
    assert broken("try: f()\nexcept BaseException:\n    tidy()\n    raise\n") == ""
    other = "try: f()\nexcept Exception as e:\n    raise ValueError from e\n"  # hides the cause behind another error
    assert "catches everything" in broken(other)


def test_checker_catches_paths_and_promises():
    assert "one machine" in broken("x = '" + "/" + "home/me/x'\n")
    assert broken("x = 'a/home/me'\n") == ""
    assert "unfinished" in broken("# " + "TO" + "DO: later\n")
