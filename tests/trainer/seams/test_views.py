"""Views: plain shows the prompt as it stands; unknown names are refused with the nearest one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ConfigError
from pipeline.problem import Certificate, Problem, make_problem
from trainer.seams.views import ViewContext, ViewOptions


def problem(prompt: str) -> Problem:
    return make_problem(
        family="toy", family_version=1, params={"prompt": prompt}, rendering="compact", canonical_form=prompt,
        level=1, region="", prompt=prompt, answer_format="hash", answer=1,
        certificate=Certificate("exact", "execution"), trace=None,
    )  # fmt: skip


@given(st.text(max_size=20), st.integers(0, 99), st.integers(0, 9))
def test_plain_shows_the_prompt_in_every_round_and_trains_on_it(text: str, step: int, round: int) -> None:
    view = ViewOptions().apply(problem(text), ViewContext(step, round))
    assert (view.sampled, view.trained, view.tag) == (text, text, "plain")


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="unknown view 'plian', did you mean 'plain'"):
        ViewOptions(name="plian")


def test_an_unknown_option_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="unknown option 'hint' of view"):
        ViewOptions(name="plain", hint=1)
