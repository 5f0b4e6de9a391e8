"""What an OpenAI-compatible endpoint is sent, and what its answers mean. No network (http), no policy of retrying.

Law: an answer is completions or a named trouble, never an exception: servers differ in their words, and none of these
words may stop a measurement or be mistaken for a reply.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np

from pipeline.errors import ConfigError
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish
from pipeline.sampling import SampleRequest
from pipeline.seeds import derive
from trainer.samplers.trouble import Trouble, excerpt, trouble_within

_SEED_LIMIT = 2**31  # gateways that read JSON numbers as doubles or 32-bit integers keep these exact
Dialect = Literal["vllm", "openai"]


class Call(NamedTuple):
    """One HTTP call: the draws [first, first + n) of request number `place`."""

    place: int
    request: SampleRequest
    first: int
    n: int


def request_body(call: Call, model: str, *, dialect: Dialect, token_ids: bool) -> dict[str, Any]:
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
            # a special token that vanishes would join what stood on its two sides into an answer nobody gave
            "skip_special_tokens": False,
            "spaces_between_special_tokens": False,
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


def read_answer(content: bytes, call: Call) -> list[Completion] | Trouble:
    """Return the n completions in one successful answer, by index, or why it holds none.

    The first of them carries the tokens of the prompt, which a call pays for once.
    """
    try:
        reply = _joined(content) if content.lstrip().startswith(b"data:") else json.loads(content)
    except (ValueError, RecursionError):
        return Trouble("passing", f"sent no JSON: {excerpt(content)}")
    reply = reply[0] if isinstance(reply, list) and len(reply) == 1 else reply
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices:
        return _without_choices(reply, content, call)
    try:
        ordered = sorted(choices, key=lambda choice: int(choice.get("index") or 0))[: call.n]  # some send more
        prompt_tokens, tokens = _usage(reply)
        shares = [tokens // len(ordered) + (i < tokens % len(ordered)) for i in range(len(ordered))]
        found = [_completion(*pair, reply, call.request.protocol) for pair in zip(ordered, shares, strict=True)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return Trouble("passing", f"sent no OpenAI-style completion ({type(error).__name__}): {excerpt(content)}")
    limit = call.request.protocol.max_prompt_tokens
    if prompt_tokens > limit:
        return Trouble("prompt", f"prompt of {prompt_tokens} tokens is over the limit max_prompt_tokens {limit}")
    if len(found) != call.n:
        return Trouble("fatal", f"sent {len(found)} completions for n {call.n}: set draws_per_call to 1")
    if all(completion.finish is Finish.ABORT for completion in found):
        return Trouble("passing", found[0].note)
    return [replace(found[0], prompt_tokens=prompt_tokens), *found[1:]]


def _joined(content: bytes) -> Any:
    """Return the one answer that a stream of events makes up: some gateways stream whatever they are asked for."""
    whole: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    for line in content.splitlines():
        told = line.removeprefix(b"data:").strip()
        if not line.startswith(b"data:") or told == b"[DONE]":
            continue
        event = json.loads(told)
        if not isinstance(event, dict) or not isinstance(event.get("choices"), list):
            return event  # an error in the midst of it
        whole |= {name: value for name, value in event.items() if value}
        for choice in event["choices"]:
            if isinstance(choice, dict):
                _add(parts.setdefault(str(choice.get("index") or 0), {"index": choice.get("index")}), choice)
    return {**whole, "choices": list(parts.values())}


def _add(choice: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece of a streamed choice to what came of it before."""
    for name in ("finish_reason", "error"):
        choice[name] = piece.get(name) or choice.get(name)
    for place in ("message", "delta"):
        if isinstance(piece.get(place), dict):
            message = choice.setdefault("message", {})
            for name in ("content", "reasoning_content", "reasoning", "thinking", "refusal"):
                if piece[place].get(name):
                    message[name] = _flat(message.get(name)) + _flat(piece[place][name])
    if isinstance(piece.get("text"), str):
        choice["text"] = choice.get("text", "") + piece["text"]


def _without_choices(reply: Any, content: bytes, call: Call) -> list[Completion] | Trouble:
    """Return what an answer without choices means: a prompt that a filter blocked, an error in a success, or junk."""
    if isinstance(reply, dict):
        feedback = [reply, *(reply[name] for name in _FEEDBACK if isinstance(reply.get(name), dict))]
        blocked = next((part[name] for part in feedback for name in _BLOCKED if part.get(name)), None)
        if blocked:
            return [Completion("", Finish.REFUSED, note=f"blocked: {blocked}")] * call.n
        if trouble := trouble_within(reply, content):
            return trouble
    return Trouble("passing", f"sent no OpenAI-style completion: {excerpt(content)}")


_FEEDBACK = ("prompt_feedback", "promptFeedback")
_BLOCKED = ("block_reason", "blockReason", "blocked_reason")


