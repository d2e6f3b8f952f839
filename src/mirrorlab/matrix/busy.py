"""Which cells compute and which only wait, as the kernel sees their processes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Collection
from pathlib import Path

_AT_WORK = "RD"
"""Running or ready to, or waiting for the disk; the states of proc(5)."""


def at_work(ancestors: Collection[int]) -> frozenset[int] | None:
    """Return those of ``ancestors`` below which some process is at work just now.

    None where the system does not tell (there is no /proc).
    """
    if not sys.platform.startswith("linux"):
        return None
    parents: dict[int, int] = {}
    working: list[int] = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                # The second field, the name, is in brackets and may hold anything.
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)] = int(fields[1])
                if fields[0] in _AT_WORK:
                    working.append(int(folder.name))
    found = (_ancestor(process, parents, ancestors) for process in working)
    return frozenset(process for process in found if process is not None)


def _ancestor(process: int, parents: dict[int, int], ancestors: Collection[int]) -> int | None:
    """Climb from ``process`` to the first of ``ancestors``."""
    climbing: int | None = process
    while climbing is not None and climbing not in ancestors:
        climbing = parents.get(climbing)
    return climbing
