"""The programs a lab runs, each in a process group of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirrorlab.errors import ProgramMissing, TimedOut
from mirrorlab.lab import isolation, programs
from mirrorlab.lab.waiting import attempts

_STOP_WITHIN = 5.0


@dataclass(frozen=True)
class Completed:
    """A program that has ended. ``output`` is what it said on stdout and stderr, in order."""

    name: str
    exit_code: int
    output: str
    seconds: float


class Process:
    """A running program: it and the members of its process group are acted upon together."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        """Take a process that leads its own process group and writes to ``log``."""
        self.name = name
        self.log = log
        self._process = process
        self._started = time.monotonic()

    @property
    def pid(self) -> int:
        """The id of the process, and of its group."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the program itself has not ended."""
        return self._process.poll() is None

    def output(self) -> str:
        """Return what it has said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, nothing is cleaned up."""
        self._signal(signal.SIGKILL)
        self._signal(signal.SIGCONT)
        self._process.wait()

    def hang(self) -> None:
        """Stop it from doing anything, while its connections stay open (SIGSTOP)."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after :meth:`hang`."""
        self._signal(signal.SIGCONT)

    def ask(self) -> None:
        """Ask it to end (SIGTERM), and do not wait."""
        if self.running:
            self._signal(signal.SIGTERM)
            self._signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to end, insist after 5 s; return its exit code."""
        self.ask()
        if self.running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_WITHIN)
        self.kill()
        return self._exit_code()

    def wait(self, deadline: float = 60) -> Completed:
        """Return once it has ended; raise :class:`TimedOut` after ``deadline`` seconds."""
        for _ in attempts(deadline):
            if not self.running:
                seconds = time.monotonic() - self._started
                return Completed(self.name, self._exit_code(), self.output(), seconds)
        raise TimedOut(f"the end of {self.name!r}", deadline, self.output())

    def _exit_code(self) -> int:
        ended = self._process.wait()
        return 128 - ended if ended < 0 else ended

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def start(
    argv: Sequence[str | os.PathLike[str]],
    *,
    name: str,
    cwd: Path,
    environment: Mapping[str, str],
    log: Path,
) -> Process:
    """Start a program; its stdout and stderr go to ``log``, its stdin is empty.

    Raises :class:`ProgramMissing` where the program is not on the environment's ``PATH``.
    """
    words = [os.fspath(word) for word in argv]
    program = programs.find(words[0], environment["PATH"], cwd)
    if program is None:
        raise ProgramMissing(words[0], programs.package(words[0]))
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            executable=program,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    isolation.announce(process.pid)
    return Process(name, process, log)