def _usage(reply: Mapping[str, Any]) -> tuple[int, int]:
    """Return the tokens of the prompt and of all completions; 0 where a server does not tell."""
    usage = reply.get("usage")
    if not isinstance(usage, dict):
        return 0, 0
    pairs = (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
    found = [next((usage[name] for name in names if isinstance(usage.get(name), int)), 0) for names in pairs]
    return found[0], found[1]


def _completion(choice: Any, tokens: int, reply: Any, protocol: Protocol) -> Completion:
    ids = choice.get("token_ids")
    prompt_ids = choice.get("prompt_token_ids") or reply.get("prompt_token_ids")
    logprobs = _logprobs(choice) if ids is not None and _plain(protocol) else None
    if logprobs is not None and len(logprobs) != len(ids):
        logprobs = None  # some servers leave the end token out: then they do not say what training needs
    text, declined = _text(choice)
    finish, note = (Finish.REFUSED, "the model declined") if declined else finish_of(_end_word(choice), text)
    return Completion(
        text=text.encode(errors="replace").decode(),  # half of a surrogate pair, which no file can hold
        finish=finish,
        token_ids=None if ids is None else np.array(ids, dtype=np.int32),
        logprobs=None if logprobs is None else np.array(logprobs, dtype=np.float32),
        prompt_ids=None if prompt_ids is None else np.array(prompt_ids, dtype=np.int32),
        tokens=tokens if ids is None else len(ids),
        note=note,
    )


def _end_word(choice: Mapping[str, Any]) -> str:
    """Return the server's word for why a reply ended, "" where it has none."""
    if choice.get("error"):
        return "error"
    for name in ("finish_reason", "finishReason", "done_reason", "stop_reason"):
        word = choice.get(name)
        word = word.get("type") if isinstance(word, dict) else word
        if isinstance(word, str) and word:
            return word
    return ""


_FINISHED = frozenset(
    [
        *("stop", "stopped", "stop_sequence", "stop_token", "matched_stop", "eos", "eos_token", "eot", "eom", "end"),
        *("end_turn", "end_of_turn", "end_of_text", "endoftext", "complete", "completed", "finish", "finished", "done"),
        *("success", "normal", "tool_calls", "tool_call", "tool_use", "function_call"),
    ]
)
_REFUSED = re.compile(
    "filter|safety|refus|block|prohibit|spii|recitation|toxic|guardrail|sensitive|moderat|violat|policy|harm|censor"
)
_GAVE_UP = re.compile(
    "abort|cancel|interrupt|time_?out|time_limit|rate_limit|deadline|insufficient|not_finished|unfinished|fail|disconnect"
)
_CUT = re.compile("length|max.*token|token.*limit|limit|truncat|context_window|incomplete|repetition|budget")
_BROKEN = re.compile("error|overload|unavailable|preempt|evict")
_ENDS = ((_REFUSED, Finish.REFUSED), (_GAVE_UP, Finish.ABORT), (_CUT, Finish.LENGTH), (_BROKEN, Finish.ABORT))
"""Kinds of words, in the order they are looked for: "error_toxic" is a refusal, "error_limit" a cut."""


def finish_of(word: str, text: str) -> tuple[Finish, str]:
    """Return how a reply ended from a server's word for it, and a note on a word that is not plain.

    A word that nobody knows is a finished reply: what it says is judged. No word and no text is no reply at all.
    """
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word.strip()).lower().replace("-", "_").replace(" ", "_")
    plain = re.sub("^(?:finish|stop)_reason_", "", plain)
    if plain in ("", "null", "none", "unspecified"):
        return (Finish.STOP, "") if text else (Finish.ABORT, "an empty reply without a finish reason")
    if plain in _FINISHED:
        return Finish.STOP, ""
    for pattern, finish in _ENDS:
        if pattern.search(plain):
            withheld = "withheld: " if finish is Finish.REFUSED else ""
            return finish, "" if finish is Finish.LENGTH else f"{withheld}finish reason {word!r}"
    return Finish.STOP, f"finish reason {word!r} is not known: read as finished"


def _text(choice: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the text of a choice, thinking that a server splits off put in front, and whether the model declined.

    What was thought stays marked as such: it is never the answer.
    """
    message = choice.get("message", choice.get("delta"))
    if not isinstance(message, dict):
        message = {"content": choice.get("text") if message is None else message}
    thought, said, declined = _parts(message.get("content"))
    for name in ("reasoning_content", "reasoning", "thinking"):
        if not thought:
            thought = _flat(message.get(name))
    declined = declined or _flat(message.get("refusal"))
    return (f"<think>{thought}</think>" if thought else "") + (said or declined), bool(declined and not said)


def _parts(content: Any) -> tuple[str, str, str]:
    """Return what was thought, said and declined in content that may be text or a list of typed parts."""
    if not isinstance(content, list):
        return "", _flat(content), ""
    texts = {"thought": "", "said": "", "declined": ""}
    for part in content:
        kind = str(part.get("type", "")) if isinstance(part, dict) else ""
        place = "thought" if re.search("think|reason", kind) else "declined" if "refusal" in kind else "said"
        texts[place] += _flat(part)
    return texts["thought"], texts["said"], texts["declined"]


def _flat(value: Any) -> str:
    """Return all text in a value: itself, or that of its parts one after the other."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_flat, value))
    if isinstance(value, dict):
        return next((_flat(value[name]) for name in _TEXT_KEYS if value.get(name)), "")
    return "" if value is None else str(value)


_TEXT_KEYS = ("text", "thinking", "reasoning", "content", "summary", "refusal", "value")


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
