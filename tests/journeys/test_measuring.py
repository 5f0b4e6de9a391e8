"""`veriloop measure` against a real server on this machine: what is sent, what is kept, what is said."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest

from pipeline.choice.difficulty import rate_interval
from pipeline.store.query import query
from tests.endpoint import Endpoint
from tests.house.source import ROOT

ADD = "What is {} plus {}?"
LONGEST_S = 240


@pytest.fixture
def imported(veriloop, tmp_path):
    rows = [{"q": ADD.format(i, 4), "a": str(i + 4)} for i in range(30)]
    (tmp_path / "adds.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = veriloop("import", tmp_path / "adds.jsonl", "--map", "prompt=q,answer=a", "--root", tmp_path / "run")
    assert told.code == 0, told
    return tmp_path / "run"


def numbers(body):
    """Return the two numbers of the question in a call."""
    text = body["messages"][-1]["content"] if "messages" in body else body["prompt"]
    return tuple(int(n) for n in re.search(r"What is (\d+) plus (\d+)", text).groups())


def reply(text, *, finish="stop", **message):
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text, **message}}
    return 200, {"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 5}}, {}


def solve(number, body):
    return reply(f"The answer is \\boxed{{{sum(numbers(body))}}}.")


@pytest.fixture
def serve():
    started = []

    def start(answer=solve):
        started.append(Endpoint(answer))
        return started[-1]

    yield start
    for endpoint in started:
        endpoint.close()


@pytest.fixture
def measured(veriloop, imported):
    def command(endpoint, *options):
        where = ["--url", endpoint.url, "--model", "m", "--root", imported]
        return veriloop("measure", "adds", *where, "--retries", 1, *options)

    return command


def test_what_is_found_is_what_was_counted(serve, measured, imported):
    def half(number, body):
        return solve(number, body) if numbers(body)[0] % 3 == 0 else reply("The answer is \\boxed{0}.")

    told = measured(serve(half), "--draws", 2, "--price-in", 2, "--price-out", 10)
    assert told.code == 0, told
    low, high = rate_interval([(2, 2)] * 10 + [(2, 0)] * 20)  # what 30 problems allow, not 60 draws
    assert f"33.3% [{low:.1%}, {high:.1%}]" in told.out
    assert "60 draws" in told.out and "300 tokens written, 600 read" in told.out and "cost 0.0042" in told.out
    assert "WARNING" not in told.err
    rows = query(imported, "SELECT sum(n)::INT n, sum(correct)::INT c, sum(tokens)::INT t FROM scores").to_pylist()
    assert rows == [{"n": 60, "c": 20, "t": 300}]
    found = json.loads(measured(serve(half), "--draws", 2, "--json").out)
    assert found["total"]["correct"] == 20 and found["cells"][0]["pass_rate"] == 0.3333


def test_every_option_reaches_the_endpoint(serve, measured, monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-mine")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-usual")
    endpoint = serve()
    usual = measured(endpoint, "--draws", 1, "--limit", 1)
    named = measured(endpoint, "--draws", 2, "--limit", 1, "--api-key-env", "MY_KEY")
    monkeypatch.setenv("VERILOOP_API_KEY", "sk-ours")
    ours = measured(endpoint, "--draws", 3, "--limit", 1)
    assert (usual.code, named.code, ours.code) == (0, 0, 0)
    sent = [headers["Authorization"].removeprefix("Bearer ") for headers in endpoint.headers]
    assert sent == ["sk-usual", "sk-mine", "sk-ours"], "ours before the usual one"
    assert "sk-" not in "".join(told.out + told.err for told in (usual, named, ours))
    path, body = endpoint.asked[0]
    assert path == "/v1/chat/completions" and body["max_completion_tokens"] == 2048 and "top_k" not in body
    options = ["--template", "base", "--dialect", "vllm", "--temperature", 0.5, "--max-completion-tokens", 77]
    base = serve(lambda n, body: (200, {"choices": [{"text": "\\boxed{4}", "finish_reason": "stop"}]}, {}))
    assert measured(base, "--draws", 1, "--limit", 1, *options).code == 0
    path, body = base.asked[0]
    assert path == "/v1/completions" and "prompt" in body
    assert (body["max_tokens"], body["temperature"], body["skip_special_tokens"]) == (77, 0.5, False)


def test_a_key_variable_that_is_not_set_is_named_before_anything_is_asked(serve, measured):
    endpoint = serve()
    told = measured(endpoint, "--api-key-env", "NO_SUCH_KEY")
    assert told.code == 2 and "NO_SUCH_KEY" in told.err and "not set" in told.err and endpoint.asked == []


def test_an_endpoint_that_wants_a_key_says_so_once(serve, measured, monkeypatch):
    for name in ("OPENAI_API_KEY", "VERILOOP_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    told = measured(serve(lambda number, body: (401, {"error": {"message": "No key"}}, {})))
    assert told.code == 2
    (line,) = [line for line in told.err.splitlines() if "Error" in line]
    assert "answered 401: 'No key'" in line and "no key was sent" in line and "--api-key-env" in line


def test_concurrency_retries_and_timeout_are_those_asked_for(serve, measured):
    lock, together, most = threading.Lock(), [0], [0]

    def slow(number, body):
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        time.sleep(0.03)
        with lock:
            together[0] -= 1
        return solve(number, body)

    assert measured(serve(slow), "--draws", 2, "--concurrency", 3).code == 0
    assert most[0] == 3
    broken = serve(lambda number, body: (500, b"", {}))
    assert measured(broken, "--draws", 1, "--limit", 1, "--retries", 0).code == 1
    assert len(broken.asked) == 1
    silent = serve(lambda number, body: (0, b"", {}))
    told = measured(silent, "--draws", 1, "--limit", 1, "--retries", 0, "--timeout-s", 0.2)
    assert told.code == 1 and "no answer within timeout_s 0.2" in told.err


def test_the_date_is_part_of_the_policy_only_when_told(serve, measured, imported):
    endpoint = serve()
    counts = []
    for options in ([], [], ["--policy-date", "v2"], ["--policy-date", "today"], ["--policy-date", "v2"]):
        assert measured(endpoint, "--draws", 1, "--limit", 2, *options).code == 0
        counts.append(len(endpoint.asked))
    assert counts == [2, 2, 4, 6, 6]
    assert query(imported, "SELECT DISTINCT policy FROM scores").num_rows == 3


def test_several_versions_in_one_call(serve, measured, veriloop, imported, tmp_path):
    (tmp_path / "more.jsonl").write_text(json.dumps({"q": ADD.format(70, 7), "a": "77"}) + "\n")
    veriloop("import", tmp_path / "more.jsonl", "--map", "prompt=q,answer=a", "--root", imported)
    told = measured(serve(), "more", "--draws", 1)
    assert told.code == 0 and re.search(r"adds .* 30 ", told.out) and re.search(r"more .* 1 ", told.out)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda n, b: reply("I do not know."), "ALL 30 replies hold no answer in the place.*veriloop query"),
        (lambda n, b: reply("Let me think", finish="length"), "ALL 30 replies were cut at 2048.*--max-completion"),
        (lambda n, b: reply(None, finish="content_filter"), "ALL 30 replies were withheld"),
        (lambda n, b: reply("", reasoning_content="It is 4, so \\boxed{4}."), "ALL 30 replies think and then say noth"),
    ],
)
def test_what_spoils_a_measurement_is_said_loudly(serve, measured, answer, says):
    told = measured(serve(answer), "--draws", 1)
    assert told.code == 0 and "0.0% [0.0%" in told.out
    assert re.search(f"WARNING: {says}", told.err), told.err


def test_one_prompt_refused_and_one_failing_leave_the_others_measured(serve, measured, imported):
    mended = threading.Event()

    def choosy(number, body):
        first, _ = numbers(body)
        if mended.is_set() or first not in (3, 5):
            return solve(number, body)
        return (400, {"error": {"message": "context length is 4096"}}, {}) if first == 3 else (500, b"crash", {})

    endpoint = serve(choosy)
    sums = "SELECT sum(n)::INT n, sum(correct)::INT c, sum(undecided)::INT u FROM scores"
    told = measured(endpoint, "--draws", 2, "--concurrency", 2)
    assert told.code == 1  # two draws of 58 are still to come
    assert re.search("not asked: [0-9a-f]{32} of adds .*context length is 4096", told.out)
    assert "2 of 58 (3%) draws were given up" in told.err and "answered 500: 'crash'" in told.err
    assert query(imported, sums).to_pylist() == [{"n": 58, "c": 56, "u": 2}]
    assert query(imported, "SELECT reason FROM decisions WHERE action = 'not asked'").num_rows == 1
    mended.set()
    before = len(endpoint.asked)
    again = measured(endpoint, "--draws", 2)
    assert again.code == 0 and "100.0%" in again.out and "not asked" not in again.out
    assert len(endpoint.asked) - before == 4  # what was given up, and the prompt that is taken now
    assert query(imported, sums).to_pylist() == [{"n": 60, "c": 60, "u": 0}]


def test_a_wrong_choice_is_named(measured, serve):
    endpoint = serve()
    for options, says in (
        (["--template", "chatty"], "--template 'chatty'"),
        (["--dialect", "x"], "--dialect 'x'"),
        (["--band", "0.2", "0.8"], "--sequential"),
    ):
        told = measured(endpoint, *options)
        assert told.code == 2 and says in told.err
    assert endpoint.asked == []


def test_a_sequential_measurement_says_how_many_are_in_the_band(serve, measured):
    def mixed(number, body):
        first, _ = numbers(body)
        right = first < 10 or (first < 20 and body["seed"] % 2)
        return solve(number, body) if right else reply("The answer is \\boxed{0}.")

    found = json.loads(measured(serve(mixed), "--draws", 24, "--sequential", "--json").out)
    total = {name: sum(row[name] for row in found["cells"]) for name in ("in_band", "too_hard", "too_easy", "open")}
    assert total["too_easy"] >= 9 and total["too_hard"] >= 9 and total["in_band"] >= 6 and sum(total.values()) == 30
    told = measured(serve(mixed), "--draws", 24, "--sequential")
    assert f"in the band: {total['in_band']} of 30 problems" in told.out and "no pass rates" in told.out


class Slow:
    """Answers after a while; after `holds` answers it holds each back, until let go. Counts the draws it was asked."""

    def __init__(self, seconds, *, holds=10**9, held_s=LONGEST_S):
        self.seconds, self.holds, self.held_s, self.draws, self.answered = seconds, holds, held_s, Counter(), 0
        self.lock, self.free = threading.Lock(), threading.Condition()

    def __call__(self, number, body):
        with self.lock:
            self.draws[(*numbers(body), body["seed"])] += 1
        time.sleep(self.seconds)
        with self.free:
            self.free.wait_for(lambda: self.answered < self.holds, self.held_s)
            self.answered += 1
        return solve(number, body)

    def hold_after(self, answers):
        with self.free:
            self.holds = answers
            self.free.notify_all()


def start_command(endpoint, root, *options):
    command = [sys.executable, "-m", "flows.commands.cli", "measure", "adds", "--url", endpoint.url, "--model", "m"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [*command, "--root", str(root), "--draws", "8", "--concurrency", "8", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment,
    )  # fmt: skip


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("how", ["kill -9", "two interrupts"])
def test_whatever_stops_it_loses_the_calls_in_flight_alone(serve, imported, how):
    server = Slow(0.02)
    endpoint = serve(server)
    for asked in (60, 150):
        server.hold_after(asked)
        process = start_command(endpoint, imported)
        wait_for(lambda asked=asked: server.answered >= asked)
        if how == "kill -9":
            process.kill()
        else:
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONGEST_S / 2)  # no call in flight will be answered before
        assert "Traceback" not in err, err
        seen = sum(server.draws.values())
        time.sleep(0.5)
        assert sum(server.draws.values()) <= seen + 8  # nothing is sent once it has ended
    server.hold_after(10**9)
    process = start_command(endpoint, imported)
    out, err = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 0, err
    assert "240 draws" not in out and "100.0%" in out
    assert len(server.draws) == 240  # every draw of every problem
    twice = [draw for draw, times in server.draws.items() if times > 1]
    assert len(twice) <= 2 * 8  # in flight when it was stopped
    (row,) = query(imported, "SELECT sum(n)::INT n, sum(correct)::INT c, count(*)::INT parts FROM scores").to_pylist()
    assert (row["n"], row["c"]) == (240, 240)


def test_replies_are_in_the_ledger_while_it_goes_on(serve, imported):
    server = Slow(0.05, holds=80, held_s=1)
    process = start_command(serve(server), imported)
    wait_for(lambda: query(imported, "SELECT * FROM scores").num_rows > 0)
    assert server.answered < 240
    process.kill()
    process.communicate(timeout=20)
