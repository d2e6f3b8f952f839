"""The catalogue: every recipe the guide is to have, built already or *planned*."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mirrorlab import tables
from mirrorlab.errors import BrokenFile
from mirrorlab.recipe.finding import home, names
from mirrorlab.recipe.words import Topic, name_in
from mirrorlab.tables import Table

CATALOGUE = "catalogue.toml"


@dataclass(frozen=True)
class Entry:
    """One row of the catalogue."""

    name: str
    topic: Topic
    components: str
    """The real programs it is made of."""
    shows: str
    drills: tuple[str, ...]
    """What is broken on purpose, at least."""
    answers: str
    """The idea or the demand it answers."""
    planned: bool
    """Whether its folder is still to come."""


def catalogue(recipes: Path | None = None) -> tuple[Entry, ...]:
    """Read ``catalogue.toml`` of a folder of recipes, in its order; without the file, no entries.

    Raises BrokenFile, FolderNotReadable.
    """
    root = recipes or home()
    built = names(root)
    path = root / CATALOGUE
    if not path.exists():
        return ()
    top = tables.load(path)
    top.schema(1)
    entries = tuple(_entry(table, built) for table in top.tables("recipe"))
    top.finish()
    seen: set[str] = set()
    for number, entry in enumerate(entries):
        if entry.name in seen:
            place = f"{top.place_of('recipe', number)}.name"
            raise BrokenFile(path, place, f"there is already a recipe {entry.name!r}")
        seen.add(entry.name)
    return entries


def _entry(table: Table, built: tuple[str, ...]) -> Entry:
    name = name_in(table)
    return Entry(
        name=name,
        topic=table.choice("topic", Topic),
        components=table.text("components"),
        shows=table.text("shows"),
        drills=table.texts("drills"),
        answers=table.text("answers"),
        planned=name not in built,
    )
