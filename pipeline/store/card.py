"""The README.md of a published version, in the form Hugging Face reads. Not the manifest, which is the truth.

Law: `datasets.load_dataset(folder)` finds the files through the front matter written here.
"""

from collections.abc import Sequence

import yaml

from pipeline.store.version import HUB_SPLITS, DatasetVersion, split_file


def card(version: DatasetVersion, *, license: str = "apache-2.0", tags: Sequence[str] = ()) -> str:
    """Return the dataset card: front matter with the files of each split, then what is in it and how it was made."""
    return f"---\n{yaml.safe_dump(_front_matter(version, license, tags), sort_keys=False)}---\n\n{_body(version)}"


def _front_matter(version: DatasetVersion, license: str, tags: Sequence[str]) -> dict[str, object]:
    present = {item.path for item in version.files}
    files = [
        {"split": hub_name, "path": split_file(split)}
        for split, hub_name in HUB_SPLITS.items()
        if split_file(split) in present
    ]
    return {
        "license": license,
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


def _body(version: DatasetVersion) -> str:
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
        *(f"| {cell.family} | {cell.level} | {cell.region} | {rows} |" for cell, rows in sorted(version.cells.items())),
        "",
    ]
    lines += _noise(version)
    if version.dropped:
        lines += ["| dropped by rule | rows |", "|---|---|"]
        lines += [f"| {rule} | {rows} |" for rule, rows in sorted(version.dropped.items())] + [""]
    lines += [f"Recipe `{version.recipe_id}`; parents {list(version.parents)}; inputs {list(version.inputs)}.", ""]
    return "\n".join(lines)


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
