"""What a re-judging asks the ledger, in SQL: which rollouts and Scores are stale, what flipped. Nothing is judged here.

Law: old and new verdict of one draw meet in its identity: who said what, when and where; never in the order of rows.
Each question is about the problems of one range of uids: asked range by range it needs little memory.
"""

from collections.abc import Callable, Mapping, Sequence

from pipeline.problem import PROBLEM_SCHEMA
from pipeline.rollout import ROLLOUT_SCHEMA
from pipeline.score import SCORE_SCHEMA
from pipeline.store.ledger import CONTEXT_SCHEMA
from pipeline.store.query import UidRange, quoted

Question = Callable[[str, Mapping[str, int], UidRange], str]
"""(version, installed verifiers by family, range of uids) -> SQL."""
CONTEXT = tuple(CONTEXT_SCHEMA.names)
SAID = ("uid", "draw", "policy", "protocol", "policy_version", "finish", "tokens", *CONTEXT, "said")
"""The identity of a draw; `said` is the hash of its text."""
KEY = ("uid", "policy", "protocol", "purpose", "design", "first_draw")
"""The key of a Score but for its verifier version."""
CHAIN = ("uid", "policy", "protocol", "purpose", "design")
"""Scores that are added up: they move to a new verifier version together or not at all."""

_COUNTS = {
    "n": "count(*)",
    "correct": "count(*) FILTER (outcome = 'correct')",
    "feasible": "count(*) FILTER (feasible AND outcome <> 'undecided')",
    "malformed": "count(*) FILTER (outcome = 'malformed' AND finish NOT IN ('length', 'refused'))",
    "truncated": "count(*) FILTER (finish = 'length')",
    "refused": "count(*) FILTER (finish = 'refused')",
    "undecided": "count(*) FILTER (outcome = 'undecided')",
    "quality_sum": "coalesce(sum(quality) FILTER (outcome <> 'undecided'), 0)",
    "quality_squares": "coalesce(sum(quality * quality) FILTER (outcome <> 'undecided'), 0)",
    "tokens": "sum(tokens)",
}
"""How each count of a Score follows from its draws, as filters.measure counts them."""
_CHECKED = ("correct", "feasible", "malformed", "truncated", "refused", "undecided", "tokens")


def told(version: str, verifiers: Mapping[str, int], among: UidRange) -> str:
    """Return the CTEs `asked` (the version's problems and installed verifiers) and `old`, `new` (its draws, once each).

    `old` holds each draw as the newest verifier that is not installed judged it, `new` as the installed one did.
    """
    installed = ", ".join(f"({quoted(name)}, {number})" for name, number in sorted(verifiers.items()))
    once = f"QUALIFY row_number() OVER (PARTITION BY {_list(SAID)} ORDER BY verifier_version DESC) = 1"
    return (
        f"WITH installed(family, new_version) AS (VALUES {installed}), "
        f"asked AS (SELECT p.*, new_version FROM problems p JOIN installed USING (family) "
        f"WHERE version = {quoted(version)} AND {among.holds('uid')}), "
        "told AS (SELECT r.*, family, new_version, md5(r.text) said FROM rollouts r "
        "JOIN (SELECT uid, family, new_version FROM asked) USING (uid) "
        f"WHERE r.view = 'plain' AND r.source = 'policy' AND {among.holds('r.uid')}), "
        f"old AS (SELECT * FROM told WHERE verifier_version <> new_version {once}), "
        f"new AS (SELECT * FROM told WHERE verifier_version = new_version {once}) "
    )


def stale_rollouts(version: str, verifiers: Mapping[str, int], among: UidRange) -> str:
    """Select, with their problems, the draws that the installed verifiers have not judged."""
    return (
        f"{told(version, verifiers, among)} SELECT {_rollout_and_problem()} "
        f"FROM (SELECT * FROM old WHERE {_unjudged()}) r JOIN asked p ON p.uid = r.uid "
        "ORDER BY r.run, r.arm, r.uid, r.draw, r.said"
    )


def stale_count(version: str, verifiers: Mapping[str, int], among: UidRange) -> str:
    """Count the draws that the installed verifiers have not judged."""
    return f"{told(version, verifiers, among)} SELECT count(*) n FROM old WHERE {_unjudged()}"


def _unjudged() -> str:
    return f"NOT EXISTS (SELECT 1 FROM new WHERE {_equal('old', 'new', SAID)})"


def judged_rollouts(version: str, verifiers: Mapping[str, int], among: UidRange) -> str:
    """Select, with their problems, the draws that the installed verifiers have judged."""
    return (
        f"{told(version, verifiers, among)} SELECT {_rollout_and_problem()} FROM new r JOIN asked p ON p.uid = r.uid "
        "ORDER BY r.run, r.arm, r.uid, r.draw, r.said"
    )


def _rollout_and_problem() -> str:
    problem = _list(f"p.{name}" for name in PROBLEM_SCHEMA.names)
    rollout = _list(f"r.{name}" for name in [*ROLLOUT_SCHEMA.names, *CONTEXT] if name != "uid")
    return f"{problem}, r.new_version, r.said, {rollout}"


def flips(version: str, verifiers: Mapping[str, int], among: UidRange) -> str:
    """Select the rows of the ledger's `changes` for draws whose outcome is another one now."""
    return (
        f"{told(version, verifiers, among)} SELECT old.uid, 'rollout' what, old.policy, old.protocol, old.draw, "
        "old.verifier_version old_version, new.verifier_version new_version, old.outcome old_outcome, "
        f"new.outcome new_outcome, old.reason old_reason, new.reason new_reason, {quoted(version)} AS version "
        f"FROM old JOIN new ON {_equal('old', 'new', SAID)} "
        "WHERE old.outcome <> new.outcome ORDER BY old.uid, old.policy, old.protocol, old.draw, old.said"
    )


