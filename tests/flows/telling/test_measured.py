"""What a measurement says to a program."""

from filters.asker import Tally
from flows.stages.measure import Measured
from flows.telling.measured import Prices, as_json


def test_what_was_asked_now_is_told_apart_from_what_an_earlier_call_had_left():
    tally = Tally(draws=30, recovered=5, tokens=1000, prompt_tokens=4000)
    told = as_json(Measured(tally=tally, took_s=2.0, retried=3), Prices(1.0, 10.0), ["loud"])
    assert told["asked_now"] == {
        "draws": 30, "recovered": 5, "given_up": 0, "tokens": 1000, "prompt_tokens": 4000, "took_s": 2.0,
        "retried": 3, "cost": 0.014,
    }  # fmt: skip
    assert told["warnings"] == ["loud"]
