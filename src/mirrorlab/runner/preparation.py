"""Phase 1 of a recipe: all that comes from outside is installed before any world begins.

Nothing here is isolated. Whoever is isolated already (a test) finds everything in the cache, or
is told that it is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mirrorlab import clients, scenario
from mirrorlab.errors import BrokenFile, NotPossible, UnknownName
from mirrorlab.lab import Tools, isolation, programs, tools
from mirrorlab.recipe import Capability, Recipe
from mirrorlab.recipe.manifest import MANIFEST
from mirrorlab.runner.order import Order, Tale, ToolPaths

Say = Callable[[str], None]

_NO_TOOLS = Path(__file__).with_name("nothing.txt")

_OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True)
class Prepared:
    """A recipe that can be run on one Python; where ``skipped`` says why not, only that."""

    recipe: Recipe
    python: str
    skipped: str | None = None
    tools: Tools | None = None
    more_tools: tuple[tuple[str, Tools], ...] = ()
    clients: tuple[tuple[str, Tools], ...] = ()
    wheels: Path | None = None
    skipped_steps: tuple[tuple[str, str], ...] = ()

    def order(self, tales: tuple[Tale, ...], *, deadline: float, keep: bool) -> Order:
        """What a world needs to know to tell these stories of this recipe."""
        return Order(
            folder=str(self.recipe.folder),
            python=self.python,
            tales=tales,
            deadline=deadline,
            tools=_paths(self.tools) if self.tools else None,
            more_tools={name: str(tools.bin.parent) for name, tools in self.more_tools},
            clients={name: _paths(tools) for name, tools in self.clients},
            wheels=str(self.wheels) if self.wheels else None,
            skipped_steps=dict(self.skipped_steps),
            keep=keep,
        )


def prepare(recipe: Recipe, python: str, say: Say = lambda _: None) -> Prepared:
    """Install what ``recipe`` needs on ``python`` (``"3.13"``), or say why it must be skipped.

    ``say`` hears what is going on. Raises what :func:`check` raises, and what
    :mod:`mirrorlab.lab.tools` raises where an installation fails.
    """
    check(recipe)
    reason = _unfit(recipe, python)
    if reason:
        return Prepared(recipe, python, skipped=reason)
    say(f"its tools on Python {python}")
    lock = recipe.requirements(python)
    installed = tools.install(lock, python) if lock else bare(python)
    path = f"{installed.bin}:{programs.SYSTEM_PATH}"
    missing = programs.missing(recipe.needs.programs, path)
    if missing:
        return Prepared(recipe, python, skipped=explain(missing))
    try:
        for name in recipe.clients:
            clients.python_for(name, python)
    except NotPossible as problem:
        return Prepared(recipe, python, skipped=str(problem))
    return Prepared(
        recipe,
        python,
        tools=installed,
        more_tools=tuple(
            (name, tools.install(recipe.folder / lock, python))
            for name, lock in recipe.tools.items()
        ),
        clients=tuple((name, _client(name, python, say)) for name in recipe.clients),
        wheels=_wheels(recipe, python, say),
        skipped_steps=tuple(
            (step.name, explain(lacking))
            for step in recipe.steps
            if (lacking := programs.missing(step.needs, path))
        ),
    )


def check(recipe: Recipe) -> None:
    """Refuse names in ``recipe.toml`` that the kit does not know, before anything is installed.

    Raises BrokenFile, with the place, for an unknown scenario or client and for a broken scenario.
    """
    manifest = recipe.folder / MANIFEST
    try:
        _scenario(recipe)
    except UnknownName as error:
        raise BrokenFile(manifest, "scenario", str(error)) from None
    known = tuple(clients.REQUIREMENTS)
    for number, name in enumerate(recipe.clients):
        if name not in known:
            problem = str(UnknownName("client", name, known))
            raise BrokenFile(manifest, f"clients[{number}]", problem)


def bare(python: str) -> Tools:
    """The tools of a recipe that locks none: an environment of this Python, and nothing in it."""
    return tools.install(_NO_TOOLS, python)


def _unfit(recipe: Recipe, python: str) -> str | None:
    """Say what about this machine or Python, other than a program, keeps the recipe from it."""
    if tuple(int(part) for part in python.split(".")) < _OLDEST_PYTHON:
        oldest = ".".join(str(part) for part in _OLDEST_PYTHON)
        return f"the kit supports Python {oldest} and newer, and this is {python}"
    if not recipe.needs.python_will_do(python):
        return f"it needs Python {recipe.needs.python}, and this is {python}"
    if tools.interpreter(python) is None:
        return f"Python {python} is not installed; the package python{python}-venv brings it"
    for capability in recipe.needs.can:
        reason = _cannot(capability)
        if reason:
            return f"it needs {capability.value}: {reason}"
    return None


def _cannot(capability: Capability) -> str | None:
    if capability is Capability.SYSTEMD:
        running = Path("/run/systemd/system").is_dir()
        return None if running else "systemd does not run here"
    return isolation.why_not()


def explain(missing: Iterable[programs.Missing]) -> str:
    """Say which programs are missing, and which Debian packages bring them."""
    named = (
        f"{each.program} (package {each.package})" if each.package else each.program
        for each in missing
    )
    return f"not installed: {', '.join(named)}"


def _client(name: str, python: str, say: Say) -> Tools:
    say(f"the client {name} on Python {clients.python_for(name, python)}")
    return clients.prepare(name, python)


def _wheels(recipe: Recipe, python: str, say: Say) -> Path | None:
    requirements = _scenario(recipe).requirements
    if requirements is None:
        return None
    say(f"the distributions of its scenario for Python {python}")
    return tools.wheelhouse(requirements, [python])


def _scenario(recipe: Recipe) -> scenario.Scenario:
    file = recipe.scenario_file
    return scenario.load(file) if file else scenario.builtin(recipe.scenario)


def _paths(installed: Tools) -> ToolPaths:
    return ToolPaths(str(installed.bin), str(installed.python), installed.version)
