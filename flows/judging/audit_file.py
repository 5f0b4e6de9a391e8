"""Audit anyone's graded file: how often our grading of its answers disagrees with second opinions. No root, no ledger.

Law: a row whose gold cannot be read is in no rate; nothing is written.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.judging.audit import SHOWN_DISAGREEMENTS, Ask, Audit, rate_rows
from flows.judging.audited import Judged, free_type
from flows.judging.grading import Answer, Grading, Line, answers, lines
from flows.run import Note, silent
from generators.grade import as_text
from generators.second.opinion import Question, free_question, opinions
from pipeline.choice.noise import Stratum, allocate, chosen
from pipeline.errors import ConfigError
from pipeline.problem import Json
from pipeline.rows.values import plain


def audit_file(
    path: Path,
    grading: Grading,
    *,
    per_stratum: int = 50,
    total: int = 0,
    note: Note = silent,
    ask: Ask | None = None,
) -> Audit:
    """Grade every reply of a file and audit a sample of accepts and rejects of each answer type.

    The second opinions are told the type and the declarations that grading is told.

    Raises:
        ConfigError: for a file without one row that could be graded, or what grading refuses.
    """
    params = {"type": grading.type, "declared": grading.declared.to_json()}
    rows: dict[Stratum, list[int]] = {}
    golds, replies, verdicts = list[Any](), list[Any](), list[Answer]()
    found, grading = lines(path, grading)

    def heard() -> Iterator[Line]:
        for line in found:
            row = line.record if isinstance(line.record, dict) else {}
            golds.append(row.get(grading.gold))
            replies.append(row.get(grading.pred))
            yield line

    for number, verdict in enumerate(answers(heard(), grading)):
        verdicts.append(verdict)
        if verdict["outcome"] in ("correct", "wrong", "malformed"):
            accepted = verdict["outcome"] == "correct"
            rows.setdefault(Stratum("", 0, free_type(golds[number], params), "", "", "", accepted), []).append(number)
    if not rows:
        raise ConfigError(f"{path} holds no row that could be graded: `veriloop grade` says why of each")
    sizes = {stratum: len(numbers) for stratum, numbers in sorted(rows.items())}
    counts = allocate(sizes, floor=per_stratum, total=total)
    picked = [(s, number) for s in sizes for number in chosen(rows[s], counts[s], path.name)]
    asked = [_question(golds[number], replies[number], params) for _, number in picked]
    audited, judges, disagreements = dict.fromkeys(sizes, (0, 0, 0)), dict[Judged, set[str]](), []
    asker = ask or (lambda questions: opinions(questions, workers=grading.workers))
    for done, ((stratum, number), opinion) in enumerate(zip(picked, asker(asked), strict=True), start=1):
        decided, error = opinion.right is not None, opinion.right not in (None, stratum.accepted)
        n, errors, abstained = audited[stratum]
        audited[stratum] = (n + decided, errors + error, abstained + (not decided))
        names = judges.setdefault(Judged(*stratum[:3]), set())
        names |= {opinion.judge} if decided else set()
        if error:
            said = "accept" if stratum.accepted else "reject"
            disagreements.append(
                {key: verdicts[number][key] for key in ("row", "sample", "extracted") if key in verdicts[number]}
                | {"verdict": said, "gold": golds[number], "judge": opinion.judge, "why": opinion.why}
            )
        note("audit", done, len(picked))
    named = {key: " + ".join(sorted(found)) or "none" for key, found in judges.items()}
    return Audit(rate_rows(sizes, audited, judges=named), disagreements[:SHOWN_DISAGREEMENTS], len(picked))


def _question(gold: Any, reply: Any, params: Json) -> Question:
    return free_question(gold, "" if reply is None else as_text(plain(reply)), params)
