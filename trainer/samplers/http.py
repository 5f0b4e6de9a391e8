"""HTTPSampler: ask any OpenAI-compatible endpoint. Not a server, and not for training: it takes no weights.

Law: every call ends as replies, as a prompt that was not taken, or as given up, and only an endpoint that is of no use
as a whole raises; nobody waits for a call that is not wanted any more.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from queue import SimpleQueue
from typing import Any

import httpx

from pipeline.errors import ConfigError, PipelineError
from pipeline.fingerprint import content_hash
from pipeline.rollout import Completion, Finish
from pipeline.sampling import Drawn, SampleRequest
from pipeline.seeds import uniform
from trainer.samplers.trouble import Trouble, trouble_of
from trainer.samplers.wire import Call, Dialect, read_answer, request_body

MAX_BODY_BYTES = 64 * 2**20
"""A longer answer to one call is refused."""
MAX_BACKOFF_S = 60.0
"""The longest pause before a retry that the endpoint did not ask for."""
MAX_PAUSE_S = 600.0
"""The longest pause that an endpoint may ask for."""
CONNECT_S = 15.0
"""The longest wait for a connection."""
UNREACHED_TRIES = 3
"""Tries of an endpoint that nobody has reached yet: most likely its address is wrong."""
USELESS = 50
"""So many different prompts refused, and none answered: the endpoint refuses the way it is asked, not the prompts."""


class HTTPSampler:
    """A StreamingSampler over HTTP: protocol template "base" asks `/completions`, "chat" asks `/chat/completions`.

    `url` ends before those (".../v1"). `policy_id` is the hash of url, model and `date`: a label that tells two states
    of the model behind one name apart, "" where the name alone is trusted. `dialect` "vllm" sends every sampling field
    (top_k, min_p, repetition_penalty, stop ids, thinking, special tokens kept), so that a server's own defaults
    change nothing; "openai" sends the standard ones alone and refuses a protocol that needs more. With `token_ids` the
    ids and, at temperature 1, log-probabilities are asked for too; a server that has none simply leaves them out.
    `draws_per_call` above 1 sends one prompt for several draws, which then depend on how the server numbers them.
    `concurrency` calls are under way at once. The key is sent and never shown; `key_from` says where to mend it.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        date: str = "",
        api_key: str = "",
        key_from: str = "api_key",
        dialect: Dialect = "vllm",
        token_ids: bool = False,
        timeout_s: float = 60.0,
        retries: int = 6,
        backoff_s: float = 1.0,
        concurrency: int = 8,
        draws_per_call: int = 1,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        """Check the address; nothing is asked yet.

        Raises:
            ConfigError: for an address that is no http(s) URL, an empty model name, a key that no header can hold, or
                limits below their least.
        """
        if not _is_address(url):
            raise ConfigError(f"url {url!r} is no endpoint: give http(s)://host:port/v1")
        if not model:
            raise ConfigError(f"no model name for {url}: give the one that {url.rstrip('/')}/models lists")
        if not (api_key.isascii() and api_key.isprintable()):
            raise ConfigError(f"the api key holds characters that no header can: correct {key_from}")
        if concurrency < 1 or retries < 0 or timeout_s <= 0:
            raise ConfigError(
                f"concurrency {concurrency}, retries {retries} and timeout_s {timeout_s:g}: at least 1, 0 and above 0"
            )
        self._address = httpx.URL(url)
        self._model = model
        self._dialect: Dialect = dialect
        self._token_ids = token_ids
        self._timeout_s = timeout_s
        self._retries = retries
        self._backoff_s = backoff_s
        self._concurrency = concurrency
        self._draws_per_call = draws_per_call
        self._sleep = sleep
        self._key, self._key_from = api_key, key_from
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s), pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=concurrency),
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
        )
        self._health = _Health(most_given_up=max(4, concurrency))
        self.policy_id = content_hash(["endpoint", _shown(self._address).rstrip("/"), model, date])

    @property
    def retried(self) -> int:
        """How many times a call was sent again."""
        return self._health.retried

    def sample(self, requests: Sequence[SampleRequest]) -> list[list[Completion]]:
        """Return n completions for each request, in order.

        Raises:
            ConfigError, PipelineError: as `stream` does, and where no call at all was answered.
        """
        rows: list[list[Completion | None]] = [[None] * request.n for request in requests]
        for drawn in self.stream(requests):
            rows[drawn.request][drawn.offset] = drawn.completion
        self._health.refuse_nothing_answered()
        return [[completion for completion in row if completion is not None] for row in rows]

    def stream(
        self, requests: Sequence[SampleRequest], *, arrived: Callable[[Drawn], None] | None = None
    ) -> Iterator[Drawn]:
        """Yield every draw of every request as it comes; several calls are under way at once.

        `arrived` is called for each as soon as it is there, in the thread that asked. A prompt that the endpoint
        refuses comes as UNASKED, a draw that it failed to give after the retries as ABORT; their notes say why. When
        the iterator is left, nothing more is sent and nothing is waited for.

        Raises:
            ConfigError: for what the endpoint refuses for good (address, key, model, every prompt) or a protocol it
                cannot be asked with.
            PipelineError: for an endpoint that stays unreachable, silent or broken.
        """
        calls = [call for place, request in enumerate(requests) for call in self._calls(place, request)]
        if calls:  # what a dialect cannot express is refused before anything is sent
            request_body(calls[0], self._model, dialect=self._dialect, token_ids=self._token_ids)
        asking = _Asking(calls, arrived)
        for _ in range(min(self._concurrency, len(calls))):
            threading.Thread(target=self._work, args=(asking,), daemon=True).start()
        try:
            for _ in calls:
                found = asking.found.get()
                if isinstance(found, PipelineError):
                    raise found
                if found is None:
                    raise RuntimeError("a thread that asks ended by a bug: its traceback is on stderr")
                yield from found
        finally:
            asking.stop.set()

    def close(self) -> None:
        """Close the connections; sampling afterwards is an error."""
        self._client.close()

    def _calls(self, place: int, request: SampleRequest) -> list[Call]:
        step, end = self._draws_per_call, request.first_draw + request.n
        return [Call(place, request, at, min(step, end - at)) for at in range(request.first_draw, end, step)]

    def _work(self, asking: "_Asking") -> None:
        """Make calls until none is left or nobody wants more; what goes wrong for good is handed over and ends it."""
        while (call := asking.next()) is not None:
            found: list[Drawn] | PipelineError | None = None
            try:
                completions = self._complete(call, asking)
                at = call.first - call.request.first_draw
                found = [Drawn(call.place, at + i, completion) for i, completion in enumerate(completions)]
                asking.tell(found)
            except PipelineError as error:
                found = error
            finally:
                asking.found.put(found)
            if isinstance(found, PipelineError):
                return

    def _complete(self, call: Call, asking: "_Asking") -> list[Completion]:
        """Return the completions of one call, or what stands for them when it brought none."""
        if why := asking.refused.get(call.place):
            return [Completion("", Finish.UNASKED, note=why)] * call.n
        answer = self._answer(call, asking.stop)
        if not isinstance(answer, Trouble):
            self._health.answered()
            return answer
        if answer.kind == "fatal":
            raise ConfigError(f"{answer.why}; {self._remedy(answer.why)}")
        if answer.kind == "prompt":
            asking.refused[call.place] = answer.why
            self._health.refused(call, answer.why)
            return [Completion("", Finish.UNASKED, note=answer.why)] * call.n
        self._health.gave_up(answer.why)
        return [Completion("", Finish.ABORT, note=answer.why)] * call.n

    def _answer(self, call: Call, stop: threading.Event) -> list[Completion] | Trouble:
        """Send one call; ask again what may pass, with doubling pauses or those the endpoint asks for."""
        body = request_body(call, self._model, dialect=self._dialect, token_ids=self._token_ids)
        attempt = 0
        while True:
            self._wait(self._health.pause_left(), stop)
            answer = Trouble("passing", "stopped") if stop.is_set() else self._try(call, body)
            if not isinstance(answer, Trouble) or answer.kind != "passing" or stop.is_set():
                return answer
            tries = self._health.tries(self._retries)
            attempt += 1
            if attempt > tries:
                times = f", {attempt} times over" if attempt > 1 else ""
                return answer._replace(why=f"{answer.why}{times}")
            self._health.retried += 1
            spread = 0.75 + 0.5 * uniform("backoff", call.request.seed, call.first, attempt)  # not all at once
            pause = min(self._backoff_s * 2 ** (attempt - 1), MAX_BACKOFF_S) * spread
            asked = min(answer.pause_s, MAX_PAUSE_S)
            if asked:
                self._health.pause(asked)
            self._wait(max(pause, asked), stop)

    def _wait(self, seconds: float, stop: threading.Event) -> None:
        if seconds > 0:
            self._sleep(seconds) if self._sleep else stop.wait(seconds)

    def _try(self, call: Call, body: dict[str, Any]) -> list[Completion] | Trouble:
        route = "/chat/completions" if call.request.protocol.template == "chat" else "/completions"
        address = self._address.copy_with(path=self._address.path.rstrip("/") + route)
        where = _shown(address)
        try:
            status, content, pause = self._exchange(address, body)
        except httpx.TimeoutException:
            return Trouble("passing", f"{where} gave no answer within timeout_s {self._timeout_s:g}")
        except (httpx.RequestError, httpx.InvalidURL) as error:
            return Trouble("passing", self._hidden(f"{where} cannot be reached ({error or type(error).__name__})"))
        except RuntimeError:  # what httpx says of a closed client: nobody listens any more
            if not self._client.is_closed:
                raise
            return Trouble("passing", f"{where} was left")
        self._health.reached = True
        if status < 300:
            answer = read_answer(content, call)
        else:
            answer = trouble_of(status, content, answered=self._health.some_answered, pause_s=pause)
        return answer._replace(why=self._hidden(f"{where} {answer.why}")) if isinstance(answer, Trouble) else answer

    def _exchange(self, address: httpx.URL, body: dict[str, Any]) -> tuple[int, bytes, float]:
        """Return status, body and the pause asked for in seconds; the timeout bounds the whole exchange."""
        deadline = time.monotonic() + self._timeout_s
        content = bytearray()
        with self._client.stream("POST", address, json=body) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer trickles")
                if len(content) > MAX_BODY_BYTES:
                    return 500, f"over {MAX_BODY_BYTES} bytes in one answer".encode(), 0.0
        told = bytes(content) or response.headers.get("location", "").encode()
        return response.status_code, told, _pause(response.headers)

    def _hidden(self, text: str) -> str:
        return text.replace(self._key, "(the api key)") if self._key else text

    def _remedy(self, why: str) -> str:
        if "answered 401" in why or "answered 403" in why:
            return f"{'correct the' if self._key else 'no key was sent: set an'} api key ({self._key_from})"
        if "answered 402" in why or "answered 429" in why:
            return "the account has nothing left to spend: top it up and ask again"
        return "correct url, model, api key or protocol"


