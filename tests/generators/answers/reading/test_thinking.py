"""Nothing in thinking is an answer, by whatever marks; thinking that never ends is none."""

import time

import pytest

from generators.answers.reading.extract import answer_text, spoken
from generators.grade import grade
from generators.malformed import Malformed
from pipeline.problem import Outcome

MARKS = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<reason>", "</reason>"),
    ("<Think>", "</Think>"),
    ("<THINKING>", "</THINKING>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>\n<|begin_of_solution|>"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<|channel>thought\n", "<channel|>"),
    ("<unused94>thought\n", "<unused95>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<reflection>", "</reflection>"),
    ("<mm:think>", "</mm:think>"),
    ("<longcat_think>", "</longcat_think>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<analysis>", "</analysis>"),
    ("<think>\n", "\n</think>\n\n"),
    ("<|im_start|>think\n", "<|im_start|>answer\n"),
    ("<|thinking|>", "<|/thinking|>"),
    ("<thoughts>", "</thoughts>"),
    ("<think_fast>", "</think_fast>"),
    ("[unused16]", "[unused17]"),
    ("<|open|>think<|sep|>", "<|close|>think<|sep|><|open|>response<|sep|>"),
    ("<cot>", "</cot>"),
]


@pytest.mark.parametrize(("opened", "closed"), MARKS)
def test_thinking_is_passed_over(opened: str, closed: str) -> None:
    thought = f"{opened}it is \\boxed{{41}} or <answer>41</answer>{closed}"
    for said in ("42", "\\boxed{42}", "The answer is 42.", "<answer>42</answer>"):
        assert grade("42", thought + said).outcome is Outcome.CORRECT, said
        assert grade("41", thought + said).outcome is not Outcome.CORRECT, said
    assert answer_text(thought + "<answer>42</answer>", "tag") == "42"


@pytest.mark.parametrize(("opened", "closed"), MARKS)
def test_thinking_that_never_ends_is_no_answer(opened: str, closed: str) -> None:
    for reply in (f"{opened}it is \\boxed{{41}}", f"{opened}a{closed}So {opened}<answer>41</answer>", f"{opened}41"):
        assert grade("41", reply).outcome is Outcome.MALFORMED
        with pytest.raises(Malformed):
            answer_text(reply, "tag")


@pytest.mark.parametrize(("gold", "reply", "right"), [
    ("42", "so I think 41</think>42", True),
    ("41", "so I think \\boxed{41}</think>42", False),
    ("42", "</think>\n\nThe answer is 42.", True),
    ("42", "The answer is 42.<|im_end|>", True),
    ("42", "The answer is 42.<|eot_id|>", True),
    ("42", "\\boxed{42}<|endoftext|>", True),
    ("42", "42</s>", True),
    ("42", "<answer><|begin_of_box|>42<|end_of_box|></answer>", True),
    ("42", "The value is <|begin_of_box|>42<|end_of_box|>.", True),
    ("42", "<think></think>42", True),
    ("42", "<think>a</think><think>b</think>42", True),
    ("41", "<think>a</think>42<think>\\boxed{41}</think>", False),
    ("42", "<final_answer>42</final_answer>", True),
    ("42", "<response>The answer is 42.</response>", True),
    ("41", "<think>41</think>\n<think>41", False),
    ("42", "<think>a</think>\n<answer>42</answer>", True),
    ("41", "<think><answer>41</answer>", False),
    ("42", "I think the answer is 42.", True),
    ("42", "<output>42</output>", True),
    ("42", "Here is my thought process: 41.\n\nHere is my response: 42", True),
])  # fmt: skip
def test_marks_of_templates_are_no_answer(gold: str, reply: str, right: bool) -> None:
    assert (grade(gold, reply).outcome is Outcome.CORRECT) is right


TURNS = ["<|im_start|>user", "<|start_header_id|>user<|end_header_id|>", "<start_of_turn>user", "[INST]"]


@pytest.mark.parametrize("turn", TURNS)
def test_a_reply_ends_where_another_speaker_begins(turn: str) -> None:
    reply = f"The answer is 42.\n{turn}\nWhat is 1 + 1?\nThe answer is 2."
    assert grade("42", reply).outcome is Outcome.CORRECT
    assert grade("2", reply).outcome is not Outcome.CORRECT


def test_a_program_keeps_what_looks_like_tags() -> None:
    program = "print('<output>')\nx = rows[think]"
    assert spoken(program) == program


def test_marks_without_end_cost_little() -> None:
    for text in ("<" * 190_000, "[" * 190_000, "<|" * 95_000, "<think>" * 25_000, "◁" * 190_000):
        begun = time.thread_time()
        try:
            spoken(text)
        except Malformed:
            continue
        finally:
            assert time.thread_time() - begun < 0.3, text[:10]
