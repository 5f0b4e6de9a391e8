"""What a reply says aloud: its text behind the thinking, without the control tokens of chat templates.

Not the answer in it (places). Law: nothing between the marks of thinking is ever read; thinking that never ends leaves
nothing to read; a mark that closes thinking counts even where the one that opened it stands in the prompt.

Source: the chat templates and output parsers of the models named beside each mark.
"""

import re
from collections import deque

from generators.answers.language.patterns import mentions
from generators.malformed import Malformed

MAX_TAIL = 1200
"""Characters at the end of a reply that are read for control tokens, retractions, cues, formulas and numbers."""

_NAMES = (
    r"(?:[a-z]{1,12}[:|_])?(?:think(?:ing)?(?:_(?:fast|faster|process))?|thoughts?(?:_process)?|reason(?:ing)?"
    r"|reflect(?:ion)?|analysis|scratch_?pad|rationale|chain_of_thought|cot|inner_monologue|monologue|deliberation)"
)
"""What thinking is called, with a maker's prefix: <seed:think>, <mm:think>, <ifm|think>, <longcat_think>."""
_OPEN = (
    rf"(?<=<)(?:[|｜]?{_NAMES}(?: [^<>\n]{{0,80}})?[|｜]?>"  # DeepSeek, Qwen, GLM, Phi, EXAONE, and recipes of GRPO
    r"|\|(?:begin_of_|start_|begin_)(?:thought|think(?:ing)?|reason(?:ing)?)\|>"  # Sky-T1, OpenThinker, Cohere
    r"|\|inner_prefix\|>|unused94>|\|content_thinking\|>"  # Apertus; MedGemma; Inkling
    r"|\|channel\|?>\s?(?!final)[a-z]{1,20}(?:[^<>\n]{0,80}<\|message\|>)?"  # gpt-oss (harmony), Gemma
    r"|\|open\|>think<\|sep\|>|\|im_start\|>think(?:ing)?\b)"  # Kimi; s1
    r"|(?<=\[)(?:(?-i:THINK(?:ING)?)|unused16)\]|(?<=◁)think▷"  # Mistral, Pangu; Kimi
)
_CLOSE = (
    rf"(?<=<)(?:[|｜]?/\s?{_NAMES}\s?[|｜]?>"
    r"|\|end_(?:of_)?(?:thought|think(?:ing)?|reason(?:ing)?)\|>|\|inner_suffix\|>|unused95>|\|content_text\|>"
    r"|\|channel\|>\s?final\b(?:[^\n]{0,60}?<\|message\|>)?|channel\|>"
    r"|\|(?:close\|>think|open\|>response)<\|sep\|>|\|im_start\|>answer\b)"
    r"|(?<=\[)/(?-i:THINK(?:ING)?)\]|(?<=\[)unused17\]|(?<=◁)/think▷"
)
_MARK = re.compile(rf"[<\[◁](?:(?P<close>{_CLOSE})|{_OPEN})", re.IGNORECASE)
_USUAL = "</think>"
_PROSE = re.compile(r"\bhere(?:'s| is) my response:", re.IGNORECASE)
"""What ends thinking that Granite announces in words ("Here is my thought process:")."""
_PROSE_OPEN = re.compile(r"\s*here(?:'s| is) my thought process:", re.IGNORECASE)
_NEXT_TURN = re.compile(
    r"<\|im_start\|>(?:user|system)|<\|(?:user|User)\|>|<\|start_header_id\|>(?:user|system)|<start_of_turn>user"
    r"|<\|turn>user|<\|start\|>user|\[INST\]|<｜User｜>"
)
"""Where somebody else speaks: a reply that runs on into another question ends before it."""
_ROLE = r"(?:user|assistant|system|model|response|message|final)"
_CONTROL = re.compile(
    rf"<[|｜][A-Za-z_▁]{{1,30}}[|｜]>(?:{_ROLE}\b)?|<\|?turn\|?>(?:{_ROLE}\b)?|</s>$|<eos>$|<end_of_turn>"
    rf"|<start_of_turn>(?:{_ROLE}\b)?",
    re.IGNORECASE,
)
_TOKENS = ("<|", "|>", "<｜", "</s>", "<eos>", "turn>", "[INST]")
"""What a text holds that has a token to take off; looked for before any pattern."""
_PLACES = re.compile(r"<(/?)(?:final_answer|FINAL_ANSWER|ans|Answer|ANSWER)>|<\|(begin|end)_of_box\|>")
"""Other spellings of the <answer> span; GLM puts a box's tokens round its answer."""
_SHELLS = re.compile(r"</?(?:response|output|solution|final)>|\[EO[ST]\]", re.IGNORECASE)
"""Marks round all that is said, which say nothing of it."""


def spoken(reply: str) -> str:
    """Return a reply without its thinking and without the control tokens of chat templates.

    Raises:
        Malformed: when the thinking never ends.
    """
    after = _after_prose(after_thinking(reply))
    return _without_tokens(after).strip() if mentions(after, _TOKENS) else after.strip()


def said_aloud(reply: str) -> str:
    """Return a spoken reply in which the answer's span has one name and nothing else is tagged.

    Raises:
        Malformed: when the thinking never ends.
    """
    after = _after_prose(after_thinking(reply))
    if ("<" in after or "[EO" in after) and (tail := after[-MAX_TAIL:]):
        tail = _PLACES.sub(lambda found: "</answer>" if found[1] or found[2] == "end" else "<answer>", tail)
        after = after[:-MAX_TAIL] + _SHELLS.sub("\n", tail)
    return _without_tokens(after).strip() if mentions(after, _TOKENS) else after.strip()


def after_thinking(reply: str) -> str:
    """Return what follows the last mark that ends thinking, all of a reply without one.

    Raises:
        Malformed: when thinking begins after it and never ends.
    """
    if "<" not in reply and "[" not in reply and "◁" not in reply:
        return reply
    after = reply[reply.rfind(_USUAL) + len(_USUAL) :] if _USUAL in reply else reply
    if "<" not in after and "[" not in after and "◁" not in after:
        return after
    last = next(iter(deque(_MARK.finditer(after), maxlen=1)), None)
    if last is None:
        return after
    if last["close"] is None:
        raise Malformed("thinking never ends")
    return after[last.end() :]


def _after_prose(text: str) -> str:
    """Return what follows thinking that is announced in words and ends in words."""
    if "response:" not in text or _PROSE_OPEN.match(text) is None:
        return text
    found = _PROSE.search(text)
    return text[found.end() :] if found is not None else text


def _without_tokens(text: str) -> str:
    """Return a text up to another speaker's turn, with control tokens at its end as line breaks."""
    turn = _NEXT_TURN.search(text)
    text = text[: turn.start()] if turn is not None else text
    return text[:-MAX_TAIL] + _CONTROL.sub("\n", text[-MAX_TAIL:])
