"""What servers answer and what it means: their words for an end, where they put thinking, and what is no reply."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish
from pipeline.sampling import SampleRequest
from tests.house.source import ROOT
from trainer.samplers.trouble import Trouble, trouble_of
from trainer.samplers.wire import Call, finish_of, read_answer

CHAT = Protocol(max_prompt_tokens=50, max_completion_tokens=9, template="chat")
CALL = Call(0, SampleRequest("2+2?", 1, 3, CHAT), 0, 1)


def answered(choice: dict[str, Any], **more: Any) -> Completion:
    found = read_answer(json.dumps({"choices": [{"index": 0, **choice}], **more}).encode(), CALL)
    assert isinstance(found, list), found
    return found[0]


@pytest.mark.parametrize(
    ("words", "finish"),
    [
        ("stop eos eos_token end_turn stop_sequence COMPLETE STOP FINISH_REASON_STOP endTurn stop-sequence done "
         "tool_calls function_call EOS_TOKEN completed", Finish.STOP),
        ("length max_tokens MAX_TOKENS model_length max_length maxTokens MAX_OUTPUT_TOKENS token_limit ERROR_LIMIT "
         "model_context_window_exceeded context_length_exceeded max_new_tokens truncated incomplete", Finish.LENGTH),
        ("content_filter content-filtered refusal SAFETY RECITATION BLOCKLIST PROHIBITED_CONTENT SPII ERROR_TOXIC "
         "guardrail_intervened sensitive moderation IMAGE_SAFETY blocked", Finish.REFUSED),
        ("error abort cancelled ERROR time_limit insufficient_system_resource not_finished timeout failed "
         "rate_limit overloaded disconnected", Finish.ABORT),
    ],
)  # fmt: skip
def test_the_fields_words_for_an_end(words, finish):
    assert {word: finish_of(word, "4")[0] for word in words.split()} == dict.fromkeys(words.split(), finish)


def test_the_words_are_those_of_the_page():
    kinds = {"finished": Finish.STOP, "truncated": Finish.LENGTH, "refused": Finish.REFUSED, "given up": Finish.ABORT}
    page = (ROOT / "docs" / "measuring.md").read_text(encoding="utf-8")
    table = page.partition("## Words for an end")[2].partition("##")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    told = {words: next(kind for name, kind in kinds.items() if meaning.startswith(name)) for words, meaning in rows}
    assert sorted(kind.name for kind in told.values()) == ["ABORT", "LENGTH", "REFUSED", "STOP", "STOP"]
    for words, kind in told.items():
        for word in words.partition(";")[0].removeprefix("with ").removesuffix(", ...").split(", "):
            plain = word.replace(" ... ", "_new_").replace(" ", "_")
            assert finish_of("mystery" if word == "any other" else plain, "4")[0] is kind, word


@pytest.mark.parametrize("word", ["pause_turn", "OTHER", "mystery", "42"])
def test_a_word_nobody_knows_is_a_finished_reply_with_a_note(word):
    finish, note = finish_of(word, "4")
    assert finish is Finish.STOP and repr(word) in note and "not known" in note


@pytest.mark.parametrize("word", ["", "null", "None"])
def test_no_word_is_an_end_where_something_was_said(word):
    assert finish_of(word, "4") == (Finish.STOP, "")
    assert finish_of(word, "")[0] is Finish.ABORT


@given(st.text(max_size=40), st.text(max_size=5))
def test_any_word_is_some_end(word, text):
    assert isinstance(finish_of(word, text)[0], Finish)


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"message": {"content": "4"}}, "4"),
        ({"message": {"content": "4", "reasoning_content": "2+2"}}, "<think>2+2</think>4"),
        ({"message": {"content": "4", "reasoning": "2+2", "reasoning_content": None}}, "<think>2+2</think>4"),
        ({"message": {"content": "4", "thinking": "2+2"}}, "<think>2+2</think>4"),
        ({"message": {"content": None, "reasoning_content": "it is 4"}}, "<think>it is 4</think>"),
        ({"message": {"content": [{"type": "text", "text": "4"}, {"type": "text", "text": "2"}]}}, "42"),
        ({"message": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                                  {"type": "text", "text": "4"}]}}, "<think>hm</think>4"),
        ({"message": {"content": [{"type": "reasoning", "summary": [{"text": "hm"}]}, {"text": "4"}]}},
         "<think>hm</think>4"),
        ({"message": {"content": ["4", {"type": "text", "text": "."}]}}, "4."),
        ({"message": {"content": ""}}, ""),
        ({"message": {"role": "assistant"}}, ""),
        ({"message": {"content": None, "tool_calls": [{"id": "1"}]}}, ""),
        ({"message": "4"}, "4"),
        ({"delta": {"content": "4"}}, "4"),
        ({"text": "4"}, "4"),
        ({"message": {"content": "4 \ud83d"}}, "4 ?"),
    ],
)  # fmt: skip
def test_what_was_said_and_what_was_thought(choice, text):
    found = answered({"finish_reason": "stop", **choice})
    assert (found.text, found.finish) == (text, Finish.STOP)


@pytest.mark.parametrize(
    "choice",
    [
        {"message": {"content": None, "refusal": "I cannot help with that."}, "finish_reason": "stop"},
        {"message": {"content": [{"type": "refusal", "refusal": "I cannot help with that."}]}, "finish_reason": "stop"},
        {"message": {"content": None}, "finish_reason": "content_filter"},
        {"message": {"content": "The ans"}, "finish_reason": "SAFETY"},
        {"message": {"content": ""}, "stop_reason": "refusal"},
        {"message": {"content": ""}, "finish_reason": {"type": "content_filter"}},
    ],
)
def test_a_reply_that_was_withheld_or_declined_is_refused(choice):
    found = answered(choice)
    assert found.finish is Finish.REFUSED and found.note


def test_a_prompt_that_a_filter_blocks_in_a_success_is_a_refused_draw():
    for body in ({"choices": [], "promptFeedback": {"blockReason": "SAFETY"}}, {"block_reason": "OTHER"}):
        (found,) = read_answer(json.dumps(body).encode(), CALL)
        assert found.finish is Finish.REFUSED and "blocked" in found.note


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 5, "completion_tokens": 7}, (5, 7)), ({"input_tokens": 5, "output_tokens": 7}, (5, 7)),
        (None, (0, 0)), ([], (0, 0)), ({"prompt_tokens": None, "completion_tokens": "7"}, (0, 0)),
    ],
)  # fmt: skip
def test_tokens_are_what_the_server_says_and_a_strange_count_loses_no_reply(usage, tokens):
    found = answered({"text": "4", "finish_reason": "stop"}, usage=usage)
    assert (found.prompt_tokens, found.tokens) == tokens


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["choices", "message", "content", "error", "code", "index", "finish_reason", "usage", "text",
                         "detail", "reasoning", "refusal", "type", "logprobs", "token_ids"]), inner, max_size=4),
    max_leaves=20,
))  # fmt: skip
def test_no_answer_whatever_raises(value):
    for content in (json.dumps(value).encode(), streamed(value, {"choices": [value]}, {"choices": value})):
        found = read_answer(content, CALL)
        assert isinstance(found, Trouble) or [type(c) for c in found] == [Completion]


def streamed(*events: Any) -> bytes:
    told = (event if event in ("[DONE]", "{") else json.dumps(event) for event in events)
    return "".join(f"data: {event}\n\n" for event in told).encode()


def test_an_answer_that_is_streamed_all_the_same_is_joined():
    def piece(finish: str | None = None, **delta: Any) -> dict[str, Any]:
        return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    whole = [
        piece(reasoning_content="2+"),
        piece(reasoning_content="2"),
        piece(content="The "),
        piece(content="4"),
        piece(finish="length"),
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 6}},
        "[DONE]",
    ]
    (found,) = read_answer(streamed(*whole), CALL)
    assert (found.text, found.finish, found.tokens) == ("<think>2+2</think>The 4", Finish.LENGTH, 6)
    (base,) = read_answer(streamed(*({"choices": [{"text": text}]} for text in ("4", "2"))), CALL)
    assert base.text == "42"
    assert read_answer(streamed(piece(content="4"), {"error": {"message": "gone"}}), CALL).kind == "passing"
    assert read_answer(streamed(piece(content="4"), "{"), CALL).kind == "passing"


def test_more_than_was_asked_for_is_left_and_a_list_of_one_answer_is_that_answer():
    choice = {"message": {"content": "4"}, "finish_reason": "stop"}
    assert answered({"text": "4"}).text == "4"
    both = json.dumps({"choices": [{**choice, "index": 1, "message": {"content": "5"}}, {**choice, "index": 0}]})
    assert [c.text for c in read_answer(both.encode(), CALL)] == ["4"]
    assert [c.text for c in read_answer(json.dumps([{"choices": [choice]}]).encode(), CALL)] == ["4"]


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff\xfe", b'{"choices": [{"index": ' + b"9" * 5000 + b"}]}"])
def test_junk_is_a_trouble_that_may_pass(content):
    assert read_answer(content, CALL).kind == "passing"
    assert trouble_of(500, content, answered=False).kind == "passing"


@pytest.mark.parametrize(
    ("status", "content", "answered_before", "kind"),
    [
        (400, b'{"error": {"code": "context_length_exceeded", "message": "too long"}}', False, "prompt"),
        (400, b'{"error": {"code": "content_filter", "message": "flagged"}}', False, "prompt"),
        (400, b'{"__type": "ThrottlingException", "message": "Too many requests"}', False, "passing"),
        (403, b"flagged by moderation", True, "prompt"), (403, b"forbidden", False, "fatal"),
        (429, b'{"error": {"code": "insufficient_quota", "message": "over your quota"}}', True, "fatal"),
        (429, b"slow down", True, "passing"), (529, b"Overloaded", True, "passing"), (408, b"", True, "passing"),
        (404, b"no such model", True, "fatal"), (301, b"", False, "fatal"), (501, b"", False, "fatal"),
    ],
)  # fmt: skip
def test_what_an_unsuccessful_status_means(status, content, answered_before, kind):
    assert trouble_of(status, content, answered=answered_before).kind == kind
