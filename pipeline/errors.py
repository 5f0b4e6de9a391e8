"""The errors a user may see. Not for bugs: those surface as themselves.

Law: a message says the value, the limit it broke and what to do.
"""

import reprlib


class PipelineError(Exception):
    """Base of every error whose message is meant for the user; `exit_code` is what the command returns."""

    exit_code = 1


class ConfigError(PipelineError):
    """Raised when a config, an argument or an input file is not what it must be."""

    exit_code = 2


class FamilyError(PipelineError):
    """Raised when a family is unknown, asked beyond its range, or cannot make an instance."""

    exit_code = 2


class StoreError(PipelineError):
    """Raised when stored bytes are missing, corrupt, half written or cannot be written."""


class ShortageError(PipelineError):
    """Raised when a cell cannot supply as many distinct problems as its share asks for."""


class UndecidedError(PipelineError):
    """Raised when too large a share of replies could not be judged through our own fault."""


UNDECIDED_SHARE, UNDECIDED_FLOOR = 0.001, 1000
"""The share that may stay undecided, taken of at least so many."""


def refuse_undecided(failed: int, of: int, what: str, *, remedy: str, share: float = UNDECIDED_SHARE) -> None:
    """Raise UndecidedError when more than a share of so many could not be judged."""
    most = max(of, UNDECIDED_FLOOR)
    if failed > share * most:
        raise UndecidedError(f"{failed} {what} of {of} could not be judged, over {share:.1%} of {most}: {remedy}")


def nearest(name: str, known: "list[str] | tuple[str, ...]") -> str:
    """Return a ', did you mean ...?' clause for an unknown name, or an empty string."""
    import difflib

    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f", did you mean {found[0]!r}?" if found else ""


SHOWN = 160
"""Characters of a value that a message shows."""


def brief(value: object) -> str:
    """Return a value as a message shows it: its repr, cut to SHOWN characters however large or deep it is."""
    if type(value) is int and value.bit_length() > 4 * SHOWN:  # Python refuses to write the largest ones
        return f"an integer of {value.bit_length()} bits"
    return shortened(_REPR.repr(value))


def shortened(text: object) -> str:
    """Return a text (or what an error says) cut to twice SHOWN characters, and how long it was."""
    whole = str(text)
    return whole if len(whole) <= 2 * SHOWN else f"{whole[: 2 * SHOWN]}... ({len(whole)} characters)"


class _Brief(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother, self.maxlong = 4, SHOWN, SHOWN, SHOWN
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = 8

    def repr_int(self, x: int, level: int) -> str:
        return brief(x) if x.bit_length() > 4 * SHOWN else str(x)


_REPR = _Brief()
