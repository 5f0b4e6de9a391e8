"""What a run starts from: the policy of a folder or of a seed, and the draws by which it is first read on test."""

import pytest
import yaml

from flows.config import load_config
from flows.orchestration.whole import train_all
from flows.run import Run
from pipeline.errors import ConfigError
from tests.flows.tiny import tiny
from tests.journeys.facts import facts_of
from tests.journeys.test_every_setting import BASE, COLD
from trainer.policy import TinyConfig, tiny_policy

TEMPLATE = "{% if enable_thinking %}+++++{% endif %}{{ messages[-1]['content'] }}"
"""A chat template whose words depend on whether thinking is allowed."""
FEW = ("cells=[{family: arith/modular, levels: [1]}]", "sets.test_per_cell=40")
"""A cell so small that runs of any seed read many of the same problems on test."""


@pytest.fixture
def facts(tmp_path):
    """Return what a run that trains nothing did, under overrides, each in a root of its own."""
    path = tmp_path / "start.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(BASE), **COLD}))

    def found(*overrides):
        root = tmp_path / str(len(list(tmp_path.iterdir())))
        run = Run(load_config(path, ["cold_start.steps=0", *overrides, f"data_dir={root}"]))
        train_all(run)
        return facts_of(run)

    return found


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return two folders with models that differ in their weights, as they are named in overrides."""
    folders = []
    for seed in (0, 1):
        policy = tiny_policy(TinyConfig(hidden=32, layers=1, heads=1, mlp=64), seed=seed)
        policy.tokenizer.chat_template = TEMPLATE
        folders.append(tmp_path_factory.mktemp("model") / str(seed))
        policy.save(folders[-1])
    return [f"policy={{path: {folder}, tiny: null}}" for folder in folders]


def texts(facts):
    """Return the reply to every problem that was read on test."""
    return {uid: text for uid, _, text, _ in facts["replies"]}


def test_a_model_folder_is_read_and_asked_as_told(facts, models):
    chat = "protocol.template=chat"
    first, other = (facts(model, chat) for model in models)
    thinking = facts(models[0], chat, "protocol.thinking=true")
    assert first["cold"] != other["cold"]
    assert texts(first).keys() == texts(other).keys() == texts(thinking).keys()
    assert texts(first) != texts(other) and texts(first) != texts(thinking)


def test_a_seed_makes_its_own_policy(facts):
    assert facts(*FEW)["cold"] != facts(*FEW, "seed=7")["cold"]


def test_a_seed_names_the_draws_on_test(facts, models):
    one, other = (texts(facts(models[0], *FEW, f"seed={seed}")) for seed in (0, 7))
    shared = one.keys() & other.keys()
    assert len(shared) > 10
    assert [uid for uid in shared if one[uid] != other[uid]], "the same problems, other draws"


def test_a_policy_that_cannot_be_asked_is_refused_before_anything_is_made(tmp_path):
    policy = tiny_policy(TinyConfig(hidden=32, layers=1, heads=1, mlp=64), seed=0)
    policy.tokenizer.chat_template = "{{ messages[0]['content'] + 1 }}"
    policy.save(tmp_path / "model")
    chat = {"max_prompt_tokens": 40, "max_completion_tokens": 24, "template": "chat"}
    run = tiny(tmp_path / "run", policy={"path": str(tmp_path / "model")}, protocol=chat)
    with pytest.raises(ConfigError, match="chat template refuses"):
        train_all(run)
    assert run.store.versions() == [] and run.ledger.read("runs").num_rows == 0
