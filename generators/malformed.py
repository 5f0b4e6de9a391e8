"""Malformed: what extraction and parsing raise for text that is no answer. Not an error of ours, and never a user's.

Law: nothing but the guard around `verify` and the graders turn it into a verdict.
"""


class Malformed(Exception):
    """Raised by extraction and parsing for text that is no answer; the guard around verify turns it into a Verdict."""

    def __init__(self, reason: str, extracted: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.extracted = extracted
