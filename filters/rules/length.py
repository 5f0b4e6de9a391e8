"""Marks rows whose texts are too short or too long, in characters. Not in tokens: no policy is assumed.

Law: a mark depends on the row alone.
"""

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from filters.rule import Marks, Rule
from pipeline.rule_context import RuleContext


class LengthConfig(BaseModel):
    """Limits in characters, inclusive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_prompt_chars: int = Field(default=1, ge=0, description="white space at the ends not counted")
    max_prompt_chars: int = Field(default=20_000, ge=1)
    max_trace_chars: int = Field(default=50_000, ge=1)
    max_answer_chars: int = Field(default=10_000, ge=1, description="of the answer as JSON text")


def mark(table: pa.Table, config: LengthConfig, context: RuleContext) -> Marks:
    """Mark rows outside the limits."""
    columns = (table[name].to_pylist() for name in ("prompt", "trace", "answer"))
    return [_fault(prompt, trace or "", answer, config) for prompt, trace, answer in zip(*columns, strict=True)]


def _fault(prompt: str, trace: str, answer: str, config: LengthConfig) -> str | None:
    if len(prompt.strip()) < config.min_prompt_chars:
        return f"prompt too short: {len(prompt.strip())} < {config.min_prompt_chars}"
    for what, text, limit in (
        ("prompt", prompt, config.max_prompt_chars),
        ("trace", trace, config.max_trace_chars),
        ("answer", answer, config.max_answer_chars),
    ):
        if len(text) > limit:
            return f"{what} too long: {len(text)} > {limit}"
    return None


RULE = Rule(version=1, scope="row", config=LengthConfig, mark=mark)
