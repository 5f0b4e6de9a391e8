"""The laws every family must survive, each a function of one sample of its problems: those on replies, and the table.

Not the card (certify).

Law: a law yields one line per violation, with what is needed to repeat it, and nothing for a lawful family.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from generators.answers.reading.extract import place
from generators.certify import attacks
from generators.certify.capacity import counted
from generators.certify.giveaways import uncopied, unplanted
from generators.certify.proofs import judged, proven, reproven
from generators.certify.sameness import recognised, told_apart
from generators.certify.specimen import Specimen
from generators.family import check_request
from pipeline.errors import FamilyError
from pipeline.fingerprint import canonical
from pipeline.problem import Outcome, Problem, Verdict, from_row, instance_hash, row_hash, to_row
from pipeline.protocol import COMPACT_ALPHABET

FLOOD_LIMIT_S = 0.05
"""CPU time one reply of a megabyte may take."""


def unlawful_accept(specimen: Specimen, problem: Problem, text: str, verdict: Verdict) -> bool:
    """Say whether an accepted answer contradicts the certificate: the only right answer is made of other parts.

    The parts must be the witness's own whenever the certificate says that there is exactly one right answer.
    Their order is left to the family (a set, a tour, a commuted sum), but for the answer_type "integer_list".
    """
    proof = problem.certificate
    unique = (proof.optima, proof.optima_kind) == (1, "count") if proof.optima else proof.status == "exact"
    gold, arrange = specimen.gold(problem), list if specimen.family.answer_type == "integer_list" else sorted
    accepted = verdict.outcome is Outcome.CORRECT
    return accepted and unique and arrange(_PART.findall(text.lower())) != arrange(_PART.findall(gold.lower()))


_PART = re.compile(r"(?<![\d)])-\d+|\d+|[^\W\d]+|[-+*/]")


def declares(specimen: Specimen) -> Iterator[str]:
    """The family's constants make sense: positive versions, distinct renderings, one of them compact, bounds kept."""
    family = specimen.family
    if min(family.family_version, family.verifier_version) < 1:
        yield f"{specimen.name}: versions start at 1"
    if len(set(family.renderings)) != len(family.renderings) or len(family.renderings) < 3:
        yield f"{specimen.name}: needs three distinct renderings, has {family.renderings}"
    if "compact" not in family.renderings:
        yield f"{specimen.name}: has no rendering 'compact'"
    if len(set(family.regions)) != len(family.regions) or (len(family.regions) > 1) != (family.region_of is not None):
        yield f"{specimen.name}: regions {family.regions} and region_of disagree"
    for level in (0, -1) if family.max_level is None else (0, family.max_level + 1):
        try:
            check_request(specimen.name, level=level, family=family)
        except FamilyError:
            continue
        yield f"{specimen.name}: level {level} is accepted"


def deterministic(specimen: Specimen) -> Iterator[str]:
    """The same request gives the same row; and no function changes the params it is given."""
    for request, problem in zip(specimen.requests, specimen.problems, strict=True):
        if row_hash(specimen.make(request)) != row_hash(problem):
            yield specimen.at(problem, "made twice, it differs")
        params = specimen.params(request)
        before, family = canonical(params), specimen.family
        family.solve(params)
        family.render(params, problem.rendering)
        family.canonical(params)
        specimen.judge(replace(problem, params=params), place(specimen.gold(problem), problem.answer_format))
        if canonical(params) != before:
            yield specimen.at(problem, "solve, render, canonical or verify changed its params")


def round_trips(specimen: Specimen) -> Iterator[str]:
    """Params, answer, certificate and answer_format survive JSON; a stored row is the problem and is judged alike."""
    for problem in specimen.problems:
        for field in ("params", "answer", "answer_format"):
            value = getattr(problem, field)
            if json.loads(canonical(value)) != value:
                yield specimen.at(problem, f"{field} {str(value)[:80]} changes in a JSON round trip")
        again = from_row(to_row(problem))
        if again != problem:
            yield specimen.at(problem, "from_row(to_row(problem)) differs")
        blind = replace(again, prompt="", trace=None)
        verdict = specimen.judge(blind, place(specimen.gold(problem), problem.answer_format))
        if verdict.outcome is not Outcome.CORRECT:
            yield specimen.at(
                problem, f"its row without the prompt is judged {verdict.outcome.value}: {verdict.reason}"
            )


