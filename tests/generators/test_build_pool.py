"""Problems built in workers are those of one process; params that cannot be solved in time or memory are refused."""

import pytest

from generators.build_pool import BuildJob, Built, _built, build, build_all
from generators.family import generate, load, names
from pipeline.workers.pool import Pool

HANGS = BuildJob("np/subset_sum", {"numbers": [2**n for n in range(60)], "target": 2**59 + 12345678})
GROWS = BuildJob("np/coin_change", {"coins": [1, 7, 13], "amount": 5 * 10**9})
QUESTION = BuildJob("text/math", {"question": "What is 3+4?", "answer": "7", "source": "x"}, license="mit")


def made(count: int) -> list[BuildJob]:
    families = [name for name in names() if load(name).procedural]
    problems = [generate(families[n % len(families)], level=1 + n % 3, seed=1, index=n) for n in range(count)]
    return [BuildJob(p.family, p.params, p.rendering) for p in problems]


def test_what_is_built_is_what_one_process_builds_in_order():
    jobs = [*made(60), QUESTION, QUESTION._replace(split="test")]
    found = list(build_all(jobs, workers=2))
    assert found == [build(job) for job in jobs]
    assert all(isinstance(built, Built) and built.fault is None for built in found)
    assert (found[-1].problem.split, found[-1].problem.license) == ("test", "mit")


@pytest.mark.parametrize("place", [0, 5, 8])
def test_params_that_hang_or_grow_are_refused_by_name_and_no_others(place):
    jobs = made(8)
    jobs[place:place] = [HANGS, GROWS]
    found = list(build_all(jobs, workers=2, timeout_s=2, memory_mb=300))
    assert found[place].startswith(("np/subset_sum takes over 2 s to solve", "np/subset_sum needs over 300 MiB"))
    assert found[place + 1].startswith(("np/coin_change needs over 300 MiB to solve", "np/coin_change takes over 2 s"))
    assert sum(isinstance(built, Built) for built in found) == 8


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (BuildJob("nope/x", {}), "unknown family 'nope/x'"),
        (BuildJob("np/tsp", {}), "family np/tsp makes no such params: params lacks distances"),
        (BuildJob("np/tsp", {"distances": "far"}), "params.distances is text, not a list"),
        (QUESTION._replace(rendering="sung"), "sung"),
        (BuildJob("text/math", {"question": " ", "answer": "7"}), "question ' ' is empty or no text"),
        (BuildJob("text/math", {"question": "Q?", "answer": "\\boxed{"}), "cannot be read"),
    ],
)
def test_params_of_no_problem_are_refused_with_the_reason(job, reason):
    (found,) = build_all([job])
    assert isinstance(found, str) and reason in found and "Traceback" not in found


def test_params_without_end_are_refused():
    deep = []
    for _ in range(900):
        deep = [deep]
    (found,) = build_all([BuildJob("seq/sort", {"numbers": deep, "order": "ascending"})])
    assert isinstance(found, str) and found.startswith("seq/sort cannot read its params")


def test_programs_are_built_here_in_their_place():
    case = {"kind": "assert", "source": "assert f(1) == 3"}
    job = BuildJob("code/tests", {"question": "Add 2.", "cases": [case], "reference": "def f(x):\n    return x + 2"})
    found = list(build_all([QUESTION, job, QUESTION, job]))
    assert [built.problem.family for built in found] == ["text/math", "code/tests"] * 2


HELD: list[bytearray] = []


def hoard(job: BuildJob) -> Built | str:
    """Keep as many MiB as a job says, for as long as the process lives."""
    HELD.append(bytearray(job.params["mib"] << 20))
    return build(QUESTION)


def test_a_worker_full_of_an_earlier_job_is_not_blamed_on_the_next():
    with Pool(hoard, workers=1, timeout_s=60, memory_mb=400, tries=1) as pool:
        jobs = [BuildJob("text/math", {"mib": size}) for size in (250, 250, 500)]
        found = list(_built(pool, jobs, 60, 400))
    assert found[:2] == [build(QUESTION)] * 2
    assert found[2].startswith("text/math needs over 400 MiB to solve")
