"""``recipe.toml``: what a recipe is, its steps in order, its drills.

:func:`load` checks everything that can be checked without running anything, so a mistake is one
sentence that names its place, not a run that fails in its middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from mirrorlab import tables
from mirrorlab.errors import BrokenFile
from mirrorlab.recipe import drillfile, placeholders
from mirrorlab.recipe.settings import Script, Setting, merge, read_script
from mirrorlab.recipe.words import CLIENT, NAME, Capability, Topic, name_in
from mirrorlab.tables import Table

MANIFEST = "recipe.toml"


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

    @property
    def function(self) -> str:
        """Its function in ``drills.py``."""
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

    def drill(self, name: str) -> Drill | None:
        """The drill of that name."""
        return next((drill for drill in self.drills if drill.name == name), None)

    def requirements(self, python: str) -> Path | None:
        """The locked tools for this Python (``"3.13"``); None where the recipe needs none."""
        for name in (f"requirements-{python}.txt", "requirements.txt"):
            if (self.folder / name).is_file():
                return self.folder / name
        return None


def load(folder: Path) -> Recipe:
    """Read and check the recipe in a folder.

    Raises :class:`~mirrorlab.errors.BrokenFile` for the first mistake in ``recipe.toml``, a
    script or ``drills.py``, with its place.
    """
    folder = folder.resolve()
    top = tables.load(folder / MANIFEST)
    top.schema(1)
    if not NAME.fullmatch(folder.name):
        problem = f"the folder {folder.name!r} must be named in small letters, digits and hyphens"
        raise top.broken(None, problem)
    scripts = _scripts(folder)
    steps = tuple(_step(table, folder, scripts) for table in top.tables("step"))
    if not steps:
        raise top.broken("step", "is missing: a recipe has at least one step")
    drills = tuple(_drill(table, steps) for table in top.tables("drill"))
    recipe = Recipe(
        folder=folder,
        title=top.text("title"),
        answers=top.text("answers"),
        topic=top.choice("topic", Topic),
        scenario=_scenario(top, folder),
        needs=_needs(top.table("needs")),
        clients=_clients(top),
        test=_test(top),
        steps=steps,
        drills=drills,
        settings=merge(folder, scripts.values()),
    )
    top.finish()
    _once(top, "step", (step.name for step in steps))
    _once(top, "drill", (drill.name for drill in drills))
    _declared(top, recipe)
    _functions(top, recipe)
    return recipe


def _scripts(folder: Path) -> dict[str, Script]:
    return {path.name: read_script(path) for path in sorted(folder.glob("*.sh"))}


def _step(table: Table, folder: Path, scripts: Mapping[str, Script]) -> Step:
    name, run = name_in(table), table.text("run")
    if run not in scripts:
        known = ", ".join(scripts) or "none at all"
        raise table.broken("run", f"there is no script {run!r} in {folder.name}/ (there: {known})")
    ready = table.text("ready", None)
    if ready is not None and not ready.startswith(("http://", "https://", "{index}")):
        raise table.broken("ready", f"must be an http or https URL, not {ready!r}")
    if ready is not None:
        _placeholders(table, "ready", ready)
    return Step(
        name=name,
        run=run,
        says=scripts[run].says,
        ready=ready,
        within=table.integer("within", 30, least=1),
        needs=table.texts("needs", ()),
        test=_test(table),
    )


def _drill(table: Table, steps: Sequence[Step]) -> Drill:
    name, after = name_in(table), table.text("after", None)
    if name == drillfile.PROMISE:
        raise table.broken("name", "promise(run) is always there and is no drill")
    if after is not None and after not in (known := [step.name for step in steps]):
        raise table.broken("after", f"there is no step {after!r} (there: {', '.join(known)})")
    return Drill(name, table.text("title"), table.texts("shows", ()), after)


def _scenario(top: Table, folder: Path) -> str:
    scenario = top.text("scenario", "default")
    if scenario.endswith(".toml") and not (folder / scenario).is_file():
        raise top.broken("scenario", f"there is no file {scenario!r} in {folder.name}/")
    return scenario


def _needs(table: Table) -> Needs:
    python = table.text("python", None)
    if python is not None:
        try:
            SpecifierSet(python)
        except InvalidSpecifier:
            problem = f"{python!r} is no version specifier, like >=3.12"
            raise table.broken("python", problem) from None
    return Needs(table.texts("programs", ()), table.choices("can", Capability, ()), python)


def _clients(top: Table) -> tuple[str, ...]:
    clients = top.texts("clients", ())
    for number, client in enumerate(clients):
        if not CLIENT.fullmatch(client):
            raise top.broken("clients", f"{client!r} is no client's name", number)
    return clients


def _test(table: Table) -> dict[str, str]:
    pairs = table.pairs("test")
    for name, value in pairs.items():
        _placeholders(table, f"test.{name}", value)
    return pairs


def _placeholders(table: Table, dotted: str, value: str) -> None:
    problem = placeholders.problem_of(value)
    if problem:
        outer, _, inner = dotted.partition(".")
        place = table.table(outer) if inner else table
        raise place.broken(inner or outer, problem)


def _once(top: Table, key: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            place = f"{top.place_of(key, number)}.name"
            raise BrokenFile(top.path, place, f"there is already a {key} {name!r}")
        seen.add(name)


def _declared(top: Table, recipe: Recipe) -> None:
    """Refuse test settings that no script has: they would change nothing."""
    known = {setting.name for setting in recipe.settings}
    places = [("test", recipe.test)]
    places += [(f"step[{number}].test", step.test) for number, step in enumerate(recipe.steps)]
    for place, settings in places:
        for name in settings:
            if name not in known:
                problem = "no script has this setting at its top"
                raise BrokenFile(top.path, f"{place}.{name}", problem)


def _functions(top: Table, recipe: Recipe) -> None:
    """Refuse a drill without its function, and a function that nobody would call."""
    path = recipe.folder / drillfile.DRILLS
    functions = drillfile.functions(path)
    if drillfile.PROMISE not in functions:
        raise BrokenFile(path, "", "has no function promise(run)")
    for number, drill in enumerate(recipe.drills):
        if drill.function not in functions:
            place = f"{top.place_of('drill', number)}.name"
            raise BrokenFile(top.path, place, f"drills.py has no function {drill.function}(run)")
    called = {drillfile.PROMISE, *(drill.function for drill in recipe.drills)}
    for name, line in functions.items():
        if name not in called:
            problem = f"{name}() is no drill of recipe.toml; a helper's name begins with _"
            raise BrokenFile(path, f"line {line}", problem)
