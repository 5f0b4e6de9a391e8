"""Real cases that are read in place from the folder named by VERILOOP_CASES; none is committed. Not tests."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

FOLDER = os.environ.get("VERILOOP_CASES", "")
needs_cases = pytest.mark.skipif(not FOLDER, reason="VERILOOP_CASES names no folder of real cases")
"""Marks a test that reads real cases; elsewhere it skips with this reason."""


def case_file(name: str) -> Path:
    """Return the path of a real case below the folder, e.g. "realcases/dapo.jsonl"; skip where it does not exist."""
    path = Path(FOLDER) / name
    if not FOLDER or not path.exists():
        pytest.skip(f"{path} does not exist: there are no such real cases here")
    return path


def case_rows(name: str) -> list[dict[str, Any]]:
    """Return the rows of a JSONL file of real cases; [] where there is none, so that it may name parameters."""
    path = Path(FOLDER) / name
    if not FOLDER or not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
