"""What the index holds at one moment: projects, releases, files. Never changed, only replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import Version

from mirrorlab.index.artifact import Artifact
from mirrorlab.scenario import Status


@dataclass(frozen=True, slots=True)
class Stored:
    """A file on the index."""

    artifact: Artifact
    uploaded: datetime
    requires_python: str | None = None
    metadata: bool = True
    """Whether ``<its URL>.metadata`` is served (PEP 658)."""
    provenance: bool = False


@dataclass(frozen=True, slots=True)
class Release:
    """A version and its files."""

    version: str
    files: tuple[Stored, ...] = ()
    yanked: bool | str = False


@dataclass(frozen=True, slots=True)
class Project:
    """A name, as its owner spells it, and its releases in order of upload."""

    name: str
    serial: int
    """The serial of its last change."""
    releases: tuple[Release, ...] = ()
    status: Status = Status.ACTIVE
    status_reason: str | None = None

    @property
    def files(self) -> Iterator[tuple[Release, Stored]]:
        """Each file with its release."""
        return ((release, file) for release in self.releases for file in release.files)

    @property
    def visible(self) -> bool:
        """Whether it is listed; what is quarantined is not."""
        return self.status is not Status.QUARANTINED

    def release(self, version: str) -> Release | None:
        """Return the release of that version, however it is spelled."""
        wanted = Version(version)
        return next((one for one in self.releases if Version(one.version) == wanted), None)

    def with_release(self, release: Release) -> Project:
        """Return the project with ``release`` added, or in the place of the one it updates."""
        old = self.release(release.version)
        if old is None:
            return replace(self, releases=(*self.releases, release))
        return replace(self, releases=tuple(release if r is old else r for r in self.releases))


class Listed(NamedTuple):
    """What the list of projects needs to know of one: cheap, where a :class:`Project` is not."""

    name: str
    serial: int
    visible: bool
    make: Callable[[], Project]


class Projects(Mapping[str, Project]):
    """Projects by normalised name; each is made when first looked at."""

    def __init__(self, listed: Mapping[str, Listed]) -> None:
        """Take what is to be listed."""
        self._listed = listed
        self._made: dict[str, Project] = {}

    def __getitem__(self, name: str) -> Project:
        """Return one project, made now if need be."""
        if name not in self._made:
            self._made[name] = self._listed[name].make()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the normalised names."""
        return iter(self._listed)

    def __len__(self) -> int:
        """Count the projects."""
        return len(self._listed)

    def items_listed(self) -> Iterator[tuple[str, Listed]]:
        """Go through the normalised names and what is listed, without making any project."""
        return iter(self._listed.items())

    def replaced(self, project: Project) -> Projects:
        """Return these with ``project`` added or in the place of the one of its name."""
        name = canonicalize_name(project.name)
        listed = Listed(project.name, project.serial, project.visible, lambda: project)
        return self._with({**self._listed, name: listed}, name)

    def without(self, name: str) -> Projects:
        """Return these without one."""
        return self._with({key: one for key, one in self._listed.items() if key != name}, name)

    def _with(self, listed: Mapping[str, Listed], changed: str) -> Projects:
        after = Projects(listed)
        after._made = {name: one for name, one in self._made.items() if name != changed}
        return after


@dataclass(frozen=True)
class State:
    """Everything on the index at one serial."""

    projects: Projects
    serial: int

    @cached_property
    def listed(self) -> tuple[Listed, ...]:
        """The projects that are listed, in order of their normalised names."""
        pairs = sorted(self.projects.items_listed(), key=lambda pair: pair[0])
        return tuple(listed for _, listed in pairs if listed.visible)
