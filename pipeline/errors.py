"""The errors a user may see. Not for bugs: those surface as themselves.

Law: a message says the value, the limit it broke and what to do.
"""


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
