"""What an audit can look at: which verdicts a root's Scores count, which rollouts are stored, and their texts.

Not here: what is asked about them (audit). Law: a draw counts once however often it is written, whatever its verdict;
memory is flat in the number of problems and rollouts.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from flows.judging.appeals import Key
from flows.judging.audited import FREE, free_type
from generators.family import load, names
from pipeline.choice.noise import Stratum, chosen
from pipeline.problem import PROBLEM_SCHEMA, Problem, from_row
from pipeline.store.query import UidRange, asking, quoted, uid_ranges

Row = dict[str, Any]
FETCHED = 500
"""Problems whose texts are read at once."""
COUNTED = 200_000
"""Rollouts, or Scores, or so that are counted at once."""


class Verdicts(NamedTuple):
    """What a root holds: per stratum how many verdicts were given, how many of their rollouts are stored, and which
    of these an audit would take first; and the families that are not installed, of which nothing is counted.
    """

    given: dict[Stratum, int]
    stored: dict[Stratum, int]
    first: dict[Stratum, list[Key]]
    left_out: tuple[str, ...]


def stored_verdicts(root: Path, version: str = "", *, most: int, at_once: int = COUNTED) -> Verdicts:
    """Count the verdicts of a root's Scores by stratum, and list the first `most` rollouts or so of each to audit.

    Truncated, refused and undecided draws were never judged and are not among them; a draw counts once however often
    it is written.
    """
    given: dict[Stratum, int] = {}
    stored: dict[Stratum, int] = {}
    first: dict[Stratum, list[Key]] = {}
    left_out: set[str] = set()
    with asking(root) as connection:

        def rows(sql: str) -> Iterator[Row]:
            for batch in connection.sql(sql).to_arrow_reader(20_000):
                yield from batch.to_pylist()

        kept = max(row["n"] for row in rows(_COUNTS))
        for part in uid_ranges(kept, most=at_once):
            places, gone = _places(rows(_problems(version, part)))
            left_out |= gone
            for row in rows(_SCORES.format(part.holds())):
                if (place := places.get(row["uid"])) is not None:
                    for accepted, count in ((True, row["accepts"]), (False, row["rejects"])):
                        stratum = _stratum(place, row, accepted)
                        given[stratum] = given.get(stratum, 0) + int(count)
            for row in rows(_OUTCOMES.format(part.holds())):
                if (place := places.get(row["uid"])) is not None:
                    key = Key(*(row[name] for name in Key._fields))
                    stratum = _stratum(place, row, row["outcome"] == "correct")
                    stored[stratum] = stored.get(stratum, 0) + 1
                    first.setdefault(stratum, []).append(key)
                    if len(first[stratum]) > 4 * most:  # a larger sample only adds, so the rest can never be chosen
                        first[stratum] = chosen(first[stratum], most, *stratum)
    for stratum, count in stored.items():
        given[stratum] = max(given.get(stratum, 0), count)
    return Verdicts(given, dict(sorted(stored.items())), dict(sorted(first.items())), tuple(sorted(left_out)))


_COUNTS = "SELECT count(*) AS n FROM rollouts UNION ALL SELECT count(*) FROM ledger.scores"


def _problems(version: str, part: UidRange) -> str:
    """Select what strata need to know of problems with verdicts; one that is test anywhere is test: it comes last."""
    judged = " UNION ALL ".join(
        f"SELECT uid FROM {view} WHERE {part.holds()}" for view in ("ledger.scores", "rollouts")
    )
    among = f"uid IN ({judged})" + (f" AND version = {quoted(version)}" if version else "")
    return (
        "SELECT DISTINCT uid, family, split, answer, json_extract_string(params, '$.type') AS type FROM problems "
        f"WHERE {among} ORDER BY split = 'test'"
    )


def _places(rows: Iterable[Row]) -> tuple[dict[str, "_Place"], set[str]]:
    """Return the places of problems by uid, and the families that are not installed."""
    installed, places, gone = set(names()), dict[str, _Place](), set[str]()
    for row in rows:
        if row["family"] in installed:
            places[row["uid"]] = _place(row)
        else:
            gone.add(row["family"])
    return places, gone


_SCORES = (
    "SELECT uid, policy, protocol, verifier_version, sum(correct)::BIGINT accepts, "
    "sum(n - undecided - truncated - refused - correct)::BIGINT rejects FROM (SELECT DISTINCT ON (uid, policy, "
    "protocol, verifier_version, purpose, design, first_draw) * FROM ledger.scores WHERE {} "
    "ORDER BY n DESC, run, arm, round, step) GROUP BY ALL"
)


_KEY = ", ".join(Key._fields)
_JUDGED = "view = 'plain' AND source = 'policy' AND finish = 'stop' AND outcome <> 'undecided'"
# measurements may share a key: one rollout of each, and which one has nothing to do with its verdict
_OUTCOMES = (
    f"SELECT {_KEY}, arg_min(outcome, md5(text) || outcome) AS outcome FROM rollouts WHERE {_JUDGED} AND {{}} "
    f"GROUP BY {_KEY}"
)
_TEXTS = (
    f"SELECT {_KEY}, text, extracted FROM rollouts WHERE {_JUDGED} AND {{}} "
    f"QUALIFY row_number() OVER (PARTITION BY {_KEY} ORDER BY md5(text), outcome) = 1"
)


class _Place(NamedTuple):
    family: str
    answer_type: str
    split: str


def _place(row: Mapping[str, Any]) -> _Place:
    stated = load(row["family"]).answer_type
    answer_type = free_type(json.loads(row["answer"]), {"type": row["type"]}) if stated == FREE else stated
    return _Place(row["family"], answer_type, "test" if row["split"] == "test" else "open")


def _stratum(place: _Place, row: Mapping[str, Any], accepted: bool) -> Stratum:
    version, policy, protocol = row["verifier_version"], row["policy"], row["protocol"]
    return Stratum(place.family, version, place.answer_type, policy, protocol, place.split, accepted)


def fetch(root: Path, keys: Sequence[Key]) -> dict[Key, tuple[Problem, str, str | None]]:
    """Return (problem, reply, what the verifier read) of stored rollouts; those of no stored problem are missing."""
    uids = sorted({key.uid for key in keys})
    wanted, found = set(keys), dict[Key, tuple[Problem, str, str | None]]()
    columns = ", ".join(PROBLEM_SCHEMA.names)
    with asking(root) as connection:
        for start in range(0, len(uids), FETCHED):
            among = ", ".join(f"'{uid}'" for uid in uids[start : start + FETCHED])
            problem_of = f"SELECT DISTINCT ON (uid) {columns} FROM problems WHERE uid IN ({among})"
            rows = connection.sql(problem_of).to_arrow_table()
            problems = {row["uid"]: from_row(row) for row in rows.to_pylist()}
            rows = connection.sql(_TEXTS.format(f"uid IN ({among})")).to_arrow_table()
            for row in rows.to_pylist():
                key = Key(*(row[name] for name in Key._fields))
                if key in wanted and key.uid in problems:
                    found[key] = (problems[key.uid], row["text"], row["extracted"])
    return found
