"""The lab itself: a temporary world with an index, a home, ports, programs and a trap."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mirrorlab.errors import NotPossible, TimedOut
from mirrorlab.lab import disks, environment, own_command, processes
from mirrorlab.lab.escape import Escape, Trap
from mirrorlab.lab.names import NameServer
from mirrorlab.lab.ports import Ports
from mirrorlab.lab.processes import Completed, Process
from mirrorlab.lab.tools import Tools
from mirrorlab.lab.waiting import wait_until
from mirrorlab.scenario import Scenario

if TYPE_CHECKING:
    from mirrorlab.index import Index

_STOP_WITHIN = 5.0
_NOT_YET = "a lab exists inside `with` only"

Argv = Sequence[str | os.PathLike[str]]


class Lab:
    """A temporary world; a context manager, at whose end all of it is gone.

    It works in an ordinary process too, but only :func:`mirrorlab.lab.isolation.isolate` keeps
    clients from leaving and processes from outliving it.
    """

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        tools: Tools | None = None,
        wheels: Path | None = None,
        keep: bool = False,
        root: Path | None = None,
    ) -> None:
        """Describe a lab; nothing exists before ``with``.

        ``scenario`` is what its index serves (None: it has no index), ``wheels`` the folder of
        the distributions the scenario locks, ``tools`` what comes first on ``PATH``, ``root``
        the folder in which its own is made. ``keep`` leaves its files when it ends.
        """
        self._scenario = scenario
        self._tools = tools
        self._wheels = wheels
        self._keep = keep
        self._root = root
        self._index: Index | None = None
        self._furniture: environment.Furniture | None = None
        self._tmp: Path | None = None
        self._trap = Trap()
        self._ports = Ports()
        self._running: list[Process] = []
        self._disks: list[Path] = []
        self._logs = 0
        self._stack = ExitStack()

    @property
    def tmp(self) -> Path:
        """The lab's folder: all its files are below."""
        if self._tmp is None:
            raise NotPossible("the lab's folder", _NOT_YET)
        return self._tmp

    @property
    def index(self) -> Index:
        """The lab's own package index, serving its scenario."""
        if self._index is None:
            raise NotPossible("the lab's index", "this lab was made without a scenario")
        return self._index

    @property
    def escapes(self) -> tuple[Escape, ...]:
        """Who tried to leave, in order, each once."""
        return self._trap.escapes

    @property
    def kit(self) -> Path:
        """The kit's own command, as a program of this lab may run it."""
        return self.tmp / "kit" / "mirrorlab"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._tmp = Path(tempfile.mkdtemp(prefix="lab-", dir=self._root))
            stack.callback(self._remove_files)
            stack.enter_context(self._trap)
            ca = None
            if self._scenario is not None:
                from mirrorlab.index import Index

                self._index = Index(self._scenario, wheels=self._wheels)
                stack.enter_context(self._index)
                ca = self.tmp / "ca.pem"
                ca.write_bytes(self._index.ca_pem)
            self._furnish(ca)
            stack.callback(self._stop_processes)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def environment(self, **settings: object) -> dict[str, str]:
        """Return the whole environment of a program in this lab; ``settings`` come on top."""
        if self._furniture is None:
            raise NotPossible("the lab's environment", _NOT_YET)
        return environment.build(self._furniture, settings)

    def run(
        self,
        argv: Argv,
        *,
        name: str | None = None,
        cwd: Path | None = None,
        settings: Mapping[str, object] = {},
        timeout: float = 60,
    ) -> Completed:
        """Run a program to its end, whatever its exit code.

        After ``timeout`` seconds it is killed and :class:`TimedOut` raised, with what it said.
        Raises :class:`ProgramMissing`.
        """
        process = self.spawn(argv, name=name, cwd=cwd, settings=settings)
        try:
            return process.wait(timeout)
        except TimedOut:
            process.kill()
            raise

    def spawn(
        self,
        argv: Argv,
        *,
        name: str | None = None,
        cwd: Path | None = None,
        settings: Mapping[str, object] = {},
    ) -> Process:
        """Start a program and return at once. Raises :class:`ProgramMissing`."""
        label = name or Path(argv[0]).name
        self._logs += 1
        process = processes.start(
            argv,
            name=label,
            cwd=cwd or self.tmp,
            environment=self.environment(**settings),
            log=self.tmp / "logs" / f"{self._logs:03}-{label.replace('/', '_')}.log",
        )
        self._running.append(process)
        return process

    def port(self, name: str) -> int:
        """Return a free port; for the same name always the same."""
        return self._ports.port(name)

    def small_disk(self, path: Path, size: int) -> None:
        """Mount an empty file system of ``size`` bytes at ``path``.

        Raises :class:`NotPossible` outside namespaces.
        """
        disks.mount_small(path, size)
        self._disks.append(path)

    def serve_names(
        self, names: Mapping[str, Sequence[str]], *, rotate: bool = False
    ) -> NameServer:
        """Have every program of this lab resolve each name to its addresses, in their order.

        ``rotate`` lets the order turn with each answer, which is what DNS servers do by default.
        From here on environments except the names from the proxy. Raises :class:`ProgramMissing`
        without dnsmasq, and :class:`NotPossible` outside namespaces or where port 53 is taken.
        """
        if self._furniture is None:
            raise NotPossible("a name server in the lab", _NOT_YET)
        server = NameServer(self, names, rotate=rotate)
        self._stack.callback(server.stop)
        server.start()
        self._furniture = replace(self._furniture, direct=(*self._furniture.direct, *names))
        return server

    def _furnish(self, ca: Path | None) -> None:
        home, scratch, logs = (self.tmp / name for name in ("home", "scratch", "logs"))
        for folder in (home, scratch, logs):
            folder.mkdir()
        own_command.write(self.kit)
        tools = self._tools.bin if self._tools else None
        self._furniture = environment.Furniture(home, scratch, self._trap.url, ca, tools)

    def _stop_processes(self) -> None:
        for process in self._running:
            process.ask()
        with suppress(TimedOut):
            wait_until(lambda: not any(p.running for p in self._running), within=_STOP_WITHIN)
        for process in self._running:
            process.kill()

    def _remove_files(self) -> None:
        for disk in reversed(self._disks):
            disks.unmount(disk)
        if not self._keep:
            shutil.rmtree(self.tmp, ignore_errors=True)
