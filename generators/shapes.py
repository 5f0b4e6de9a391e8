"""What the params of a family look like, learned from what it makes. Not whether they can be solved (its own `solve`).

Law: params that a family makes have its shape; foreign ones with another field, or another kind of value in a place,
would be another question under the same words, or the same question under another hash, and are refused.
"""

from dataclasses import dataclass, field
from functools import cache
from itertools import product

from generators.family import load, make_params
from pipeline.errors import FamilyError
from pipeline.problem import Json

LEVELS = (1, 2, 3, 5)
SAMPLES = 4
"""Instances of each level and region that a shape is learned from."""


@dataclass
class Shape:
    """The kinds of value seen in one place, the shape of a list's parts, and the fields that an object may have."""

    kinds: set[str] = field(default_factory=set)
    parts: "Shape | None" = None
    fields: dict[str, "Shape"] = field(default_factory=dict)
    needed: set[str] | None = None

    def learn(self, value: Json) -> None:
        """Take a value that belongs in this place."""
        self.kinds.add(kind(value))
        if isinstance(value, list):
            self.parts = self.parts or Shape()
            for part in value:
                self.parts.learn(part)
        elif isinstance(value, dict):
            self.needed = set(value) if self.needed is None else self.needed & set(value)
            for name, part in value.items():
                self.fields.setdefault(name, Shape()).learn(part)

    def fault(self, value: Json, place: str = "params") -> str | None:
        """Return the first place where a value differs from this shape, None where it does not."""
        if kind(value) not in self.kinds:
            return f"{place} is {kind(value)}, not {' or '.join(sorted(self.kinds)) or 'anything'}"
        if isinstance(value, dict):
            if strange := sorted(set(value) - set(self.fields)):
                return f"{place} has a field {strange[0][:40]!r} that is none of {', '.join(sorted(self.fields))}"
            if missing := sorted((self.needed or set()) - set(value)):
                return f"{place} lacks {missing[0]}"
            found = (self.fields[name].fault(part, f"{place}.{name}") for name, part in value.items())
            return next((fault for fault in found if fault is not None), None)
        if isinstance(value, list) and self.parts is not None:
            inner = (self.parts.fault(part, f"{place}[{at}]") for at, part in enumerate(value))
            return next((fault for fault in inner if fault is not None), None)
        return None


def kind(value: Json) -> str:
    """Return what a JSON value is, in words: a boolean is no integer, 2.0 is none either."""
    names = {type(None): "null", bool: "a boolean", int: "an integer", float: "a fraction", str: "text", list: "a list"}
    return names.get(type(value), "an object")


@cache
def shape_of(name: str) -> Shape:
    """Return the shape of what a family makes, over its regions and first levels."""
    family, shape = load(name), Shape()
    levels = [level for level in LEVELS if family.max_level is None or level <= family.max_level]
    for level, region, index in product(levels, family.regions, range(SAMPLES)):
        params, _ = make_params(name, level=level, region=region, seed=0, index=index, rendering=None)
        shape.learn(params)
    return shape


def check_shape(name: str, params: Json) -> None:
    """Refuse foreign params that no instance of a procedural family looks like; others judge their params themselves.

    Raises:
        FamilyError: naming the place, what stands there and what belongs there.
    """
    if load(name).procedural and (fault := shape_of(name).fault(params)) is not None:
        raise FamilyError(f"family {name} makes no such params: {fault}")