class _Asking:
    """The calls of one stream: what is left, what came, which prompts were refused, and whether anyone listens."""

    def __init__(self, calls: Sequence[Call], arrived: Callable[[Drawn], None] | None) -> None:
        self._left = iter(calls)
        self._lock = threading.Lock()
        self._arrived = arrived
        self.found: SimpleQueue[list[Drawn] | PipelineError | None] = SimpleQueue()
        self.refused: dict[int, str] = {}
        self.stop = threading.Event()

    def next(self) -> Call | None:
        """Return the next call, None when there is none or nobody listens."""
        with self._lock:
            return None if self.stop.is_set() else next(self._left, None)

    def tell(self, found: Sequence[Drawn]) -> None:
        """Hand over what arrived at once."""
        if self._arrived is not None:
            for drawn in found:
                self._arrived(drawn)


class _Health:
    """What an endpoint has done so far, over all threads: whether it is of use, and until when it wants to be left."""

    def __init__(self, *, most_given_up: int) -> None:
        self._lock = threading.Lock()
        self._most_given_up = most_given_up
        self._given_up_in_a_row = 0
        self._refused: set[int] = set()
        self._last = ""
        self._free_at = 0.0
        self.some_answered = self.reached = False
        self.retried = 0

    def answered(self) -> None:
        """Take note of replies."""
        with self._lock:
            self.some_answered, self._given_up_in_a_row = True, 0

    def gave_up(self, why: str) -> None:
        """Take note of a call that failed for all its retries; raises PipelineError when nothing else happens."""
        with self._lock:
            self._last = why
            self._given_up_in_a_row += 1
            if self._given_up_in_a_row >= self._most_given_up:
                raise PipelineError(self._useless(f"{self._given_up_in_a_row} calls in a row failed"))

    def refused(self, call: Call, why: str) -> None:
        """Take note of a refused prompt; raises ConfigError when every one so far was."""
        with self._lock:
            self._last = why
            self._refused.add(call.request.seed)
            if not self.some_answered and len(self._refused) >= USELESS:
                raise ConfigError(self._useless(f"all of the first {len(self._refused)} prompts were refused"))

    def refuse_nothing_answered(self) -> None:
        """Raise the last trouble when there was trouble alone."""
        if self._last and not self.some_answered:
            kind = PipelineError if self._given_up_in_a_row else ConfigError
            raise kind(self._useless("no call was answered"))

    def _useless(self, what: str) -> str:
        remedy = (
            "start or relieve the server, correct its url (the /v1 address), or raise timeout_s or retries"
            if self._given_up_in_a_row
            else "correct url, model, api key or protocol"
        )
        return f"{self._last}; {what}: {remedy}"

    def pause(self, seconds: float) -> None:
        """Leave the endpoint alone for so long, in every thread."""
        with self._lock:
            self._free_at = max(self._free_at, time.monotonic() + seconds)

    def pause_left(self) -> float:
        """Return for how long the endpoint still wants to be left alone."""
        return self._free_at - time.monotonic()

    def tries(self, retries: int) -> int:
        """Return how often a call may be sent again."""
        return retries if self.reached else min(retries, UNREACHED_TRIES)


def _is_address(url: str) -> bool:
    try:
        return httpx.URL(url).scheme in ("http", "https") and httpx.URL(url).host != ""
    except httpx.InvalidURL:
        return False


def _shown(address: httpx.URL) -> str:
    """Return an address as it may be shown: without a name or password in it."""
    return str(address.copy_with(userinfo=b""))


def _pause(headers: httpx.Headers) -> float:
    """Return the pause in seconds that an answer asks for: `retry-after-ms`, or `retry-after` (seconds or a date)."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers.get(name, "")) * scale)
        except ValueError:
            continue
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
