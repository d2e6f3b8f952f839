"""What a recipe is, read from its folder by :mod:`.manifest`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.specifiers import SpecifierSet

from mirrorlab.recipe import drillfile
from mirrorlab.recipe.settings import Setting
from mirrorlab.recipe.words import Capability, Topic

PROMISE_WORLD = drillfile.PROMISE
"""The world of the promise, which drills may share."""


@dataclass(frozen=True)
class Needs:
    """What a machine must have for this recipe to be tested on it."""

    programs: tuple[str, ...] = ()
    """``"nginx|caddy"``: one of the two."""
    can: tuple[Capability, ...] = ()
    python: str | None = None
    """A version specifier, as in ``requires-python``."""

    def python_will_do(self, version: str) -> bool:
        """Whether this Python (``"3.13"``) is one the recipe works on."""
        return self.python is None or version in SpecifierSet(self.python)


@dataclass(frozen=True)
class Step:
    """One script; it runs to its end, or serves until stopped where ``ready`` is given."""

    name: str
    run: str
    """The script's file name in the recipe's folder."""
    says: str
    """What it does, from the comment at its top."""
    ready: str | None = None
    """The URL that answers when the service is up; may hold placeholders."""
    within: int = 30
    """Seconds: to the end, or to the first answer of ``ready``."""
    needs: tuple[str, ...] = ()
    """Programs; without them this step alone is skipped."""
    test: Mapping[str, str] = field(default_factory=dict)
    """Settings of this step only; may hold placeholders."""

    @property
    def serves(self) -> bool:
        """Whether it goes on until it is stopped."""
        return self.ready is not None


@dataclass(frozen=True)
class Drill:
    """One way in which the recipe is broken on purpose."""

    name: str
    title: str
    shows: tuple[str, ...] = ()
    """Messages that the drill must bring about, word by word."""
    after: str | None = None
    """The last step that is done before this drill; None: all of them."""
    world: str | None = None
    """Drills that name the same world are told one after another in it; ``promise`` is the
    promise's own. None: a world of its own."""

    @property
    def function(self) -> str:
        """Its function among the drills."""
        return drillfile.function_of(self.name)


@dataclass(frozen=True)
class Recipe:
    """A recipe, complete and checked."""

    folder: Path
    title: str
    answers: str
    topic: Topic
    scenario: str
    """The name of a built-in scenario, or of a ``.toml`` file in the folder."""
    needs: Needs
    clients: tuple[str, ...]
    """Installers the drills use, by the name of their lock: ``pip``, ``pip-22.1``."""
    test: Mapping[str, str]
    """All that a test changes: settings by name; may hold placeholders."""
    steps: tuple[Step, ...]
    drills: tuple[Drill, ...]
    settings: tuple[Setting, ...]
    """All settings of all scripts, each once."""
    tools: Mapping[str, str] = field(default_factory=dict)
    """Further environments: the file name of their lock, by the name in ``{tools.NAME}``."""

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def scenario_file(self) -> Path | None:
        """The scenario's file where the recipe brings its own."""
        return self.folder / self.scenario if self.scenario.endswith(".toml") else None

    def step(self, name: str) -> Step | None:
        """The step of that name."""
        return next((step for step in self.steps if step.name == name), None)

    def steps_before(self, story: str) -> tuple[Step, ...]:
        """The steps done before the drill of that name; before the promise, all of them."""
        drill = self.drill(story)
        names = [step.name for step in self.steps]
        last = names.index(drill.after) + 1 if drill and drill.after else len(names)
        return self.steps[:last]

    def worlds(self, stories: Iterable[str]) -> tuple[tuple[str, ...], ...]:
        """The stories, grouped into those that are told in one world; order is kept."""
        shared: dict[str, list[str]] = {}
        for story in stories:
            drill = self.drill(story)
            name = PROMISE_WORLD if drill is None else drill.world or f"only {story}"
            shared.setdefault(name, []).append(story)
        return tuple(map(tuple, shared.values()))

    def drill(self, name: str) -> Drill | None:
        """The drill of that name."""
        return next((drill for drill in self.drills if drill.name == name), None)

    def requirements(self, python: str) -> Path | None:
        """The locked tools for this Python (``"3.13"``); None where the recipe needs none."""
        for name in (f"requirements-{python}.txt", "requirements.txt"):
            if (self.folder / name).is_file():
                return self.folder / name
        return None
