"""Locks with hashes: read, joined, and cut to what one laptop needs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.markers import InvalidMarker, Marker
from packaging.utils import canonicalize_name

from mirrorlab.errors import BrokenFile
from mirrorlab.tutorial.target import Target
from mirrorlab.tutorial.wheels import is_of

_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)\s*(;(?P<marker>.*?))?\s*")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Locked:
    """One version of one project, and the files that may be it."""

    name: str
    """Normalised."""
    version: str
    hashes: tuple[str, ...]
    """sha256, in hexadecimal."""
    marker: str = ""
    """Where it is needed (PEP 508); empty: everywhere."""

    def needed(self, target: Target) -> bool:
        """Tell whether it is needed on a laptop."""
        return target.takes(Marker(self.marker) if self.marker else None)

    def is_wheel(self, filename: str) -> bool:
        """Tell whether a file is called like a wheel of it."""
        return is_of(filename, self.name, self.version)

    def __str__(self) -> str:
        marker = f" ; {self.marker}" if self.marker else ""
        return " \\\n".join(
            [
                f"{self.name}=={self.version}{marker}",
                *(f"    --hash=sha256:{one}" for one in self.hashes),
            ]
        )


def read(path: Path) -> tuple[Locked, ...]:
    """Read a lock as pip-compile writes it. Raises :class:`BrokenFile`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise BrokenFile(path, "", f"cannot be read: {reason}") from problem
    return tuple(_entries(path, text))


def write(locked: Iterable[Locked], title: str) -> str:
    """Return the text of a lock."""
    return "".join([f"# {title}\n", *(f"{one}\n" for one in locked)])


def by_python(newer: Iterable[Locked], older: Iterable[Locked]) -> tuple[Locked, ...]:
    """Join a lock for Python 3.12 and newer with one for 3.11; what is in both holds for all."""
    new, old = list(newer), list(older)
    joined = [one if one in old else _only(one, 'python_version >= "3.12"') for one in new]
    joined += [_only(one, 'python_version < "3.12"') for one in old if one not in new]
    return tuple(sorted(joined, key=lambda one: (one.name, one.marker)))


def _only(one: Locked, marker: str) -> Locked:
    both = f"({one.marker}) and {marker}" if one.marker else marker
    return replace(one, marker=both)


def _entries(path: Path, text: str) -> Iterator[Locked]:
    for line in text.replace("\\\n", " ").splitlines():
        requirement = line.partition(" #")[0].partition("--hash")[0].strip()
        if not requirement or requirement.startswith(("#", "-")):
            continue
        match = _LINE.fullmatch(requirement)
        hashes = tuple(_HASH.findall(line))
        if match is None or not hashes:
            raise BrokenFile(path, requirement, "is not pinned with == and hashes")
        marker = (match["marker"] or "").strip()
        try:
            Marker(marker or "python_version > '3'")
        except InvalidMarker as problem:
            raise BrokenFile(path, requirement, f"has a bad marker: {problem}") from None
        yield Locked(canonicalize_name(match["name"]), match["version"], hashes, marker)
