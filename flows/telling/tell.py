"""What versions, differences, a re-judging, a problem's story and garbage look like to a person: lines, not printed.

Not here: asking (inspect, reverify, the store) or printing (cli). Law: every line says something that is in its dict.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.store.garbage import Garbage

SHOWN = 12
"""Entries of a long list that are shown before the rest is counted."""


def version_lines(described: Mapping[str, Any]) -> Iterator[str]:
    """Yield a described version: name and id, how it was made, cells, drops, files, one example."""
    yield f"{described['name']}   {described['rows']} problems   version {described['id']}"
    recipe = described["recipe"]
    simple = {k: v for k, v in recipe.items() if not isinstance(v, list | dict) and v is not None and "stage" not in k}
    if recipe["stage"] == "reverify":
        simple = {f"{family} verifier": version for family, version in recipe["verifiers"].items()}
    yield f"made by   {recipe['stage']}: " + ", ".join(f"{key} {value}" for key, value in simple.items() if value != "")
    for rule in recipe.get("rules", ()):
        yield "rule      " + _one_line(rule)
    for cell in _some(described["cells"]):
        yield f"cell      {_cell(cell)}: {cell['rows']}"
    for reason, count in described["dropped"].items():
        yield f"dropped   {count} by {reason}"
    yield from _noise_lines(described)
    for file in described["files"]:
        yield f"file      {described['path']}/{file['path']} ({file['bytes']:,} bytes)"
    yield "one row:" if described["example"] else "no rows"
    example = described["example"]
    if example is not None:
        for key in ("prompt", "answer", "trace"):
            yield f"{key:<10}{_one_line(example[key])}"


def _noise_lines(described: Mapping[str, Any]) -> Iterator[str]:
    """Yield the error rates of the verifiers as audits have them now, and as they were published if otherwise."""
    published = (described["quality"] or {}).get("verifier_noise", [])
    now = described["verifier_noise"]
    for words, rows in (("now", now), ("when published", published if published != now else [])):
        for row in rows:
            kind = f" {row['answer_type']}, {row['kind'].replace('_', ' ')}" if "kind" in row else ""
            judge = f", by {row['judge']}" if "judge" in row else ""
            verifier = "" if row["verifier_version"] is None else f" verifier {row['verifier_version']}"
            yield f"noise     {row['family']}{verifier}{kind}: {row['said']}{judge} ({words})"


def finding_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what an import must say aloud: conflicts, what was held out, and who has seen its test."""
    conflicts, held_out = found["conflicts"], found["held_out"]
    if conflicts["rows"]:
        yield f"CONFLICT: {_count(conflicts)} dropped, for their questions have several answers and none is chosen"
        yield from _example_lines(conflicts)
    if held_out["rows"]:
        yield f"HELD OUT: {_count(held_out)} dropped, for they are held out in this root"
        yield from _example_lines(held_out)
    for shown in found["shown"]:
        yield (
            f"SHOWN: {shown['questions']} questions of this test stand in train or probe of {shown['name']} "
            f"{shown['version'][:8]}: exports leave them out from now on, what was trained on it has seen them"
        )
        yield f"    {_one_line(shown['example'])}"
    for other in found["disputed"]:
        here, there = (_one_line(other["answers"][where]) for where in ("here", "there"))
        yield (
            f"CONFLICT: {other['questions']} question(s) have another answer in "
            f"{other['name']} {other['version'][:8]}, and both stand: compare them before both are trained on"
        )
        yield f"    {_one_line(other['example'])}   (here {here}, there {there})"


def _count(counted: Mapping[str, Any]) -> str:
    counts = counted["rows"], counted["questions"]
    return " of ".join(f"{n} {word}{'s' * (n != 1)}" for word, n in zip(("row", "question"), counts, strict=True))


def _example_lines(counted: Mapping[str, Any]) -> Iterator[str]:
    for example in counted["examples"]:
        yield f"    {_one_line(example['question'])}   ({_one_line(example['reason'])})"


def difference_lines(compared: Mapping[str, Any]) -> Iterator[str]:
    """Yield what separates two versions."""
    yield f"a {compared['a']}   {compared['rows'][0]} rows"
    yield f"b {compared['b']}   {compared['rows'][1]} rows"
    counts = {key: compared[key] for key in ("added", "removed", "changed")}
    if not compared["recipe"] and not any(counts.values()):
        yield "no difference: same recipe, same rows"
        return
    for key, (before, after) in compared["recipe"].items():
        yield f"recipe {key}: {_one_line(before)} -> {_one_line(after)}"
    yield ", ".join(f"{count} rows {key}" for key, count in counts.items())
    for cell, (before, after) in compared["cells"].items():
        yield f"cell {cell}: {before} -> {after}"
    for key, sign in (("added_uids", "+"), ("removed_uids", "-")):
        for uid in _some(compared[key]):
            yield f"{sign} {uid}"


