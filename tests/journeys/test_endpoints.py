"""The commands that ask a model behind a URL: what each of their options makes the endpoint see.

The endpoint is a server of this process that writes down what it was asked and answers what it is told to.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.jsonl import jsonl


class Endpoint:
    """A chat endpoint: `asked` holds (headers, body) of every call; `answer` makes a reply's text of a prompt."""

    def __init__(self, answer):
        self.asked = []
        self.broken = 0
        self.together = self.most_together = 0
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    outer.asked.append((dict(self.headers), body, self.path))
                    outer.together += 1
                    outer.most_together = max(outer.most_together, outer.together)
                    code = 503 if outer.broken > 0 else 200
                    outer.broken -= 1
                if len(outer.asked) < 6:
                    threading.Event().wait(0.05)  # the first calls overlap where they may
                choice = {"index": 0, "finish_reason": "stop"}
                text = answer(body["messages"][-1]["content"] if "messages" in body else body["prompt"])
                choice |= {"message": {"role": "assistant", "content": text}, "text": text}
                usage = {"prompt_tokens": 10, "completion_tokens": 5}
                data = json.dumps({"id": "x", "choices": [choice], "usage": usage}).encode()
                with lock:
                    outer.together -= 1
                self.send_response(code)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def endpoint():
    server = Endpoint(lambda prompt: "The answer is \\boxed{4}.")
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
def sums(veriloop, tmp_path):
    path = jsonl(tmp_path / "a.jsonl", *({"q": f"What is {k} plus {4 - k}?", "a": "4"} for k in range(6)))
    assert veriloop("import", path, "--map", "prompt=q,answer=a", "--root", tmp_path / "r", "--held-out").code == 0
    return tmp_path / "r"


def measured(veriloop, root, endpoint, *options):
    words = ["measure", "a", "--root", root, "--url", endpoint.url, "--model", "m1"]
    done = veriloop(*words, *options, "--json")
    assert done.code == 0, done.err
    return done


def test_an_endpoint_is_asked_as_the_options_say(veriloop, sums, endpoint):
    measured(veriloop, sums, endpoint, "--draws", 2, "--limit", 3, "--temperature", 0.5, "--max-completion-tokens", 77)
    assert len(endpoint.asked) == 6
    for _, body, path in endpoint.asked:
        assert path == "/v1/chat/completions"
        assert (body["model"], body["temperature"]) == ("m1", 0.5)
        assert 77 in (body.get("max_tokens"), body.get("max_completion_tokens"))
    measured(veriloop, sums, endpoint, "--draws", 2, "--limit", 3, "--temperature", 0.5, "--max-completion-tokens", 77)
    assert len(endpoint.asked) == 6, "a draw that was judged is not asked again"


def test_the_key_is_read_from_the_variable_that_is_named_and_never_told(veriloop, sums, endpoint, monkeypatch):
    monkeypatch.setenv("MY_KEY", "secret-2")
    done = measured(veriloop, sums, endpoint, "--draws", 1, "--api-key-env", "MY_KEY")
    assert {headers["Authorization"] for headers, _, _ in endpoint.asked} == {"Bearer secret-2"}
    assert "secret-2" not in done.out + done.err
    ledger = b"".join(path.read_bytes() for path in (sums / "ledger").rglob("*") if path.is_file())
    assert b"secret-2" not in ledger


def test_calls_go_out_together_as_many_as_told_and_are_sent_again_as_often(veriloop, sums, endpoint):
    measured(veriloop, sums, endpoint, "--draws", 3, "--concurrency", 1)
    assert endpoint.most_together == 1
    endpoint.broken, asked = 2, len(endpoint.asked)
    words = ["measure", "a", "--root", sums, "--url", endpoint.url, "--model", "m2", "--draws", 1, "--limit", 1]
    refused = veriloop(*words, "--retries", 0, "--concurrency", 1, "--timeout-s", 30)
    assert refused.code == 1 and len(endpoint.asked) == asked + 1
    endpoint.broken = 2
    assert veriloop(*words, "--retries", 3, "--concurrency", 1).code == 0
    assert len(endpoint.asked) == asked + 1 + 3


def test_the_policys_name_has_a_date_only_when_told(veriloop, sums, endpoint):
    measured(veriloop, sums, endpoint, "--draws", 1)
    measured(veriloop, sums, endpoint, "--draws", 1)
    assert len(endpoint.asked) == 6
    measured(veriloop, sums, endpoint, "--draws", 1, "--policy-date", "spring")
    assert len(endpoint.asked) == 12, "another state of the model behind the name: asked anew"


def test_the_dialect_decides_which_fields_are_sent(veriloop, sums, endpoint):
    for dialect in ("openai", "vllm"):
        measured(veriloop, sums, endpoint, "--draws", 1, "--limit", 1, "--dialect", dialect, "--policy-date", dialect)
    plain, every = (set(body) for _, body, _ in endpoint.asked)
    assert "skip_special_tokens" in every - plain


def test_prices_make_a_cost_and_the_band_is_what_sequential_draws_stop_at(veriloop, sums, endpoint):
    told = json.loads(measured(veriloop, sums, endpoint, "--draws", 1, "--price-in", 1, "--price-out", 2).out)
    assert told["asked_now"]["cost"] == pytest.approx(6 * (10 * 1 + 5 * 2) / 1e6)
    drawn = []
    for name, band in (("wide", (0.0, 1.0)), ("narrow", (0.4, 0.6))):
        options = ("--draws", 40, "--sequential", "--band", *band, "--policy-date", name)
        found = json.loads(measured(veriloop, sums, endpoint, *options).out)
        drawn.append(sum(row["in_band"] for row in found["cells"]))
    assert drawn == [6, 0], "always right: inside 0 to 1, outside 0.4 to 0.6"


def test_appeals_are_put_to_the_judge_that_is_named(veriloop, sums, endpoint, monkeypatch):
    wrong = Endpoint(lambda prompt: "The answer is \\boxed{5}.")
    measured(veriloop, sums, wrong, "--draws", 1)
    wrong.server.shutdown()
    monkeypatch.setenv("VERILOOP_JUDGE_KEY", "secret-1")
    options = ("--judge-model", "judge-1", "--appeals", 3, "--timeout-s", 9, "--retries", 1)
    done = veriloop("audit", "--root", sums, "--judge-url", endpoint.url, *options, "--json")
    assert "secret-1" not in done.out + done.err
    assert {body["model"] for _, body, _ in endpoint.asked} == {"judge-1"}
    assert {headers["Authorization"] for headers, _, _ in endpoint.asked} == {"Bearer secret-1"}
