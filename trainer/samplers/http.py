"""HTTPSampler: ask any OpenAI-compatible endpoint. Not a server, and not for training: it takes no weights.

Law: completions come back in the order of the requests, or one error says what the endpoint did; a wait is bounded.
"""

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple

import httpx
import numpy as np

from pipeline.errors import ConfigError, PipelineError
from pipeline.fingerprint import content_hash
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish
from pipeline.sampling import SampleRequest
from pipeline.seeds import derive

MAX_BODY_BYTES = 64 * 2**20
"""A longer answer to one call is refused."""
MAX_BACKOFF_S = 60.0
"""The longest pause before a retry, whatever the endpoint asks for."""
_SEED_LIMIT = 2**31  # gateways that read JSON numbers as doubles or 32-bit integers keep these exact


class Call(NamedTuple):
    """One HTTP call: the draws [first, first + n) of one request."""

    request: SampleRequest
    first: int
    n: int


class HTTPSampler:
    """A Sampler over HTTP: protocol template "base" asks `/completions`, "chat" asks `/chat/completions`.

    `url` ends before those (".../v1"). `date` is the day the identity of the model behind the name was taken for
    granted: url, model and date are the policy_id. `dialect` "vllm" sends every sampling field (top_k, min_p,
    repetition_penalty, stop ids, thinking), so that a server's own defaults change nothing; "openai" sends the
    standard ones alone and refuses a protocol that needs more. With `token_ids` the ids and, at temperature 1,
    log-probabilities are asked for too; a server that has none simply leaves them out. `draws_per_call` above 1
    sends one prompt for several draws, which then depend on how the server numbers them.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        date: str,
        api_key: str = "",
        dialect: Literal["vllm", "openai"] = "vllm",
        token_ids: bool = False,
        timeout_s: float = 60.0,
        retries: int = 3,
        backoff_s: float = 1.0,
        concurrency: int = 8,
        draws_per_call: int = 1,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Check the address; nothing is asked yet.

        Raises:
            ConfigError: for an address that is no http(s) URL or an empty model name.
        """
        if not _is_address(url):
            raise ConfigError(f"url {url!r} is no endpoint: give http(s)://host:port/v1")
        if not model:
            raise ConfigError(f"no model name for {url}: give the one that {url.rstrip('/')}/models lists")
        self._url = url.rstrip("/")
        self._model = model
        self._dialect = dialect
        self._token_ids = token_ids
        self._timeout_s = timeout_s
        self._retries = retries
        self._backoff_s = backoff_s
        self._concurrency = concurrency
        self._draws_per_call = draws_per_call
        self._sleep = sleep
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(timeout=timeout_s, headers=headers)
        self.policy_id = content_hash(["endpoint", self._url, model, date])

    def sample(self, requests: Sequence[SampleRequest]) -> list[list[Completion]]:
        """Return n completions for each request, in order; several calls are under way at once.

        Raises:
            ConfigError: for what the endpoint refuses for good (address, key, model, prompt) or a protocol it cannot
                be asked with.
            PipelineError: for an endpoint that stays unreachable, silent or broken after the retries.
        """
        calls = [call for request in requests for call in self._calls(request)]
        bodies = [request_body(call, self._model, dialect=self._dialect, token_ids=self._token_ids) for call in calls]
        with ThreadPoolExecutor(self._concurrency) as pool:
            futures = [pool.submit(self._answer, call, body) for call, body in zip(calls, bodies, strict=True)]
            try:
                answers = iter([future.result() for future in futures])
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        return [[c for _ in self._calls(request) for c in next(answers)] for request in requests]

    def close(self) -> None:
        """Close the connections; sampling afterwards is an error."""
        self._client.close()

    def _calls(self, request: SampleRequest) -> list[Call]:
        step, end = self._draws_per_call, request.first_draw + request.n
        return [Call(request, at, min(step, end - at)) for at in range(request.first_draw, end, step)]

    def _answer(self, call: Call, body: dict[str, Any]) -> list[Completion]:
        route = "/chat/completions" if call.request.protocol.template == "chat" else "/completions"
        return read_reply(self._post(route, body), call, where=self._url + route)

    def _post(self, route: str, body: dict[str, Any]) -> bytes:
        """Send one call; retry what may pass (no connection, silence, 429, 5xx) with doubling pauses."""
        where = self._url + route
        for attempt in range(self._retries + 1):
            pause = min(self._backoff_s * 2**attempt, MAX_BACKOFF_S)
            try:
                status, content, retry_after = self._exchange(where, body)
            except httpx.TimeoutException:
                problem = f"{where} gave no answer within timeout_s {self._timeout_s:g}"
            except httpx.RequestError as error:
                problem = f"{where} cannot be reached ({error or type(error).__name__})"
            else:
                if status < 300:
                    return content
                problem = f"{where} answered {status}: {_excerpt(content)}"
                if status != 429 and status < 500:
                    raise ConfigError(f"{problem}; correct url, model, api key or protocol")
                pause = min(max(pause, retry_after), MAX_BACKOFF_S)
            if attempt < self._retries:
                self._sleep(pause)
        raise PipelineError(
            f"{problem}, {self._retries + 1} times over: start or relieve the server, or raise timeout_s or retries"
        )

    def _exchange(self, where: str, body: dict[str, Any]) -> tuple[int, bytes, float]:
        """Return status, body and the pause asked for in seconds; the timeout bounds the whole exchange."""
        deadline = time.monotonic() + self._timeout_s
        content = bytearray()
        with self._client.stream("POST", where, json=body) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer trickles")
                if len(content) > MAX_BODY_BYTES:
                    raise PipelineError(
                        f"{where} sent over {MAX_BODY_BYTES} bytes in one answer: lower the token limit"
                    )
        return response.status_code, bytes(content), _seconds(response.headers.get("retry-after", ""))


