"""What a pool has been asked: calls under way, and the batches in which their items travel. Not the workers.

Law: every item pulled off a stream is in exactly one batch or has its result, and results leave in order.
"""

import time
from collections import deque
from collections.abc import Iterable, Sized
from typing import Any

PULL_S = 0.05
"""What a slow stream has given after this long is sent on, as a smaller batch."""


class Batch:
    """Items that travel together. `last` marks a last try; strikes count deaths before any item began."""

    __slots__ = ("call", "items", "last", "start", "strikes")

    def __init__(self, call: "Call", start: int, items: list[Any], *, last: bool, strikes: int = 0) -> None:
        self.call, self.start, self.items, self.last, self.strikes = call, start, items, last, strikes

    def part(self, begin: int, end: int, *, last: bool | None = None, strikes: int = 0) -> "Batch":
        """Return items begin to end as a batch of their own."""
        last = self.last if last is None else last
        return Batch(self.call, self.start + begin, self.items[begin:end], last=last, strikes=strikes)

    def parts(self, begin: int, size: int, *, strikes: int = 0) -> "list[Batch]":
        """Return the items from `begin` on in batches of `size`."""
        return [self.part(i, i + size, strikes=strikes) for i in range(begin, len(self.items), size)]


class Call:
    """One map under way: what it has yet to send, what came back, and how far the consumer has read."""

    def __init__(self, items: Iterable[Any]) -> None:
        self.stream = iter(items)
        self.size_hint = len(items) if isinstance(items, Sized) else None
        self.todo: deque[Batch] = deque()
        self.done: dict[int, list[Any]] = {}
        self.pulled = self.cursor = 0
        self.exhausted = self.closed = False

    @property
    def over(self) -> bool:
        """Whether nothing more is to come."""
        return self.closed or (self.exhausted and self.cursor == self.pulled)

    def pull(self, most: int, *, last: bool) -> Batch:
        """Take up to `most` items off the stream; what the stream raises is raised."""
        items: list[Any] = []
        until = time.monotonic() + PULL_S
        for item in self.stream:
            items.append(item)
            if len(items) >= most or time.monotonic() > until:
                break
        else:
            self.exhausted = True
        batch = Batch(self, self.pulled, items, last=last)
        self.pulled += len(items)
        return batch

    def again(self, batches: Iterable[Batch]) -> None:
        """Put batches back, in order, at the head of what is to be sent."""
        self.todo.extendleft(batch for batch in reversed(list(batches)) if batch.items)

    def taken(self) -> list[Any] | None:
        """Return the results that come next, or None while they are missing."""
        chunk = self.done.pop(self.cursor, None)
        if chunk is not None:
            self.cursor += len(chunk)
        return chunk
