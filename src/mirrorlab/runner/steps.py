"""The steps of one world: run to their end, or served until the world ends."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mirrorlab.errors import NotPossible, NotReady, StepFailed, UnknownName
from mirrorlab.lab import Completed, Lab, Process
from mirrorlab.lab.waiting import answers, attempts
from mirrorlab.recipe import placeholders

if TYPE_CHECKING:
    from mirrorlab.recipe import Recipe, Step


class Steps:
    """Runs the steps of a recipe's copy in a lab, and knows the processes they became."""

    def __init__(
        self,
        recipe: Recipe,
        lab: Lab,
        folder: Path,
        skipped: Mapping[str, str] | None = None,
        environments: Mapping[str, Path] | None = None,
    ) -> None:
        """Take the copy in ``folder``; ``skipped`` steps are those that cannot run, with why.

        ``environments`` are the folders of ``{tools.NAME}``; that of ``{tools}`` is under "".
        """
        self.folder = folder
        self._environments = environments or {}
        self._recipe = recipe
        self._lab = lab
        self.settings = self._expand_all(recipe.test)
        self._skipped = skipped or {}
        self._processes: dict[str, Process] = {}
        self._said_before: dict[Path, int] = {}

    def first(self, step: Step) -> Completed:
        """Run a step for the first time, when all is well and it must succeed.

        Raises StepFailed, NotReady, and TimedOut where it does not end in time.
        """
        completed = self.again(step.name, {})
        if completed.exit_code or (step.serves and not self._processes[step.name].running):
            raise StepFailed(step.name, completed.exit_code, completed.output)
        return completed

    def again(self, name: str, settings: Mapping[str, str]) -> Completed:
        """Run a step to its end, or start it (again) and wait until it is ready.

        A service that dies before it is ready is Completed too, with its exit code. Raises
        NotReady, TimedOut.
        """
        step = self._step(name)
        if not step.serves:
            return self._lab.run(
                ["sh", step.run],
                name=name,
                cwd=self.folder,
                settings=self._settings(step, settings),
                timeout=step.within,
            )
        return self._await(step, self.start(name, settings))

    def start(self, name: str, settings: Mapping[str, str]) -> Process:
        """Start a step and return at once; a service that still runs is stopped before."""
        step = self._step(name)
        if step.serves and name in self._processes:
            self._processes[name].stop()
        process = self._lab.spawn(
            ["sh", step.run], name=name, cwd=self.folder, settings=self._settings(step, settings)
        )
        self._processes[name] = process
        return process

    def command(self, argv: list[str], settings: Mapping[str, str], timeout: float) -> Completed:
        """Run any command as the steps are run."""
        return self._lab.run(
            argv, cwd=self.folder, settings={**self.settings, **settings}, timeout=timeout
        )

    def processes(self) -> dict[str, Process]:
        """The latest process of every step that was started."""
        return dict(self._processes)

    def services(self) -> dict[str, Process]:
        """The processes of the steps that serve, by name."""
        serving = {step.name for step in self._recipe.steps if step.serves}
        return {name: each for name, each in self._processes.items() if name in serving}

    def urls(self) -> dict[str, str]:
        """Where the steps that serve answer."""
        ready = {step.name: step.ready for step in self._recipe.steps}
        return {name: self._expand(url) for name, url in ready.items() if url}

    def transcript(self) -> str:
        """What the world's programs said, one after the other in the order of their start."""
        return b"".join(log.read_bytes() for log in self._logs()).decode(errors="replace")

    def begin_story(self) -> None:
        """Take note of how much has been said before the promise or drill begins."""
        self._said_before = {log: log.stat().st_size for log in self._logs()}

    def said_in_story(self) -> str:
        """What the world's programs said since :meth:`begin_story`."""
        said = (log.read_bytes()[self._said_before.get(log, 0) :] for log in self._logs())
        return b"".join(said).decode(errors="replace")

    def _logs(self) -> list[Path]:
        return sorted((self._lab.tmp / "logs").iterdir())

    def _await(self, step: Step, process: Process) -> Completed:
        url = self._expand(step.ready or "")
        began = time.monotonic()
        for _ in attempts(step.within):
            if not process.running:
                return process.wait()
            if answers(url):
                return Completed(step.name, 0, process.output(), time.monotonic() - began)
        raise NotReady(step.name, url, step.within, process.output())

    def _step(self, name: str) -> Step:
        step = self._recipe.step(name)
        if step is None:
            raise UnknownName("step", name, tuple(step.name for step in self._recipe.steps))
        if name in self._skipped:
            raise NotPossible(f"the step {name!r}", self._skipped[name])
        return step

    def _settings(self, step: Step, settings: Mapping[str, str]) -> dict[str, str]:
        known = tuple(setting.name for setting in self._recipe.settings)
        for name in settings:
            if name not in known:
                raise UnknownName("setting of a script", name, known)
        return {**self.settings, **self._expand_all(step.test), **settings}

    def _expand_all(self, settings: Mapping[str, str]) -> dict[str, str]:
        return {name: self._expand(text) for name, text in settings.items()}

    def _expand(self, text: str) -> str:
        lab = self._lab
        return placeholders.expand(
            text,
            index=lab.index.url,
            tmp=lab.tmp,
            mirrorlab=lab.kit,
            port=lab.port,
            tools=self._environments.__getitem__,
        )
