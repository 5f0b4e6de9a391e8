"""RunConfig: one tree of frozen models assembled from the packages' own; load it from YAML plus overrides.

Not here: any option's meaning (it stands beside the code that reads it). Law: an unknown key is an error that names
the nearest real one, and circumstances (paths, workers) enter no identity.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from flows.bounded_yaml import MOST_BYTES, MOST_DEPTH, plain, read_yaml
from generators.verifier_config import VerifierConfig
from pipeline.choice.curriculum import CurriculumConfig
from pipeline.choice.mixture import Cell
from pipeline.choice.weakness import WeaknessConfig
from pipeline.errors import SHOWN, ConfigError, brief, nearest, shortened
from pipeline.protocol import Protocol
from trainer.grpo_config import GRPOConfig
from trainer.policy import PolicyConfig
from trainer.sft import SFTConfig

CIRCUMSTANCES = ("data_dir", "workers", "verifier")
"""Fields that say where and how fast, never what: left out of every recipe."""


MOST_FAULTS = 8
"""Faults of a config that one message names."""


class Node(BaseModel):
    """A frozen config node that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CellsConfig(Node):
    """A family and which of its cells take part."""

    family: str
    levels: tuple[int, ...] = Field(min_length=1)
    regions: tuple[str, ...] | None = Field(default=None, description="None: every region of the family")


class ProtocolConfig(Node):
    """How the policy is asked (pipeline.protocol.Protocol); temperature is set per purpose."""

    max_prompt_tokens: int = Field(gt=0)
    max_completion_tokens: int = Field(gt=0)
    template: Literal["base", "chat"] = "base"
    system: str = ""
    thinking: bool = False

    def protocol(self, temperature: float = 1.0) -> Protocol:
        """Return the Protocol of this node at a temperature."""
        return Protocol(
            max_prompt_tokens=self.max_prompt_tokens,
            max_completion_tokens=self.max_completion_tokens,
            temperature=temperature,
            template=self.template,
            system=self.system,
            thinking=self.thinking,
        )


class SamplerConfig(Node):
    """Which engine samples: `torch` is ours, `vllm` runs in process. An endpoint can measure (`veriloop measure`),
    never train, and so is none of them.
    """

    name: Literal["torch", "vllm"] = "torch"
    batch_rows: int = Field(default=512, gt=0, description="rows decoded together by the torch sampler")


class SetsConfig(Node):
    """How many problems the fixed sets hold, per cell; a cell with fewer gives what it has."""

    rendering: str | None = Field(
        default=None, description="one or several (a list, or commas), drawn by hash; None: every one that uses words"
    )
    probe_per_cell: int = Field(default=48, gt=0)
    test_per_cell: int = Field(default=64, gt=0)
    rules: tuple[dict[str, Any], ...] = ({"name": "lawful"}, {"name": "length"}, {"name": "exact_duplicate"})

    @field_validator("rendering", mode="before")
    @classmethod
    def _joined(cls, given: Any) -> Any:
        return ",".join(map(str, given)) if isinstance(given, list | tuple) else given


class HolesConfig(Node):
    """Cells the cold start leaves nearly untaught: a known, unchosen weakness, drawn by hash per seed."""

    trace_cells: int = Field(default=4, ge=0, description="holes among families with a learnable trace, one a family")
    search_cells: int = Field(default=0, ge=0, description="holes among families without one")
    mass: float = Field(default=0.01, ge=0, le=1, description="share of a normal cell's training mass")


class ColdStartConfig(Node):
    """SFT on solver traces, from the configured policy to the chain's common start."""

    steps: int = Field(default=800, ge=0, description="0 starts the loop from the policy as it is")
    rows_per_cell: int = Field(default=2000, gt=0)
    sft: SFTConfig = SFTConfig()
    holes: HolesConfig = HolesConfig()


class PriceConfig(Node):
    """What work costs in CPU- or GPU-seconds: fixed rates make budgets repeatable; measured time is shown beside.

    Unit: tokens per second on one core of the reference machine (`benchmarks/prices.py` measures them).
    """

    sample_tokens_per_s: float = Field(default=40_000, gt=0)
    sft_tokens_per_s: float = Field(default=6_600, gt=0)
    grpo_tokens_per_s: float = Field(default=27_000, gt=0)


NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""What names files and folders: no slash, no leading dot, never empty."""


class ArmConfig(Node):
    """One chain of rounds. `chosen` lets the diagnosis pick SFT or GRPO for each cell."""

    name: str = Field(pattern=NAME, max_length=40)
    mixture: Literal["uniform", "weakness", "easy_to_hard", "placebo"]
    operator: Literal["chosen", "grpo", "sft"]


class LoopConfig(Node):
    """The rounds: what each costs and which arms run from the same start."""

    rounds: int = Field(default=3, ge=0)
    budget_s: float = Field(default=15.0, gt=0, description="priced seconds per round and arm, diagnosis included")
    rows: int = Field(default=2048, gt=0, description="problems generated per round and arm")
    arms: tuple[ArmConfig, ...] = (
        ArmConfig(name="loop", mixture="weakness", operator="chosen"),
        ArmConfig(name="uniform", mixture="uniform", operator="grpo"),
        ArmConfig(name="sft", mixture="uniform", operator="sft"),
    )
    sft: SFTConfig = SFTConfig()
    grpo: GRPOConfig = GRPOConfig()
    weakness: WeaknessConfig = Field(default=WeaknessConfig(), description="the diagnosis; its visits are rounds")
    curriculum: CurriculumConfig = Field(
        default=CurriculumConfig(name="weakness"),
        description="moves the mixture inside a GRPO stretch of arms of mixture weakness; its visits are steps",
    )
    price: PriceConfig = PriceConfig()
    checkpoint_every: int = Field(default=20, gt=0, description="optimiser steps between resumable checkpoints")

    @model_validator(mode="after")
    def _arms_differ(self) -> "LoopConfig":
        names = [arm.name for arm in self.arms]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"arms {repeated} share a name and so their rounds: give each arm its own")
        return self


class MeasureConfig(Node):
    """How often problems are attempted."""

    probe_draws: int = Field(default=1, gt=0)
    test_draws: int = Field(default=8, gt=0, description="at temperature 1; pass@8 needs 8")
    greedy: bool = True
    keep_rollouts: int = Field(default=1, ge=0, description="rollouts kept to read, per problem and measurement")
    keep_training: int = Field(
        default=0, ge=0, description="replies kept to read of each GRPO group (rollouts where source = 'training')"
    )
    audit_per_stratum: int = Field(
        default=20, ge=0, description="verdicts audited per stratum when the arms have ended [1]; 0 is off"
    )


class RunConfig(Node):
    """One run: everything `veriloop run` needs, stored with every version, checkpoint and round."""

    name: str = Field(pattern=NAME, max_length=40)
    seed: int = 0
    data_dir: Path = Field(default=Path("data/run"), description="the run root")
    workers: int = Field(default=2, gt=0, description="local processes")
    verifier: VerifierConfig = VerifierConfig()
    cells: tuple[CellsConfig, ...] = Field(min_length=1)
    held_out: tuple[CellsConfig, ...] = Field(
        default=(), description="cells measured on test alone, never trained on nor probed; they win over `cells`"
    )
    policy: PolicyConfig
    protocol: ProtocolConfig
    sampler: SamplerConfig = SamplerConfig()
    sets: SetsConfig = SetsConfig()
    cold_start: ColdStartConfig = ColdStartConfig()
    measure: MeasureConfig = MeasureConfig()
    loop: LoopConfig = LoopConfig()

    def identity(self) -> dict[str, Any]:
        """Return the config as JSON without its circumstances."""
        return self.model_dump(mode="json", exclude=set(CIRCUMSTANCES))

    def all_cells(self) -> tuple[Cell, ...]:
        """Return every cell the run trains on and probes, sorted; checks families, levels and regions.

        Raises:
            FamilyError: for a family, level or region that does not exist. ConfigError: when all are held out.
        """
        cells = self._cells_of(self.cells) - self.held_out_cells()
        if not cells:
            raise ConfigError("every cell of `cells` is held out, none is left to train on: shorten held_out")
        return tuple(sorted(cells))

    def held_out_cells(self) -> frozenset[Cell]:
        """Return the cells that add to test alone; checks them like `all_cells`."""
        return self._cells_of(self.held_out)

    def _cells_of(self, nodes: Sequence[CellsConfig]) -> frozenset[Cell]:
        from generators.family import check_request, load

        cells = set()
        for node in nodes:
            regions = node.regions if node.regions is not None else load(node.family).regions
            for level in node.levels:
                for region in regions:
                    check_request(node.family, level=level, region=region, rendering=self.sets.rendering)
                    cells.add(Cell(node.family, level, region))
        return frozenset(cells)


def load_config(path: Path, overrides: Sequence[str] = ()) -> RunConfig:
    """Read a run's YAML and lay `key.path=value` overrides (values are YAML) over it.

    Raises:
        ConfigError: for a missing or unreadable file, YAML beyond `bounded_yaml`'s limits, an unknown key, a value of
            the wrong kind, infinite numbers included, or a data_dir that is a file; names each.
    """
    tree = read_yaml(_bytes_of(path), str(path))
    if not isinstance(tree, dict):
        raise ConfigError(f"{path} holds a {type(tree).__name__}, not a mapping of config keys")
    for override in overrides:
        _lay_over(tree, override)
    try:
        config = RunConfig.model_validate(tree)
    except ValidationError as error:
        faults = [_explain(item, RunConfig) for item in error.errors(include_url=False, include_context=False)]
        more = f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise ConfigError(f"{path}: " + "; ".join(faults[:MOST_FAULTS]) + more) from error
    plain(config.model_dump(mode="json"), str(path))  # a number in quotes can be infinite too
    _check_root(config.data_dir)
    return config


def _check_root(root: Path) -> None:
    try:
        taken = root.exists() and not root.is_dir()
    except OSError as error:
        raise ConfigError(f"data_dir {brief(str(root))} is no folder: {error.strerror}; name another") from error
    if taken:
        raise ConfigError(f"data_dir {root} is a file, a run writes below a folder: name another")


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        shipped = sorted(p.name for p in (Path(__file__).parent / "configs").glob("*.yaml"))
        raise ConfigError(
            f"no config file {path}: the shipped ones are flows/configs/{{{', '.join(shipped)}}}"
        ) from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}; name a YAML file") from error


def _lay_over(tree: dict[str, Any], override: str) -> None:
    key, mark, text = override.partition("=")
    shown = brief(override)
    if not mark or not key:
        raise ConfigError(f"override {shown} is not key.path=value, e.g. --set loop.rounds=2")
    value = read_yaml(text.encode(errors="surrogatepass"), f"--set {shortened(key)}")
    node: Any = tree
    *parents, last = key.split(".")
    if len(parents) > MOST_DEPTH:
        raise ConfigError(f"override {shown}: its key has {len(parents)} parts, {MOST_DEPTH} is the limit")
    for part in parents:
        if (place := _place_in(node, part)) is not None:
            node = node[place]
            continue
        if not isinstance(node, dict):
            raise ConfigError(f"override {shown}: {brief(part)} is not a mapping or a valid list position")
        node = node.setdefault(part, {})
    if (place := _place_in(node, last)) is not None:
        node[place] = value
    elif isinstance(node, dict):
        node[last] = value
    else:
        raise ConfigError(f"override {shown}: {brief(last)} cannot be set on a {type(node).__name__}")


def _place_in(node: Any, part: str) -> int | None:
    """Return the position that a part of a key names in a list; None when it names none."""
    fits = isinstance(node, list) and part.isascii() and part.isdigit() and len(part) < 7 and int(part) < len(node)
    return int(part) if fits else None


def _explain(item: Any, root: type[BaseModel]) -> str:
    place = shortened(".".join(str(part) for part in item["loc"]))
    if item["type"] == "extra_forbidden":
        known = _fields_at(root, item["loc"][:-1])
        return f"unknown key {place!r}{nearest(str(item['loc'][-1])[:SHOWN], known)}"
    shown = "" if item["type"] == "missing" else f", got {brief(item.get('input'))}"
    return f"{place}: {shortened(item['msg'])}{shown}"


def _fields_at(model: type[BaseModel], place: Sequence[Any]) -> list[str]:
    for part in place:
        if not isinstance(part, str) or part not in model.model_fields:
            continue
        found = _model_in(model.model_fields[part].annotation)
        if found is None:
            return []
        model = found
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if (found := _model_in(inner)) is not None:
            return found
    return None
