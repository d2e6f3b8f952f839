"""Every change of the index with its serial, as the XML-RPC calls for mirrors ask for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mirrorlab.index.content import Project, State


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the changelog."""

    project: str
    version: str | None
    moment: datetime
    action: str
    serial: int


class Changelog:
    """The files an index started with, one change each, then what was noted since."""

    def __init__(self, first: State, moment: Callable[[int], datetime]) -> None:
        """Take the first state, and the clock that tells the moment of a serial."""
        self._first = first
        self._moment = moment
        self._noted: list[Change] = []

    def note(self, serial: int, project: str, version: str | None, action: str) -> None:
        """Write down a change."""
        self._noted.append(Change(project, version, self._moment(serial), action, serial))

    def since(self, serial: int, until: int) -> tuple[Change, ...]:
        """Return the changes after ``serial`` up to and with ``until``, oldest first."""
        started = () if serial >= self._first.serial else self._start(serial)
        return tuple(
            change for change in (*started, *self._noted) if serial < change.serial <= until
        )

    def _start(self, serial: int) -> tuple[Change, ...]:
        """Return what stocking the index would have written, of the projects newer than that."""
        listed = sorted(self._first.projects.items_listed(), key=lambda pair: pair[1].serial)
        return tuple(
            change
            for name, one in listed
            if one.serial > serial
            for change in self._of(self._first.projects[name])
        )

    def _of(self, project: Project) -> list[Change]:
        files = [(release.version, file.artifact.filename) for release, file in project.files]
        if not files:
            moment = self._moment(project.serial)
            return [Change(project.name, None, moment, "create", project.serial)]
        first = project.serial - len(files) + 1
        return [
            Change(project.name, version, self._moment(serial), f"add file {filename}", serial)
            for serial, (version, filename) in enumerate(files, first)
        ]
