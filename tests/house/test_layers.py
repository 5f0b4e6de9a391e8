"""Which way arrows point: flows -> siblings -> pipeline, heavy libraries at their one address, no cycle anywhere."""

from tests.house.source import PACKAGES, PLUGINS, SHARED, Source, imports, sources, within

MAY_IMPORT = {
    "pipeline": ("pipeline",),
    "generators": ("generators", "pipeline"),
    "filters": ("filters", "pipeline"),
    "trainer": ("trainer", "pipeline"),
    "flows": PACKAGES,
}

ADDRESS = {
    "vllm": ("trainer/samplers/vllm.py",),
    "httpx": ("trainer/samplers/http.py",),
    "duckdb": ("pipeline/store/query.py",),
    "datasets": ("pipeline/store/hub.py",),
    "huggingface_hub": ("pipeline/store/hub.py",),
    "torch": ("trainer/",),
    "transformers": ("trainer/",),
    "tokenizers": ("trainer/",),
    "safetensors": ("trainer/",),
    "prefect": ("flows/",),
    "ortools": ("generators/",),
    "sympy": ("generators/",),
    "dask": (),
    "distributed": (),
    "trl": (),
}
"""Where a heavy library may be imported: files, or folders ending in a slash; () means nowhere."""

LAZY = ("vllm", "prefect", "sympy", "ortools")
"""Imported inside functions only: absent in some installs, in need of settings first, or slow."""


def layer_faults(source: Source) -> list[str]:
    """Name every import of a file that points the wrong way or stands at the wrong address."""
    faults = []
    for name, line, lazy in imports(source):
        top = name.split(".")[0]
        where = f"{source.at(line)} imports {name}"
        if name.startswith("."):
            faults.append(f"{where}: imports are absolute")
        if top in PACKAGES and top not in MAY_IMPORT[source.package]:
            faults.append(f"{where}: {source.package} may import {' and '.join(MAY_IMPORT[source.package])} only")
        if top in ADDRESS and not (ADDRESS[top] and source.path.startswith(ADDRESS[top])):
            faults.append(f"{where}: {top} has its one address in {', '.join(ADDRESS[top]) or 'no package'}")
        if top in LAZY and not lazy:
            faults.append(f"{where}: {top} is imported inside functions only")
        if source.plugin and within(name, _dotted(PLUGINS)) and not within(name, _dotted(SHARED)):
            faults.append(f"{where}: a plug-in never imports another; what two share gets a named module")
    return faults


def _dotted(paths: tuple[str, ...]) -> list[str]:
    return [path.removesuffix(".py").rstrip("/").replace("/", ".") for path in paths]


def import_graph(files: list[Source]) -> dict[str, set[str]]:
    """Return module -> modules of ours it imports, lazily or not."""
    known = {source.module for source in files}
    graph: dict[str, set[str]] = {}
    for source in files:
        names = (name if name in known else name.rpartition(".")[0] for name, _, _ in imports(source))
        graph[source.module] = {name for name in names if name in known and name != source.module}
    return graph


def cycle_in(graph: dict[str, set[str]]) -> list[str]:
    """Return one cycle as a path whose ends are equal, or []."""
    done: set[str] = set()

    def visit(module: str, path: list[str]) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module not in done:
            for target in sorted(graph[module]):
                if found := visit(target, [*path, module]):
                    return found
            done.add(module)
        return []

    return next((found for module in sorted(graph) if (found := visit(module, []))), [])


def test_every_import_points_the_right_way():
    faults = [fault for source in sources() for fault in layer_faults(source)]
    assert not faults, "\n".join(faults)


def test_no_cycle():
    cycle = cycle_in(import_graph(sources()))
    assert not cycle, " -> ".join(cycle)


def test_every_address_is_used_by_a_file_that_exists():
    files = {source.path for source in sources()}
    named = {address for addresses in ADDRESS.values() for address in addresses if address.endswith(".py")}
    assert named <= files, f"no such file: {sorted(named - files)}"


def broken(path: str, text: str) -> str:
    return " | ".join(layer_faults(Source(path, text)))


def test_checker_catches_wrong_directions():
    assert "filters may import filters and pipeline only" in broken("filters/a.py", "from generators import family\n")
    assert "pipeline may import pipeline only" in broken("pipeline/a.py", "def f():\n    import trainer.grpo\n")
    assert "imports are absolute" in broken("filters/a.py", "from . import rule\n")
    assert "trainer may import" in broken("trainer/a.py", "import importlib\nimportlib.import_module('filters.rule')\n")
    assert broken("flows/a.py", "from trainer.grpo import train\nfrom pipeline.seeds import rng\n") == ""


def test_checker_catches_wrong_addresses():
    assert "duckdb has its one address in pipeline/store/query.py" in broken("flows/a.py", "import duckdb\n")
    assert "torch has its one address in trainer/" in broken("filters/a.py", "def f():\n    import torch.nn\n")
    assert "dask has its one address in no package" in broken("pipeline/workers/shards.py", "import dask\n")
    assert "prefect is imported inside functions only" in broken("flows/a.py", "import prefect\n")
    assert broken("flows/a.py", "def f():\n    import prefect\n") == ""
    assert broken("flows/a.py", "import prefectorial\n") == ""


def test_checker_catches_plugins_that_know_each_other():
    assert "never imports another" in broken("generators/families/np/a.py", "from generators.families.np import tsp\n")
    assert "never imports another" in broken("filters/rules/a.py", "from filters.rules.length import mark\n")
    assert broken("generators/families/np/a.py", "from generators.render import words\n") == ""


def test_checker_catches_a_cycle():
    files = [
        Source("pipeline/a.py", "from pipeline import b\n"),
        Source("pipeline/b.py", "def f():\n    from pipeline.c import g\n"),
        Source("pipeline/c.py", "import pipeline.a\n"),
    ]
    assert cycle_in(import_graph(files)) == ["pipeline.a", "pipeline.b", "pipeline.c", "pipeline.a"]
    assert cycle_in(import_graph(files[:2])) == []
