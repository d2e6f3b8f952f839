"""``python -m mirrorlab.matrix.server REPORTS LEASH JOBS WAITING``: the command starts it, once.

It has imported everything and runs no thread, so that a cell costs a fork and not the start of
an interpreter. Each fork isolates itself, lives its cell and reports in one line. Tasks come in
on stdin, reports go out on REPORTS. When the other end of LEASH closes, it ends, and with it every
cell: all hold the reading end of one pipe whose other end only this process has.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import NoReturn

from mirrorlab.errors import MirrorlabError, NoVerdict
from mirrorlab.index import Index
from mirrorlab.lab import isolation
from mirrorlab.matrix import goods, living
from mirrorlab.matrix.busy import at_work
from mirrorlab.matrix.task import Report, Task, task_of

_GRACE = 300.0
"""Seconds a cell may take beyond its installation, with all that prepares it."""
_LOOK = 0.25
"""Seconds between two looks at who computes."""
_SETTLED = 0.5
"""Seconds without work after which a cell is said to wait."""
_OUTPUT_END = 20_000


@dataclass(eq=False)
class _Child:
    number: int
    pid: int
    hearing: int
    waits: bool
    due: float
    busy: float
    """When it was seen at work last."""
    heard: bytearray = field(default_factory=bytearray)
    late: bool = False

    def computes(self, now: float) -> bool:
        return now - self.busy < _SETTLED


class Server:
    """Lives all tasks, in the order given: a few that compute, and many that wait.

    Who waits is seen, not guessed: a cell none of whose processes was at work for a while. So a
    busy machine does not get busier, which would make the time-outs of installers lie.
    """

    def __init__(
        self, tasks: list[Task], reports: int, leash: int, jobs: int, waiting: int
    ) -> None:
        """``jobs`` cells compute at a time, ``waiting`` more wait."""
        numbered = list(enumerate(tasks))
        self._computing = deque(each for each in numbered if not each[1].waits)
        self._waiting = deque(each for each in numbered if each[1].waits)
        self._reports = reports
        self._leash = leash
        self._jobs = jobs
        self._room = waiting
        self._children: dict[int, _Child] = {}
        self._lifeline, self._held = os.pipe()
        self._selector = selectors.DefaultSelector()
        self._selector.register(leash, selectors.EVENT_READ)
        self._looked = 0.0

    def work(self) -> None:
        """Return when every task has been reported, or nobody waits for them any more."""
        while self._computing or self._waiting or self._children:
            while task := self._next():
                self._fork(*task)
            for key, _ in self._selector.select(self._pause()):
                if key.data is None:
                    return
                self._hear(key.data)
            self._end_the_late()

    def _next(self) -> tuple[int, Task] | None:
        now = time.monotonic()
        self._look(now)
        children = self._children.values()
        if sum(child.computes(now) for child in children) >= self._jobs:
            return None
        if len(children) >= self._jobs + self._room:
            return None
        if self._waiting and sum(child.waits for child in children) < self._room:
            return self._waiting.popleft()
        if self._computing:
            return self._computing.popleft()
        return None

    def _look(self, now: float) -> None:
        """See who is at work; where the system does not tell, who is said to wait is believed."""
        if now - self._looked < _LOOK or not (self._computing or self._waiting):
            return
        self._looked = now
        working = at_work(self._children)
        for child in self._children.values():
            if child.pid in working if working is not None else not child.waits:
                child.busy = now

    def _pause(self) -> float:
        """Seconds until the next look, or until a child is late."""
        if self._computing or self._waiting:
            return _LOOK
        now = time.monotonic()
        return max(_LOOK, min(child.due - now for child in self._children.values()))

    def _fork(self, number: int, task: Task) -> None:
        hearing, out = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(self._held)
            os.close(self._reports)
            os.close(self._leash)
            _be_a_cell(number, task, out, self._lifeline)
        os.close(out)
        now = time.monotonic()
        child = _Child(number, pid, hearing, task.waits, now + task.patience + _GRACE, now)
        self._children[pid] = child
        self._selector.register(hearing, selectors.EVENT_READ, child)

    def _hear(self, child: _Child) -> None:
        data = os.read(child.hearing, 65536)
        if data:
            child.heard += data
            return
        self._selector.unregister(child.hearing)
        os.close(child.hearing)
        code = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
        del self._children[child.pid]
        if not child.heard.endswith(b"\n"):
            why = "it did not end" if child.late else f"its process ended with {code}"
            child.heard[:] = Report(child.number, problem=why).to_line()
        _write(self._reports, bytes(child.heard))

    def _end_the_late(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if now > child.due and not child.late:
                child.late = True
                os.kill(child.pid, signal.SIGKILL)


def _be_a_cell(number: int, task: Task, out: int, leash: int) -> NoReturn:
    code = 1
    try:
        isolation.isolate(leash=leash)
        _write(out, _report(number, task).to_line())
        code = 0
    finally:
        os._exit(code)  # the kernel ends and removes a whole world quicker than we could


def _report(number: int, task: Task) -> Report:
    try:
        cell = living.live(
            task.client, task.tools, task.configuration, task.trouble, patience=task.patience
        )
    except NoVerdict as problem:
        return Report(number, None, problem.reason, problem.output[-_OUTPUT_END:])
    except MirrorlabError as problem:
        return Report(number, None, str(problem))
    except Exception as problem:  # a mistake of the kit is no outcome either
        return Report(number, None, f"the kit made a mistake: {type(problem).__name__}: {problem}")
    return Report(number, cell)


def _write(out: int, line: bytes) -> None:
    while line:
        line = line[os.write(out, line) :]


def _warm_up() -> None:
    """Import what an index imports when it starts, and ask the kernel for namespaces once."""
    goods.kinds()
    with Index(goods.GENUINE):
        pass
    isolation.why_not()
    gc.collect()
    gc.freeze()


def main() -> None:
    """Read the tasks and work."""
    reports, leash, jobs, waiting = map(int, sys.argv[1:])
    tasks = [task_of(line) for line in sys.stdin]
    _warm_up()
    Server(tasks, reports, leash, jobs, waiting).work()


if __name__ == "__main__":
    main()
