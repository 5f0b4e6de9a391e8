"""Test scores steer nothing: what trains, diagnoses or mixes cannot reach a module that reads them."""

from tests.house.source import Source, sources
from tests.house.test_layers import import_graph

READERS = ("flows.report", "pipeline.store.query")
"""Modules that read test scores, and SQL, which could; the report is a wing of them."""
STEERING = (
    "pipeline.choice.curriculum",
    "pipeline.choice.weakness",
    "pipeline.choice.operators",
    "flows.loop.loop",
    "flows.loop.rounds",
    "flows.loop.training",
)
SCORES_READ = 'read("scores"'
MEASURE = "filters/asker.py"
"""The one place that reads scores back from the ledger, to go on measuring; filters.measure refuses test problems."""


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return every module that one imports, directly or through others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for target in graph[waiting.pop()] - found:
            found.add(target)
            waiting.append(target)
    return found


def leaks(files: list[Source]) -> list[str]:
    """Name every way from a steering module to a reader of test scores."""
    graph = import_graph(files)
    faults = [
        f"{start} reaches {target}"
        for start in STEERING
        if start in graph
        for target in sorted(reached(graph, start))
        if target.startswith(READERS)
    ]
    readers = [f.path for f in files if SCORES_READ in f.text and f.path != MEASURE]
    return faults + [f"{path} reads scores from the ledger" for path in readers]


def test_nothing_that_steers_reaches_test_scores():
    assert leaks(sources()) == []


def test_checker_catches_a_leak():
    loop = Source("flows/loop/loop.py", "from flows.stages.score import score\n")
    clean = [loop, Source("flows/stages/score.py", "score = 1\n"), Source("flows/report/evidence.py", "load = 1\n")]
    assert leaks(clean) == []
    sly = Source("flows/stages/score.py", "def score():\n    from flows.report.evidence import load\n")
    assert leaks([loop, sly, clean[2]]) == ["flows.loop.loop reaches flows.report.evidence"]
    assert leaks([*clean, Source("flows/a.py", 'x.read("scores")\n')]) == ["flows/a.py reads scores from the ledger"]


def test_the_modules_named_exist():
    modules = {source.module for source in sources()}
    assert set(STEERING) | set(READERS) <= modules
