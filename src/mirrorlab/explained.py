"""Words of a fixed set, each with a line that explains it."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Explained(StrEnum):
    """An enumeration of ``NAME = "word", "what it means"``; its values are the words."""

    says: str
    """What it means, in one line for people."""

    def __new__(cls, value: str, says: str = "") -> Self:
        """Make the member from its word and the line that explains it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.says = says
        return member
