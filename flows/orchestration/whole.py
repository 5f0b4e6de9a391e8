"""A whole run, stage after stage: what `--no-prefect` calls and what the Prefect flow wraps.

Not here: what a stage does. Law: called twice, the second call finds everything done.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from flows.loop.loop import ArmSpec, cold_start, context_of, read_test, run_arm, write_start
from flows.progress import FileNote, watched
from flows.run import Run, record_start
from flows.stages.publish import fixed_sets
from pipeline.workers.shards import map_shards
from trainer.policy import check_askable


def run_whole(run: Run) -> Path:
    """Run every stage in order, arms on local processes; return the report's path."""
    train_all(run)
    audit(run)
    return finish(run)


def train_all(run: Run) -> None:
    """Run every stage up to the end of the arms."""
    start(run)
    sets(run)
    checkpoint = cold(run)
    specs = [_spec(run, arm.name, checkpoint) for arm in run.config.loop.arms]
    with arms_watched(run):
        for _ in map_shards(run_arm, specs, workers=min(run.config.workers, len(specs) or 1)):
            pass


def start(run: Run) -> None:
    """Refuse a policy that cannot be asked as the config says; write the resolved config to the ledger."""
    check_askable(run.config.policy, run.config.protocol.protocol())
    record_start(run)


def sets(run: Run) -> None:
    """Publish the probe and test sets."""
    fixed_sets(run)


def cold(run: Run) -> str:
    """Train and measure the common start; return its checkpoint."""
    checkpoint = cold_start(run)
    write_start(run, checkpoint, policy=read_test(run, checkpoint, context_of(run), "cold start"))
    return str(checkpoint)


def one_arm(run: Run, arm: str, checkpoint: str) -> int:
    """Run one arm in a process of its own; return how many rounds it has."""
    (records,) = map_shards(run_arm, [_spec(run, arm, checkpoint)], workers=2)
    return len(records)


def audit(run: Run) -> int:
    """Estimate the verifiers' error rates from the rollouts kept so far; return how many verdicts were looked at."""
    from flows.judging.audit import NothingStored, audit_root

    wanted = run.config.measure.audit_per_stratum
    try:
        return audit_root(run.root, per_stratum=wanted, note=run.note).sampled if wanted else 0
    except NothingStored:
        return 0


def finish(run: Run) -> Path:
    """Write the report."""
    from flows.report.report import write_report

    return write_report(run.root, run.run_id)


def _spec(run: Run, arm: str, checkpoint: str) -> ArmSpec:
    (config,) = (a for a in run.config.loop.arms if a.name == arm)
    note = FileNote(_progress_folder(run) / f"{arm}.json")
    alone = run.config.model_copy(update={"workers": 1})  # an arm is a process of its own already
    return ArmSpec(Run(alone, note), config, Path(checkpoint))


@contextlib.contextmanager
def arms_watched(run: Run) -> Iterator[None]:
    """Show the arms' progress while the block runs."""
    with watched(_progress_folder(run), run.note):
        yield


def _progress_folder(run: Run) -> Path:
    return run.root / "progress" / run.run_id
