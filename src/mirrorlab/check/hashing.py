"""The hashes that a page, and the place of a file, can name."""

from __future__ import annotations

import hashlib
from typing import Protocol

BLAKE = "blake2b_256"
"""The hash that the public index names the places of its files by."""


class Hash(Protocol):
    """What feeds on bytes and gives a digest."""

    def update(self, data: bytes, /) -> None:
        """Take bytes in."""

    def hexdigest(self) -> str:
        """Return the digest so far."""


def new_hash(algorithm: str) -> Hash:
    """Return a hash to feed. Raises :class:`ValueError` for one that Python does not know."""
    if algorithm == BLAKE:
        return hashlib.blake2b(digest_size=32)
    return hashlib.new(algorithm, usedforsecurity=False)
