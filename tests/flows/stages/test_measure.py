"""What a measured version's cells say, against plain counting with a scripted model."""

from types import SimpleNamespace

import pytest

from filters.measure import SequentialConfig
from flows.stages.measure import measure_version
from flows.stages.publish import generate_version
from pipeline.protocol import Protocol
from pipeline.sampling import ScriptedSampler
from pipeline.store.query import query

PROTOCOL = Protocol(max_prompt_tokens=400, max_completion_tokens=90)
ASKED = SimpleNamespace(open=lambda: ScriptedSampler(lambda prompt, draw: "#0" if draw % 2 else "#not an answer"))


@pytest.fixture
def made(tmp_path):
    generate_version(
        "seq/count", level=1, count=6, seed=0, out_dir=tmp_path, workers=1, rendering="compact", region=None
    )
    return tmp_path


def test_a_fixed_measurement_gives_a_rate_with_its_interval(made):
    (row,) = measure_version(made, "seq-count-1", ASKED, protocol=PROTOCOL, draws=4, limit=5)
    (counted,) = query(made, "SELECT sum(n)::INT n, sum(correct)::INT correct FROM scores").to_pylist()
    assert {name: row[name] for name in counted} == counted == {"n": 20, "correct": 0}
    assert row["problems"] == 5
    assert 0 < row["low"] < row["pass_rate"] < row["high"] < 0.2


def test_a_sequential_measurement_gives_counts_and_no_rate(made):
    (row,) = measure_version(made, "seq-count-1", ASKED, protocol=PROTOCOL, draws=40, design="sequential")
    assert row["n"] < 6 * 40 and SequentialConfig().decided(row["n"] // 6, 0)
    assert (row["pass_rate"], row["low"], row["high"]) == (None, None, None)
