"""Which cells there are, and which of them are meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

from mirrorlab import clients
from mirrorlab.clients import Configuration, Suite
from mirrorlab.errors import NothingMatches
from mirrorlab.lab import Tools
from mirrorlab.matrix.trouble import Trouble, of_suite

_OF_OLD = re.compile(r"-\d[\d.]*$")
T = TypeVar("T")


@dataclass(frozen=True)
class Choice:
    """One cell that is to be run."""

    client: str
    configuration: Configuration
    trouble: Trouble

    @property
    def id(self) -> str:
        """``CLIENT/CONFIGURATION/TROUBLE``."""
        return f"{self.client}/{self.configuration.name}/{self.trouble.name}"


def names() -> tuple[str, ...]:
    """Return the clients of the matrix: each in its present version, none of old."""
    return tuple(
        name
        for name in clients.REQUIREMENTS
        if not _OF_OLD.search(name) and clients.configurations(name)
    )


def everything() -> tuple[Choice, ...]:
    """Return every cell there is."""
    return tuple(
        Choice(name, configuration, trouble)
        for name in names()
        for configuration in clients.configurations(name)
        for trouble in of_suite(configuration.suite)
    )


def choose(
    among: Iterable[Choice],
    *,
    clients: Sequence[str] = (),
    configurations: Sequence[str] = (),
    faults: Sequence[str] = (),
    suites: Sequence[Suite] = (),
) -> tuple[Choice, ...]:
    """Return the cells that the globs choose; no glob of a kind chooses all.

    Each glob is held against what the ones before have left. Raises :class:`NothingMatches` for
    one that chooses nothing, and names what there is.
    """
    left = tuple(among)
    left = _filter("suite", tuple(map(str, suites)), left, lambda each: each.configuration.suite)
    left = _filter("client", clients, left, lambda each: each.client)
    left = _filter("configuration", configurations, left, lambda each: each.configuration.name)
    return _filter("fault", faults, left, lambda each: each.trouble.name)


def _filter(
    kind: str, globs: Sequence[str], among: tuple[Choice, ...], word: Callable[[Choice], str]
) -> tuple[Choice, ...]:
    known = tuple(dict.fromkeys(word(each) for each in among))
    for glob in globs:
        if not any(fnmatchcase(one, glob) for one in known):
            raise NothingMatches(kind, glob, known)
    if not globs:
        return among
    return tuple(each for each in among if any(fnmatchcase(word(each), glob) for glob in globs))


def version(client: str, tools: Tools) -> str:
    """Return the version of an installer, as its environment has it."""
    project = clients.project_of(client)
    found: dict[str, str] = {}
    for folder in tools.site_packages.glob("*.dist-info"):
        name, _, number = folder.name.removesuffix(".dist-info").partition("-")
        found[re.sub(r"[-_.]+", "-", name).lower()] = number
    for name in sorted(found, key=len):
        if name == project or name.endswith(f"-{project}"):
            return found[name]
    return "unknown"