def request_body(call: Call, model: str, *, dialect: str, token_ids: bool) -> dict[str, Any]:
    """Return the JSON body of one call; every field of the protocol that the dialect knows is written out.

    Raises:
        ConfigError: for a protocol that the dialect or the template cannot express.
    """
    request, protocol = call.request, call.request.protocol
    body: dict[str, Any] = {
        "model": model,
        "n": call.n,
        "seed": derive("draw", request.seed, call.first) % _SEED_LIMIT,
        "temperature": protocol.temperature,
        "top_p": protocol.top_p,
        "presence_penalty": protocol.presence_penalty,
        "frequency_penalty": protocol.frequency_penalty,
        **_question(request),
    }
    if dialect == "vllm":
        body |= {
            "max_tokens": protocol.max_completion_tokens,
            "top_k": protocol.top_k,
            "min_p": protocol.min_p,
            "repetition_penalty": protocol.repetition_penalty,
            "stop_token_ids": list(protocol.stop_ids),
        }
        if protocol.template == "chat":
            body["chat_template_kwargs"] = {"enable_thinking": protocol.thinking}
    else:
        _refuse_extras(protocol)
        body["max_completion_tokens" if protocol.template == "chat" else "max_tokens"] = protocol.max_completion_tokens
    if token_ids:
        body |= {"return_token_ids": True, "logprobs": True if protocol.template == "chat" else 0}
    return body


def _question(request: SampleRequest) -> dict[str, Any]:
    protocol = request.protocol
    if protocol.template == "chat":
        system = [{"role": "system", "content": protocol.system}] if protocol.system else []
        return {"messages": [*system, {"role": "user", "content": request.prompt}]}
    if protocol.system:
        raise ConfigError("template 'base' has no place for a system prompt: use template 'chat' or system ''")
    return {"prompt": request.prompt}


def _refuse_extras(protocol: Protocol) -> None:
    neutral = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0, "stop_ids": (), "thinking": False}
    for name, value in neutral.items():
        if getattr(protocol, name) != value:
            raise ConfigError(
                f"{name} {getattr(protocol, name)} cannot be sent in dialect 'openai': "
                f"set it to {value}, or use dialect 'vllm'"
            )


