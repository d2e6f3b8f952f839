"""What is found out about one installer: the sources it asks, in order, and what is wrong with it.

Nothing here connects, prints or masks; secrets stand in :attr:`Source.url` as they were found, so
that a source can be asked. Print :attr:`Source.shown`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from packaging.utils import canonicalize_name

from mirrorlab.masking import masked

PYPI = "https://pypi.org/simple/"
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_TEENS = range(11, 14)


class Verdict(StrEnum):
    """Whether a setting does what its owner wants."""

    SAFE = "safe"
    RISKY = "risky"
    """It works, and a stranger's file or a secret may slip through."""
    WRONG = "wrong"
    """It cannot work as it was meant."""
    UNKNOWN = "unknown"
    """Nothing is wrong in what could be read, and something could not be read."""


_WORST_FIRST = (Verdict.WRONG, Verdict.RISKY, Verdict.UNKNOWN)


class Role(StrEnum):
    """What an installer takes from a source."""

    INDEX = "index"
    """It is asked for every project."""
    FIND_LINKS = "find-links"
    """Its files count as those of an index do, or it is a page of links."""
    PER_PROJECT = "per project"
    """It is asked for the projects that are bound to it, and for no others."""
    DISABLED = "disabled"
    """It is named, and never asked."""


@dataclass(frozen=True)
class Origin:
    """Where a setting stands: a line of a file, a variable, or the installer itself."""

    file: Path | None = None
    line: int | None = None
    variable: str | None = None

    def __str__(self) -> str:
        """Name the place as an editor takes it."""
        if self.file is not None:
            name = masked(str(self.file))
            place = f"{name}:{self.line}" if self.line else name
            return f"{place} ({self.variable})" if self.variable else place
        return self.variable or "built-in default"


@dataclass(frozen=True)
class Source:
    """One index, or folder or page of links, of one installer."""

    url: str
    """As it is set, secrets and all. Never print it."""
    origin: Origin
    role: Role = Role.INDEX
    name: str = ""
    """As the settings call it; empty where they give it no name."""
    projects: tuple[str, ...] = ()
    """Names and patterns of the projects that are bound to it."""
    withheld: tuple[str, ...] = ()
    """Names and patterns of the projects it is never asked for."""
    note: str = ""
    """What else a reader needs to know of its role, in a few words."""

    @property
    def shown(self) -> str:
        """The URL without its secrets."""
        return masked(self.url)

    def binds(self, project: str) -> bool:
        """Whether ``project`` is bound to it."""
        return _fits(project, self.projects)


@dataclass(frozen=True)
class Finding:
    """One thing to know of an installer's settings, and what cures it."""

    verdict: Verdict
    says: str
    """One sentence, without a secret and without a full stop."""
    recipe: str = ""
    """The recipe that cures it."""
    origin: Origin | None = None
    concerns_all: bool = False
    """Whether it is about how the sources stand to each other, not about one of them."""


@dataclass(frozen=True)
class Problem:
    """A settings file that could not be read: what it says is missing from the answers."""

    file: Path
    line: int | None
    says: str

    def __str__(self) -> str:
        """Say what, where and why in one sentence, without a word of the file."""
        return f"{Origin(self.file, self.line)}: {self.says}"


@dataclass(frozen=True)
class Answer:
    """What one installer does here."""

    client: str
    sources: tuple[Source, ...] = ()
    """In the order in which it asks."""
    findings: tuple[Finding, ...] = ()
    unused: str = ""
    """Why it would not run here at all; then there are no sources."""
    notes: tuple[str, ...] = ()
    """What is so, and no reason to worry: which files it reads, whether there is a netrc."""
    problems: tuple[Problem, ...] = ()
    """What it reads and could not be read here: nothing it does is called safe then."""

    @property
    def verdict(self) -> Verdict:
        """The worst of what is found."""
        return _worst([finding.verdict for finding in self.findings], self.problems)

    @property
    def indexes(self) -> tuple[Source, ...]:
        """The sources that are asked for every project, without find-links."""
        return tuple(source for source in self.sources if source.role is Role.INDEX)

    def role(self, source: Source) -> str:
        """Say the role of one of the sources in a word or two."""
        if source.role is not Role.INDEX:
            return str(source.role)
        indexes = self.indexes
        number = next(i for i, other in enumerate(indexes) if other is source)
        if len(indexes) == 1:
            return "only"
        return _ordinal(number + 1)

    def verdict_of(self, source: Source) -> Verdict:
        """The worst of what is found of one of the sources, or of them all."""
        known = {other.origin for other in self.sources}
        found = {
            finding.verdict
            for finding in self.findings
            if finding.origin == source.origin
            or (
                (source.role is not Role.DISABLED)
                and (finding.concerns_all or finding.origin not in known)
            )
        }
        return _worst(found, () if source.role is Role.DISABLED else self.problems)

    def asks(self, project: str) -> tuple[Source, ...]:
        """Return the sources that may be asked for ``project``, in order.

        Where an installer stops at the first that has the project, those after it are here too.
        """
        if bound := tuple(source for source in self.sources if source.binds(project)):
            return bound
        return tuple(
            source
            for source in self.sources
            if source.role in {Role.INDEX, Role.FIND_LINKS} and not _fits(project, source.withheld)
        )


@dataclass(frozen=True)
class Report:
    """What every installer that was looked at does here."""

    project: Path
    answers: tuple[Answer, ...]
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What concerns them all: a netrc that others can read."""
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        every = [answer.verdict for answer in self.answers]
        every += [finding.verdict for finding in self.findings]
        return _worst(every, self.problems)


def _worst(found: Iterable[Verdict], problems: tuple[Problem, ...]) -> Verdict:
    held = {*found, *([Verdict.UNKNOWN] if problems else [])}
    return next(v for v in (*_WORST_FIRST, Verdict.SAFE) if v in held or v is Verdict.SAFE)


def _ordinal(number: int) -> str:
    """Write 1 as ``1st``."""
    ending = "th" if number % 100 in _TEENS else _ENDINGS.get(number % 10, "th")
    return f"{number}{ending}"


def _fits(project: str, patterns: Iterable[str]) -> bool:
    name = canonicalize_name(project)
    return any(fnmatchcase(name, pattern) for pattern in patterns)
