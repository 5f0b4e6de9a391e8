"""tsp on public instances, relabelled cities and its verdicts; the solvers are held to exhaustion in test_solvers."""

from dataclasses import replace

import pytest

from generators.families.np import tsp
from generators.family import from_params, generate, verify
from generators.kit.tours import held_karp, length, nearest_neighbour, prove
from pipeline.problem import Certificate, Outcome, instance_hash
from pipeline.seeds import rng
from tests.generators.families.real_cases import candidates, instances

PARAMS = {"distances": [[0, 1, 5, 2], [1, 0, 2, 6], [5, 2, 0, 3], [2, 6, 3, 0]]}  # the square 0 1 2 3 is 8 long


def test_the_optimum_comes_with_its_proof() -> None:
    problem = from_params("np/tsp", PARAMS, rendering="compact")
    assert (problem.prompt, problem.trace) == ("t1,5,2|2,6|3>", "#0,1,2,3")
    proof = problem.certificate
    assert (proof.status, proof.value, proof.bound, proof.optima, proof.optima_kind) == ("optimal", 8, 8, 1, "count")


@pytest.mark.parametrize(
    ("text", "outcome", "reason", "quality"),
    [
        ("[0, 1, 2, 3]", Outcome.CORRECT, "correct", 1.0),
        ("[2, 1, 0, 3]", Outcome.CORRECT, "correct", 1.0),
        ("3 0 1 2", Outcome.CORRECT, "correct", 1.0),
        ("[0, 2, 1, 3]", Outcome.WRONG, "suboptimal", 8 / 15),
        ("[0, 1, 2, 3, 0]", Outcome.CORRECT, "correct", 1.0),
        ("[0, 2, 1, 3, 0]", Outcome.WRONG, "suboptimal", 8 / 15),
        ("[0, 1, 2, 3, 1]", Outcome.WRONG, "visits a city twice", 0.0),
        ("[0, 1, 2, 3, 0, 0]", Outcome.WRONG, "visits a city twice", 0.0),
        ("[0, 1, 2, 0]", Outcome.WRONG, "visits a city twice", 0.0),
        ("[0, 1, 1, 3]", Outcome.WRONG, "visits a city twice", 0.0),
        ("[0, 1, 2]", Outcome.WRONG, "not every city exactly once", 0.0),
        ("[1, 2, 3, 4]", Outcome.WRONG, "not every city exactly once", 0.0),
        ("[]", Outcome.WRONG, "not every city exactly once", 0.0),
        ("0-1-2-3", Outcome.MALFORMED, "not a list of integers", 0.0),
    ],
)
def test_verdicts(text: str, outcome: Outcome, reason: str, quality: float) -> None:
    verdict = verify(from_params("np/tsp", PARAMS, rendering="plain"), f"<answer>{text}</answer>")
    assert (verdict.outcome, verdict.reason, verdict.quality) == (outcome, reason, quality)
    assert verdict.feasible == (reason in ("correct", "suboptimal"))


def test_the_compact_answer_does_not_repeat_its_start() -> None:
    verdict = verify(from_params("np/tsp", PARAMS, rendering="compact"), "#0,1,2,3,0")
    assert (verdict.outcome, verdict.reason) == (Outcome.WRONG, "visits a city twice")


def test_without_a_proof_nothing_is_correct_and_beating_the_best_known_is_our_alarm() -> None:
    problem = from_params("np/tsp", PARAMS, rendering="compact")
    unproven = Certificate(status="bounded", evidence="solver", value=8, bound=7)
    verdict = verify(replace(problem, certificate=unproven), "#0,1,2,3")
    assert (verdict.outcome, verdict.feasible, verdict.quality) == (Outcome.WRONG, True, 1.0)
    beaten = replace(unproven, value=9)
    assert verify(replace(problem, certificate=beaten), "#0,1,2,3").outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("level", [1, 3, 7])
def test_relabelled_cities_are_one_instance(level: int) -> None:
    params = generate("np/tsp", level=level, seed=6, index=0).params
    distances = params["distances"]
    order = list(range(len(distances)))
    rng("relabel", level).shuffle(order)
    relabelled = {"distances": [[distances[i][j] for j in order] for i in order]}
    changed = {"distances": [list(row) for row in distances]}
    changed["distances"][0][1] = changed["distances"][1][0] = distances[0][1] + 1
    forms = [instance_hash("np/tsp", tsp.canonical(p)) for p in (params, relabelled, changed)]
    assert forms[0] == forms[1] != forms[2]
    assert tsp.solve(relabelled).certificate == tsp.solve(params).certificate


def test_greed_fails_from_level_three_also_where_cp_sat_proves() -> None:
    for level in (3, 5, 10):
        problem = generate("np/tsp", level=level, seed=1, index=2)
        distances, proof = problem.params["distances"], problem.certificate
        assert proof.status == "optimal" and proof.baseline == length(distances, nearest_neighbour(distances))
        assert length(distances, problem.answer) == proof.value < proof.baseline


def test_public_instances() -> None:
    for row in instances("tsp"):
        params, optimum = row["data"], row["optimum"]
        params = {"distances": params["distance_matrix"]}
        certificate = Certificate(status="optimal", evidence="solver", value=optimum, bound=optimum)
        for tour, check in candidates(row):
            verdict = tsp.judge(params, certificate, tour, "")
            assert verdict.feasible == check["feasible"], (row["name"], check)
            assert (verdict.outcome is Outcome.CORRECT) == check["optimal"], (row["name"], check)
            if check["feasible"]:
                assert verdict.quality == optimum / check["value"]


def test_both_solvers_reproduce_published_optima() -> None:
    rows = {row["name"]: row for row in instances("tsp")}
    burma = rows["burma14"]
    tour, _ = held_karp(burma["data"]["distance_matrix"])
    assert length(burma["data"]["distance_matrix"], tour) == burma["optimum"]
    gr24 = rows["gr24"]
    found = prove(gr24["data"]["distance_matrix"], most=1)
    assert found.cost == found.bound == gr24["optimum"]