def placed(specimen: Specimen) -> Iterator[str]:
    """level_of, region_of and answer_format agree with the request; identity follows the canonical form."""
    family = specimen.family
    for request, problem in zip(specimen.requests, specimen.problems, strict=True):
        if (problem.level, problem.region) != (request.level, request.region):
            yield specimen.at(problem, f"asked for {request}, got level {problem.level} region {problem.region!r}")
        if problem.answer_format != ("hash" if problem.rendering == "compact" else "tag"):
            yield specimen.at(problem, f"answer_format {problem.answer_format!r} in rendering {problem.rendering}")
        form = canonical(family.canonical(problem.params))
        if form != canonical(family.canonical(json.loads(canonical(problem.params)))):
            yield specimen.at(problem, "its canonical form is not stable")
        if problem.instance_hash != instance_hash(specimen.name, json.loads(form)):
            yield specimen.at(problem, "its canonical form is not JSON-plain")


def witnessed(specimen: Specimen) -> Iterator[str]:
    """The witness is CORRECT, alone, padded, after other text and when asked twice; in a box where tags are read."""
    for problem in specimen.problems:
        gold = specimen.gold(problem)
        tidy = place(gold, problem.answer_format)
        replies = [tidy, tidy, place(f" {gold} \n", problem.answer_format), f"Let me see: 3 > 2.\n{tidy}"]
        if problem.answer_format == "tag":
            replies += [f"<think>{place('7', 'tag')} or so</think>\n{tidy}", f"so \\boxed{{{gold}}}."]
        for reply in replies:
            verdict = specimen.judge(problem, reply)
            if verdict.outcome is not Outcome.CORRECT or verdict.quality != 1.0:
                yield specimen.at(
                    problem, f"witness in {reply[:90]!r} is {verdict.outcome.value}: {verdict.reason[-300:]}"
                )


def dressed(specimen: Specimen) -> Iterator[str]:
    """Where tags are read, the witness is CORRECT in every harmless wrapping."""
    for problem in specimen.problems:
        for form, text in attacks.dressings(specimen.gold(problem)) if problem.answer_format == "tag" else ():
            if specimen.judge(problem, place(text, "tag")).outcome is not Outcome.CORRECT:
                yield specimen.at(problem, f"the witness in {form} is not CORRECT")


def traced(specimen: Specimen) -> Iterator[str]:
    """A trace ends with the answer in its place and is CORRECT as a reply."""
    for problem in specimen.problems:
        if problem.trace is None:
            continue
        if not problem.trace.rstrip().endswith(place(specimen.gold(problem), problem.answer_format)):
            yield specimen.at(problem, f"its trace ends with {problem.trace[-60:]!r}")
        verdict = specimen.judge(problem, problem.trace)
        if verdict.outcome is not Outcome.CORRECT:
            yield specimen.at(problem, f"its trace is {verdict.outcome.value}: {verdict.reason[-300:]}")


def parsed(specimen: Specimen) -> Iterator[str]:
    """parse(render(params)) gives the instance back, from every rendering, and renders to the same text again."""
    family = specimen.family
    for problem in specimen.problems:
        form = canonical(family.canonical(problem.params))
        for rendering in family.renderings:
            prompt, answer_format = family.render(problem.params, rendering)
            back = family.parse(prompt, rendering)
            if canonical(family.canonical(back)) != form:
                yield specimen.at(problem, f"parse({prompt[:120]!r}, {rendering!r}) is another instance")
            elif family.render(back, rendering) != (prompt, answer_format):
                yield specimen.at(problem, f"what parse reads from {rendering} is rendered differently")


def compact(specimen: Specimen) -> Iterator[str]:
    """The compact rendering, its answers and its traces use only COMPACT_ALPHABET."""
    family = specimen.family
    if "compact" not in family.renderings:
        return
    for problem in specimen.problems:
        texts = {
            "prompt": family.render(problem.params, "compact")[0],
            "answer": family.write(problem.answer, "compact"),
        }
        if family.trace is not None:
            texts["trace"] = family.trace(problem.params, "compact")
        for what, text in texts.items():
            if strange := set(text) - set(COMPACT_ALPHABET):
                yield specimen.at(problem, f"compact {what} uses {sorted(strange)}")
        if "#" in texts["prompt"] + texts["answer"]:
            yield specimen.at(problem, "'#' is the answer's mark and stands in a compact prompt or answer")


def silent(specimen: Specimen) -> Iterator[str]:
    """The prompt does not hold the answer in its place, and the echoed prompt is not CORRECT."""
    for problem in specimen.problems:
        if place(specimen.gold(problem), problem.answer_format) in problem.prompt:
            yield specimen.at(problem, "the prompt contains the answer in its place")
        for reply in (problem.prompt, place(problem.prompt, problem.answer_format)):
            if specimen.judge(problem, reply).outcome is Outcome.CORRECT:
                yield specimen.at(problem, "an echo of the prompt is accepted")