def read_reply(content: bytes, call: Call, *, where: str) -> list[Completion]:
    """Return the n completions in one answer, by index.

    Raises:
        PipelineError: for what is no such answer. ConfigError: for a prompt over the protocol's limit.
    """
    try:
        reply = json.loads(content)
        choices = sorted(reply["choices"], key=lambda choice: int(choice.get("index", 0)))
        usage = reply.get("usage") or {}
        prompt_tokens = int(usage.get("prompt_tokens") or 0)
        shares = _shares(int(usage.get("completion_tokens") or 0), len(choices))
        found = [
            _completion(choice, reply, share, call.request.protocol)
            for choice, share in zip(choices, shares, strict=True)
        ]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PipelineError(
            f"{where} sent no OpenAI-style completion ({type(error).__name__}: {error}): {_excerpt(content)}; "
            "check that url is the /v1 address of such a server"
        ) from error
    limit = call.request.protocol.max_prompt_tokens
    if prompt_tokens > limit:
        raise ConfigError(f"prompt of {prompt_tokens} tokens is over the limit max_prompt_tokens {limit}: raise it")
    if len(found) != call.n:
        raise PipelineError(f"{where} sent {len(found)} completions for n {call.n}: set draws_per_call to 1")
    return found


def _completion(choice: Any, reply: Any, tokens: int, protocol: Protocol) -> Completion:
    ids = choice.get("token_ids")
    prompt_ids = choice.get("prompt_token_ids") or reply.get("prompt_token_ids")
    logprobs = _logprobs(choice) if ids is not None and _plain(protocol) else None
    if logprobs is not None and len(logprobs) != len(ids):
        logprobs = None  # some servers leave the end token out: then they do not say what training needs
    return Completion(
        text=_text(choice),
        finish={"stop": Finish.STOP, "length": Finish.LENGTH}.get(choice.get("finish_reason"), Finish.ABORT),
        token_ids=None if ids is None else np.array(ids, dtype=np.int32),
        logprobs=None if logprobs is None else np.array(logprobs, dtype=np.float32),
        prompt_ids=None if prompt_ids is None else np.array(prompt_ids, dtype=np.int32),
        tokens=tokens if ids is None else len(ids),
    )


def _text(choice: Any) -> str:
    """Return the text of a choice; thinking that a server splits off is put back in front.

    Half of a surrogate pair, which JSON can carry and no file can, becomes a question mark.
    """
    if "message" not in choice:
        text = str(choice["text"])
    else:
        message = choice["message"]
        thought = message.get("reasoning_content") or message.get("reasoning")
        text = (f"<think>{thought}</think>" if thought else "") + str(message.get("content") or "")
    return text.encode(errors="replace").decode()


def _is_address(url: str) -> bool:
    try:
        return httpx.URL(url).scheme in ("http", "https") and httpx.URL(url).host != ""
    except httpx.InvalidURL:
        return False


def _logprobs(choice: Any) -> list[float] | None:
    found = choice.get("logprobs")
    if not found:
        return None
    if "token_logprobs" in found:
        return [float(value) for value in found["token_logprobs"]]
    return [float(item["logprob"]) for item in found.get("content") or ()]


def _plain(protocol: Protocol) -> bool:
    """Say whether the sampled distribution is the model's own: servers report the latter, so only then they agree."""
    try:
        protocol.refuse_truncated_support()
    except ConfigError:
        return False
    return protocol.temperature == 1.0


def _shares(total: int, parts: int) -> list[int]:
    """Split a token count that a server gives per call; the parts sum to it."""
    return [total // parts + (i < total % parts) for i in range(parts)]


def _seconds(text: str) -> float:
    return float(text) if text.replace(".", "", 1).isdigit() else 0.0


def _excerpt(content: bytes) -> str:
    text = " ".join(content.decode(errors="replace").split())
    return repr(text[:200]) if text else "an empty body"
