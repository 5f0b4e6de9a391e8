"""Laws on what a family claims to have proven: it is proven again on small instances, by the family's other way.

Not the first proof (the family's `solve`). Law: a claimed optimum, bound or number of optima that another way refutes
is named with its params; what is too large to prove again is left out, and never counted as proven.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from typing import NamedTuple

from generators.answers.reading.extract import place
from generators.certify.specimen import REFUSALS, Request, Specimen
from generators.family import Exhaustion, Recomputation, SecondSolver, Solution
from pipeline.problem import Certificate, Json, Outcome, Problem, Verdict

LEVELS = 6
"""Claims are proven again on levels 1 to this, as far as instances are small enough: greed errs seldom on level 1."""
PER_LEVEL = 20
"""Instances of a level whose claims are proven again."""
MOST_ANSWERS = 5_000
"""Answers one instance may have for all of them to be looked at."""
LEVEL_ANSWERS = 15_000
"""Answers looked at on one level, after which it has had enough instances."""
MOST_BESIDE = 12
"""Numbers that an answer does not hold and that are tried in it."""
JUDGED = 30
"""Right answers, and as many others, of an instance that the verifier is asked about."""

Worth = int | float


class Trial(NamedTuple):
    """One instance solved by `solve` and, by exhaustion, every answer with its worth (None: breaks a rule)."""

    request: Request
    params: Json
    solution: Solution
    rated: tuple[tuple[Json, Worth | None], ...] = ()


def proven(specimen: Specimen) -> Iterator[str]:
    """A procedural answer has a proof: status and evidence, ordered objective values, at least one optimum."""
    goal, again = goal_of(specimen), specimen.family.again
    for problem in specimen.problems:
        proof = problem.certificate
        if proof.status == "none" or proof.evidence in ("none", "consensus"):
            yield specimen.at(problem, f"nothing is proven: status {proof.status}, evidence {proof.evidence}")
        if proof.optima is not None and proof.optima < 1:
            yield specimen.at(problem, f"{proof.optima} optima, though the witness is one")
        if proof.status in ("optimal", "bounded") and None in (proof.value, proof.bound):
            yield specimen.at(problem, f"status {proof.status} without value and bound")
        elif proof.status in ("optimal", "bounded") and goal is None:
            yield specimen.at(problem, f"status {proof.status}, and `again` names no goal: most or least")
        yield from (specimen.at(problem, fault) for fault in _disordered(proof, goal))
        if isinstance(again, Exhaustion):
            worth = again.worth(problem.params, problem.answer)
            if worth is None or (goal is not None and proof.value is not None and worth != proof.value):
                yield specimen.at(problem, f"the witness is worth {worth}, the certificate says {proof.value}")


def goal_of(specimen: Specimen) -> str | None:
    """Return "most" or "least" for a family that optimises, else None."""
    again = specimen.family.again
    return again.goal if isinstance(again, Exhaustion | SecondSolver) and again.goal != "any" else None


def _disordered(proof: Certificate, goal: str | None) -> Iterator[str]:
    """Yield what contradicts: where most is wanted, baseline <= value <= bound; where least, the other way round."""
    sign = -1 if goal == "least" else 1
    for low, high in (("value", "bound"), ("baseline", "value"), ("baseline", "bound")):
        smaller, larger = getattr(proof, low), getattr(proof, high)
        if None not in (smaller, larger, goal) and sign * smaller > sign * larger:
            yield f"{low} {smaller} is better than {high} {larger}, where the {goal} is wanted"
    if proof.baseline is not None and goal is None:
        yield f"baseline {proof.baseline} of what has no objective: `again` names no goal"


def trials(specimen: Specimen) -> list[Trial]:
    """Return the instances whose claims are proven again: the smallest levels, as far as they can be exhausted."""
    if "trials" not in specimen.known:
        specimen.known["trials"] = _tried(specimen)
    return list(specimen.known["trials"])


def _tried(specimen: Specimen) -> list[Trial]:
    family, found = specimen.family, list[Trial]()
    for level in range(1, min(LEVELS, family.max_level or LEVELS) + 1):
        spent, before = 0, len(found)
        for index in range(PER_LEVEL):
            if spent > LEVEL_ANSWERS:
                break
            request = Request(level, family.regions[index % len(family.regions)], index, family.renderings[0])
            params = specimen.params(request)
            rated: tuple[tuple[Json, Worth | None], ...] = ()
            if isinstance(family.again, Exhaustion):
                answers = list(islice(family.again.answers(params), MOST_ANSWERS + 1))
                spent += len(answers)
                if len(answers) > MOST_ANSWERS:
                    continue
                rated = tuple((answer, family.again.worth(params, answer)) for answer in answers)
            found.append(Trial(request, params, family.solve(params), rated))
        if len(found) == before:
            break
    return found


def reproven(specimen: Specimen) -> Iterator[str]:
    """What `solve` claims is what exhaustion, a second solver or a second computation finds on small instances."""
    again = specimen.family.again
    if again is None:
        claims = sorted({problem.certificate.status for problem in specimen.problems} - {"none"})
        if claims:
            yield (
                f"{specimen.name}: claims status {' and '.join(claims)} and gives no way to prove it again: fill in "
                "`again` with an Exhaustion, a Recomputation or a SecondSolver"
            )
        return
    tried = trials(specimen)
    if not tried:
        yield f"{specimen.name}: no instance of level 1 has at most {MOST_ANSWERS} answers: nothing can be proven again"
    if isinstance(again, Exhaustion) and tried and all(len(t.rated) == len(_right(t, again)) for t in tried):
        yield f"{specimen.name}: `again` looks at right answers alone: an exhaustion also meets wrong or worse ones"
    for trial in tried:
        for fault in _refuted(specimen, trial):
            yield at(specimen, trial, fault)


def at(specimen: Specimen, trial: Trial, what: str) -> str:
    """Return one line that names an instance and what is wrong with it."""
    request = trial.request
    return f"{specimen.name} level {request.level} region {request.region!r} {trial.params}: {what}"


def _refuted(specimen: Specimen, trial: Trial) -> Iterator[str]:
    again, (answer, proof) = specimen.family.again, trial.solution
    if isinstance(again, Recomputation):
        found = again.answer(trial.params)
        if found != answer:
            yield f"solve answers {answer}, computed again it is {found}"
        if (proof.optima, proof.optima_kind) != (1, "count"):
            yield f"one answer is right, and the certificate says {proof.optima} ({proof.optima_kind})"
    elif isinstance(again, SecondSolver):
        yield from _misvalued(proof, again.value(trial.params), again.goal)
    elif isinstance(again, Exhaustion):
        yield from _unexhausted(specimen, trial, again)


def _misvalued(proof: Certificate, best: Worth, goal: str) -> Iterator[str]:
    """Yield how a certificate contradicts the best value there is."""
    if proof.status in ("optimal", "exact") and proof.value != best:
        yield f"claims {proof.value} as {proof.status}, solved again the {goal} is {best}"
    sign = -1 if goal == "least" else 1
    if proof.bound is not None and sign * proof.bound < sign * best:
        yield f"claims the bound {proof.bound}, solved again the {goal} is {best}"


def _right(trial: Trial, again: Exhaustion) -> list[Json]:
    """Return the right answers of an instance by exhaustion."""
    feasible = [worth for _, worth in trial.rated if worth is not None]
    if not feasible or again.goal == "any":
        return [answer for answer, worth in trial.rated if worth is not None]
    best = max(feasible) if again.goal == "most" else min(feasible)
    return [answer for answer, worth in trial.rated if worth == best]


def _unexhausted(specimen: Specimen, trial: Trial, again: Exhaustion) -> Iterator[str]:
    """Yield what all answers of an instance say against its claims."""
    (answer, proof), right = trial.solution, _right(trial, again)
    if not right:
        yield f"none of {len(trial.rated)} answers is allowed, solve gives {answer}"
        return
    best = again.worth(trial.params, right[0])
    if again.goal != "any" and best is not None:
        yield from _misvalued(proof, best, again.goal)
    if (own := again.worth(trial.params, answer)) is None or (again.goal != "any" and own != best):
        yield f"solve gives {answer} worth {own}, and {right[0]} is worth {best}"
    yield from _overlooked(specimen, trial, again, best)
    alike = sorted if specimen.family.answer_type.endswith("set") else list
    written = [repr(alike(found)) if isinstance(found, list) else repr(found) for found, _ in trial.rated]
    if len(set(written)) < len(written):
        twice = next(text for text in written if written.count(text) > 1)
        yield f"`again` looks at {twice} twice: optima are counted over different answers"
    counted, kind = proof.optima, proof.optima_kind
    if counted is not None and (counted > len(right) or (kind == "count" and counted != len(right))):
        yield f"claims {counted} optima ({kind}), exhaustion finds {len(right)}, as {right[:2]}"


def _overlooked(specimen: Specimen, trial: Trial, again: Exhaustion, best: Worth | None) -> Iterator[str]:
    """Yield an answer next to the witness that is worth more than all that were looked at, and that verify accepts."""
    sign, problem = -1 if again.goal == "least" else 1, None
    for answer in _beside(trial) if again.goal != "any" and best is not None else ():
        try:
            worth = again.worth(trial.params, answer)
        except REFUSALS:
            continue
        if worth is None or best is None or sign * worth <= sign * best:
            continue
        problem = problem or posed(specimen, trial.request, trial.params, trial.solution)
        text = place(specimen.family.write(answer, problem.rendering), problem.answer_format)
        if specimen.judge(problem, text).outcome in (Outcome.CORRECT, Outcome.UNDECIDED):
            yield f"`again` overlooks {answer}, worth {worth}, beyond the {again.goal} it finds, {best}"
            return


def _beside(trial: Trial) -> Iterator[Json]:
    """Yield the answers one step from a witness that is a list of whole numbers: one more, one less, one exchanged."""
    answer = trial.solution.answer
    if not isinstance(answer, list) or not all(type(item) is int for item in answer):
        return
    lists = (
        [value for value in trial.params.values() if isinstance(value, list)] if isinstance(trial.params, dict) else []
    )
    others = sorted(set(range(max(map(len, lists), default=0))) - set(answer))[:MOST_BESIDE]
    for spot in range(len(answer)):
        yield answer[:spot] + answer[spot + 1 :]
        yield from ([*answer[:spot], other, *answer[spot + 1 :]] for other in others)
    yield from ([*answer, other] for other in others)


def judged(specimen: Specimen) -> Iterator[str]:
    """Over all answers of small instances the verifier calls right what is right, and better what is worth more."""
    again = specimen.family.again
    if not isinstance(again, Exhaustion):
        return
    for trial in trials(specimen):
        if trial.solution.certificate.status == "bounded":
            continue
        right = _right(trial, again)
        others = [(answer, worth) for answer, worth in trial.rated if answer not in right]
        step = max(1, len(others) // JUDGED)
        chosen = [(answer, again.worth(trial.params, answer)) for answer in right[:JUDGED]] + others[::step][:JUDGED]
        problem = posed(specimen, trial.request, trial.params, trial.solution)
        seen = []
        for answer, worth in chosen:
            text = specimen.family.write(answer, problem.rendering)
            verdict = specimen.judge(problem, place(text, problem.answer_format))
            for fault in _misjudged(verdict, worth, answer in right):
                yield at(specimen, trial, f"{text}, worth {worth}, {fault}")
            seen.append((worth, verdict.quality, text))
        yield from (at(specimen, trial, fault) for fault in _misordered(seen, again.goal))


def posed(specimen: Specimen, request: Request, params: Json, solution: Solution) -> Problem:
    """Return the problem of params that are already solved, in one rendering; its identity and trace are another's."""
    prompt, answer_format = specimen.family.render(params, request.rendering)
    return replace(
        specimen.problems[0], params=params, level=request.level, region=request.region, rendering=request.rendering,
        prompt=prompt, answer_format=answer_format, answer=solution.answer, certificate=solution.certificate,
    )  # fmt: skip


def _misjudged(verdict: Verdict, worth: Worth | None, right: bool) -> Iterator[str]:
    outcome = verdict.outcome.value
    if verdict.outcome is Outcome.UNDECIDED:
        yield f"breaks the verifier: {verdict.reason.strip().splitlines()[-1]}"
    elif right != (verdict.outcome is Outcome.CORRECT):
        yield f"is {'right' if right else 'not right'} and judged {outcome}: {verdict.reason}"
    elif verdict.feasible != (worth is not None):
        yield f"{'breaks no rule' if worth is not None else 'breaks a rule'} and is judged feasible {verdict.feasible}"
    elif (verdict.quality == 1) != right:
        yield f"is {'right' if right else 'not right'} and has quality {verdict.quality}"


def _misordered(seen: list[tuple[Worth | None, float, str]], goal: str) -> Iterator[str]:
    """Yield where an answer that is worth less has more quality."""
    sign = -1 if goal == "least" else 1
    ordered = sorted(((sign * worth, quality, text) for worth, quality, text in seen if worth is not None))
    for (less, high, worse), (more, low, better) in pairwise(ordered):
        if goal != "any" and less < more and high > low:
            yield f"{worse} is worth less than {better} and has quality {high}, above {low}"
