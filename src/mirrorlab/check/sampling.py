"""How much a sample says: the share that may be bad although none in the sample was."""

from __future__ import annotations

from collections.abc import Iterator
from math import lgamma, log
from random import Random
from threading import Lock
from typing import Generic, TypeVar

CONFIDENCE = 0.95
"""How sure a statement about a sample is."""
Item = TypeVar("Item")


def most_bad(total: int, seen: int) -> int:
    """Return how many of ``total`` may be bad, though none of ``seen`` drawn at random was.

    With a confidence of :data:`CONFIDENCE`: were there more, a sample would have met one so often.
    """
    if seen >= total:
        return 0
    low, high = 0, total - seen
    while low < high:  # the largest number of bad ones that is still missed often enough
        middle = (low + high + 1) // 2
        if _missed(total, seen, middle) > log(1 - CONFIDENCE):
            low = middle
        else:
            high = middle - 1
    return low


def statement(what: str, total: int, seen: int) -> str:
    """Say in one sentence how much was looked at, and how sure that makes one."""
    if seen >= total:
        return f"all {total} {what} were looked at"
    if not seen:
        return f"none of {total} {what} were looked at"
    share = 100 * most_bad(total, seen) / total
    drawn = f"{seen} of {total} {what}, drawn at random, were looked at"
    sure = f"if none of these is wrong, then with {CONFIDENCE:.0%} confidence"
    return f"{drawn}; {sure} at most {share:.2g}% of all are"


def _missed(total: int, seen: int, bad: int) -> float:
    """Return the logarithm of the chance that a sample meets none of the bad ones."""
    return _choose(total - bad, seen) - _choose(total, seen)


def _choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


class Reservoir(Generic[Item]):
    """A fair sample of what comes by, however much that is (Vitter's algorithm R)."""

    def __init__(self, size: int, chance: Random) -> None:
        """Keep ``size`` of all."""
        self._size = size
        self._chance = chance
        self._kept: list[Item] = []
        self._lock = Lock()
        self.offered = 0
        """How many came by."""

    def offer(self, item: Item) -> None:
        """Keep it, or not."""
        with self._lock:
            self.offered += 1
            if len(self._kept) < self._size:
                self._kept.append(item)
            elif (place := self._chance.randrange(self.offered)) < self._size:
                self._kept[place] = item

    def __iter__(self) -> Iterator[Item]:
        """Go through what was kept."""
        return iter(self._kept)

    def __len__(self) -> int:
        """Count what was kept."""
        return len(self._kept)
