"""A small run made by the real store, ledger, measurement and diagnosis with a scripted policy: nothing is trained."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from filters.measure import measure
from filters.rule import apply, decisions_table, resolve
from generators.family import FamilyVerifier, generate, load
from pipeline.choice.mixture import Cell, Mixture
from pipeline.choice.weakness import CellHistory, WeaknessConfig, diagnose, next_mixture
from pipeline.problem import Problem, to_row, to_table
from pipeline.protocol import Protocol
from pipeline.rule_context import RuleContext
from pipeline.sampling import ScriptedSampler
from pipeline.score import Score
from pipeline.seeds import derive, uniform
from pipeline.store.ledger import Ledger
from pipeline.store.store import Store
from pipeline.store.version import DROPPED_SCHEMA, DatasetVersion

INJECTION = "<script>alert('from a reply')</script></script><img src=x onerror=alert(1)>"
RUN = "made-0"
ARMS = (
    {"name": "loop", "mixture": "weakness", "operator": "chosen"},
    {"name": "uniform", "mixture": "uniform", "operator": "grpo"},
    {"name": "sft", "mixture": "uniform", "operator": "sft"},
)


@dataclass(frozen=True)
class Shape:
    """How large the run is and how its scripted policies fare: skill(arm, round, cell is a hole) -> pass rate."""

    cells: tuple[Cell, ...] = (Cell("seq/sort", 1, "ascending"), Cell("seq/reverse", 1), Cell("seq/running_sum", 1))
    holes: tuple[Cell, ...] = (Cell("seq/reverse", 1),)
    per_cell: int = 8
    rounds: int = 2
    draws: int = 8
    greedy: bool = True
    arms: tuple[dict[str, str], ...] = ARMS
    skill: Callable[[str, int, bool], float] = field(default=lambda arm, number, hole: usual_skill(arm, number, hole))
    training: bool = True


def usual_skill(arm: str, number: int, hole: bool) -> float:
    if number == 0:
        return 0.3 if hole else 0.9
    per_round = {"loop": 0.2, "uniform": 0.06, "sft": 0.32}[arm]
    return min(0.98, 0.3 + per_round * number) if hole else 0.9 + 0.02 * number


def make_run(root: Path, shape: Shape | None = None) -> str:
    """Write a whole run below root and return its id."""
    shape = shape or Shape()
    maker = _Maker(root, shape)
    maker.start()
    for arm in shape.arms:
        for number in range(1, shape.rounds + 1):
            maker.round(arm, number)
    return RUN


def first_of(cell: Cell, count: int, split: str, seed: int) -> list[Problem]:
    """Return the first distinct problems of a cell and split."""
    name, level, region = cell
    found: dict[str, Problem] = {}
    index = 0
    while len(found) < count:
        problem = generate(name, level=level, seed=seed, index=index, rendering="compact", region=region)
        if problem.split == split:
            found.setdefault(problem.instance_hash, problem)
        index += 1
    return list(found.values())


class _Maker:
    def __init__(self, root: Path, shape: Shape) -> None:
        self.store, self.ledger, self.shape, self.verifier = Store(root), Ledger(root), shape, FamilyVerifier()
        made = {split: self.publish(f"made-{split}", split, derive("sets", 0)) for split in ("probe", "test")}
        self.probe, self.test = made["probe"][0], made["test"][0]
        self.sets = {split: version.id for split, (_, version) in made.items()}

    def start(self) -> None:
        config = {
            "name": "made", "seed": 0, "measure": {"test_draws": self.shape.draws},
            "protocol": {"max_prompt_tokens": 40, "max_completion_tokens": 90},
            "policy": {"path": None, "tiny": {"hidden": 96, "layers": 3, "heads": 3, "head_dim": 32, "mlp": 256}},
            "loop": {"arms": list(self.shape.arms), "weakness": WeaknessConfig().model_dump(),
                     "price": {"sample_tokens_per_s": 25000, "sft_tokens_per_s": 15000}},
        }  # fmt: skip
        row = {
            "config": json.dumps(config),
            "commit": "0000000",
            "started_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        self.ledger.append("runs", pa.Table.from_pylist([row]), part="start", run=RUN)
        detail = {"policy": "0", "sets": self.sets, "holes": [list(c) for c in self.shape.holes]}
        event = {"kind": "start", "message": "", "detail": json.dumps(detail)}
        self.ledger.append("events", pa.Table.from_pylist([event]), part="start", run=RUN)
        self.publish("made-coldstart", "train", derive("cold start", 0))
        if self.shape.training:
            self.curve("", 0, "sft", {"loss": lambda i: 2.5 / (1 + i / 20)}, 90)
        self.read_test("", 0)

    def round(self, arm: dict[str, str], number: int) -> None:
        name, diagnosis, spent = arm["name"], None, 0.0
        if arm["mixture"] == "weakness":
            scores = self.score(self.probe, name if number > 1 else "", number - 1, 1.0, 2, "select", (name, number))
            histories = self.histories(scores, number)
            diagnosis = diagnose(histories, dict.fromkeys(histories, True), WeaknessConfig())
            spent = sum(s.tokens for s in scores) / 25000
        mixture = next_mixture(diagnosis, WeaknessConfig(), operator="sft") if diagnosis else Mixture.of(
            dict.fromkeys(self.shape.cells, 1.0))  # fmt: skip
        operator = "grpo" if arm["operator"] == "grpo" else "sft"
        problems, version = self.publish(f"made-{name}-{number}", "train", derive("round", name, number))
        self.read_test(name, number)
        if self.shape.training:
            self.train(name, number, operator, problems)
        record = {
            "run": RUN, "arm": name, "round": number, "dataset": version.id, "policy_after": f"{name}{number}",
            "probe": None, "diagnosis": diagnosis and diagnosis.to_json(),
            "parts": [{"operator": operator, "share": 1.0, "mixture": [[*c, w] for c, w in mixture.weights]}],
            "cost_s": {"diagnose_s": spent, f"{operator}_s": 14 - spent},
            "cpu_s": {"diagnose": 1.0, "generate": 2.0, "train": 13.2},
            "training": {operator: {"priced_s": 14 - spent, "cpu_s": 13.2, "steps": 40, "tokens_trained": 21000}},
        }  # fmt: skip
        row = pa.Table.from_pylist([{"record": json.dumps(record)}])
        self.ledger.append("rounds", row, part=f"{name}-{number}", run=RUN, round=number, arm=name)

    def publish(self, name: str, split: str, seed: int) -> tuple[list[Problem], DatasetVersion]:
        counts = dict.fromkeys(self.shape.cells, self.shape.per_cell)
        problems = [problem for cell in counts for problem in first_of(cell, self.shape.per_cell, split, seed)]
        limit = 7 if name == "made-coldstart" else 60
        curated = apply(problems, resolve(({"name": "length", "max_prompt_chars": limit},)), RuleContext())
        self.ledger.append("decisions", decisions_table(curated.decisions), part=name, run=RUN)
        recipe = {"cells": [[*c, n] for c, n in counts.items()], "split": split, "seed": seed, "stage": "dataset"}
        reasons = {d.uid: (d.rule, d.reason) for d in curated.decisions if d.action == "drop"}
        rows = [{**to_row(p), "rule": reasons[p.uid][0], "reason": reasons[p.uid][1]} for p in problems
                if p.uid in reasons]  # fmt: skip
        dropped = pa.Table.from_pylist(rows, schema=DROPPED_SCHEMA)
        return curated.kept, self.store.publish(name, recipe=recipe, rows=[to_table(curated.kept)], dropped=[dropped])

    def read_test(self, arm: str, number: int) -> None:
        self.score(self.test, arm, number, 1.0, self.shape.draws, "report", (arm, number))
        if self.shape.greedy:
            self.score(self.test, arm, number, 0.0, 1, "report", (arm, number))

    def score(
        self, problems: list[Problem], arm: str, number: int, temperature: float, n: int, purpose: str,
        place: tuple[str, int],
    ) -> list[Score]:  # fmt: skip
        protocol = Protocol(max_prompt_tokens=40, max_completion_tokens=90, temperature=temperature)
        fields = json.dumps({**asdict(protocol), "stop_ids": []})
        row = pa.Table.from_pylist([{"protocol": protocol.hash, "fields": fields}])
        self.ledger.append("protocols", row, part=protocol.hash)
        context = {"run": RUN, "arm": place[0], "round": place[1], "step": 0}
        sampler = ScriptedSampler(self.script(problems, arm, number), policy_id=f"{arm}{number}")
        return measure(
            problems, sampler=sampler, verifier=self.verifier, protocol=protocol, n=n, purpose=purpose, seed=1,
            ledger=self.ledger, context=context, keep_rollouts=1,
        )  # fmt: skip

    def script(self, problems: list[Problem], arm: str, number: int) -> Callable[[str, int], str]:
        by_prompt = {p.prompt: p for p in problems}

        def reply(prompt: str, draw: int) -> str:
            problem = by_prompt[prompt]
            hole = Cell(problem.family, problem.level, problem.region) in self.shape.holes
            luck = uniform("reply", problem.uid, arm, number, draw)
            skill = self.shape.skill(arm, number, hole) + 0.3 * (uniform("hard", problem.uid) - 0.5)
            if luck < skill:
                return "#" + load(problem.family).write(problem.answer, "compact")
            kind = uniform("kind", problem.uid, arm, number, draw)
            return INJECTION if kind < 0.1 else "12,3" if kind < 0.3 else "7" * 91 if kind < 0.4 else "#1,2,3"

        return reply

    def histories(self, scores: list[Score], number: int) -> dict[Cell, CellHistory]:
        of_uid = {p.uid: Cell(p.family, p.level, p.region) for p in self.probe}
        counts: dict[Cell, list[int]] = {}
        for s in scores:
            entry = counts.setdefault(of_uid[s.uid], [0, 0, 0])
            entry[0], entry[1], entry[2] = entry[0] + s.n, entry[1] + s.correct, entry[2] + 1
        return {cell: CellHistory(((number, float(n), float(c)),), k) for cell, (n, c, k) in counts.items()}

    def train(self, arm: str, number: int, operator: str, problems: list[Problem]) -> None:
        curves: dict[str, Callable[[int], float]] = {"loss": lambda i: 0.6 / number + 0.2 / (i + 1)}
        if operator == "grpo":
            curves = {
                "reward_mean": lambda i: min(1.0, 0.6 + 0.05 * number + 0.002 * i),
                "effective_groups": lambda i: 0.5 - 0.004 * i, "entropy": lambda i: 0.4 - 0.003 * i,
            }  # fmt: skip
        self.curve(arm, number, operator, curves, 40)
        rows = [{"uid": p.uid, "operator": operator, "group_n": 8, "reward_mean": 0.5, "trained": True}
                for p in problems]  # fmt: skip
        self.ledger.append("exposures", pa.Table.from_pylist(rows), part=f"{number}", run=RUN, round=number, arm=arm)

    def curve(
        self, arm: str, number: int, stage: str, curves: dict[str, Callable[[int], float]], steps: int
    ) -> None:  # fmt: skip
        rows = [
            {"stage": stage, "name": name, "value": float(f(i)), "unit": "", "step": i}
            for name, f in curves.items()
            for i in range(steps)
        ]
        self.ledger.append("metrics", pa.Table.from_pylist(rows), part=f"{number}", run=RUN, round=number, arm=arm)
