"""The local test index as one object: start it, fault it, change it, read what was asked of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType

from packaging.utils import canonicalize_name

from mirrorlab import scenario
from mirrorlab.errors import NotPossible, UnknownName
from mirrorlab.index.app import application
from mirrorlab.index.faults import Faults
from mirrorlab.index.library import Library
from mirrorlab.index.log import Request, RequestLog
from mirrorlab.index.server import Server, listen
from mirrorlab.index.tls import Authority
from mirrorlab.index.upload import MAX_UPLOAD
from mirrorlab.scenario import Fault, FaultRule, Status
from mirrorlab.simple import FileEntry

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
PAGE_MAX_AGE = 600
"""Seconds a page may be kept, as on PyPI."""


class Index:
    """A PyPI-like index on loopback, in a thread of this process.

    Port 0 takes a free one. ``wheels`` is a folder of distributions served as they are, in place
    of the scenario's own. ``page_max_age`` is what ``Cache-Control`` of pages says, in seconds;
    ``max_upload`` the bytes an uploaded file may have; ``names`` are what its certificate is for
    beside loopback and ``host``.
    """

    def __init__(
        self,
        scenario: scenario.Scenario,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls_port: int = 0,
        names: Sequence[str] = (),
        wheels: Path | None = None,
        page_max_age: int = PAGE_MAX_AGE,
        max_upload: int = MAX_UPLOAD,
        heard: Callable[[Request], None] | None = None,
    ) -> None:
        """Stock the index; nothing listens yet.

        ``heard`` is told of each request before its answer leaves, in the server's thread.
        Raises :class:`BadDistribution` and :class:`FolderNotReadable` for ``wheels``,
        :class:`NothingToFault` and :class:`CannotChange` for faults of the scenario.
        """
        self.scenario = scenario
        self.host = host
        self._names = tuple(names)
        self._ports = (port, tls_port)
        self._library = Library(scenario, wheels or scenario.wheels)
        self._faults = Faults()
        self._log = RequestLog(heard)
        self._max_age = page_max_age
        self._max_upload = max_upload
        self._server: Server | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        for rule in scenario.faults:
            self._faults.set(rule, self._library.now)

    def start(self) -> Index:
        """Listen, and return once both ports answer. Raises :class:`PortInUse`."""
        plain = listen(self.host, self._ports[0])
        try:
            secure = listen(self.host, self._ports[1])
        except BaseException:
            plain.close()
            raise
        shown = _ANYWHERE.get(self.host, self.host)
        authority = Authority(shown, *self._names)
        self.ca_pem = authority.pem
        name = f"[{shown}]" if ":" in shown else shown
        self.http_url = f"http://{name}:{plain.getsockname()[1]}"
        self.url = f"https://{name}:{secure.getsockname()[1]}"
        app = application(
            self._library,
            self._faults,
            self._log,
            max_age=self._max_age,
            max_upload=self._max_upload,
        )
        self._server = Server(app, plain, secure)
        self._faults.distrusted = self._server.close_idle
        self._server.start(authority.context(self._faults.untrusted))
        return self

    def stop(self) -> None:
        """Close both ports and let go of what hangs; once stopped, nothing happens."""
        if self._server is not None:
            self._faults.clear()
            server, self._server = self._server, None
            try:
                server.stop()
            finally:
                if self._folder is not None:
                    self._folder.cleanup()
                    self._folder = None

    def __enter__(self) -> Index:
        """Start it."""
        return self.start()

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    @property
    def ca(self) -> Path:
        """A file with its certificate authority; there from the first look until it stops.

        Raises :class:`NotPossible` where the index does not run.
        """
        if self._server is None:
            raise NotPossible("a file with the index's CA", "the index does not run")
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="mirrorlab-index-")
            Path(self._folder.name, "ca.pem").write_bytes(self.ca_pem)
        return Path(self._folder.name, "ca.pem")

    @property
    def serial(self) -> int:
        """The serial of the last change."""
        return self._library.now.serial

    def fault(
        self,
        fault: Fault | str,
        path: str = "*",
        *,
        times: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Put a fault in force for the paths that match a glob, for good or ``times`` requests.

        Raises :class:`UnknownName` for a mistyped fault, :class:`NothingToFault` for a path that
        nothing here has, :class:`CannotChange` for numbers that make no sense.
        """
        self._faults.set(FaultRule(Fault.named(fault), path, times, retry_after), self._library.now)

    def clear(self) -> None:
        """Take every fault back."""
        self._faults.clear()

    def faults(self) -> tuple[FaultRule, ...]:
        """Return the faults in force."""
        return self._faults.rules()

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
        """Publish a made-up release; the serial moves with each file."""
        self._library.publish(
            project,
            version,
            requires=requires,
            requires_python=requires_python,
            files=files,
            yanked=yanked,
            uploaded=uploaded,
        )

    def yank(self, project: str, version: str, reason: str | None = None) -> None:
        """Yank a release (PEP 592)."""
        self._library.yank(project, version, reason)

    def unyank(self, project: str, version: str) -> None:
        """Take a yank back."""
        self._library.unyank(project, version)

    def delete(self, project: str, version: str | None = None) -> None:
        """Delete a release or a whole project."""
        self._library.delete(project, version)

    def set_status(self, project: str, status: Status | str, reason: str | None = None) -> None:
        """Set the status of a project (PEP 792)."""
        self._library.set_status(project, status, reason)

    def quarantine(self, project: str, reason: str | None = None) -> None:
        """Quarantine a project: not listed, no JSON, a page without files."""
        self._library.set_status(project, Status.QUARANTINED, reason)

    def projects(self) -> tuple[str, ...]:
        """Return the normalised names of the projects that are listed, sorted."""
        return tuple(canonicalize_name(one.name) for one in self._library.now.listed)

    def files(self, project: str) -> tuple[FileEntry, ...]:
        """Return the files of a project; ``url`` is the path alone. Also of a quarantined one."""
        return tuple(
            FileEntry(
                filename=stored.artifact.filename,
                url=stored.artifact.path,
                hashes={"sha256": stored.artifact.sha256},
                requires_python=stored.requires_python,
                size=stored.artifact.size,
                upload_time=stored.uploaded,
                yanked=release.yanked,
                core_metadata=stored.artifact.metadata_sha256 if stored.metadata else False,
            )
            for release, stored in self._library.project(project).files
        )

    def sha256(self, filename: str) -> str:
        """Return the sha256 of a file, in hexadecimal. Raises :class:`UnknownName`."""
        stored = self._library.find(filename)
        if stored is None:
            known = tuple(self._library.filenames_like(filename))
            raise UnknownName("file", filename, known)
        return stored.artifact.sha256

    def requests(self, path: str = "*", *, since: int = 0) -> tuple[Request, ...]:
        """Return the requests whose path matches a glob, after the one numbered ``since``."""
        return self._log.read(path, since)

    def forget_requests(self) -> None:
        """Empty the request log."""
        self._log.forget()
