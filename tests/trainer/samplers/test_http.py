"""HTTPSampler against a real HTTP server on this machine that can be told to misbehave."""

import dataclasses
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from pipeline.errors import ConfigError, PipelineError
from pipeline.protocol import Protocol
from pipeline.rollout import Finish
from pipeline.sampling import Drawn, SampleRequest
from tests.endpoint import Answer, Endpoint
from trainer.samplers.http import HTTPSampler

BASE = Protocol(max_prompt_tokens=50, max_completion_tokens=9, temperature=0.7)
CHAT = dataclasses.replace(BASE, template="chat", system="Be brief.")


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
    made = HTTPSampler(url, "m", **{"timeout_s": 5.0, "sleep": pauses.append, **options})
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
        "max_tokens": 9, "stop_token_ids": [], "skip_special_tokens": False, "spaces_between_special_tokens": False,
    }  # fmt: skip
    assert {**expected, "seed": body["seed"]} == body and 0 <= body["seed"] < 2**31


def test_several_draws_a_call_are_put_in_order_and_share_the_tokens(serve):
    endpoint = serve(echo)
    replies = sampler(endpoint.url, draws_per_call=2).sample([ask(n=3)])
    assert [body["n"] for _, body in sorted(endpoint.asked, key=lambda asked: -asked[1]["n"])] == [2, 1]
    assert [c.text[-1] for c in replies[0]] == ["0", "1", "0"]
    assert [c.tokens for c in replies[0]] == [4, 3, 7]
    assert [c.prompt_tokens for c in replies[0]] == [4, 0, 4]  # a call pays for its prompt once


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
    assert len(endpoint.asked) == 3 and asked.retried == 2
    assert asked.pauses == [pytest.approx(0.5, rel=0.25), pytest.approx(1.0, rel=0.25)]


@pytest.mark.parametrize(
    ("headers", "body", "pause"),
    [
        ({"Retry-After": "7"}, b"", 7.0),
        ({"Retry-After": "2.5"}, b"", 2.5),
        ({"Retry-After": "99999"}, b"", 600.0),
        ({"Retry-After": "40"}, b"", 40.0),
        ({"Retry-After": "a date"}, b"", 90.0),
        ({"retry-after-ms": "3500"}, b"", 3.5),
        ({}, b'{"error": {"message": "Rate limit reached. Please try again in 11s."}}', 11.0),
        ({}, b'{"error": {"details": [{"retryDelay": "31s"}]}}', 31.0),
        ({"Retry-After": "soon"}, b"", 1.0),
        ({"Retry-After": "-5"}, b"", 1.0),
    ],
)
def test_the_pause_an_endpoint_asks_for_is_kept_and_bounded(serve, headers, body, pause):
    if headers.get("Retry-After") == "a date":
        headers = {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)}
    endpoint = serve(lambda number, asked: (429, body, headers) if number == 1 else echo(number, asked))
    asked = sampler(endpoint.url)
    asked.sample([ask()])
    assert asked.pauses[0] == pytest.approx(pause, rel=0.26 if pause == 1.0 else 0.05)


def test_all_calls_wait_while_one_was_told_to(serve):
    endpoint = serve(lambda number, body: (429, b"", {"Retry-After": "0.6"}) if number == 1 else echo(number, body))
    started = time.monotonic()
    sampler(endpoint.url, sleep=None, concurrency=1).sample([ask("a"), ask("b")])
    assert time.monotonic() - started > 0.6
    asked = sampler(endpoint.url, concurrency=1)
    asked._health.pause(30)
    asked.sample([ask("c")])
    assert asked.pauses == [pytest.approx(30, abs=1)]


def test_lasting_trouble_ends_in_one_message(serve):
    endpoint = serve(lambda number, body: (500, b"out of memory", {}))
    with pytest.raises(PipelineError, match=r"answered 500: 'out of memory', 3 times over; no call .*retries"):
        sampler(endpoint.url, retries=2).sample([ask()])
    assert len(endpoint.asked) == 3


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "no key was sent"), (403, "no key was sent"), (402, "top it up"), (404, "model"), (405, "url"),
     (307, "url"), (400, "protocol")],
)  # fmt: skip
def test_what_is_refused_for_good_is_not_retried(serve, status, says):
    endpoint = serve(lambda number, body: (status, {"error": "no"}, {}))
    with pytest.raises(ConfigError, match=rf"answered {status}: .*{says}"):
        sampler(endpoint.url).sample([ask()])
    assert len(endpoint.asked) == 1


def test_a_refused_connection(unused_port):
    asked = sampler(f"http://127.0.0.1:{unused_port}/v1", retries=1)
    with pytest.raises(PipelineError, match=r"cannot be reached \(.*2 times over; .*: start"):
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
    with pytest.raises(PipelineError, match=r"(no OpenAI-style completion|no JSON|an empty reply).*/v1 address"):
        sampler(endpoint.url, retries=1).sample([ask()])
    assert len(endpoint.asked) == 2


