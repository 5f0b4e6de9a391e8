"""What every seam's options share: a name from a table of pure functions, and the arguments of that function.

Not a registry: a table is a plain dict in the seam's own module. Law: an option that the named function would
not read is refused, never ignored.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator

from pipeline.errors import ConfigError, nearest


class SeamOptions(BaseModel):
    """Options `{name, ...}` of one seam; a child lists the options of all functions in its `table`.

    `shared` names the options that the seam itself reads, whatever the function.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    seam: ClassVar[str]
    table: ClassVar[Mapping[str, Callable[..., Any]]]
    shared: ClassVar[frozenset[str]] = frozenset()

    name: str

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        for key in given if isinstance(given, dict) else ():
            if key not in cls.model_fields:
                known = [name for name in cls.model_fields if name != "name"]
                raise ConfigError(f"unknown option {key!r} of {cls.seam}{nearest(key, known)}: choose of {known}")
        return given

    @model_validator(mode="after")
    def _known_name(self) -> Self:
        if self.name not in self.table:
            names = sorted(self.table)
            raise ConfigError(f"unknown {self.seam} {self.name!r}{nearest(self.name, names)}: choose one of {names}")
        read = {"name"} | self.shared | set(_keywords(self.table[self.name]))
        for key, field in type(self).model_fields.items():
            if key not in read and getattr(self, key) != field.default:
                raise ConfigError(
                    f"{self.seam} {self.name!r} does not read {key} = {getattr(self, key)!r}: "
                    f"remove it, or choose a function that does"
                )
        return self

    def apply(self, *arguments: Any) -> Any:
        """Call the named function on these arguments with the options it reads."""
        function = self.table[self.name]
        return function(*arguments, **{key: getattr(self, key) for key in _keywords(function)})


def _keywords(function: Callable[..., Any]) -> list[str]:
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.KEYWORD_ONLY]
