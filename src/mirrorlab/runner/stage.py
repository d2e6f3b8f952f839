"""What a drill sees of its world: :class:`Run`.

``drills.py`` of a recipe has one function ``promise(run)``, what is true when all is well, and one
function for each drill of ``recipe.toml`` (``-`` in the name becomes ``_``); long ones are told in
modules of the folder ``drilling``. Each is called in a world of its own: a fresh lab, a copy of the
recipe, every step done, every service ready. ::

    def promise(run):
        attempt = run.client("pip").install("demo-lib", index=run.settings["URL"])
        assert attempt.installed["demo-lib"] == "2.0"

    def upstream_500(run):
        run.index.fault("500", "/simple/demo-dep/")
        sync = run.step("sync")
        assert "500" in sync.output
        assert run.get(run.settings["URL"] + "/demo-lib/").status == 200

A plain ``assert`` that fails means: does not hold. An error of the kit means: could not tell.
Nothing needs to be cleaned up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from mirrorlab.errors import TimedOut, UnknownName
from mirrorlab.lab.waiting import wait_until
from mirrorlab.runner.answer import Answer, get
from mirrorlab.runner.result import Measure

if TYPE_CHECKING:
    from mirrorlab.clients.base import Client
    from mirrorlab.index import Index
    from mirrorlab.lab import Completed, Lab, Process
    from mirrorlab.lab.tools import Tools
    from mirrorlab.runner.steps import Steps

Value = str | int | Path
"""What a setting may be given as; a script sees it as text."""


class Run:
    """The world of one promise or drill: the recipe's copy, its processes, the test index."""

    def __init__(
        self, lab: Lab, steps: Steps, *, python: str, clients: Mapping[str, Tools] | None = None
    ) -> None:
        """Only the runner makes one, for each world."""
        self._lab = lab
        self._steps = steps
        self._clients = clients or {}
        self._measures: dict[str, Measure] = {}
        self.python: str = python
        """The Python the recipe's tools run on, as ``"3.13"``."""
        self.settings: Mapping[str, str] = MappingProxyType(steps.settings)
        """The ``[test]`` settings, placeholders replaced: ``run.settings["MIRROR"]``."""

    @property
    def index(self) -> Index:
        """The local test index, ``{index}`` of the settings: fault it, publish, read its log."""
        return self._lab.index

    @property
    def tmp(self) -> Path:
        """The world's own folder, ``{tmp}`` of the settings. It is gone when the drill ends."""
        return self._lab.tmp

    @property
    def folder(self) -> Path:
        """The copy of the recipe, and the working directory of its steps."""
        return self._steps.folder

    @property
    def transcript(self) -> str:
        """Everything that programs of this world have printed so far."""
        return self._steps.transcript()

    def step(self, name: str, /, **settings: Value) -> Completed:
        """Run a step again, as ``sh STEP`` with the test settings and these on top.

        Never raises for an exit code other than 0: look at ``exit_code`` and ``output``. A step
        that serves is stopped where it still runs, started again, and awaited until it is ready.
        Only settings that a script has at its top may be given. What takes longer than the step's
        ``within``, does not hold.
        """
        return self._steps.again(name, _texts(settings))

    def start(self, name: str, /, **settings: Value) -> Process:
        """Start a step in the background, to kill it midway; returns without waiting.

        ``kill()``, ``wait(deadline)`` and ``output()`` of the process say the rest. It is then
        also :meth:`process` of that name.
        """
        return self._steps.start(name, _texts(settings))

    def process(self, name: str, /) -> Process:
        """The process of a serving (or started) step: ``kill()``, ``hang()``, ``resume()``.

        Raises UnknownName where no such step was started.
        """
        processes = self.processes()
        if name not in processes:
            raise UnknownName("process", name, tuple(processes))
        return processes[name]

    def processes(self) -> dict[str, Process]:
        """Each started step's process by the step's name, the dead ones included."""
        return self._steps.processes()

    def command(self, *argv: Value, timeout: float = 60, **settings: Value) -> Completed:
        """Run a command in the recipe's folder, with the environment of its steps.

        For evidence a file or a request does not give: ``run.command("bandersnatch", "verify")``.
        Never raises for an exit code other than 0.
        """
        return self._steps.command([str(a) for a in argv], _texts(settings), timeout)

    def client(self, name: str = "pip", /) -> Client:
        """A fresh virtual environment with this installer: ``pip``, ``uv``, ``pip-22.1``.

        Its lock must be named in ``clients = […]`` of recipe.toml. Raises UnknownName otherwise.
        Ask ``install(…).installed`` what really arrived.
        """
        if name not in self._clients:
            raise UnknownName("client in recipe.toml", name, tuple(self._clients))
        from mirrorlab.clients import make

        return make(self._lab, self._clients[name], name)

    def get(
        self,
        url: str,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        user: tuple[str, str] | None = None,
        *,
        ca: Path | None = None,
        timeout: float = 10,
    ) -> Answer:
        """Fetch one URL: ``Answer(status, headers, body)`` with ``.text`` and ``.json()``.

        No redirect is followed, no body is decoded (a gzip body stays one), and https must verify
        with ``ca`` (the test index's CA). ``user`` is ``(name, password)``. Status 0 means that
        no answer came; its ``text`` says why.
        """
        trusted = ca or self.index.ca
        return get(url, accept=accept, headers=headers, user=user, ca=trusted, timeout=timeout)

    def wait(
        self, condition: Callable[[], object], what: str = "the condition", within: float = 30
    ) -> None:
        """Wait until ``condition()`` is true; it does not hold if that takes over ``within`` s.

        ``what`` begins the sentence "… did not come within 30 s": ``what="a page for demo-lib"``.
        """
        try:
            wait_until(condition, within=within, what=what)
        except TimedOut:
            raise AssertionError(f"{what} did not come within {within:g} s") from None

    def small_disk(self, path: Path, size: int) -> None:
        """Mount a disk of ``size`` bytes at ``path`` (made if absent; what was there is hidden).

        Raises CouldNotTell where the machine does not allow it; name ``can = ["tmpfs"]`` in
        recipe.toml.
        """
        self._lab.small_disk(path, size)

    def measure(self, name: str, value: float, unit: str) -> None:
        """Note a figure for the results, ``run.measure("outage", 1.2, "s")``. Never assert one."""
        self._measures[name] = Measure(value, unit)

    def port(self, name: str) -> int:
        """``{port.NAME}`` of the settings: a free port, the same one for the same name."""
        return self._lab.port(name)

    @property
    def measures(self) -> Mapping[str, Measure]:
        """What :meth:`measure` noted so far."""
        return MappingProxyType(self._measures)


def _texts(settings: Mapping[str, Value]) -> dict[str, str]:
    return {name: str(value) for name, value in settings.items()}


def first_missing(messages: Iterable[str], transcript: str) -> str | None:
    """The first message that the transcript does not show, white space folded on both sides."""
    folded = " ".join(transcript.split())
    return next((m for m in messages if " ".join(m.split()) not in folded), None)
