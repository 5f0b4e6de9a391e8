"""The README and docs/life.md say what is: files, commands and links that they name exist."""

import re
from pathlib import Path

from typer.main import get_command

from flows.commands.cli import app

README = Path("README.md").read_text(encoding="utf-8")


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 200


def test_the_family_file_is_the_real_one() -> None:
    path = re.search(r"`(generators/families/[a-z_/]+\.py)`", README)
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert path and code
    assert code.group(1) == Path(path.group(1)).read_text(encoding="utf-8")


def test_every_command_is_named_and_every_named_command_exists() -> None:
    blocks = re.findall(r"^```\w*\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    block = next(block for block in blocks if "veriloop families" in block)
    named = set(re.findall(r"(?:veriloop|\|) ([a-z]+)", block))
    real = set(get_command(app).commands)  # type: ignore[attr-defined]
    assert named == real


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert Path(target).exists(), target


def test_every_file_and_step_of_a_problems_life_exists() -> None:
    life = Path("docs/life.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:pipeline|generators|filters|trainer|flows)/[\w/]*(?:\.py)?)`", life)
    assert [path for path in named if not Path(path).exists()] == []
    assert re.findall(r"^(\d)\. ", life, re.MULTILINE) == list("12345678")
    assert len(named) > 20
