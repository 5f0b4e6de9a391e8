"""Templates that word an instance and read it back. Not the wording itself, which is each family's own.

Law: `match(template, fill(template, fields)) == fields` for fields that hold none of the template's own separators.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.errors import FamilyError
from pipeline.problem import Json

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
