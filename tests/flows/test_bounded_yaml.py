"""YAML from anyone ends as a small plain tree or as one short ConfigError, in a file and after --set alike."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.bounded_yaml import MOST_BYTES, MOST_DEPTH, MOST_NODES, plain, read_yaml
from flows.config import load_config
from pipeline.errors import ConfigError
from tests.flows.test_config import MINIMAL

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(MINIMAL)
    return path


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("loop.budget_s=.inf", "loop.budget_s is inf, numbers must be finite"),
        ("loop.budget_s='inf'", "loop.budget_s is inf, numbers must be finite"),
        ("loop.budget_s=1e999", "loop.budget_s is inf"),
        ("loop.grpo.lr=.nan", "loop.grpo.lr is nan"),
        ("sets.rules=[{name: length, most: [1, .nan]}]", r"sets.rules: 0.most.1 is nan"),
        ("loop.rounds=[", "loop.rounds is not readable YAML"),
        ("loop.rounds=*x", "undefined alias"),
        ("loop.rounds=!!python/object:os.system x", "could not determine a constructor"),
        ("loop.rounds={[1]: 2}", "unhashable key"),
        ("loop.rounds={1: 2}", "key 1 is a int: put it in quotes"),
        ("loop.rounds=2024-99-99", "month must be"),
        ("sets.rules=[{name: length, when: 2024-01-02}]", "is the date .*put it in quotes"),
        ("sets.rules=[{name: length, of: !!set {a}}]", "is the set"),
        ("sets.rules=[{name: length, of: &a [*a]}]", "alias .a stands within what it names"),
        ("seed=" + "9" * 5000, "seed is not readable YAML: Exceeds the limit"),
        ("seed=0x" + "f" * 5000, "seed is an integer of 20000 bits, integers are below"),
        ("seed='" + "9" * 4000 + "'", "seed is an integer of"),
        ('data_dir="a\\0b"', "no file can hold"),
        ('name="\\ud800"', "no file can hold"),
        ("name=\udc80", "not readable YAML: 'utf-8'"),
        ("sets.rules=" + "[" * 3000, f"within more than {MOST_DEPTH} others"),
        ("cells.²=1", "cannot be set on a list"),
        ("cells." + "9" * 6000 + ".family=x", "list position"),
        (".".join("a" * 100) + "=1", "its key has 99 parts"),
        ("name=" + "x" * 500_000, "at most 40 characters"),
        ("k" * 500_000 + "=1", "unknown key 'kkk"),
        ("x" * 500_000, "is not key.path=value"),
    ],
)
def test_a_value_that_cannot_be_worked_with_is_one_short_message(file: Path, override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refused:
        load_config(file, [override])
    assert len(str(refused.value)) < 1500


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (MINIMAL.encode("utf-16"), "not readable YAML"),
        (MINIMAL.encode() + "x: é".encode("latin1"), "not readable YAML: 'utf-8'"),
        (BOMB.encode(), f"more than {MOST_NODES} values"),
        (b"x: " + b"[" * 100_000, f"within more than {MOST_DEPTH} others"),
        (b"a" * (MOST_BYTES + 1), f"more than {MOST_BYTES} bytes"),
        (MINIMAL.encode() + b"\n".join(b"k%d: 1" % i for i in range(20_000)), "and 19992 more"),
        (MINIMAL.encode() + b"seed: .inf", "seed is inf"),
        (b"\x00\x01", "not readable YAML"),
    ],
)
def test_a_file_of_anything_is_one_short_message_soon(file: Path, content: bytes, message: str) -> None:
    file.write_bytes(content)
    began = time.monotonic()
    with pytest.raises(ConfigError, match=message) as refused:
        load_config(file)
    assert len(str(refused.value)) < 1500
    assert time.monotonic() - began < 10


def test_an_override_reaches_one_of_two_places_that_share_an_alias(file: Path) -> None:
    file.write_text(MINIMAL.replace("policy: {}", "policy: {tiny: &t {hidden: 32}}") + "loop: {sft: &s {batch: 8}}")
    shared = "sets.rules=[&r {name: length}, *r]"
    config = load_config(file, [shared, "sets.rules.0.most=3"])
    assert config.sets.rules == ({"name": "length", "most": 3}, {"name": "length"})


def test_aliases_within_the_limit_are_read() -> None:
    assert read_yaml(b"a: &x {k: [1, 2]}\nb: *x\nc: {<<: *x, d: 1}", "it") == {
        "a": {"k": [1, 2]}, "b": {"k": [1, 2]}, "c": {"k": [1, 2], "d": 1},
    }  # fmt: skip


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=20,
)


@given(_PLAIN)
def test_a_plain_value_comes_back_equal(value: object) -> None:
    assert plain(value, "it") == value


@given(st.binary(max_size=60) | st.text("[]{}&*a:,-!|>'\"#%@`?\n \t0.\\", max_size=40).map(str.encode))
def test_any_bytes_end_as_a_value_or_a_config_error(data: bytes) -> None:
    try:
        read_yaml(data, "it")
    except ConfigError as refused:
        assert str(refused).startswith("it")
