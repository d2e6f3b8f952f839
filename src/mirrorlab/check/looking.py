"""Looking at projects, one after the other: each page, what it is held against, and its files."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from mirrorlab.check.comparing import Against, absent_project, compare, withdrawn
from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.check.journal import Journal
from mirrorlab.check.report import Report
from mirrorlab.check.sampling import Reservoir
from mirrorlab.check.served import PageLook
from mirrorlab.check.tally import Tally
from mirrorlab.check.target import Extent, Reference, Target
from mirrorlab.check.upstream import NotTold
from mirrorlab.simple import FileEntry, ProjectPage

UPSTREAM = "upstream"
"""How the reference is called that delay and completeness are measured by."""
Item = tuple[str, FileEntry, str, FileEntry | None]
"""A file to be read: its project, what its page says, where its URL begins, what upstream says."""


@dataclass(slots=True)
class Looking:
    """Looks at projects, and writes down in a report what it finds. Threads may share one."""

    target: Target
    extent: Extent
    references: tuple[Reference, ...]
    names: Mapping[str, Collection[str]]
    """What each reference lists, by who it is."""
    serials: Mapping[str, int | None]
    """What the target lists, by normalised names."""
    young: datetime
    """What is uploaded later than this need not be here yet."""
    stopped: threading.Event
    journal: Journal
    report: Report
    sample: Reservoir[Item]
    """The files that are to be read at the end, where not all of them are."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def project(self, name: str) -> None:
        """Look at a project; what nobody thought of is a doubt, and no crash."""
        if not self.stopped.is_set():
            with self._doubting(f"the project {name}"):
                self._project(name, name in self.serials, self.serials.get(name))

    def file(self, item: Item) -> None:
        """Read a file, as :meth:`project` looks at projects."""
        if not self.stopped.is_set():
            with self._doubting(f"the file {item[1].filename}"):
                self._read(*item)

    def take(self, findings: Iterable[Finding], unread: Iterable[str] = ()) -> None:
        """Write down what was found, and what could not be read."""
        found, doubts = list(findings), list(unread)
        if self.stopped.is_set() or not (found or doubts):
            return  # what is cut off by an interruption says nothing of the target
        self.report.findings.add(found)
        with self._lock:
            for sentence in doubts:
                self.report.doubt(sentence)

    @contextmanager
    def _doubting(self, what: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            with self._lock:
                self.report.doubt(f"{what} could not be judged: {type(error).__name__}: {error}")

    def _project(self, name: str, listed: bool, serial: int | None) -> None:
        look = self.target.project(name, serial)
        if look.gone and not listed:
            look.findings.clear()
        self.take(look.findings, look.unread)
        if look.page is not None:
            html = look.html_page is not None
            self.report.features.count(look.page, json=look.is_json, html=html)
            if not listed and self.serials:
                self.take([_not_listed(name)])
        theirs: dict[str, FileEntry] = {}
        for reference in self.references:
            if reference.who not in self.names:
                continue
            try:
                page = reference.page(name)
            except NotTold as problem:
                with self._lock:
                    self.report.doubt(problem.reason)
                continue
            said = {file.filename: file for file in page.files} if page else {}
            theirs = said | theirs  # what upstream says counts more than what a tree says
            self._hold_against(reference.who, name, listed, look, page)
            if look.page is not None and reference.url and look.base.startswith(reference.url):
                self.take([_not_its_own(name)])
        if look.page is not None:
            self._files_of(name, look, theirs)
        elif look.gone and not listed and self._should_be_here(name):
            if not self.names:
                self.take([_not_here(name)])
            elif not any(name in listed_there for listed_there in self.names.values()):
                self.take([_nowhere(name, named=name in (self.extent.only or ()))])

    def _should_be_here(self, name: str) -> bool:
        extent = self.extent
        return name in (extent.projects or ()) or name in (extent.only or ())

    def _hold_against(
        self, who: str, name: str, listed: bool, look: PageLook, page: ProjectPage | None
    ) -> None:
        tally = self.report.tally if who == UPSTREAM else Tally()
        against, here = Against(who, self.young, tally), look.page
        if page is None:
            if here is not None or (listed and look.gone):
                files = len(here.files) if here else 0
                self.take([withdrawn(name, f"{who} has no such project", files)])
        elif here is not None:
            if _newer(here, page):
                with self._lock:
                    self.report.doubt(
                        f"{who}'s page of {name} is older than what is checked: serial "
                        f"{page.last_serial}, here {here.last_serial}"
                    )
                return
            self.take(compare(name, here, page, against, json=look.is_json))
        elif look.gone and page.status != "quarantined":
            self.take(absent_project(name, page, against))

    def _files_of(self, name: str, look: PageLook, theirs: Mapping[str, FileEntry]) -> None:
        assert look.page is not None
        every = self.extent.deep or self.extent.sample is not None or self.target.reads_all
        files = [file for file in look.page.files if self.target.reads(file, look.base)]
        with self._lock:
            self.report.files += len(files)
            self.report.elsewhere += len(look.page.files) - len(files)
        for file in files:
            item = (name, file, look.base, theirs.get(file.filename))
            if not every:
                self.sample.offer(f"{name}/{file.filename}", item)
            elif self.journal.has(name, file, item[3]):
                with self._lock:
                    self.report.files_read += 1
            elif not self.stopped.is_set() and self._read(*item):
                self.journal.note(name, file, item[3])

    def _read(self, name: str, file: FileEntry, base: str, upstream: FileEntry | None) -> bool:
        """Read a file and judge it; return whether it is good."""
        found = list(self.target.file(name, file, base, upstream))
        self.take(found)
        with self._lock:
            self.report.files_read += 1
        return not found and not self.stopped.is_set()


def _newer(here: ProjectPage, page: ProjectPage) -> bool:
    if here.last_serial is None or page.last_serial is None:
        return False
    return here.last_serial > page.last_serial


def _not_here(name: str) -> Finding:
    expected = "the project, which was named as one to have"
    advice = "add it, or leave it out of the projects to have"
    return Finding(Kind.MISSING, "project", expected, "nothing of it", advice, project=name)


def _nowhere(name: str, *, named: bool) -> Finding:
    """Of a list of projects to have, some are withdrawn some day; who names one wants to see it."""
    return Finding(
        Kind.MISSING,
        "nowhere",
        "the project, which was named as one to have",
        "nothing of it, neither here nor upstream",
        "look how its name is written; where upstream has withdrawn it, name it no more",
        Severity.WARNING if named else Severity.NOTE,
        name,
    )


def _not_its_own(name: str) -> Finding:
    expected, found = "a page of its own", "a redirect to upstream, which agrees with itself"
    advice = "see why it does not serve the page: where upstream is out of reach, nobody gets it"
    severity = Severity.WARNING
    return Finding(Kind.MISSING, "own-page", expected, found, advice, severity, name)


def _not_listed(name: str) -> Finding:
    return Finding(
        Kind.NOT_CONFORMING,
        "not-listed",
        "each project that has a page in the list",
        "a page of a project that is not listed",
        "make the list again; who copies this index goes by it",
        project=name,
    )
