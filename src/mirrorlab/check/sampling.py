"""How much a sample says: the share that may be bad although none in the sample was."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from heapq import heappush, heapreplace
from math import lgamma, log
from operator import itemgetter
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
    """A fair sample of what comes by, in whatever order, in however many processes.

    Each is given a number by lot, which its key and the seed make up. The lowest are kept.
    """

    def __init__(self, size: int, seed: bytes) -> None:
        """Keep ``size`` of all."""
        self.size = size
        self._seed = seed
        self._kept: list[tuple[int, int, Item]] = []
        self._number = 0
        self._above = 1 << 64
        self._lock = Lock()

    def like(self, above: int) -> Reservoir[Item]:
        """Return an empty one that draws the same lots; it keeps none from ``above`` on."""
        other: Reservoir[Item] = Reservoir(self.size, self._seed)
        other._above = above
        return other

    @property
    def above(self) -> int:
        """What is given this number, or a higher one, is not kept."""
        return -self._kept[0][0] if len(self._kept) >= self.size else self._above

    def offer(self, key: str, item: Item) -> None:
        """Keep it, or not."""
        digest = blake2b(key.encode("utf-8", "replace"), digest_size=8, key=self._seed).digest()
        self.take(int.from_bytes(digest, "big"), item)

    def take(self, lot: int, item: Item) -> None:
        """Keep what has drawn a number, or not."""
        with self._lock:
            self._number += 1
            if lot < self.above:
                keep = heappush if len(self._kept) < self.size else heapreplace
                keep(self._kept, (-lot, self._number, item))

    def lots(self) -> Iterator[tuple[int, Item]]:
        """Go through what was kept, with the numbers."""
        return ((-lot, item) for lot, _, item in self._kept)

    def __iter__(self) -> Iterator[Item]:
        """Go through what was kept, by the numbers."""
        return (item for _, item in sorted(self.lots(), key=itemgetter(0)))

    def __len__(self) -> int:
        """Count what was kept."""
        return len(self._kept)
