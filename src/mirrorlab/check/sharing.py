"""Sharing the projects among processes: Python runs one thread at a time in each.

Processes are forked before any thread runs: each has then all that is known already, the lists
above all, without a copy. They are told which projects to look at, some at a time, and send back
what they found. One that dies takes its projects with it, which is a doubt.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import NoReturn

from mirrorlab.check.fetching import Fetcher
from mirrorlab.check.looking import Item, Looking
from mirrorlab.check.report import Report

AT_A_TIME = 16
"""So many projects one thread is given."""
_ENDED_WITHIN = 10.0
_IDLE = 0.5
_BUSY = 0.25
"""A process that waits for more than the one share of its time gets a thread more; for less than
the other, a thread less."""


@dataclass(slots=True)
class Part:
    """What came of some projects: what one process tells the other."""

    report: Report
    sample: list[tuple[int, Item]]
    noted: list[str]
    seen: object
    """What the target has to know in the end."""
    requests: int
    idle: float
    """The share of the time in which the process waited."""


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    most: int
    """The threads that it may have."""
    given: int = 0
    """How often it was given projects that it has not told of."""
    threads: int = 1
    """How many of them are to be at work."""

    def pace(self, idle: float) -> None:
        """Let more threads work while they wait for answers, and fewer while they do not."""
        if idle > _IDLE:
            self.threads = min(self.most, self.threads + 1)
        elif idle < _BUSY:
            self.threads = max(1, self.threads - 1)


@dataclass(slots=True)
class Sharing:
    """Some processes that look at projects."""

    looking: Looking
    fetcher: Fetcher
    chosen: Sequence[str]
    processes: int
    _workers: list[_Worker] = field(default_factory=list)

    def __enter__(self) -> Sharing:
        """Fork."""
        context = multiprocessing.get_context("fork")
        most = max(1, self.looking.extent.workers // self.processes)
        for _ in range(self.processes):
            mine, other = context.Pipe()
            closed = [*(worker.pipe for worker in self._workers), mine]
            process = context.Process(target=self._work, args=(other, closed, most), daemon=True)
            process.start()
            other.close()
            self._workers.append(_Worker(process, mine, most))
        return self

    def __exit__(self, *_: object) -> None:
        """End them, at once where they do not end by themselves."""
        for worker in self._workers:
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join(_ENDED_WITHIN)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def parts(self) -> Iterator[Part]:
        """Yield what comes of the projects, as it comes.

        Raises :class:`OSError` or :class:`EOFError` where a process has died.
        """
        step = max(1, min(AT_A_TIME, len(self.chosen) // (8 * self.looking.extent.workers)))
        ranges = iter(range(0, len(self.chosen), step))
        for worker in self._workers:
            self._give(worker, ranges, step)
        while any(worker.given for worker in self._workers):
            for worker in self._told(None):
                part: Part = worker.pipe.recv()
                worker.given -= 1
                worker.pace(part.idle)
                self._give(worker, ranges, step)
                yield part

    def rest(self) -> Iterator[Part]:
        """Stop, and yield what was found until then."""
        for worker in self._workers:
            worker.process.terminate()
        until = time.monotonic() + _ENDED_WITHIN
        left = list(self._workers)
        while left and time.monotonic() < until:
            for pipe in wait([worker.pipe for worker in left], until - time.monotonic()):
                worker = next(one for one in left if one.pipe is pipe)
                try:
                    yield worker.pipe.recv()
                except (EOFError, OSError):
                    left.remove(worker)

    def _give(self, worker: _Worker, ranges: Iterator[int], step: int) -> None:
        while worker.given <= worker.threads:  # one more, so that none waits for this process
            start = next(ranges, None)
            if start is None:
                return
            worker.pipe.send((start, start + step, worker.threads, self.looking.sample.above))
            worker.given += 1

    def _told(self, timeout: float | None) -> list[_Worker]:
        ready = wait([worker.pipe for worker in self._workers], timeout)
        return [worker for worker in self._workers if worker.pipe in ready]

    def _work(self, pipe: Connection, closed: Sequence[Connection], most: int) -> None:
        """Be one of the processes, to its end."""
        for other in closed:
            other.close()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who forked it tells it
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # processes are shared on Linux alone
        signal.signal(signal.SIGTERM, _interrupt)
        shift = _Shift(self.looking, self.fetcher, pipe)
        pool = ThreadPoolExecutor(most)
        try:
            while True:
                start, end, threads, above = pipe.recv()
                shift.allow(threads)
                pool.submit(shift.look, self.chosen[start:end], above)
        except (EOFError, OSError, KeyboardInterrupt):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self.looking.stopped.set()
            self.fetcher.abort()
        finally:
            shift.allow(most)
            pool.shutdown(wait=True, cancel_futures=True)
            self.fetcher.close()
            pipe.close()


class _Shift:
    """What the threads of one process do."""

    def __init__(self, looking: Looking, fetcher: Fetcher, pipe: Connection) -> None:
        self._looking = looking
        self._fetcher = fetcher
        self._pipe = pipe
        self._told = threading.Lock()
        self._turn = threading.Condition()
        self._allowed = 1
        self._busy = 0
        self._requests = fetcher.requests
        self._since = (time.monotonic(), time.process_time())

    def allow(self, threads: int) -> None:
        """Let so many work at a time."""
        with self._turn:
            self._allowed = threads
            self._turn.notify_all()

    def look(self, names: Sequence[str], above: int) -> None:
        """Look at projects, and tell what came of them."""
        with self._turn:
            self._turn.wait_for(lambda: self._busy < self._allowed)
            self._busy += 1
        try:
            self._look(names, above)
        finally:
            with self._turn:
                self._busy -= 1
                self._turn.notify()

    def _look(self, names: Sequence[str], above: int) -> None:
        whole = self._looking
        report = Report(whole.report.target, whole.report.upstream, whole.report.began)
        sample = whole.sample.like(above)
        journal = whole.journal.elsewhere()
        looking = replace(whole, report=report, sample=sample, journal=journal)
        for name in names:
            looking.project(name)
            report.looked += not whole.stopped.is_set()
        with self._told, suppress(OSError):  # nobody listens any more: nobody is to know
            requests, self._requests = (
                self._fetcher.requests - self._requests,
                self._fetcher.requests,
            )
            seen = whole.target.seen()
            lots = list(sample.lots())
            self._pipe.send(Part(report, lots, journal.noted, seen, requests, self._idle()))

    def _idle(self) -> float:
        """Return the share of the time, since this was last asked, that this process waited."""
        now = (time.monotonic(), time.process_time())
        spent = [new - old for new, old in zip(now, self._since, strict=True)]
        self._since = now
        return 1 - spent[1] / spent[0] if spent[0] > 0 else 0.0


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
