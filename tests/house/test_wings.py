"""A wing answers one question, has named doors and about a dozen rooms, and no two wings need each other."""

import ast
import re
from collections import defaultdict
from pathlib import PurePosixPath

from tests.house.source import PACKAGES, PLUGINS, Source, imports, sources
from tests.house.test_layers import cycle_in

MOST_ROOMS = 14
COLLECTIONS = ("generators/families/", "filters/rules/")
"""Folders of plug-ins, found by path: they may hold any number of rooms, and their contract is their door."""
EVERY_ROOM = "every room"
COMMAND = ("flows.commands", "cli")
"""The one door that is entered from outside Python: the `veriloop` command."""


def wing_of(source: Source) -> str:
    """Return the wing a file stands in; a room directly in its package is a wing of its own."""
    folder = PurePosixPath(source.path).parent
    return source.module if len(folder.parts) == 1 else ".".join(folder.parts)


def doors_of(source: Source) -> set[str] | None:
    """Return the rooms that a wing's `__init__` names after "Doors:", None for every room."""
    said = (ast.get_docstring(source.tree) or "").partition("Doors:")[2]
    return None if said.strip().startswith(EVERY_ROOM) else set(re.findall(r"`(\w+)`", said))


def wing_faults(files: list[Source]) -> list[str]:
    """Name every import past a wing's doors, every door without use, every wing without a question or too large."""
    known = {source.module: source for source in files}
    wings = {
        source.module: source
        for source in files
        if source.path.endswith("__init__.py")
        and source.module not in PACKAGES
        and not source.path.startswith(COLLECTIONS)
    }
    entered: dict[str, set[str]] = defaultdict(set, {COMMAND[0]: {COMMAND[1]}})
    faults = []
    for source in files:
        for target, line in _imported(source, known):
            wing, _, room = target.rpartition(".")
            if wing not in wings or source.module == wing or source.module.startswith(wing + "."):
                continue
            entered[wing].add(room)
            doors = doors_of(wings[wing])
            if doors is not None and room not in doors:
                named = ", ".join(sorted(doors)) or "none"
                faults.append(f"{source.at(line)} enters {wing} by {room}: its doors are {named}")
    for wing, source in wings.items():
        head = (ast.get_docstring(source.tree) or "").partition("\n")[0]
        doors = doors_of(source)
        if "?" not in head:
            faults.append(f"{source.path} asks no question in its first line: what does the wing answer?")
        if doors == set():
            faults.append(f"{source.path} names no doors")
        for door in sorted((doors or set()) - entered[wing]):
            faults.append(f"{source.path} names the door {door}, which nobody enters")
        rooms = [other for other in files if wing_of(other) == wing and other is not source]
        if len(rooms) > MOST_ROOMS and not source.path.startswith(PLUGINS):
            faults.append(f"{wing} has {len(rooms)} rooms, over {MOST_ROOMS}: it wants wings of its own")
    return faults


def _imported(source: Source, known: dict[str, Source]) -> list[tuple[str, int]]:
    found = ((name if name in known else name.rpartition(".")[0], line) for name, line, _ in imports(source))
    return [(name, line) for name, line in found if name in known and name != source.module]


def wing_graph(files: list[Source]) -> dict[str, set[str]]:
    """Return wing -> wings it imports from."""
    known = {source.module: source for source in files}
    graph: dict[str, set[str]] = {wing_of(source): set() for source in files}
    for source in files:
        wings = {wing_of(known[target]) for target, _ in _imported(source, known)}
        graph[wing_of(source)] |= wings - {wing_of(source)}
    return graph


def test_every_wing_answers_a_question_and_is_entered_by_its_doors():
    faults = wing_faults(sources())
    assert not faults, "\n".join(faults)


def test_no_two_wings_need_each_other():
    cycle = cycle_in(wing_graph(sources()))
    assert not cycle, " -> ".join(cycle)


def _wing(doors: str, *more: Source) -> list[Source]:
    return [
        Source("pipeline/a/__init__.py", f'"""What is it?\n\nDoors: {doors}.\n"""\n'),
        Source("pipeline/a/b.py", ""),
        *more,
    ]


def test_checker_catches_side_entrances():
    guest = Source("flows/x.py", "from pipeline.a.b import f\n")
    assert wing_faults(_wing("`b`", guest)) == []
    assert wing_faults(_wing("every room", guest)) == []
    assert "enters pipeline.a by b: its doors are c" in " ".join(wing_faults(_wing("`c`", guest)))
    assert "the door b, which nobody enters" in " ".join(wing_faults(_wing("`b`")))
    assert "names no doors" in " ".join(wing_faults(_wing("")))
    silent = Source("pipeline/a/__init__.py", '"""Things.\n\nDoors: every room.\n"""\n')
    assert "asks no question" in " ".join(wing_faults([silent]))


def test_checker_catches_crowds_and_cycles():
    crowd = [Source(f"pipeline/a/r{k}.py", "") for k in range(MOST_ROOMS)]
    assert "it wants wings of its own" in " ".join(wing_faults(_wing("every room", *crowd)))
    here = Source("flows/a/x.py", "from flows.b.y import f\n")
    there = [
        Source("flows/b/y.py", ""),
        Source("flows/b/z.py", "from flows.a.w import g\n"),
        Source("flows/a/w.py", ""),
    ]
    inits = [Source(f"flows/{name}/__init__.py", "") for name in "ab"]
    assert cycle_in(wing_graph([here, *there, *inits])) == ["flows.a", "flows.b", "flows.a"]
