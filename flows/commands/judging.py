"""The commands that judge: grade, reverify, strength, audit. What they do lives elsewhere.

Law: as cli: exit 0 done, 1 failed, 2 bad input; one clear message.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import (
    DAY_S,
    DEFAULT_ROOT,
    FILES,
    AnswerType,
    Declare,
    Json,
    Root,
    Workers,
    existing,
    progress,
)
from flows.telling.output import dump, say
from pipeline.errors import ConfigError

judging = typer.Typer()


@judging.command()
def grade(
    file: Annotated[Path, typer.Argument(help=FILES)],
    gold: Annotated[str, typer.Option(help="column of the right answer")],
    pred: Annotated[
        str, typer.Option(help="column of the reply: text, chat turns (the assistant's last), or a list of replies")
    ],
    type_: AnswerType = None,
    declare: Declare = None,
    id_: Annotated[str | None, typer.Option("--id", help="column that names a row; `id` where there is one")] = None,
    to: Annotated[Path | None, typer.Option("--out", help="write verdicts here; the same command goes on")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="killable processes; one a core, at most 4")] = None,
    timeout: Annotated[float, typer.Option(min=0.01, max=DAY_S, help="seconds for one reply")] = 5.0,
    as_json: Json = False,
) -> None:
    """Judge the replies of a file against its golds, row by row; of a list of replies each gets its verdict."""
    from flows.commands.grade import Told, tell
    from flows.judging.grading import Grading, declared_by, usual_workers

    declared = declared_by(declare or ())
    grading = Grading(gold, pred, type_, id_, declared, workers or usual_workers(), timeout)
    tell(file, grading, Told(out=to, as_json=as_json))


@judging.command()
def reverify(
    version: str,
    root: Root = DEFAULT_ROOT,
    workers: Workers = 1,
    everything: Annotated[bool, typer.Option("--all", help="also what the installed verifiers have judged")] = False,
    as_json: Json = False,
) -> None:
    """Judge a version's witnesses and stored rollouts again with the installed verifiers; list what changed."""
    from flows.judging.reverify import reverify_installed
    from flows.telling.tell import reverified_lines

    with progress() as note:
        found = reverify_installed(existing(root), version, workers=workers, everything=everything, note=note)
    if as_json:
        dump(found)
        return
    say(*reverified_lines(found))
    if found["changes"]:
        say(
            'try: veriloop query "SELECT what, old_outcome, new_outcome, new_reason, count(*) AS n FROM changes '
            f'GROUP BY ALL ORDER BY n DESC" --root {root}'
        )


@judging.command()
def strength(
    file: Annotated[Path, typer.Argument(help=FILES)],
    program: Annotated[str, typer.Option(help="column of a program that is right")],
    tests: Annotated[str, typer.Option(help="column of its tests, in any form that `veriloop import` takes")],
    entry: Annotated[str, typer.Option(help="column of the function's name, where the tests leave it open")] = "",
    setup: Annotated[str, typer.Option(help="column of code the tests need before them")] = "",
    prelude: Annotated[str, typer.Option(help="column of code that runs before the program")] = "",
    prompt: Annotated[str, typer.Option(help="column of the program's head, where the program is only a body")] = "",
    limit: Annotated[int, typer.Option(min=1, help="mutants run per program")] = 100,
    keep: Annotated[Path | None, typer.Option(help="folder to keep executions in: nothing is run twice")] = None,
    workers: Workers = 1,
    as_json: Json = False,
) -> None:
    """Measure tests by mutation: how many small faults in a right program they notice, and which they miss."""
    from flows.telling.strength import check_measured, strength_lines, strength_rows, total_line

    rows = []
    columns = {"entry": entry, "setup": setup, "prelude": prelude, "prompt": prompt}
    for row in strength_rows(
        file, program=program, tests=tests, columns=columns, limit=limit, keep=keep, workers=workers
    ):
        rows.append(row)
        dump(row) if as_json else say(*strength_lines(row))
    if not as_json:
        say(total_line(rows))
    check_measured(file, rows)


@judging.command()
def audit(
    root: Root = DEFAULT_ROOT,
    version: Annotated[str | None, typer.Option(help="only rollouts of this version's problems")] = None,
    per_stratum: Annotated[int, typer.Option(help="verdicts audited at least, per stratum and outcome")] = 50,
    total: Annotated[int, typer.Option(help="verdicts audited in all, shared out by size beyond that")] = 0,
    judge_url: Annotated[str, typer.Option(help="OpenAI-compatible base, ending in /v1: rejects go to appeal")] = "",
    judge_model: Annotated[
        str, typer.Option(help="the judge's name there; its key is read from VERILOOP_JUDGE_KEY")
    ] = "",
    appeals: Annotated[int, typer.Option(min=1, help="rejects put to the judge in one call; others wait")] = 1000,
    timeout_s: Annotated[float, typer.Option(min=0.01, max=DAY_S, help="per call to the judge")] = 60.0,
    retries: Annotated[int, typer.Option(min=0, help="further tries of a call that the judge does not answer")] = 3,
    file: Annotated[Path | None, typer.Option(help="audit this file instead of a root")] = None,
    gold: Annotated[str, typer.Option(help="of --file: column of the right answer")] = "",
    pred: Annotated[str, typer.Option(help="of --file: column of the reply")] = "",
    type_: AnswerType = None,
    declare: Declare = None,
    workers: Workers = 1,
    as_json: Json = False,
) -> None:
    """Estimate how often verifiers are wrong: second opinions on a sample of accepts and of rejects."""
    from flows.commands.audit import audit_of_file, audit_rollouts, tell
    from flows.judging.grading import Grading, declared_by

    if file is None and (gold or pred or type_ or declare):
        raise ConfigError("--gold, --pred, --type and --declare are about a file: name it with --file")
    with progress() as note:
        if file is not None:
            grading = Grading(gold, pred, type_, declared=declared_by(declare or ()), workers=workers)
            found = audit_of_file(file, grading, per_stratum=per_stratum, total=total, note=note)
        else:
            found = audit_rollouts(
                existing(root), ref=version, per_stratum=per_stratum, total=total, url=judge_url, model=judge_model,
                appeals=appeals, timeout_s=timeout_s, retries=retries, workers=workers, note=note,
            )  # fmt: skip
    dump(found.to_json()) if as_json else tell(found, of_root=file is None)
    if found.trouble is not None:
        raise found.trouble
