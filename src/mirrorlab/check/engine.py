"""One check from beginning to end: the list, each project, the files, and what is left over."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from mirrorlab.check.fetching import Fetcher
from mirrorlab.check.journal import Journal
from mirrorlab.check.looking import UPSTREAM, Item, Looking
from mirrorlab.check.report import Report
from mirrorlab.check.sampling import Reservoir, statement
from mirrorlab.check.target import Extent, Progress, Reference, Target
from mirrorlab.check.turns import in_turn
from mirrorlab.check.upstream import NotTold
from mirrorlab.errors import MirrorlabError

if TYPE_CHECKING:
    from mirrorlab.check.sharing import Part, Sharing

FILES_BY_DEFAULT = 200
"""So many files are fetched from an index unless more are asked for."""
FEWEST = 64
"""So few projects are not worth another process."""


@dataclass(slots=True)
class Check:
    """A check of one target."""

    target: Target
    report: Report
    extent: Extent
    references: tuple[Reference, ...]
    fetcher: Fetcher
    stopped: threading.Event
    progress: Progress
    journal: Journal
    _chance: Random = field(init=False)
    _names: Mapping[str, Collection[str]] = field(default_factory=dict)
    _serial: int | None = None

    def __post_init__(self) -> None:
        """Draw lots."""
        self._chance = Random(self.extent.seed)

    def run(self) -> Report:
        """Check; what interrupts it is a doubt, and what was found until then is kept."""
        begin = time.monotonic()
        try:
            self._run()
        except KeyboardInterrupt:
            self.stopped.set()
            self.fetcher.abort()
            done = f"after {self.report.looked} of {self.report.projects} projects"
            self.report.doubt(f"the check was interrupted {done}")
        except MirrorlabError:
            raise
        except NotTold as problem:
            self.report.doubt(problem.reason)
        except Exception as error:  # what nobody thought of leaves the other targets theirs
            said = getattr(error, "strerror", None) or str(error)
            self.report.doubt(f"the check broke off: {type(error).__name__}: {said:.200}")
        finally:
            self.report.seconds = time.monotonic() - begin
            self.journal.end(done=not self.stopped.is_set())
        return self.report

    def _run(self) -> None:
        self.progress("the list of projects", 0, 1)
        look = self.target.listing()
        self.report.findings.add(look.findings)
        for sentence in look.unread:
            self.report.doubt(sentence)
        if look.listed is None:
            self.report.doubt("the target's list of projects could not be had")
            return
        serials: dict[str, int | None] = {
            canonicalize_name(one.name): one.last_serial for one in look.listed.projects
        }
        if not serials:
            self.report.doubt("the target lists no project")
        self._names = dict(self._told_names())
        chosen = self._choose(serials)
        self.report.projects = len(chosen)
        if self.extent.sample is not None and self.extent.sample < len(chosen):
            chosen = sorted(self._chance.sample(chosen, self.extent.sample))
        looking = self._looking(serials)
        self._go_through(looking, chosen)
        self._sum_up(looking, len(chosen))

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

    def _looking(self, serials: Mapping[str, int | None]) -> Looking:
        seed = self.extent.seed
        drawn = os.urandom(16) if seed is None else seed.to_bytes(16, "big", signed=True)
        sample: Reservoir[Item] = Reservoir(FILES_BY_DEFAULT, drawn)
        return Looking(
            self.target,
            self.extent,
            self.references,
            self._names,
            serials,
            self.report.began - self.extent.max_age,
            self.stopped,
            self.journal,
            self.report,
            sample,
        )

    def _go_through(self, looking: Looking, chosen: list[str]) -> None:
        """Look at the projects, in several processes where that is worth it."""
        extent = self.extent
        processes = min(extent.processes, extent.workers)
        names = chosen
        if processes > 1 and len(chosen) >= FEWEST and can_fork(self.fetcher):
            from mirrorlab.check.sharing import Sharing

            with Sharing(looking, self.fetcher, chosen, processes) as sharing:
                self._share(sharing, looking, len(chosen))
            names = []
        with ThreadPoolExecutor(extent.workers, thread_name_prefix="check") as pool:
            try:
                self._do(pool, looking, names)
            except BaseException:
                self.stopped.set()
                self.fetcher.abort()
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _share(self, sharing: Sharing, looking: Looking, chosen: int) -> None:
        try:
            for part in sharing.parts():
                self._absorb(part, looking)
                self.progress("projects", self.report.looked, chosen)
        except (EOFError, OSError):
            self.report.doubt("a process of the check has died, and with it what it had found")
        except BaseException:
            self.stopped.set()
            for part in sharing.rest():
                self._absorb(part, looking)
            raise

    def _absorb(self, part: Part, looking: Looking) -> None:
        self.report.absorb(part.report)
        self.target.take(part.seen)
        self.fetcher.requests += part.requests
        for lot, item in part.sample:
            looking.sample.take(lot, item)
        for line in part.noted:
            self.journal.write(line)

    def _do(self, pool: ThreadPoolExecutor, looking: Looking, names: list[str]) -> None:
        window = 4 * self.extent.workers
        for done, _ in enumerate(in_turn(pool, looking.project, names, window), 1):
            self.report.looked = done
            self.progress("projects", done, len(names))
        files = list(looking.sample)
        for done, _ in enumerate(in_turn(pool, looking.file, files, window), 1):
            self.progress("files", done, len(files))

    def _sum_up(self, looking: Looking, chosen: int) -> None:
        report = self.report
        whole = chosen == report.projects and self.extent.only is None
        looking.take(self.target.around(whole, self._serial))
        looking.take(report.tally.lost_here_and_there())
        looking.take(report.features.here_and_there())
        if whole and not (self._names or report.files or report.elsewhere):
            report.doubt(f"no file is named by the pages of {report.projects} projects")
        if not any(one.who == UPSTREAM for one in self.references):
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
        if report.elsewhere:
            report.statements.append(f"{report.elsewhere} files are on other hosts: none was read")
        if report.files_read < report.files:
            report.statements.append(statement("files", report.files, report.files_read))


def can_fork(fetcher: Fetcher) -> bool:
    """Tell whether this process can fork: it is on Linux, and nothing else runs in it."""
    fetcher.pause()
    return sys.platform == "linux" and threading.active_count() == 1
