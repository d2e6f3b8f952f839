"""What can be checked, what it is held against, and how much of it is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from mirrorlab.check.findings import Finding
from mirrorlab.check.served import ListLook, PageLook
from mirrorlab.simple import FileEntry, ProjectList, ProjectPage


class Target(Protocol):
    """What can be checked: an index at a URL, or a tree on a disk."""

    reads_all: bool
    """Whether its files are all read unless less is asked for."""

    def listing(self) -> ListLook:
        """Look at its list of projects."""

    def project(self, name: str, serial: int | None = None) -> PageLook:
        """Look at the page of a project."""

    def file(
        self, name: str, file: FileEntry, base: str, upstream: FileEntry | None
    ) -> Iterator[Finding]:
        """Read a file to its end, and judge it."""

    def reads(self, file: FileEntry, base: str) -> bool:
        """Tell whether a file can be read here; a tree may name files of other hosts."""

    def seen(self) -> object:
        """Hand over what :meth:`around` has to know of the projects that were looked at since."""

    def take(self, seen: object) -> None:
        """Take in what another process handed over."""

    def around(self, whole: bool, serial: int | None) -> Iterator[Finding]:
        """Judge what belongs to no project, last.

        ``whole``: every project was looked at. ``serial``: of upstream, where it is known.
        """


class Reference(Protocol):
    """What a target is held against."""

    who: str
    url: str
    """Where its pages are; empty where it has no URL."""

    def listing(self) -> ProjectList:
        """Return its list. Raises :class:`NotTold`."""

    def page(self, name: str) -> ProjectPage | None:
        """Return a page; None where there is no such project. Raises :class:`NotTold`."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is looked at."""

    sample: int | None = None
    """So many projects, drawn at random; None: all."""
    deep: bool = False
    """Every byte of every file."""
    projects: frozenset[str] | None = None
    """The normalised names that a mirror should have; None: all that upstream has."""
    only: frozenset[str] | None = None
    """The normalised names to look at, and no others; each has to be here."""
    max_age: timedelta = timedelta(hours=1)
    """How far behind upstream a mirror may be."""
    seed: int | None = None
    """For drawing the same sample again."""
    workers: int = 8
    """Threads, and with them requests, at a time."""
    processes: int = 1
    """How many share the work, where it is enough and the system can fork."""


Progress = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and how many there are."""