def test_too_few_completions(serve):
    endpoint = serve(echo)
    with pytest.raises(ConfigError, match="sent 1 completions for n 2: set draws_per_call to 1"):
        sampler(endpoint.url, draws_per_call=2).sample([ask(n=2, protocol=CHAT)])


def test_a_prompt_over_the_limit_is_not_asked_again(serve):
    endpoint = serve(echo)
    limited = dataclasses.replace(BASE, max_prompt_tokens=3)
    (long, fine) = sampler(endpoint.url, concurrency=1).sample([ask(n=5, protocol=limited), ask("b")])
    assert {c.finish for c in long} == {Finish.UNASKED} and len(long) == 5
    assert "prompt of 4 tokens is over the limit max_prompt_tokens 3" in long[0].note
    assert fine[0].finish is Finish.STOP and len(endpoint.asked) == 2


def refusing(*prompts: str, status: int = 400, content: Any = b"too long") -> Callable[[int, dict[str, Any]], Answer]:
    return lambda number, body: (status, content, {}) if body["prompt"] in prompts else echo(number, body)


@pytest.mark.parametrize("status", [400, 413, 422, 451, 403])
def test_a_refused_prompt_is_named_and_the_others_are_asked(serve, status):
    endpoint = serve(refusing("b", status=status, content={"error": {"message": "context length is 4096"}}))
    rows = sampler(endpoint.url, concurrency=1).sample([ask(p, n=3) for p in "abc"])
    assert [[c.finish for c in row] for row in rows] == [[Finish.STOP] * 3, [Finish.UNASKED] * 3, [Finish.STOP] * 3]
    assert rows[1][0].note.endswith(f"answered {status}: 'context length is 4096'")
    assert len(endpoint.asked) == 7  # its other draws are not sent


def test_an_endpoint_that_refuses_every_prompt_is_left_early(serve):
    endpoint = serve(lambda number, body: (422, {"detail": [{"msg": "extra field seed", "loc": ["body", "seed"]}]}, {}))
    asked = [dataclasses.replace(ask(f"q{i}"), seed=i) for i in range(400)]
    with pytest.raises(ConfigError, match="extra field seed'; all of the first 50 prompts were refused: correct"):
        list(sampler(endpoint.url, concurrency=4).stream(asked))
    assert 50 <= len(endpoint.asked) < 60


def test_one_draw_that_fails_is_given_up_and_the_others_are_kept(serve):
    endpoint = serve(refusing("b", status=500, content=b"crash"))
    rows = sampler(endpoint.url, retries=2, concurrency=2).sample([ask(p) for p in "abcd"])
    assert [row[0].finish for row in rows] == [Finish.STOP, Finish.ABORT, Finish.STOP, Finish.STOP]
    assert "answered 500: 'crash', 3 times over" in rows[1][0].note
    assert len(endpoint.asked) == 6


def test_a_server_that_dies_on_the_way_ends_it(serve):
    endpoint = serve(lambda number, body: echo(number, body) if number <= 10 else (503, b"gone", {}))
    kept: list[Drawn] = []
    with pytest.raises(PipelineError, match="answered 503: 'gone', 2 times over; 4 calls in a row failed: start"):
        for drawn in sampler(endpoint.url, retries=1, concurrency=3).stream([ask(f"q{i}") for i in range(300)]):
            kept.append(drawn)
    assert len(kept) >= 10 and len(endpoint.asked) < 40


@pytest.mark.parametrize(
    "first",
    [
        {"error": {"message": "Provider returned error", "code": 502}},
        {"error": "upstream timed out"},
        {"object": "error", "message": "CUDA out of memory", "code": 50001},
        {"choices": [], "usage": {}},
        {"choices": None, "error": {"code": "rate_limit_exceeded"}},
        {"choices": [{"index": 0, "error": {"message": "overloaded"}, "message": {"content": ""}}]},
        {"choices": [{"index": 0, "finish_reason": "error", "message": {"content": "The ans"}}]},
        {"choices": [{"index": 0, "finish_reason": None, "message": {"content": None}}]},
        b"<html>502 Bad Gateway</html>",
        b"",
    ],
)
def test_an_error_in_a_success_is_asked_again(serve, first):
    endpoint = serve(lambda number, body: (200, first, {}) if number == 1 else echo(number, body))
    assert sampler(endpoint.url).sample([ask()])[0][0].text.startswith("p|")
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize(("code", "kind"), [(401, ConfigError), ("404", ConfigError), (429, PipelineError)])
def test_a_status_within_a_success_counts_as_that_status(serve, code, kind):
    endpoint = serve(lambda number, body: (200, {"error": {"message": "no", "code": code}}, {}))
    with pytest.raises(kind, match="answered an error in a success: 'no'"):
        sampler(endpoint.url, retries=1).sample([ask()])
    assert len(endpoint.asked) == (1 if kind is ConfigError else 2)


