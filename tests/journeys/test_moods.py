"""The moods of a real endpoint, as they were met, each against the command: what must be measured, named or refused."""

import json
import re
import socket
import subprocess
import sys
import time
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from tests.jsonl import jsonl
from tests.real_cases import case_file, needs_cases

WHOLE = {"n": 12, "correct": 12, "malformed": 0, "truncated": 0, "refused": 0, "undecided": 0, "unasked": 0}
MOODS = {
    **dict.fromkeys(["plain", "eos", "eos2", "null", "reason", "listcontent", "think_in_content", "halfthink"], WHOLE),
    **dict.fromkeys(["nousage", "flaky"], WHOLE),
    "filter": {**WHOLE, "correct": 10, "refused": 2},
    "reasoncut": {**WHOLE, "correct": 0, "truncated": 12},
    "long400": {**WHOLE, "n": 10, "correct": 10, "unasked": 1},
    "all400": "answered 400.*context length.*no prompt was taken",
    "err200": "Provider returned error.*no reply came",
}
"""The counts over six problems of two draws, or what the one error says."""


@pytest.fixture
def endpoint(request):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(case_file("realcases/mock.py")), str(port), request.param])
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            urlopen(url)
        except HTTPError:
            break
        except URLError:
            time.sleep(0.05)
    yield request.param, f"{url}/v1"
    process.kill()
    process.wait()


@needs_cases
@pytest.mark.parametrize("endpoint", MOODS, indirect=True)
def test_a_mood_is_met(veriloop, tmp_path, endpoint):
    mood, url = endpoint
    questions = [(f"What is {a} plus 4?", a + 4) for a in (3, 5, 6, 8, 9)] + [("What is 2 plus 2?" + " x" * 3000, 4)]
    path = jsonl(tmp_path / "a.jsonl", *({"q": question, "a": str(answer)} for question, answer in questions))
    assert veriloop("import", path, "--map", "prompt=q,answer=a", "--root", tmp_path / "r").code == 0
    words = ["measure", "a", "--root", tmp_path / "r", "--url", url, "--model", "m", "--draws", 2, "--retries", 2]
    done = veriloop(*words, "--json")
    if isinstance(MOODS[mood], str):
        (line,) = [line for line in done.err.splitlines() if "Error: " in line]
        assert done.code in (1, 2) and re.search(MOODS[mood], line)
        return
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert {name: told["total"][name] for name in WHOLE} == MOODS[mood]
    assert len(told["not_asked"]) == MOODS[mood]["unasked"]
