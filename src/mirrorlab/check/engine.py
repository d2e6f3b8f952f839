"""One check from beginning to end: the list, each project, the files, and what is left over."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random

from packaging.utils import canonicalize_name

from mirrorlab.check.comparing import Against, Tally, absent_project, compare, withdrawn
from mirrorlab.check.findings import Finding, Kind
from mirrorlab.check.journal import Journal
from mirrorlab.check.report import Report
from mirrorlab.check.sampling import Reservoir, statement
from mirrorlab.check.served import PageLook
from mirrorlab.check.target import Extent, Progress, Reference, Target
from mirrorlab.check.turns import in_turn
from mirrorlab.check.upstream import NotTold
from mirrorlab.simple import FileEntry, ProjectPage

FILES_BY_DEFAULT = 200
"""So many files are fetched from an index unless more are asked for."""
UPSTREAM = "upstream"
"""How the reference is called that delay and completeness are measured by."""


@dataclass(slots=True)
class Check:
    """A check of one target."""

    target: Target
    report: Report
    extent: Extent = field(default_factory=Extent)
    references: tuple[Reference, ...] = ()
    stopped: threading.Event = field(default_factory=threading.Event)
    abort: Callable[[], None] = lambda: None
    """Ends what is under way, once the check is interrupted."""
    progress: Progress = lambda _what, _done, _all: None
    journal: Journal = field(default_factory=lambda: Journal(None, resume=False))
    _chance: Random = field(init=False)
    _files: Reservoir[tuple[str, FileEntry, str, FileEntry | None]] = field(init=False)
    _against: dict[str, Against] = field(init=False)
    _names: Mapping[str, Collection[str]] = field(init=False)
    _lists_some: bool = False
    _serial: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Draw lots."""
        self._chance = Random(self.extent.seed)
        self._files = Reservoir(FILES_BY_DEFAULT, self._chance)
        young = self.report.began - self.extent.max_age
        self._against = {
            one.who: Against(one.who, young, self.report.tally if one.who == UPSTREAM else Tally())
            for one in self.references
        }
        self._names = {}

    def run(self) -> Report:
        """Check; what interrupts it is a doubt, and what was found until then is kept."""
        begin = time.monotonic()
        try:
            self._run()
        except KeyboardInterrupt:
            self.stopped.set()
            self.abort()
            done = f"after {self.report.looked} of {self.report.projects} projects"
            self.report.doubt(f"the check was interrupted {done}")
        finally:
            self.report.seconds = time.monotonic() - begin
            self.journal.end(done=not self.stopped.is_set())
        return self.report

    def _run(self) -> None:
        self.progress("the list of projects", 0, 1)
        look = self.target.listing()
        self._take(look.findings, look.unread)
        if look.listed is None:
            self.report.doubt("the target's list of projects could not be had")
            return
        serials: dict[str, int | None] = {
            canonicalize_name(one.name): one.last_serial for one in look.listed.projects
        }
        if not serials:
            self.report.doubt("the target lists no project")
        self._lists_some = bool(serials)
        self._names = dict(self._told_names())
        chosen = self._choose(serials)
        self.report.projects = len(chosen)
        if self.extent.sample is not None and self.extent.sample < len(chosen):
            chosen = sorted(self._chance.sample(chosen, self.extent.sample))
        with ThreadPoolExecutor(self.extent.workers, thread_name_prefix="check") as pool:
            try:
                self._go_through(pool, chosen, serials)
            except BaseException:
                self.stopped.set()
                self.abort()
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        self._sum_up(len(chosen))

    def _told_names(self) -> Iterator[tuple[str, Collection[str]]]:
        """Yield what each reference lists."""
        for reference in self.references:
            try:
                listed = reference.listing()
            except NotTold as problem:
                self.report.doubt(problem.reason)
            else:
                if reference.who == UPSTREAM:
                    self._serial = listed.last_serial
                yield reference.who, {canonicalize_name(one.name) for one in listed.projects}

    def _choose(self, serials: Mapping[str, int | None]) -> list[str]:
        """Return the projects to look at: those here, and those that should be."""
        if self.extent.only is not None:
            return sorted(self.extent.only)
        wanted: set[str] = set(serials)
        if self.extent.projects is not None:
            wanted |= self.extent.projects
        else:
            wanted.update(*self._names.values())
        return sorted(wanted)

    def _go_through(
        self, pool: ThreadPoolExecutor, chosen: list[str], serials: Mapping[str, int | None]
    ) -> None:
        window = 4 * self.extent.workers

        def one(name: str) -> None:
            if not self.stopped.is_set():
                with self._doubting(f"the project {name}"):
                    self._project(name, name in serials, serials.get(name))

        for done, _ in enumerate(in_turn(pool, one, chosen, window), 1):
            self.report.looked = done
            self.progress("projects", done, len(chosen))
        files = list(self._files)

        def read(item: tuple[str, FileEntry, str, FileEntry | None]) -> None:
            if not self.stopped.is_set():
                with self._doubting(f"the file {item[1].filename}"):
                    self._read(*item)

        for done, _ in enumerate(in_turn(pool, read, files, window), 1):
            self.progress("files", done, len(files))

    @contextmanager
    def _doubting(self, what: str) -> Iterator[None]:
        """Make a doubt of what nobody thought of, so that it is no verdict and no crash."""
        try:
            yield
        except Exception as error:
            with self._lock:
                self.report.doubt(f"{what} could not be judged: {type(error).__name__}: {error}")

    def _project(self, name: str, listed: bool, serial: int | None) -> None:
        look = self.target.project(name, serial)
        if look.gone and not listed:
            look.findings.clear()
        self._take(look.findings, look.unread)
        if look.page is not None:
            html = look.html_page is not None
            self.report.features.count(look.page, json=look.is_json, html=html)
            if not listed and self._lists_some:
                self._take([_not_listed(name)], ())
        theirs: dict[str, FileEntry] = {}
        for reference in self.references:
            if reference.who not in self._names:
                continue
            try:
                page = reference.page(name)
            except NotTold as problem:
                with self._lock:
                    self.report.doubt(problem.reason)
                continue
            theirs |= {file.filename: file for file in page.files} if page else {}
            self._hold_against(reference.who, name, listed, look, page)
        if look.page is not None:
            self._files_of(name, look, theirs)
        elif look.gone and not listed and not self._names and self._should_be_here(name):
            self._take([_not_here(name)], ())

    def _should_be_here(self, name: str) -> bool:
        extent = self.extent
        return name in (extent.projects or ()) or name in (extent.only or ())

    def _hold_against(
        self, who: str, name: str, listed: bool, look: PageLook, page: ProjectPage | None
    ) -> None:
        against, here = self._against[who], look.page
        if page is None:
            if here is not None or (listed and look.gone):
                files = len(here.files) if here else 0
                self._take([withdrawn(name, f"{who} has no such project", files)], ())
        elif here is not None:
            if _newer(here, page):
                with self._lock:
                    self.report.doubt(
                        f"{who}'s page of {name} is older than what is checked: serial "
                        f"{page.last_serial}, here {here.last_serial}"
                    )
                return
            self._take(compare(name, here, page, against, json=look.is_json), ())
        elif look.gone and page.status != "quarantined":
            self._take(absent_project(name, page, against), ())

    def _files_of(self, name: str, look: PageLook, theirs: Mapping[str, FileEntry]) -> None:
        assert look.page is not None
        every = self.extent.deep or self.extent.sample is not None or self.target.reads_all
        with self._lock:
            self.report.files += len(look.page.files)
        for file in look.page.files:
            item = (name, file, look.base, theirs.get(file.filename))
            if not every:
                self._files.offer(item)
            elif self.journal.has(name, file, item[3]):
                with self._lock:
                    self.report.files_read += 1
            elif not self.stopped.is_set() and self._read(*item):
                self.journal.note(name, file, item[3])

    def _read(self, name: str, file: FileEntry, base: str, upstream: FileEntry | None) -> bool:
        """Read a file and judge it; return whether it is good."""
        found = list(self.target.file(name, file, base, upstream))
        self._take(found, ())
        with self._lock:
            self.report.files_read += 1
        return not found and not self.stopped.is_set()

    def _sum_up(self, chosen: int) -> None:
        report = self.report
        whole = chosen == report.projects and self.extent.only is None
        self._take(self.target.around(whole, self._serial), ())
        self._take(report.tally.lost_here_and_there(), ())
        self._take(report.features.here_and_there(), ())
        if UPSTREAM not in self._against:
            report.statements.append(
                "no upstream was named: whether it is fresh and complete was not looked at"
            )
        if self.journal.resumed:
            report.statements.append(
                f"{self.journal.resumed} files were read by the check that was interrupted, "
                f"begun at {self.journal.began:%Y-%m-%d %H:%M} UTC"
            )
        if self.extent.only is not None:
            report.statements.append(f"only the {chosen} projects that were named were looked at")
        if chosen < report.projects:
            report.statements.append(statement("projects", report.projects, chosen))
        if report.files_read < report.files:
            report.statements.append(statement("files", report.files, report.files_read))

    def _take(self, findings: Iterable[Finding], unread: Iterable[str]) -> None:
        found = list(findings)
        if self.stopped.is_set():
            return  # what is cut off by an interruption says nothing of the target
        self.report.findings.add(found)
        with self._lock:
            for sentence in unread:
                self.report.doubt(sentence)


def _newer(here: ProjectPage, page: ProjectPage) -> bool:
    if here.last_serial is None or page.last_serial is None:
        return False
    return here.last_serial > page.last_serial


def _not_here(name: str) -> Finding:
    expected = "the project, which was named as one to have"
    advice = "add it, or leave it out of the projects to have"
    return Finding(Kind.MISSING, "project", expected, "nothing of it", advice, project=name)


def _not_listed(name: str) -> Finding:
    return Finding(
        Kind.NOT_CONFORMING,
        "not-listed",
        "each project that has a page in the list",
        "a page of a project that is not listed",
        "make the list again; who copies this index goes by it",
        project=name,
    )
