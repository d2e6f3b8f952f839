"""The parent of the server: prepares the clients' tools, hands tasks out, hears of the cells."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mirrorlab import clients
from mirrorlab.errors import CouldNotTell, NoVerdict
from mirrorlab.lab import Tools, places, tools
from mirrorlab.matrix import order
from mirrorlab.matrix.choosing import Choice
from mirrorlab.matrix.outcome import PATIENCE
from mirrorlab.matrix.record import Cell
from mirrorlab.matrix.task import Report, Task, report_of

WAITING = 16
"""So many cells wait at a time, for each core."""
_PREFERRED = "3.13"
_END_WITHIN = 10.0


@dataclass(frozen=True)
class Done:
    """A cell has been lived: what became of it, or why nothing did."""

    choice: Choice
    cell: Cell | None = None
    problem: NoVerdict | None = None


Listen = Callable[[Done], None]


def default_python() -> str:
    """Return the Python on which clients run unless told otherwise: 3.13 where it is found."""
    if tools.interpreter(_PREFERRED):
        return _PREFERRED
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def prepare(chosen: Sequence[Choice], python: str) -> dict[str, Tools]:
    """Install the tools of every client among ``chosen``: client -> tools. This is phase one."""
    return {
        name: clients.prepare(name, python)
        for name in dict.fromkeys(choice.client for choice in chosen)
    }


def run(
    chosen: Sequence[Choice],
    prepared: Mapping[str, Tools],
    listen: Listen,
    *,
    jobs: int | None = None,
    known: Mapping[str, Cell] = {},
    patience: float = PATIENCE,
) -> None:
    """Live every cell of ``chosen``, each in a world of its own; ``listen`` hears of each.

    ``jobs`` cells compute at a time, by default as many as there are cores; more wait. What
    ``known`` says of their seconds puts them in order. ``patience`` is what an installation may
    take, in seconds. Raises :class:`CouldNotTell` where the server ends before its work is done.
    """
    if not chosen:
        return
    ordered = sorted(chosen, key=lambda each: -order.seconds(each, known))
    tasks = [
        Task(
            choice.client,
            prepared[choice.client],
            choice.configuration,
            choice.trouble,
            order.waits(choice, known),
            patience,
        )
        for choice in ordered
    ]
    computing = jobs or os.cpu_count() or 1
    left = set(range(len(ordered)))
    with _server(tasks, computing, WAITING * computing) as reports:
        for report in reports:
            left.discard(report.number)
            listen(_done(ordered[report.number], report))
    if left:
        missing = ordered[min(left)].id
        raise CouldNotTell(f"the matrix's server ended before its work was done: {missing} is open")


def _done(choice: Choice, report: Report) -> Done:
    if report.cell is not None:
        return Done(choice, report.cell)
    return Done(choice, None, NoVerdict(choice.id, report.problem, report.output))


@contextlib.contextmanager
def _server(tasks: Sequence[Task], jobs: int, waiting: int) -> Iterator[Iterator[Report]]:
    """Give the reports of a server that is gone, with all its cells, when this ends."""
    hearing, reports = os.pipe()
    leash_in, leash = os.pipe()
    with tempfile.TemporaryFile() as complaints:
        numbers = map(str, (reports, leash_in, jobs, waiting))
        popen = subprocess.Popen(
            [*_python(), "-m", "mirrorlab.matrix.server", *numbers],
            env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
            stdin=subprocess.PIPE,
            stdout=complaints,
            stderr=complaints,
            pass_fds=(reports, leash_in),
            start_new_session=True,
        )
        os.close(reports)
        os.close(leash_in)
        try:
            assert popen.stdin is not None
            with contextlib.suppress(BrokenPipeError), popen.stdin as stdin:
                stdin.write(b"".join(task.to_line() for task in tasks))
            with open(hearing, encoding="utf-8") as lines:  # noqa: PTH123 - a file descriptor
                yield (report_of(line) for line in lines)
            if popen.wait():
                complaints.seek(0)
                said = complaints.read().decode(errors="replace").strip()
                raise CouldNotTell(f"the matrix's server failed: {said.rpartition(chr(10))[2]}")
        finally:
            os.close(leash)
            _end(popen)


def _end(popen: subprocess.Popen[bytes]) -> None:
    """See the server end: it does so by itself when its leash is let go."""
    try:
        popen.wait(_END_WITHIN)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait()


def _python() -> list[str]:
    command = [sys.executable, "-P"]
    if sys.dont_write_bytecode:
        command += ["-X", f"pycache_prefix={places.cache() / 'bytecode'}"]
    return command
