"""Marks training and probe rows that share wording with reference texts. Not a semantic comparison.

What is compared is the question alone, of rows and of references: never what an import appends to it. Law: a mark
depends on the row and the set of references alone, and names the reference and the words that matched. Rows of the
test split are references of their own kind and are never marked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from filters.rule import Marks, Rule
from filters.words import ngrams, questions, template, words
from pipeline.errors import ConfigError
from pipeline.rule_context import Reference, RuleContext


class ContaminationConfig(BaseModel):
    """How much equal wording is too much, in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ngram: int = Field(default=13, ge=2, description="shared run of words that marks a row")
    short_ngram: int = Field(default=8, ge=2, description="the run where prompt or reference is shorter than ngram")
    templates: bool = Field(default=True, description="mark what equals a reference but for its numbers")

    @model_validator(mode="after")
    def _shorter(self) -> "ContaminationConfig":
        if self.short_ngram > self.ngram:
            raise ValueError(f"short_ngram {self.short_ngram} exceeds ngram {self.ngram}: lower it")
        return self


Names = Mapping[str, str]
"""What a reference holds, and the name of the first that does."""


@dataclass(frozen=True, slots=True)
class Index:
    """What references hold: long runs, short runs (of all, of short ones alone), whole texts, templates."""

    long: Names
    short: Names
    of_short: Names
    whole: Names
    templates: Names


@lru_cache(maxsize=2)
def index(references: tuple[Reference, ...], config: ContaminationConfig) -> Index:
    """Return the index of references."""
    split = [(name, words(text)) for name, text in references]
    brief = [(name, tokens) for name, tokens in split if len(tokens) < config.ngram]
    forms = ((form, name) for name, text in references if _says_enough(form := template(text), config.short_ngram))
    return Index(
        long=_runs([(name, tokens) for name, tokens in split if len(tokens) >= config.ngram], config.ngram),
        short=_runs(split, config.short_ngram),
        of_short=_runs(brief, config.short_ngram),
        whole=_first_names((" ".join(tokens), name) for name, tokens in split if tokens),
        templates=_first_names(forms),
    )


def _says_enough(form: str, least: int) -> bool:
    """Return whether a template has enough words besides its numbers to be one author's."""
    return sum(word != "0" for word in form.split()) >= least


def _runs(texts: Sequence[tuple[str, list[str]]], n: int) -> Names:
    return _first_names((gram, name) for name, tokens in texts if len(tokens) >= n for gram in ngrams(tokens, n))


def _first_names(pairs: Iterable[tuple[str, str]]) -> Names:
    found: dict[str, str] = {}
    for text, name in pairs:
        found.setdefault(text, name)
    return found


def mark(table: pa.Table, config: ContaminationConfig, context: RuleContext) -> Marks:
    """Mark rows that share a run of words, the whole text or the template with a reference.

    Raises:
        ConfigError: when the context brings no references: nothing would be found, whatever the rows.
    """
    if not context.references:
        raise ConfigError(
            "rule contamination got no texts to compare with: pass RuleContext(references=...) in a script, or leave "
            "the rule out of the config, since a run has none to give"
        )
    known = index(tuple(context.references), config)
    rows = zip(questions(table), table["split"].to_pylist(), strict=True)
    return [None if split == "test" else _match(question, known, config) for question, split in rows]


def _match(question: str, known: Index, config: ContaminationConfig) -> str | None:
    tokens = words(question)
    if (name := known.whole.get(whole := " ".join(tokens))) is not None:
        return f"equals a reference: {name}: {whole}"
    if len(tokens) >= config.ngram and (run := _first(tokens, config.ngram, known.long)):
        return f"{config.ngram} words of a reference: {run}"
    short = known.short if len(tokens) < config.ngram else known.of_short
    if len(tokens) >= config.short_ngram and (run := _first(tokens, config.short_ngram, short)):
        return f"{config.short_ngram} words of a reference: {run}"
    if config.templates and (name := known.templates.get(form := template(question))) is not None:
        return f"template of a reference: {name}: {form}"
    return None


def _first(tokens: Sequence[str], n: int, known: Names) -> str | None:
    """Return "name: run" of the first run of tokens that a reference holds."""
    return next((f"{known[gram]}: {gram}" for gram in ngrams(tokens, n) if gram in known), None)


RULE = Rule(version=2, scope="row", config=ContaminationConfig, mark=mark)
