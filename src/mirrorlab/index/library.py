"""The content of the index over time: what it is now, what it was, and how it is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from mirrorlab import scenario
from mirrorlab.errors import CannotChange, UnknownName
from mirrorlab.index.changelog import Changelog
from mirrorlab.index.content import Project, Release, State, Stored
from mirrorlab.index.folder import project_of
from mirrorlab.index.stale import before
from mirrorlab.index.stocking import stock, store
from mirrorlab.scenario import Status
from mirrorlab.scenario.model import valid_name

_SHOWN = 50


class Library:
    """Holds the state of the index. Changes come from any thread, each moves the serial.

    Its clock is the scenario's: a change happens at the epoch plus a minute for each serial.
    """

    def __init__(self, what: scenario.Scenario, folder: Path | None = None) -> None:
        """Stock the shelves; see :func:`~mirrorlab.index.stocking.stock` for what can go wrong."""
        self.scenario = what
        self.first = self.now = stock(what, folder)
        self.changelog = Changelog(self.first, self.moment)
        self._used: set[str] = set()
        self._stale: tuple[State, State] | None = None
        self._lock = RLock()

    def moment(self, serial: int) -> datetime:
        """Return when the change of that serial happened, by the clock of the scenario."""
        return self.scenario.epoch + timedelta(minutes=serial - self.scenario.serial)

    @property
    def stale(self) -> State:
        """The index as it was; see :func:`~mirrorlab.index.stale.before`."""
        with self._lock:
            if self._stale is None or self._stale[0] is not self.now:
                self._stale = (self.now, before(self.first, self.now))
            return self._stale[1]

    def project(self, name: str) -> Project:
        """Return a project by any spelling of its name, or raise :class:`UnknownName`."""
        projects = self.now.projects
        found = projects.get(canonicalize_name(name))
        if found is None:
            raise UnknownName("project", name, tuple(projects)[:_SHOWN])
        return found

    def publish(
        self,
        project: str,
        version: str,
        *,
        requires: Sequence[str] = (),
        requires_python: str | None = None,
        files: Sequence[scenario.File] | None = None,
        yanked: bool | str = False,
        uploaded: datetime | None = None,
    ) -> None:
        """Publish made-up distributions of a release, new or there already.

        Without ``files`` a wheel for any platform and an sdist. ``uploaded`` is the clock's moment
        where it is not given. Raises :class:`CannotChange` where a file is there already, or the
        name or the version is not valid.
        """
        with self._lock:
            release = scenario.Release(
                version,
                requires=tuple(requires),
                requires_python=requires_python,
                uploaded=(uploaded or self.moment(self.now.serial + 1)).astimezone(UTC),
                files=scenario.WHEEL_AND_SDIST if files is None else tuple(files),
            )
            stored = _made(project, release)
            for one in stored:
                self._refuse_again(one.artifact.filename)
            for one in stored:
                self.add(project, version, one)
            if yanked is not False:
                self.yank(project, version, yanked)

    def add(self, name: str, version: str, stored: Stored) -> None:
        """Add one file; the serial moves by one. Raises :class:`CannotChange` if it is there."""
        with self._lock:
            filename = stored.artifact.filename
            project = self.now.projects.get(canonicalize_name(name)) or Project(name, 0)
            self._refuse_again(filename)
            serial = self.now.serial + 1
            if project.serial == 0:
                self.changelog.note(serial, project.name, None, "create")
            release = project.release(version)
            if release is None:
                self.changelog.note(serial, project.name, version, "new release")
            release = release or Release(version)
            grown = replace(release, files=(*release.files, stored))
            self._put(project.with_release(grown), release.version, f"add file {filename}")

    def yank(self, project: str, version: str, reason: bool | str | None = None) -> None:
        """Yank a release, with or without a reason (PEP 592)."""
        with self._lock:
            found, release = self._release(project, version)
            yanked = replace(release, yanked=reason or True)
            self._put(found.with_release(yanked), release.version, "yank release")

    def unyank(self, project: str, version: str) -> None:
        """Take a yank back."""
        with self._lock:
            found, release = self._release(project, version)
            back = replace(release, yanked=False)
            self._put(found.with_release(back), release.version, "unyank release")

    def delete(self, project: str, version: str | None = None) -> None:
        """Delete a release, or the whole project; names of deleted files cannot be used again."""
        with self._lock:
            if version is None:
                found = self.project(project)
                self._used |= {file.artifact.filename for _, file in found.files}
                projects = self.now.projects.without(canonicalize_name(project))
                serial = self.now.serial + 1
                self.changelog.note(serial, found.name, None, "remove project")
                self.now = State(projects, serial)
                return
            found, release = self._release(project, version)
            self._used |= {file.artifact.filename for file in release.files}
            rest = tuple(one for one in found.releases if one is not release)
            self._put(replace(found, releases=rest), release.version, "remove release")

    def set_status(self, project: str, status: Status | str, reason: str | None = None) -> None:
        """Set the status of a project (PEP 792): active, archived, deprecated or quarantined."""
        if status not in list(Status):
            raise UnknownName("project status", str(status), tuple(Status))
        with self._lock:
            found = replace(self.project(project), status=Status(status), status_reason=reason)
            self._put(found, None, f"project status {found.status}")

    def find(self, filename: str) -> Stored | None:
        """Return a file of the current state by its name."""
        project = self.now.projects.get(project_of(filename) or "")
        files = project.files if project else ()
        return next((file for _, file in files if file.artifact.filename == filename), None)

    def filenames_like(self, filename: str) -> tuple[str, ...]:
        """Return the names of files a mistyped one may have meant: those of its project."""
        project = self.now.projects.get(project_of(filename) or "")
        return tuple(file.artifact.filename for _, file in project.files) if project else ()

    def _refuse_again(self, filename: str) -> None:
        if self.find(filename) is not None:
            raise CannotChange(f"the index holds {filename} already")
        if filename in self._used:
            raise CannotChange(f"{filename} was deleted; its name cannot be used again")

    def _release(self, name: str, version: str) -> tuple[Project, Release]:
        project = self.project(name)
        try:
            release = project.release(version)
        except InvalidVersion:
            release = None
        if release is None:
            known = tuple(one.version for one in project.releases)
            raise UnknownName(f"release of {project.name}", version, known)
        return project, release

    def _put(self, project: Project, version: str | None, action: str) -> None:
        serial = self.now.serial + 1
        self.changelog.note(serial, project.name, version, action)
        self.now = State(self.now.projects.replaced(replace(project, serial=serial)), serial)


def _made(project: str, release: scenario.Release) -> tuple[Stored, ...]:
    """Build the files of a release now, so that what cannot be built is never published."""
    if not valid_name(project):
        raise CannotChange(f"{project!r} is not a valid project name")
    try:
        Version(release.version)
        SpecifierSet(release.requires_python or "")
        for requirement in release.requires:
            Requirement(requirement)
        stored = store(project, release).files
        for one in stored:
            if one.artifact.filename.endswith(".whl"):
                parse_wheel_filename(one.artifact.filename)
    except (ValueError, TypeError) as error:
        raise CannotChange(f"{project} {release.version} cannot be published: {error}") from None
    return stored