def test_the_key_is_sent_and_never_shown(serve):
    key = "sk-very-secret"
    endpoint = serve(lambda number, body: (401, f"Incorrect API key provided: {key}.".encode(), {}))
    with pytest.raises(ConfigError) as refused:
        sampler(endpoint.url, api_key=key, key_from="--api-key-env").sample([ask()])
    assert key not in str(refused.value) and "correct the api key (--api-key-env)" in str(refused.value)
    assert endpoint.headers[0]["Authorization"] == f"Bearer {key}"
    with pytest.raises(ConfigError, match="characters that no header can"):
        sampler(endpoint.url, api_key="sk\n1")


def test_a_password_in_the_address_is_used_and_neither_shown_nor_part_of_the_identity(serve, unused_port):
    endpoint = serve(echo)
    host = endpoint.url.removeprefix("http://")
    sampler(f"http://me:secret@{host}").sample([ask()])
    assert endpoint.headers[0]["Authorization"].startswith("Basic ")
    hidden = sampler(f"http://me:secret@127.0.0.1:{unused_port}/v1", retries=0)
    with pytest.raises(PipelineError) as refused:
        hidden.sample([ask()])
    assert "secret" not in str(refused.value)
    assert hidden.policy_id == sampler(f"http://127.0.0.1:{unused_port}/v1").policy_id


def test_a_query_in_the_address_stays_behind_the_route(serve):
    endpoint = serve(echo)
    sampler(f"{endpoint.url}/?api-version=7").sample([ask()])
    assert endpoint.asked[0][0] == "/v1/completions?api-version=7"


def test_as_many_calls_are_under_way_as_asked_for(serve):
    together, most, lock = [0], [0], threading.Lock()

    def slow(number: int, body: dict[str, Any]) -> Answer:
        with lock:
            together[0] += 1
            most[0] = max(most[0], together[0])
        time.sleep(0.05)
        with lock:
            together[0] -= 1
        return echo(number, body)

    endpoint = serve(slow)
    sampler(endpoint.url, concurrency=24).sample([ask(f"q{i}", n=4) for i in range(40)])
    assert 16 <= most[0] <= 24


def test_draws_are_told_as_they_come_and_nothing_is_sent_once_nobody_listens(serve):
    def slow(number: int, body: dict[str, Any]) -> Answer:
        time.sleep(0.02)
        return echo(number, body)

    endpoint = serve(slow)
    told: list[Drawn] = []
    stream = sampler(endpoint.url, concurrency=2).stream([ask(f"q{i}", n=2) for i in range(50)], arrived=told.append)
    first = [next(stream) for _ in range(6)]
    stream.close()
    time.sleep(0.2)
    assert len(endpoint.asked) <= 10 and len(told) == len(endpoint.asked)
    assert {(d.request, d.offset) for d in first} <= {(d.request, d.offset) for d in told}
    assert all(d.completion.text.startswith(f"q{d.request}|") for d in told)


def test_leaving_while_an_endpoint_hangs_waits_for_nothing(serve):
    endpoint = serve(lambda number, body: (0, b"", {}) if number > 3 else echo(number, body))
    stream = sampler(endpoint.url, concurrency=4, timeout_s=60).stream([ask(f"q{i}") for i in range(50)])
    for _ in range(3):
        next(stream)
    started = time.monotonic()
    stream.close()
    assert time.monotonic() - started < 30  # and not the 60 of the hanging calls


def test_a_body_that_cannot_be_unpacked_is_the_endpoints_fault(serve):
    endpoint = serve(lambda number, body: (200, b"no gzip", {"Content-Encoding": "gzip"}))
    with pytest.raises(PipelineError, match="cannot be reached"):
        sampler(endpoint.url, retries=0).sample([ask()])


def test_half_a_surrogate_pair_in_a_reply_can_be_stored(serve):
    content = b'{"choices": [{"index": 0, "text": "7 \\ud83d", "finish_reason": "stop"}]}'
    [[reply]] = sampler(serve(lambda number, body: (200, content, {})).url).sample([ask()])
    assert reply.text == "7 ?"


def test_identity_is_address_model_and_date():
    def identity(url: str = "http://h/v1", model: str = "m", **date: str) -> str:
        return HTTPSampler(url, model, **date).policy_id

    assert identity() == identity("http://h/v1/") == identity(date="")
    others = [identity(url="http://g/v1"), identity(model="n"), identity(date="2026-01-02"), identity(date="v2")]
    assert len({identity(), *others}) == 5


@pytest.mark.parametrize(
    ("url", "model"), [("localhost:8000", "m"), ("http://[::1", "m"), ("http://", "m"), ("http://h/v1", "")]
)
def test_bad_addresses(url, model):
    with pytest.raises(ConfigError, match="give"):
        HTTPSampler(url, model)


@pytest.mark.parametrize("limits", [{"concurrency": 0}, {"retries": -1}, {"timeout_s": 0}])
def test_bad_limits(limits):
    with pytest.raises(ConfigError, match="at least 1, 0 and above 0"):
        HTTPSampler("http://h/v1", "m", **limits)
