"""Certify a family: its laws, what attacks achieve, what guessing earns, how many instances there are.

Not here: the laws and attacks themselves, or error rates of verifiers on real replies (those come from audits).
Law: a Card is a function of the family and the arguments; it holds no time and no path.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from generators.answers.reading.extract import place
from generators.certify import attacks
from generators.certify.capacity import DRAWS, chao, draw, enumerated
from generators.certify.laws import LAWS
from generators.certify.proofs import trials
from generators.certify.specimen import Specimen, cells, sample
from generators.family import Family, load
from pipeline.errors import FamilyError
from pipeline.fingerprint import content_hash
from pipeline.problem import Json, Outcome, Problem, row_hash


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a family. `violations`, each behind the name of its law, is empty iff it is certified.

    `outcomes`: verdicts per kind of attack. `guess_rate`: per level, the share of problems the best of the
    constant answers and the most common gold answers solves. `heuristic_rates`: per cheap guess, the share it
    solves. `forms`: per surface form of the gold, the share still accepted where tags are read. `capacity`: per
    cell, distinct instances: {"kind": "enumerated" | "stated" | "estimated" | "at_least", "count"}. `lengths`: per
    rendering, characters. `again`: how the claims were proven a second time: by what, on how many instances of which
    levels, looking at how many answers.
    """

    family: str
    family_version: int
    verifier_version: int
    answer_type: str
    renderings: tuple[str, ...]
    max_level: int | None
    certificate: str
    again: Json
    problems: int
    laws: dict[str, int]
    violations: tuple[str, ...]
    outcomes: dict[str, dict[str, int]]
    guess_rate: dict[str, float]
    heuristic_rates: dict[str, float]
    forms: dict[str, float]
    capacity: dict[str, Json]
    lengths: dict[str, Json]
    examples: tuple[Json, ...]

    @property
    def certified(self) -> bool:
        """Whether every law holds."""
        return not self.violations

    def to_json(self) -> Json:
        """Return the card as a JSON object."""
        return {**asdict(self), "certified": self.certified, "violations": list(self.violations),
                "renderings": list(self.renderings), "examples": list(self.examples)}  # fmt: skip


def certify(name: str, *, levels: tuple[int, ...] = (1, 2, 3), samples: int = 12, family: Family | None = None) -> Card:
    """Check every law on `samples` problems of each level and return the family's card.

    Raises:
        FamilyError: for an unknown family, or one that makes no problems of its own.
    """
    family = family or load(name)
    if not family.procedural:
        raise FamilyError(f"family {name} makes no problems of its own: there is nothing to certify without its data")
    specimen = sample(name, family, levels=levels, samples=samples)
    broken = {law: list(check(specimen)) for law, check in LAWS.items()}
    return Card(
        family=name,
        family_version=family.family_version,
        verifier_version=family.verifier_version,
        answer_type=family.answer_type,
        renderings=family.renderings,
        max_level=family.max_level,
        certificate="+".join(sorted({problem.certificate.status for problem in specimen.problems})),
        again=_again(specimen),
        problems=len(specimen.problems),
        laws={law: len(lines) for law, lines in broken.items()},
        violations=tuple(f"{law}: {line}" for law, lines in broken.items() for line in lines[:20]),
        outcomes=_outcomes(specimen),
        guess_rate={str(level): _guess_rate(specimen, level) for level, _ in cells(specimen)},
        heuristic_rates=_heuristic_rates(specimen),
        forms=_forms(specimen),
        capacity={f"{level}{region and ':' + region}": _capacity(specimen, level, region)
                  for level, region in cells(specimen)},
        lengths=_lengths(specimen),
        examples=tuple(_example(specimen, problem) for problem in _one_per_rendering(specimen)),
    )  # fmt: skip


def _accepted(specimen: Specimen, problem: Problem, text: str) -> bool:
    return specimen.judge(problem, place(text, problem.answer_format)).outcome is Outcome.CORRECT


def _outcomes(specimen: Specimen) -> dict[str, dict[str, int]]:
    """Count verdicts per kind of attack over one problem of each rendering and its neighbour."""
    counts: dict[str, Counter[str]] = {}
    for problem, kind, reply in _attacked(specimen):
        counts.setdefault(kind, Counter())[specimen.judge(problem, reply).outcome.value] += 1
    return {kind: dict(sorted(found.items())) for kind, found in counts.items()}


def _attacked(specimen: Specimen) -> Iterator[tuple[Problem, str, str]]:
    """Yield (problem, kind of attack, reply) over one problem of each rendering and its neighbour."""
    chosen = {problem.uid for problem in _one_per_rendering(specimen)}
    for problem, other in specimen.pairs:
        if problem.uid not in chosen:
            continue
        gold, form = specimen.gold(problem), problem.answer_format
        yield from ((problem, "misplaced", reply) for reply in attacks.misplaced(gold, form))
        yield from ((problem, "hedge", reply) for reply in attacks.hedges(gold, specimen.gold(other), form))
        texts = {
            "junk": attacks.junk(gold),
            "near miss": (text for _, text in attacks.mutants(gold)),
            "constant": attacks.CONSTANTS,
        }
        for kind, found in texts.items():
            yield from ((problem, kind, place(text, form)) for text in found)


