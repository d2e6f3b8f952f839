"""Worlds as processes of their own, and a look at the processes of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mirrorlab.lab import wait_until
from mirrorlab.lab.guardian import descendants

WORLD = Path(__file__).with_name("world.py")
MODES = ("namespaces", "guardians")


@dataclass
class World:
    """A running ``world.py``: the outer process, and the mark in every command line of it."""

    process: subprocess.Popen[str]
    mark: str
    temporary: Path

    def told(self) -> str:
        """Return the next line it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, line: str) -> str:
        """Give it a line, return its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.told()

    def chain(self) -> tuple[int, int, int]:
        """Return the ids of outer process, guardian and worker."""
        outer = self.process.pid
        guardian = next(p for p in descendants(outer) if _parent(p) == outer)
        worker = next(p for p in descendants(guardian) if _parent(p) == guardian)
        return outer, guardian, worker

    def processes(self) -> set[int]:
        """Return whoever carries the mark: the world itself, and all it started."""
        return marked(self.mark)

    def gone(self, within: float = 20) -> None:
        """Wait until none of its processes is left."""
        self.process.wait(within)
        wait_until(lambda: not self.processes(), within=within, what="the end of every process")


def marked(mark: str) -> set[int]:
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                if mark.encode() in (folder / "cmdline").read_bytes():
                    found.add(int(folder.name))
            except OSError:
                continue
    return found


def _parent(process: int) -> int:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Start ``world.py`` in a mode, with a role; ended at the end whatever happens."""
    started: list[World] = []

    def start(mode: str, role: str, *args: str, **options: int | None) -> World:
        mark = f"mark-{uuid.uuid4().hex}"
        temporary = tmp_path / f"tmp-{len(started)}"
        temporary.mkdir()
        leash = options.get("leash")
        process = subprocess.Popen(
            [sys.executable, str(WORLD), mark, mode, role, str(leash or 0), *args],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=[leash] if leash else [],
            env={**os.environ, "TMPDIR": str(temporary)},
        )
        started.append(World(process, mark, temporary))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.gone()
        for end in (each.process.stdin, each.process.stdout):
            if end is not None:
                end.close()
