"""The README.md of a published version, in the form Hugging Face reads. Not the manifest, which is the truth.

Law: `datasets.load_dataset(folder)` finds the files through the front matter written here.
"""

from collections.abc import Mapping, Sequence

import yaml

from pipeline.store.version import HUB_SPLITS, DatasetVersion, split_file

HUB_LICENSES = frozenset((
    "apache-2.0", "mit", "openrail", "bigscience-openrail-m", "creativeml-openrail-m",
    "bigscience-bloom-rail-1.0", "bigcode-openrail-m", "afl-3.0", "artistic-2.0", "bsl-1.0", "bsd",
    "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "c-uda", "cc", "cc0-1.0", "cc-by-2.0", "cc-by-2.5",
    "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0",
    "cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0", "cdla-sharing-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0", "wtfpl", "ecl-2.0",
    "epl-1.0", "epl-2.0", "etalab-2.0", "eupl-1.1", "eupl-1.2", "agpl-3.0", "gfdl", "gpl", "gpl-2.0", "gpl-3.0",
    "lgpl", "lgpl-2.1", "lgpl-3.0", "isc", "h-research", "intel-research", "lppl-1.3c", "ms-pl", "apple-ascl",
    "mpl-2.0", "odc-by", "odbl", "openmdw-1.0", "openrail++", "osl-3.0", "postgresql", "ofl-1.1", "ncsa",
    "unlicense", "zlib", "pddl", "lgpl-lr", "deepfloyd-if-license", "fair-noncommercial-research-license",
    "llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "gemma", "unknown",
))  # fmt: skip
"""Names of licences that the Hub knows. Source: Hugging Face Hub documentation, "Licenses"."""


def card(version: DatasetVersion, *, licenses: Mapping[str, int], tags: Sequence[str] = ()) -> str:
    """Return the dataset card: front matter with the files of each split, then what is in it and how it was made.

    `licenses` are those of its rows, with how many each; one that the Hub has no name for stands there as "other".
    """
    front = yaml.safe_dump(_front_matter(version, licenses, tags), sort_keys=False, allow_unicode=True)
    return f"---\n{front}---\n\n{_body(version, licenses)}"


def _licensed(licenses: Mapping[str, int]) -> dict[str, object]:
    """Return what the front matter says of licences: names of the Hub, and the names that it has not."""
    names = sorted(licenses) or ["unknown"]
    ids = list(dict.fromkeys(name.lower() if name.lower() in HUB_LICENSES else "other" for name in names))
    others = [name for name in names if name.lower() not in HUB_LICENSES]
    named: dict[str, object] = {"license": ids[0] if len(ids) == 1 else ids}
    return named | ({"license_name": ", ".join(others)} if others else {})


def _front_matter(version: DatasetVersion, licenses: Mapping[str, int], tags: Sequence[str]) -> dict[str, object]:
    present = {item.path for item in version.files}
    files = [
        {"split": hub_name, "path": split_file(split)}
        for split, hub_name in HUB_SPLITS.items()
        if split_file(split) in present
    ]
    return {
        **_licensed(licenses),
        "pretty_name": version.name,
        "language": ["en"],
        "task_categories": ["text-generation"],
        "tags": ["rlvr", "verifiable", "veriloop", *tags],
        "size_categories": [_size_category(version.rows)],
        "configs": [{"config_name": "default", "default": True, "data_files": files}],
    }


def _size_category(rows: int) -> str:
    steps = [(1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M")]
    return next((label for limit, label in steps if rows < limit), "1M<n<10M")


def _body(version: DatasetVersion, licenses: Mapping[str, int]) -> str:
    lines = [
        f"# {version.name}",
        "",
        f"Version `{version.id}`, {version.rows:,} problems in {len(version.cells)} cells, "
        f"{sum(version.dropped.values()):,} dropped and kept beside with the rule and reason.",
        "Every row carries its parameters, one answer, what is proven about it (`certificate`) and the place of the",
        "answer in a reply (`answer_format`), so that a reply can be judged from the row itself.",
        "Splits are a function of the instance: train 90%, validation (probe) 5%, test 5%.",
        "",
        "| family | level | region | rows |",
        "|---|---|---|---|",
        *(
            f"| {cell.family} | {cell.level} | {_in_cell(cell.region)} | {rows} |"
            for cell, rows in sorted(version.cells.items())
        ),
        "",
        "| licence | rows |",
        "|---|---|",
        *(f"| {_in_cell(name)} | {rows} |" for name, rows in sorted(licenses.items())),
        "",
        *(f"- {note}" for note in _notes(version)),
        "",
    ]
    lines += _noise(version)
    if version.dropped:
        lines += ["| dropped by rule | rows |", "|---|---|"]
        lines += [f"| {rule} | {rows} |" for rule, rows in sorted(version.dropped.items())] + [""]
    lines += [f"Recipe `{version.recipe_id}`; parents {list(version.parents)}; inputs {list(version.inputs)}.", ""]
    return "\n".join(lines)


def _in_cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _notes(version: DatasetVersion) -> list[str]:
    """Return what an import told of its rows."""
    notes = version.quality.get("notes") if isinstance(version.quality, dict) else None
    return [" ".join(note.split()) for note in notes if isinstance(note, str)] if isinstance(notes, list) else []


def _noise(version: DatasetVersion) -> list[str]:
    """Return what audits knew of the verifiers' error rates when the version was published."""
    known = version.quality.get("verifier_noise") if isinstance(version.quality, dict) else None
    if not isinstance(known, list) or not known:
        return []
    rows = [
        f"| {row.get('family', '')} | {row.get('verifier_version', '')} | {row.get('answer_type', '')} | "
        f"{str(row.get('kind', 'any error')).replace('_', ' ')} | {row.get('said', '')} | {row.get('judge', '')} |"
        for row in known
        if isinstance(row, dict)  # another's report may say anything
    ]
    head = ["Error rates of the verifiers, from audits of accepts and rejects before publication (95%):", ""]
    return [*head, "| family | verifier | answers | rate | found | judge |", "|---|---|---|---|---|---|", *rows, ""]
