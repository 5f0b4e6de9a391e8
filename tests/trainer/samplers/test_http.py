"""HTTPSampler against a real HTTP server on this machine that can be told to misbehave."""

import dataclasses
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipeline.errors import ConfigError, PipelineError
from pipeline.protocol import Protocol
from pipeline.rollout import Finish
from pipeline.sampling import SampleRequest
from trainer.samplers.http import HTTPSampler

BASE = Protocol(max_prompt_tokens=50, max_completion_tokens=9, temperature=0.7)
CHAT = dataclasses.replace(BASE, template="chat", system="Be brief.")

Answer = tuple[int, bytes | dict[str, Any], dict[str, str]]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class Endpoint:
    """A server whose replies come from a function of (number of the call, body); keeps what it was asked."""

    def __init__(self, answer: Callable[[int, dict[str, Any]], Answer]) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.released = threading.Event()
        lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    endpoint.asked.append((self.path, body))
                    number = len(endpoint.asked)
                status, content, headers = answer(number, body)
                if status == 0:  # hang until the test is over
                    endpoint.released.wait(10)
                    return
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                while status == 202:  # trickle: never silent, never done
                    self.wfile.write(b" ")
                    if endpoint.released.wait(0.02):
                        return
                self.wfile.write(data)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Endpoint]]:
    started: list[Endpoint] = []

    def start(answer: Callable[[int, dict[str, Any]], Answer]) -> Endpoint:
        started.append(Endpoint(answer))
        return started[-1]

    yield start
    for endpoint in started:
        endpoint.close()


def echo(number: int, body: dict[str, Any]) -> Answer:
    """Reply with the question and the seed, so that order and draws can be told."""
    if "prompt" in body:
        choices = [
            {"index": i, "text": f"{body['prompt']}|{body['seed']}|{i}", "finish_reason": "stop"}
            for i in reversed(range(body["n"]))
        ]
    else:
        said = {"role": "assistant", "content": body["messages"][-1]["content"], "reasoning_content": "hm"}
        choices = [{"index": 0, "message": said, "finish_reason": "length"}]
    return 200, {"choices": choices, "usage": {"prompt_tokens": 4, "completion_tokens": 7}}, {}


def sampler(url: str, **options: Any) -> HTTPSampler:
    pauses: list[float] = []
    made = HTTPSampler(url, "m", **{"date": "2026-01-01", "timeout_s": 5.0, "sleep": pauses.append, **options})
    made.pauses = pauses  # type: ignore[attr-defined]
    return made


def ask(prompt: str = "p", *, n: int = 1, first_draw: int = 0, protocol: Protocol = BASE) -> SampleRequest:
    return SampleRequest(prompt=prompt, n=n, seed=11, protocol=protocol, first_draw=first_draw)


def test_completions_come_in_order_and_draws_are_named(serve):
    endpoint = serve(echo)
    requests = [ask(f"q{i}", n=3) for i in range(10)]
    replies = sampler(endpoint.url).sample(requests)
    assert [[c.text.split("|")[0] for c in group] for group in replies] == [[f"q{i}"] * 3 for i in range(10)]
    seeds = [c.text.split("|")[1] for c in replies[0]]
    assert len(set(seeds)) == 3
    late = sampler(endpoint.url).sample([ask("q0", n=1, first_draw=2)])
    assert late[0][0].text == replies[0][2].text  # a draw is the same whatever else was asked for
    assert replies[0][0].finish is Finish.STOP and replies[0][0].tokens == 7
    assert replies[0][0].token_ids is None and replies[0][0].logprobs is None


def test_every_sampling_field_is_sent(serve):
    endpoint = serve(echo)
    sampler(endpoint.url).sample([ask()])
    path, body = endpoint.asked[0]
    assert path == "/v1/completions"
    expected = {
        "model": "m", "n": 1, "prompt": "p", "temperature": 0.7, "top_p": 1.0, "top_k": 0, "min_p": 0.0,
        "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0,
        "max_tokens": 9, "stop_token_ids": [],
    }  # fmt: skip
    assert {**expected, "seed": body["seed"]} == body and 0 <= body["seed"] < 2**31


def test_several_draws_a_call_are_put_in_order_and_share_the_tokens(serve):
    endpoint = serve(echo)
    replies = sampler(endpoint.url, draws_per_call=2).sample([ask(n=3)])
    assert [body["n"] for _, body in sorted(endpoint.asked, key=lambda asked: -asked[1]["n"])] == [2, 1]
    assert [c.text[-1] for c in replies[0]] == ["0", "1", "0"]
    assert [c.tokens for c in replies[0]] == [4, 3, 7]


def test_chat_sends_the_system_prompt_and_keeps_the_thinking(serve):
    endpoint = serve(echo)
    replies = sampler(endpoint.url).sample([ask("2+2?", protocol=CHAT)])
    path, body = endpoint.asked[0]
    assert path == "/v1/chat/completions"
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert body["chat_template_kwargs"] == {"enable_thinking": False}
    assert replies[0][0].text == "<think>hm</think>2+2?" and replies[0][0].finish is Finish.LENGTH


def test_openai_dialect_sends_standard_fields_and_refuses_the_rest(serve):
    endpoint = serve(echo)
    sampler(endpoint.url, dialect="openai").sample([ask(protocol=CHAT)])
    body = endpoint.asked[0][1]
    assert body["max_completion_tokens"] == 9 and not {"top_k", "min_p", "max_tokens"} & set(body)
    with pytest.raises(ConfigError, match="top_k 5 cannot be sent"):
        sampler(endpoint.url, dialect="openai").sample([ask(protocol=dataclasses.replace(CHAT, top_k=5))])


