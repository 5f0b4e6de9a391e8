"""The committed gallery says what the installed families say now."""

from pathlib import Path

import pytest

from flows.telling.gallery import entry, wrong_reply
from generators.family import generate, load, names
from pipeline.problem import Outcome

GALLERY = Path(__file__).parents[3] / "docs" / "gallery.md"


@pytest.mark.parametrize("name", [name for name in names() if load(name).procedural])
def test_the_gallery_is_current(name):
    assert entry(name) in GALLERY.read_text(encoding="utf-8"), "write it again: its first lines say how"


def test_the_gallery_lists_every_family():
    text = GALLERY.read_text(encoding="utf-8")
    missing = [name for name in names() if load(name).procedural and f"## {name}\n" not in text]
    assert not missing, "write it again: its first lines say how"


@pytest.mark.parametrize("name", ["seq/sort", "np/coin_change"])
def test_a_wrong_reply_is_judged_wrong(name):
    problem = generate(name, level=1, seed=0, index=0, rendering="plain", region=load(name).regions[0])
    assert wrong_reply(problem)[1].outcome is Outcome.WRONG
