"""Conversations: the user asks, the assistant's last turn answers, and nothing else is taken for either."""

import json

import pytest

from pipeline.rows.chat import question_of, replies_of, reply_of, turns_of
from pipeline.rows.values import BadRow

SYSTEM, USER, REPLY = ({"role": role, "content": role[0]} for role in ("system", "user", "assistant"))
PARTS = {"role": "user", "content": [{"type": "text", "text": "1+"}, {"type": "text", "text": "1"}]}


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        (" 1+1? ", ("1+1?", "")), ([USER], ("u", "")), ([SYSTEM, USER], ("u", "s")), ([USER, USER], ("u\n\nu", "")),
        (json.dumps([SYSTEM, USER]), ("u", "s")), (str([SYSTEM, USER]), ("u", "s")), ([PARTS], ("1+1", "")),
        ([{"from": "human", "value": "u"}], ("u", "")), ([{"role": "developer", "content": "d"}, USER], ("u", "d")),
        (USER, ("u", "")), ("[1, 2] is what?", ("[1, 2] is what?", "")), ('["a"]', ('["a"]', "")),
    ],
)  # fmt: skip
def test_the_user_asks(prompt: object, asked: tuple[str, str]) -> None:
    assert question_of(prompt) == asked


@pytest.mark.parametrize(
    "prompt",
    [3, None, [], "", " ", [SYSTEM], [USER, REPLY], ["a"], "[{'role': 'user'}\n {'role': 'user'}]",
     [{"role": "user"}], [{"role": "user", "content": 3}], {},
     [{"role": "user", "content": [{"type": "image", "url": "x"}]}], [{"role": "tool", "content": "x"}, USER]],
)  # fmt: skip
def test_what_is_no_question_is_refused(prompt: object) -> None:
    with pytest.raises(BadRow):
        question_of(prompt)


@pytest.mark.parametrize(
    ("cell", "replies"),
    [
        (["a", "b"], ["a", "b"]), (["a"], ["a"]), (["a", None], ["a", None]), ([[REPLY], [USER, REPLY]], ["a", "a"]),
        ("a", None), (None, None), (3, None), ([1, 2], None), ([[1], [2]], None), ([USER, REPLY], None),
        ({"answer": 7}, None), ([None], [None]),
    ],
)  # fmt: skip
def test_a_list_of_texts_or_conversations_is_several_replies(cell: object, replies: object) -> None:
    assert replies_of(cell) == replies


def test_the_last_turn_of_the_assistant_is_the_reply() -> None:
    last = {"role": "assistant", "content": "b"}
    assert reply_of([SYSTEM, USER, REPLY, USER, last]) == reply_of([REPLY, last, USER]) == reply_of(last) == "b"
    assert reply_of([{"from": "human", "value": "u"}, {"from": "gpt", "value": "b"}]) == "b"
    for value in ("a", 3, [1, 2], {"answer": 7}, json.dumps([REPLY])):  # a text may say what it likes
        assert reply_of(value) == value
    assert turns_of([{"role": "assistant", "content": None}]) == [("assistant", "")]
    for bad in ([], [[USER]], [{"text": "a"}, {"text": "b"}]):
        with pytest.raises(BadRow):
            replies_of(bad)
    with pytest.raises(BadRow, match="without an assistant"):
        reply_of([USER])