def _guess_rate(specimen: Specimen, level: int) -> float:
    """Return the best share of one level's problems that a single text solves, over constants and common golds.

    A gold answer counts only on the other problems, so a rate of 0 is possible.
    """
    problems = [problem for problem in specimen.problems if problem.level == level]
    common = Counter(specimen.gold(problem) for problem in problems).most_common(3)
    guesses = dict.fromkeys(attacks.CONSTANTS, 0) | {text: 1 for text, _ in common}
    rates = (
        (sum(_accepted(specimen, problem, text) for problem in problems) - own) / max(1, len(problems) - own)
        for text, own in guesses.items()
    )
    return round(max(rates), 4)


def _heuristic_rates(specimen: Specimen) -> dict[str, float]:
    """Return per heuristic of the family the share of the sample it solves, in the first rendering."""
    first = specimen.family.renderings[0]
    problems = [problem for problem in specimen.problems if problem.rendering == first]
    return {
        heuristic.__name__: round(
            sum(_accepted(specimen, problem, heuristic(problem.params)) for problem in problems)
            / max(1, len(problems)),
            4,
        )
        for heuristic in specimen.family.heuristics
    }


def _forms(specimen: Specimen) -> dict[str, float]:
    """Return per surface form of the gold the share accepted where tags are read: what a chatty policy may write."""
    problems = [problem for problem in specimen.problems if problem.answer_format == "tag"]
    accepted = Counter(
        form
        for problem in problems
        for form, text in attacks.dressings(specimen.gold(problem))
        if _accepted(specimen, problem, text)
    )
    return {form: round(accepted[form] / max(1, len(problems)), 4) for form, _ in attacks.dressings("")}


def _again(specimen: Specimen) -> Json:
    """Return how the family's claims were proven a second time, and on what."""
    again, tried = specimen.family.again, trials(specimen)
    levels = [trial.request.level for trial in tried]
    return {
        "by": type(again).__name__.lower() if again is not None else "nothing",
        "instances": len(tried),
        "levels": [min(levels), max(levels)] if levels else [],
        "answers": sum(len(trial.rated) for trial in tried),
    }


def _capacity(specimen: Specimen, level: int, region: str) -> Json:
    """Return the count of an enumeration, else what the family states, else an estimate from draws or a lower bound."""
    if (exact := enumerated(specimen, level, region)) is not None:
        return {"kind": "enumerated", "count": exact}
    if specimen.family.capacity is not None:
        return {"kind": "stated", "count": specimen.family.capacity(level, region)}
    times = Counter(draw(specimen, level, region, DRAWS).values())
    found = sum(times.values())
    if times[2] == 0:
        return {"kind": "at_least", "count": found}
    return {"kind": "estimated", "count": chao(times)}


def _lengths(specimen: Specimen) -> dict[str, Json]:
    lengths: dict[str, Json] = {}
    for rendering in specimen.family.renderings:
        problems = [problem for problem in specimen.problems if problem.rendering == rendering]
        parts = {
            "prompt": [len(problem.prompt) for problem in problems],
            "answer": [len(specimen.gold(problem)) for problem in problems],
            "trace": [len(problem.trace) for problem in problems if problem.trace is not None],
        }
        lengths[rendering] = {
            part: {"mean": round(sum(found) / len(found), 1), "max": max(found)}
            for part, found in parts.items()
            if found
        }
    return lengths


def _one_per_rendering(specimen: Specimen) -> list[Problem]:
    firsts: dict[str, Problem] = {}
    for problem in specimen.problems:
        firsts.setdefault(problem.rendering, problem)
    return list(firsts.values())


def _example(specimen: Specimen, problem: Problem) -> Json:
    return {
        "level": problem.level,
        "rendering": problem.rendering,
        "prompt": problem.prompt,
        "answer": specimen.gold(problem),
        "certificate": problem.certificate.to_json(),
        "trace": problem.trace,
    }


def digest(name: str, *, count: int = 20, family: Family | None = None) -> str:
    """Return the hash of `count` problems over the first five levels: changes when what a family makes changes."""
    specimen = _first_levels(name, family or load(name), count)
    return content_hash([row_hash(problem) for problem in specimen.problems])


def verdict_digest(name: str, *, family: Family | None = None) -> str:
    """Return the hash of outcome and reason of every attack and dressing: changes when how replies are judged changes.

    What is judged is part of it, so it changes with `digest` too.
    """
    specimen = _first_levels(name, family or load(name), 5)
    replies = [(problem, reply) for problem, _, reply in _attacked(specimen)]
    replies += [
        (problem, place(text, problem.answer_format))
        for problem in specimen.problems
        for _, text in attacks.dressings(specimen.gold(problem))
    ]
    verdicts = (specimen.judge(problem, reply) for problem, reply in replies)
    return content_hash([[verdict.outcome.value, verdict.reason, verdict.quality] for verdict in verdicts])


def _first_levels(name: str, family: Family, count: int) -> Specimen:
    """Return at least `count` problems spread over the first five levels."""
    top = min(5, family.max_level or 5)
    return sample(name, family, levels=tuple(range(1, top + 1)), samples=-(-count // top), seed=20)