def story_lines(explained: Mapping[str, Any]) -> Iterator[str]:
    """Yield a problem's story: what it is, where it is, what was decided, who tried it, what it taught."""
    (problem,) = explained["problem"]
    yield f"{_cell(problem)}   {problem['split']}   uid {problem['uid']}"
    yield f"prompt    {_one_line(problem['prompt'])}"
    yield f"answer    {_one_line(problem['answer'])}"
    certificate = json.loads(problem["certificate"])
    yield "proof     " + ", ".join(f"{key} {value}" for key, value in certificate.items() if value not in (None, ""))
    yield f"from      {_one_line(problem['origin'])}, licence {problem['license']}"
    for version in explained["versions"]:
        yield f"version   {version['version'][:12]} {version['name']}"
    for row in explained["decisions"]:
        detail = f": {_one_line(row['reason'])}" if row["reason"] else ""
        yield f"decision  {row['action']} by {row['rule'] or 'no rule'}{detail}"
    for row in explained["scores"]:
        place = f"{row['arm'] or 'cold start'} round {row['round']}"
        who = f"policy {row['policy'][:12]}, verifier {row['verifier_version']}"
        yield f"score     {row['correct']} of {row['n']} right, {row['purpose']}, {place}, {who}"
    for row in explained["taught"]:
        mean = "" if row["reward_mean"] is None else f", mean reward {row['reward_mean']:.2f}"
        yield f"taught    {row['exposures']} times by {row['operator']}, {row['arm']} round {row['round']}{mean}"
    if not explained["scores"]:
        yield "score     nobody has tried it yet"


def reverified_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what came of a re-judging, for a person."""
    for row in found["verifiers"]:
        yield f"{row['family']}: verifier {row['before']} -> {row['now']}, {row['rows']} rows"
    yield from _witness_lines(found)
    moved = found["rollouts"]
    if not moved:
        yield "no rollouts judged by another verifier version are stored for these problems"
    for row in moved:
        outcomes = f"{row['old_outcome']} -> {row['new_outcome']}"
        flip = "" if row["old_outcome"] == row["new_outcome"] else ", flipped"
        yield f"rollouts  {row['n']:>7}  {row['family']}  {outcomes}  (verifier {row['old_version']}{flip})"
    if found["changes_under_one_version"]:
        yield (
            f"{found['changes_under_one_version']} verdicts differ under one version number: a verifier changed, its "
            "verifier_version did not; raise it in the family and judge again"
        )
    for row in found["examples"]:
        yield f"change    {row['what']} {row['uid'][:12]}  {row['old_outcome']}{_because(row['old_reason'])} -> " + (
            f"{row['new_outcome']}{_because(row['new_reason'])}"
        )
    yield from _score_lines(found)
    yield f"version   {found['version']} ({found['rows']} rows) of {found['judged']}"


def _witness_lines(found: Mapping[str, Any]) -> Iterator[str]:
    if found["witnesses_judged"]:
        yield f"judged {found['witnesses_judged']} rows: {found['dropped']} dropped, their witness does not pass"
    elif found["version"] == found["judged"]:
        yield "made under the installed verifiers: its witnesses are not judged again (--all does)"
    else:
        yield "judged before with the same recipe: no witness is judged again"
    for row in found["failing_witnesses"]:
        yield f"witness   {row['n']:>7}  {row['family']}  now {row['new_outcome']}"
    yield f"judged {found['rollouts_judged']} stored rollouts; {found['changes']} changes in all"


def _score_lines(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"wrote {found['scores_derived']} Scores whose draws are all stored"
    for row in found["stale_scores"][:SHOWN]:
        asked = json.loads(row["fields"] or "{}")
        kept = ("temperature", "max_prompt_tokens", "max_completion_tokens", "template")
        options = "".join(f" --{name.replace('_', '-')} {asked[name]}" for name in kept if name in asked)
        yield f"{row['n']} Scores of {row['policy'][:12]} stay stale: not all their draws are stored. To measure:"
        place = f"{found['version'][:12]} --root {found['root']}"
        yield f"  veriloop measure {place} --draws {row['draws']}{options} --path FOLDER (or --url URL --model NAME)"


def garbage_lines(found: Sequence[Garbage], *, deleted: bool) -> Iterator[str]:
    """Yield how much of each kind goes, and the unfinished by name."""
    for kind, what in (("shard", "files of shards"), ("unfinished", "things left unfinished")):
        sizes = [item.bytes for item in found if item.kind == kind]
        yield f"{'deleted' if deleted else 'would delete'} {len(sizes)} {what}, {sum(sizes) / 2**20:,.1f} MiB"
    for item in _some([item for item in found if item.kind == "unfinished"]):
        yield f"unfinished  {item.path} ({item.bytes:,} bytes)"


def _because(reason: str | None) -> str:
    last = ((reason or "").strip().splitlines() or [""])[-1]
    return f" ({last[:80]})" if last else ""


def _cell(row: Mapping[str, Any]) -> str:
    return f"{row['family']} level {row['level']}" + (f" {row['region']}" if row["region"] else "")


def _some(entries: list[Any]) -> Iterator[Any]:
    yield from entries[:SHOWN]


def _one_line(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= 300 else text[:297] + "..."