@pytest.mark.parametrize(("temperature", "told"), [(1.0, True), (0.7, False)])
def test_token_ids_and_logprobs_where_offered(serve, temperature, told):
    def answer(number: int, body: dict[str, Any]) -> Answer:
        assert body["return_token_ids"] is True and body["logprobs"] == 0
        choice = {
            "index": 0, "text": "ab", "finish_reason": "stop", "token_ids": [5, 6, 1], "prompt_token_ids": [9],
            "logprobs": {"token_logprobs": [-0.5, -0.25, -1.0]},
        }  # fmt: skip
        return 200, {"choices": [choice]}, {}

    protocol = dataclasses.replace(BASE, temperature=temperature)
    [[reply]] = sampler(serve(answer).url, token_ids=True).sample([ask(protocol=protocol)])
    assert reply.token_ids.tolist() == [5, 6, 1] and reply.prompt_ids.tolist() == [9] and reply.tokens == 3
    assert (reply.logprobs is not None) == told  # elsewhere the server's are not those of the sampled distribution
    if told:
        assert reply.logprobs.tolist() == [-0.5, -0.25, -1.0]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_passing_trouble_is_retried(serve, status):
    endpoint = serve(lambda number, body: (status, b"busy", {}) if number < 3 else echo(number, body))
    asked = sampler(endpoint.url, backoff_s=0.5)
    assert asked.sample([ask()])[0][0].text.startswith("p|")
    assert len(endpoint.asked) == 3 and asked.pauses == [0.5, 1.0]


def test_the_pause_an_endpoint_asks_for_is_kept_and_bounded(serve):
    waits = {1: "7", 2: "99999"}
    endpoint = serve(
        lambda number, body: (429, b"", {"Retry-After": waits[number]}) if number < 3 else echo(number, body)
    )
    asked = sampler(endpoint.url)
    asked.sample([ask()])
    assert asked.pauses == [7.0, 60.0]


def test_lasting_trouble_ends_in_one_message(serve):
    endpoint = serve(lambda number, body: (500, b"out of memory", {}))
    with pytest.raises(PipelineError, match=r"answered 500: 'out of memory', 3 times over: .*retries"):
        sampler(endpoint.url, retries=2).sample([ask()])
    assert len(endpoint.asked) == 3


@pytest.mark.parametrize(("status", "says"), [(401, "key"), (404, "model"), (400, "protocol")])
def test_what_is_refused_for_good_is_not_retried(serve, status, says):
    endpoint = serve(lambda number, body: (status, {"error": "no"}, {}))
    with pytest.raises(ConfigError, match=rf"answered {status}: .*{says}"):
        sampler(endpoint.url).sample([ask()])
    assert len(endpoint.asked) == 1


def test_a_refused_connection(unused_port):
    asked = sampler(f"http://127.0.0.1:{unused_port}/v1", retries=1)
    with pytest.raises(PipelineError, match=r"cannot be reached \(.*2 times over: start"):
        asked.sample([ask("a"), ask("b")])


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("status", [0, 202])
def test_a_silent_or_trickling_endpoint(serve, status):
    endpoint = serve(lambda number, body: (status, b"", {"Content-Length": "100000"}))
    with pytest.raises(PipelineError, match=r"no answer within timeout_s 0.2, 2 times over"):
        sampler(endpoint.url, timeout_s=0.2, retries=1).sample([ask()])


@pytest.mark.parametrize(
    "content",
    [b"<html>hello</html>", b"{", b"[]", b"{}", b'{"choices": [{"index": 0}]}', b'{"choices": 3}', b"\xff"],
)
def test_malformed_answers(serve, content):
    endpoint = serve(lambda number, body: (200, content, {}))
    with pytest.raises(PipelineError, match=r"no OpenAI-style completion .*/v1 address"):
        sampler(endpoint.url).sample([ask()])


def test_too_few_completions(serve):
    endpoint = serve(lambda number, body: (200, {"choices": []}, {}))
    with pytest.raises(PipelineError, match="0 completions for n 1"):
        sampler(endpoint.url).sample([ask()])


def test_a_prompt_over_the_limit(serve):
    endpoint = serve(echo)
    with pytest.raises(ConfigError, match="prompt of 4 tokens is over the limit max_prompt_tokens 3"):
        sampler(endpoint.url).sample([ask(protocol=dataclasses.replace(BASE, max_prompt_tokens=3))])


def test_a_body_that_cannot_be_unpacked_is_the_endpoints_fault(serve):
    endpoint = serve(lambda number, body: (200, b"no gzip", {"Content-Encoding": "gzip"}))
    with pytest.raises(PipelineError, match="cannot be reached"):
        sampler(endpoint.url, retries=0).sample([ask()])


def test_half_a_surrogate_pair_in_a_reply_can_be_stored(serve):
    content = b'{"choices": [{"index": 0, "text": "7 \\ud83d", "finish_reason": "stop"}]}'
    [[reply]] = sampler(serve(lambda number, body: (200, content, {})).url).sample([ask()])
    assert reply.text == "7 ?"


def test_identity_is_address_model_and_date():
    def identity(url: str = "http://h/v1", model: str = "m", date: str = "2026-01-01") -> str:
        return HTTPSampler(url, model, date=date).policy_id

    assert identity() == identity("http://h/v1/")
    assert len({identity(), identity(url="http://g/v1"), identity(model="n"), identity(date="2026-01-02")}) == 4


@pytest.mark.parametrize(
    ("url", "model"), [("localhost:8000", "m"), ("http://[::1", "m"), ("http://", "m"), ("http://h/v1", "")]
)
def test_bad_addresses(url, model):
    with pytest.raises(ConfigError, match="give"):
        HTTPSampler(url, model, date="2026-01-01")
