"""``recipe.toml``: what a recipe is, its steps in order, its drills.

:func:`load` checks everything that can be checked without running anything, so a mistake is one
sentence that names its place, not a run that fails in its middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from mirrorlab import tables
from mirrorlab.errors import BrokenFile, UnknownName
from mirrorlab.recipe import drillfile, placeholders
from mirrorlab.recipe.model import PROMISE_WORLD, Drill, Needs, Recipe, Step
from mirrorlab.recipe.settings import Script, merge, read_script
from mirrorlab.recipe.words import CLIENT, NAME, Capability, Topic, name_in
from mirrorlab.tables import Table

MANIFEST = "recipe.toml"


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
        tools=_tools(top, folder),
    )
    top.finish()
    _once(top, "step", (step.name for step in steps))
    _once(top, "drill", (drill.name for drill in drills))
    _declared(top, recipe)
    _functions(top, recipe)
    _shared_worlds(top, drills)
    _known_environments(top, recipe)
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
    world = table.text("world", None)
    if world is not None and not NAME.fullmatch(world):
        raise table.broken("world", f"{world!r} is no name of a world, like promise or uploads")
    return Drill(name, table.text("title"), table.texts("shows", ()), after, world)


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


def _tools(top: Table, folder: Path) -> dict[str, str]:
    table = top.table("tools")
    tools = {name: table.text(name) for name in table}
    for name, lock in tools.items():
        if not NAME.fullmatch(name):
            raise table.broken(name, "must be named in small letters, digits and hyphens")
        if not (folder / lock).is_file():
            raise table.broken(name, f"there is no file {lock!r} in {folder.name}/")
    return tools


def _shared_worlds(top: Table, drills: Sequence[Drill]) -> None:
    """Refuse drills that would share a world but begin after different steps."""
    after: dict[str, str | None] = {PROMISE_WORLD: None}
    for number, drill in enumerate(drills):
        if drill.world and after.setdefault(drill.world, drill.after) != drill.after:
            place = f"{top.place_of('drill', number)}.after"
            problem = f"must be the same for every drill of the world {drill.world!r}"
            raise BrokenFile(top.path, place, problem)


def _known_environments(top: Table, recipe: Recipe) -> None:
    """Refuse ``{tools.NAME}`` where ``[tools]`` has no such name."""
    for place, settings in _tests(recipe):
        for name, text in settings.items():
            for environment in placeholders.environments_in(text):
                if environment not in recipe.tools:
                    problem = str(UnknownName("environment", environment, tuple(recipe.tools)))
                    raise BrokenFile(top.path, f"{place}.{name}", problem)


def _tests(recipe: Recipe) -> list[tuple[str, Mapping[str, str]]]:
    """Give every table of test settings, with its place."""
    steps = [(f"step[{number}].test", step.test) for number, step in enumerate(recipe.steps)]
    return [("test", recipe.test), *steps]


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
    for place, settings in _tests(recipe):
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
            raise BrokenFile(top.path, place, f"{path.name} has no function {drill.function}(run)")
    called = {drillfile.PROMISE, *(drill.function for drill in recipe.drills)}
    for name, found in functions.items():
        if name not in called:
            problem = f"{name}() is no drill of recipe.toml; a helper's name begins with _"
            raise BrokenFile(found.path, f"line {found.line}", problem)
