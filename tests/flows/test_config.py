"""Laws of the run config: unknown keys are named, overrides land, circumstances enter no identity."""

from pathlib import Path

import pytest

from flows.config import RunConfig, load_config
from generators.family import asked_renderings, generate
from pipeline.errors import ConfigError, FamilyError

MINIMAL = """
name: t
cells: [{family: seq/sort, levels: [1], regions: [ascending]}]
policy: {}
protocol: {max_prompt_tokens: 40, max_completion_tokens: 24}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(MINIMAL)
    return path


def test_every_shipped_config_loads_and_names_real_cells() -> None:
    paths = sorted(Path("flows/configs").glob("*.yaml"))
    assert paths
    for path in paths:
        assert load_config(path).all_cells()


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("loop.runds=3", "did you mean 'rounds'"),
        ("seeds=3", "did you mean 'seed'"),
        ("loop.rounds=-1", "loop.rounds"),
        ("cells.0.familly=x", "did you mean 'family'"),
        ("cells.7.family=x", "list position"),
        ("nonsense", "key.path=value"),
        ("name.x=1", "cannot be set on a str"),
        ("loop.grpo.advantages.name=grppo", "grpo"),
        ("loop.arms=[{name: a, mixture: uniform, operator: sft}, {name: a, mixture: uniform, operator: grpo}]", "'a'"),
        ("loop.arms=[{name: '', mixture: uniform, operator: sft}]", "loop.arms.0.name"),
        ("loop.arms=[{name: a/b, mixture: uniform, operator: sft}]", "loop.arms.0.name"),
        ("name=../elsewhere", "name: "),
    ],
)
def test_a_wrong_override_is_named(file: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")):
        load_config(file, [override])


def test_overrides_reach_leaves_and_lists(file: Path) -> None:
    config = load_config(file, ["loop.rounds=7", "cells.0.levels=[1, 2]", "loop.price.sft_tokens_per_s=1e4"])
    assert config.loop.rounds == 7
    assert config.cells[0].levels == (1, 2)
    assert config.loop.price.sft_tokens_per_s == 1e4


def test_circumstances_enter_no_identity(file: Path) -> None:
    here, there = load_config(file), load_config(file, ["data_dir=elsewhere", "workers=7", "verifier.workers=3"])
    assert here.identity() == there.identity()
    assert load_config(file, ["seed=1"]).identity() != here.identity()


def test_a_missing_file_and_broken_yaml_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no config file"):
        load_config(tmp_path / "absent.yaml")
    (tmp_path / "b.yaml").write_text("a: [")
    with pytest.raises(ConfigError, match="not readable YAML"):
        load_config(tmp_path / "b.yaml")
    (tmp_path / "c.yaml").write_text("- 1")
    with pytest.raises(ConfigError, match="not a mapping"):
        load_config(tmp_path / "c.yaml")


def test_unknown_cells_are_refused(file: Path) -> None:
    for override in ("cells.0.family=seq/sorted", "cells.0.levels=[0]", "cells.0.regions=[sideways]"):
        with pytest.raises(FamilyError):
            load_config(file, [override]).all_cells()


def test_renderings_are_words_unless_named_and_may_be_a_list(file: Path) -> None:
    def drawn(*overrides: str) -> set[str]:
        asked = load_config(file, overrides).sets.rendering
        return {generate("seq/sort", level=1, seed=0, index=i, rendering=asked).rendering for i in range(40)}

    assert drawn() == drawn("sets.rendering=null") == {"plain", "story", "json"}
    assert drawn("sets.rendering=compact") == {"compact"}
    assert drawn("sets.rendering=[plain, story]") == drawn("sets.rendering=story,plain") == {"plain", "story"}
    for unknown in ("[plain, poem]", "poem", "[]"):
        with pytest.raises(FamilyError, match="no rendering"):
            load_config(file, [f"sets.rendering={unknown}"]).all_cells()


@pytest.mark.parametrize(("name", "compact"), [("gpu", False), ("demo", True), ("loop_bench", True)])
def test_a_shipped_config_asks_its_policy_for_what_it_can_read(name: str, compact: bool) -> None:
    config = load_config(Path(f"flows/configs/{name}.yaml"))
    asked = {asked_renderings(cell.family, config.sets.rendering) for cell in config.all_cells()}
    assert asked == {("compact",) if compact else ("plain", "story", "json")}


def test_a_config_survives_json() -> None:
    config = load_config(Path("flows/configs/demo.yaml"))
    assert RunConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize("root", ["afile", "x" * 400])
def test_a_run_root_that_can_be_no_folder_is_bad_input(file: Path, tmp_path: Path, root: str) -> None:
    (tmp_path / "afile").touch()
    with pytest.raises(ConfigError, match=r"data_dir .*name another"):
        load_config(file, [f"data_dir={tmp_path / root}"])