def constants(specimen: Specimen) -> Iterator[str]:
    """An answer that needs no reading is accepted only where it happens to be the right one."""
    for problem in specimen.problems:
        for text in attacks.CONSTANTS:
            verdict = specimen.judge(problem, place(text, problem.answer_format))
            if unlawful_accept(specimen, problem, text, verdict) or (
                verdict.outcome is Outcome.CORRECT and not re.search(r"[\w()\[\]]", text)
            ):
                yield specimen.at(problem, f"the constant answer {text!r} is accepted")


def borrowed(specimen: Specimen) -> Iterator[str]:
    """The answer of another instance is accepted only where it is right, and not as a rule."""
    accepted = pairs = 0
    for problem, other in specimen.pairs:
        text = specimen.gold(other)
        if text == specimen.gold(problem):
            continue
        pairs += 1
        verdict = specimen.judge(problem, place(text, problem.answer_format))
        accepted += verdict.outcome is Outcome.CORRECT
        if unlawful_accept(specimen, problem, text, verdict):
            yield specimen.at(problem, f"the answer {text[:60]!r} of another instance is accepted")
    if pairs >= 8 and accepted > pairs / 2:
        yield f"{specimen.name}: {accepted} of {pairs} answers of another instance are accepted"


def unhedged(specimen: Specimen) -> Iterator[str]:
    """A gold answer out of its place, or in it with a rival, a doubt or words, is not CORRECT."""
    for problem, other in specimen.pairs:
        gold, rival = specimen.gold(problem), specimen.gold(other)
        replies = [
            *attacks.misplaced(gold, problem.answer_format),
            *attacks.hedges(gold, rival, problem.answer_format),
        ]
        for reply in replies:
            if specimen.judge(problem, reply).outcome is Outcome.CORRECT:
                yield specimen.at(problem, f"the reply {reply[:120]!r} is accepted")


def near_missed(specimen: Specimen) -> Iterator[str]:
    """A gold answer with one part changed is CORRECT only where the certificate leaves room for another optimum."""
    for problem in specimen.problems:
        for kind, text in list(attacks.mutants(specimen.gold(problem)))[:60]:
            verdict = specimen.judge(problem, place(text, problem.answer_format))
            if unlawful_accept(specimen, problem, text, verdict):
                yield specimen.at(problem, f"{kind}: {text[:80]!r} is accepted beside the only right answer")
            if verdict.outcome is Outcome.CORRECT and verdict.quality != 1.0:
                yield specimen.at(problem, f"{kind}: CORRECT with quality {verdict.quality}")


def unbroken(specimen: Specimen) -> Iterator[str]:
    """No reply raises or is UNDECIDED, and a megabyte costs at most 50 ms of CPU."""
    firsts = {problem.rendering: problem for problem in reversed(specimen.problems)}
    for problem in firsts.values():
        gold = specimen.gold(problem)
        floods = list(attacks.floods(gold, problem.answer_format))
        replies = [place(text, problem.answer_format) for text in attacks.junk(gold)]
        replies += [place(text, problem.answer_format) for _, text in attacks.mutants(gold)]
        for reply in floods + replies:
            verdict, spent = _timed(specimen, problem, reply)
            if verdict.outcome is Outcome.UNDECIDED:
                last = verdict.reason.strip().splitlines()[-1]
                yield specimen.at(problem, f"the reply {reply[:60]!r} of {len(reply)} characters broke it: {last}")
            if spent > FLOOD_LIMIT_S:
                yield specimen.at(problem, f"the reply {reply[:60]!r} of {len(reply)} characters took {spent:.3f} s")


def _timed(specimen: Specimen, problem: Problem, reply: str) -> tuple[Verdict, float]:
    """Judge a reply; a slow verdict is timed once more, so that a busy machine does not accuse the family."""
    spent = float("inf")
    for _ in range(3):
        begun = time.thread_time()
        verdict = specimen.judge(problem, reply)
        spent = min(spent, time.thread_time() - begun)
        if spent <= FLOOD_LIMIT_S:
            break
    return verdict, spent


LAWS: dict[str, Callable[[Specimen], Iterator[str]]] = {
    law.__name__: law
    for law in (
        declares, deterministic, round_trips, placed, witnessed, dressed, traced, parsed, compact, silent,
        uncopied, unplanted, proven, reproven, judged, recognised, told_apart, counted,
        constants, borrowed, unhedged, near_missed, unbroken,
    )
}  # fmt: skip
"""Every law by its name."""