def transitions(version: str, verifiers: Mapping[str, int], among: UidRange) -> str:
    """Count draws by family, old and new version and outcome; `requalified` are those of equal outcome, other worth."""
    return (
        f"{told(version, verifiers, among)} SELECT old.family, old.verifier_version old_version, old.new_version, "
        "old.outcome old_outcome, new.outcome new_outcome, count(*)::BIGINT n, count(*) FILTER (old.outcome = "
        "new.outcome AND (old.quality <> new.quality OR old.feasible <> new.feasible))::BIGINT requalified "
        f"FROM old JOIN new ON {_equal('old', 'new', SAID)} GROUP BY ALL ORDER BY ALL"
    )


def _stale_scores(version: str, verifiers: Mapping[str, int], among: UidRange, covered_by: Sequence[str]) -> str:
    """Return the CTEs of `told` and `stale`: each Score by its newest verifier that is not installed."""
    key = _list([*KEY, *CONTEXT])
    return (
        f"{told(version, verifiers, among)}, counted AS (SELECT s.*, new_version FROM ledger.scores s "
        "JOIN (SELECT uid, new_version FROM asked) USING (uid)), "
        "fresh AS (SELECT * FROM counted WHERE verifier_version = new_version), "
        "stale AS (SELECT * FROM counted WHERE verifier_version <> new_version AND NOT EXISTS "
        f"(SELECT 1 FROM fresh WHERE {_equal('counted', 'fresh', covered_by)}) "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY verifier_version DESC, n DESC) = 1) "
    )


def derived_scores(version: str, verifiers: Mapping[str, int], among: UidRange) -> str:
    """Select Scores under the installed verifiers where every draw of a stale one is stored.

    A stored set of draws counts only when the old verdicts on it add up to the old Score.
    """
    place = [name for name in (*KEY, *CONTEXT) if name != "first_draw"]
    where = _equal("s", "d", [name for name in place if name not in ("purpose", "design")])
    pick = _list([*(f"s.{name}" for name in (*KEY, *CONTEXT)), "s.n AS asked_n", "s.new_version"])
    wanted = _list(f"s.{name} AS {name}_then" for name in _CHECKED)
    sums = _list(f"({how})::BIGINT AS {name}" for name, how in _COUNTS.items() if "quality" not in name)
    worth = _list(f"{_COUNTS[name]} AS {name}" for name in ("quality_sum", "quality_squares"))
    groups = _list([*KEY, *CONTEXT, "asked_n", "new_version", *(f"{name}_then" for name in _CHECKED)])
    checks = " AND ".join(f"({_COUNTS[name]}) = {name}_then" for name in _CHECKED)
    both = f"SELECT {pick}, {wanted}, d.* EXCLUDE (uid, policy, protocol, {_list(CONTEXT)}, new_version) FROM stale s "
    within = f"ON {where} AND d.draw >= s.first_draw AND d.draw < s.first_draw + s.n"
    return (
        f"{_stale_scores(version, verifiers, among, [*KEY, *CONTEXT])}, "
        f"before AS ({both} JOIN old d {within} AND d.verifier_version = s.verifier_version), "
        f"again AS ({both} JOIN new d {within}), "
        f"whole AS (SELECT {_list([*KEY, *CONTEXT])} FROM before GROUP BY {groups} "
        f"HAVING count(*) = asked_n AND count(DISTINCT draw) = asked_n AND {checks}), "
        f"sums AS (SELECT {_list([*KEY, *CONTEXT])}, new_version AS verifier_version, {sums}, {worth} FROM again "
        f"GROUP BY {groups} HAVING count(*) = asked_n AND count(DISTINCT draw) = asked_n), "
        f"ready AS (SELECT * FROM sums SEMI JOIN whole USING ({_list([*KEY, *CONTEXT])})), "
        f"chains AS (SELECT {_list(CHAIN)}, count(*) c FROM stale GROUP BY ALL) "
        f"SELECT {_list([*SCORE_SCHEMA.names, *CONTEXT])} FROM ready JOIN chains USING ({_list(CHAIN)}) "
        f"QUALIFY count(*) OVER (PARTITION BY {_list(CHAIN)}) = c ORDER BY {_list([*CONTEXT, *KEY])}"
    )


def changed(version: str, verifiers: Mapping[str, int], among: UidRange) -> str:
    """Select the stored changes of a version under the installed verifiers, with their family."""
    return (
        f"{told(version, verifiers, among)} SELECT family, c.* FROM changes c "
        "JOIN (SELECT uid, family, new_version FROM asked) USING (uid, new_version) "
        f"WHERE c.version = {quoted(version)}"
    )


def stale_scores(version: str, verifiers: Mapping[str, int], among: UidRange) -> str:
    """Count the Scores that stay stale, by policy and protocol, with the draws it takes to measure them again."""
    return (
        f"{_stale_scores(version, verifiers, among, KEY)} SELECT policy, protocol, count(*)::BIGINT n, "
        "max(first_draw + n)::BIGINT draws, any_value(f.fields) fields FROM stale "
        "LEFT JOIN (SELECT DISTINCT protocol, fields FROM protocols) f USING (protocol) "
        "GROUP BY policy, protocol ORDER BY n DESC, policy, protocol"
    )


def _equal(a: str, b: str, columns: Sequence[str]) -> str:
    return " AND ".join(f"{a}.{name} = {b}.{name}" for name in columns)


def _list(names: object) -> str:
    return ", ".join(names)  # type: ignore[arg-type]
