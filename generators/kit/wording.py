"""Templates that word an instance and read it back. Not the wording itself, which is each family's own.

Laws: `match(template, fill(template, fields)) == fields` for fields that hold none of the template's own separators;
`question.parse(question.render(params, rendering)[0], rendering) == params`.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generators.answers.reading.extract import place
from generators.family import Solution
from pipeline.errors import FamilyError
from pipeline.problem import Json

RENDERINGS = ("plain", "story", "json", "compact")

_FIELD = re.compile(r"\{(\w+)\}")


def fill(template: str, fields: Mapping[str, str]) -> str:
    """Return the template with every {name} replaced by its field."""
    return _FIELD.sub(lambda found: fields[found[1]], template)


def match(template: str, text: str) -> dict[str, str]:
    """Return the fields of a text that `fill` wrote from this template.

    Raises:
        FamilyError: when the text was not written from it.
    """
    parts = _FIELD.split(template)
    literals, names = parts[::2], parts[1::2]
    pattern = re.escape(literals[0])
    seen: set[str] = set()
    for name, literal in zip(names, literals[1:], strict=True):
        pattern += f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
        pattern += re.escape(literal)
        seen.add(name)
    found = re.fullmatch(pattern, text, re.DOTALL)
    if found is None:
        raise FamilyError(
            f"text {text[:60]!r} was not written from template {template[:60]!r}: pass the rendering it has"
        )
    return found.groupdict()


def listed(values: Sequence[int], rendering: str) -> str:
    """Write integers as a list: without blanks in the compact rendering."""
    return ("," if rendering == "compact" else ", ").join(map(str, values))


def unlisted(text: str) -> list[int]:
    """Read what `listed` wrote."""
    return [int(item) for item in text.split(",")]


def json_prompt(task: str, fields: Mapping[str, Json]) -> str:
    """Write the task and its fields as one JSON object, in an order that a stored row gives again."""
    return json.dumps({"task": task, **dict(sorted(fields.items()))})


def json_fields(text: str) -> dict[str, Any]:
    """Read the fields that `json_prompt` wrote."""
    fields = json.loads(text)
    del fields["task"]
    return dict(fields)


def answer_format(rendering: str) -> str:
    """Return the place of the answer in a reply to this rendering."""
    return "hash" if rendering == "compact" else "tag"


def write_list(answer: Json, rendering: str) -> str:
    """Write a list of integers as an answer: in brackets, compactly without."""
    return listed(answer, rendering) if rendering == "compact" else f"[{listed(answer, rendering)}]"


def write_text(answer: Json, rendering: str) -> str:
    """Write an answer that is the same text in every rendering."""
    return str(answer)


def stated(solve: Callable[[Json], Solution], write: Callable[[Json, str], str]) -> Callable[[Json, str], str]:
    """Return the trace that only states the answer in its place: nothing shorter than a search leads to it."""
    return lambda params, rendering: place(write(solve(params).answer, rendering), answer_format(rendering))


@dataclass(frozen=True, slots=True)
class Question:
    """How an instance is worded whose params are integers and lists of integers, each a field of every template.

    task: what the json rendering asks; templates: one for each other rendering; lists: the params that are lists.
    """

    task: str
    templates: Mapping[str, str]
    lists: tuple[str, ...]

    def render(self, params: Json, rendering: str) -> tuple[str, str]:
        """Word the instance and say where the answer goes."""
        if rendering == "json":
            return json_prompt(self.task, params), answer_format(rendering)
        fields = {name: listed(v, rendering) if name in self.lists else str(v) for name, v in params.items()}
        return fill(self.templates[rendering], fields), answer_format(rendering)

    def parse(self, text: str, rendering: str) -> Json:
        """Read the instance back from its wording."""
        if rendering == "json":
            return json_fields(text)
        fields = match(self.templates[rendering], text)
        return {name: unlisted(v) if name in self.lists else int(v) for name, v in fields.items()}
