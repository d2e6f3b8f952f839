"""The process that outlives nobody: it watches one child and ends all that child started.

``isolate`` puts two guardians above the process that does the work: ``outer > guardian > worker``.
Kill any of the three, in whatever way, and the others end everything below. Inside namespaces
the second guardian is process 1, and the kernel itself kills the rest when it ends. Elsewhere on
Linux both are child subreapers, so that a daemon cannot climb out. Where there are no subreapers
either, the worker announces the process groups it starts, and those are ended.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_HANDLED = (*FORWARDED, signal.SIGCHLD)
_SWEEP_WITHIN = 10.0


@dataclass
class Guardian:
    """Waits for one child and says how it ended; then ends what the child left behind.

    ``leashes`` are reading ends of pipes: when the other end closes, the child is killed.
    ``announcements`` is the reading end of the pipe on which process groups are announced.
    """

    leashes: tuple[int, ...] = ()
    announcements: int | None = None
    _groups: set[int] = field(default_factory=set)

    def watch(self, child: int) -> int:
        """Return the exit code of ``child`` (128 + n for the signal n), once nothing is left."""
        code = self._wait(child)
        self._sweep()
        return code

    def _wait(self, child: int) -> int:
        with _signals() as arrived:
            open_leashes = set(self.leashes)
            while True:
                code = _reap(child)
                if code is not None:
                    return code
                watched = [arrived, *open_leashes]
                if self.announcements is not None:
                    watched.append(self.announcements)
                ready, _, _ = select.select(watched, [], [])
                for end in open_leashes.intersection(ready):
                    if not os.read(end, 512):
                        open_leashes.discard(end)
                        _kill(child)
                if self.announcements in ready:
                    self._listen()
                if arrived in ready:
                    _forward(os.read(arrived, 512), child)

    def _listen(self) -> None:
        assert self.announcements is not None
        heard = os.read(self.announcements, 4096)
        if not heard:
            self.announcements = None
        self._groups.update(int(line) for line in heard.split())

    def _sweep(self) -> None:
        """Kill whatever is left below this process, until nothing is."""
        while self.announcements is not None and select.select([self.announcements], [], [], 0)[0]:
            self._listen()
        for group in self._groups:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        deadline = time.monotonic() + _SWEEP_WITHIN
        while time.monotonic() < deadline:
            for process in descendants(os.getpid()):
                _kill(process)
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    time.sleep(0.005)
            except ChildProcessError:
                return


def descendants(ancestor: int) -> tuple[int, ...]:
    """Return the processes below ``ancestor``, from /proc; empty where there is no /proc."""
    if not sys.platform.startswith("linux"):
        return ()
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                # The second field, the name, is in brackets and may hold anything.
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                children.setdefault(int(fields[1]), []).append(int(folder.name))
    found: list[int] = []
    pending = [ancestor]
    while pending:
        below = children.pop(pending.pop(), [])
        found += below
        pending += below
    return tuple(found)


def hold_signals() -> None:
    """Keep signals waiting while processes are forked, so that none is lost."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)


def release_signals() -> None:
    """Let the signals in that :func:`hold_signals` kept waiting."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)


@contextlib.contextmanager
def _signals() -> Iterator[int]:
    """Give a file descriptor on which each signal that arrives is one byte, its number."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    previous = {number: signal.signal(number, lambda *_: None) for number in _HANDLED}
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    release_signals()
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(-1)
        for number, handler in previous.items():
            signal.signal(number, signal.SIG_IGN if number in FORWARDED else handler)
        os.close(reader)
        os.close(writer)


def _reap(child: int) -> int | None:
    """Collect every process that has ended; return the exit code of ``child`` if it is one."""
    code = None
    with contextlib.suppress(ChildProcessError):
        while True:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return code
            if process == child:
                ended = os.waitstatus_to_exitcode(status)
                code = 128 - ended if ended < 0 else ended
    return code


def _forward(numbers: bytes, child: int) -> None:
    for number in numbers:
        if number in FORWARDED:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, number)


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, signal.SIGKILL)
