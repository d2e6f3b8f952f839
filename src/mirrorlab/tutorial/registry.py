"""The chapters there are, each in a module of its own that says ``CHAPTER = Chapter(…)``."""

from __future__ import annotations

from pathlib import Path

from mirrorlab.errors import NoTutorialFolder, UnknownName
from mirrorlab.tutorial import chapter1, chapter2, chapter3, chapter4, sums
from mirrorlab.tutorial.check import Chapter

FOLDER = "mirroring-day"
"""What the folder is called where nobody says otherwise."""

_CHAPTERS = (chapter1.CHAPTER, chapter2.CHAPTER, chapter3.CHAPTER, chapter4.CHAPTER)


def chapters() -> tuple[Chapter, ...]:
    """Return the chapters, in order."""
    return _CHAPTERS


def chapter(number: int) -> Chapter:
    """Return a chapter by its number, or raise :class:`UnknownName`."""
    known = {one.number: one for one in chapters()}
    if number not in known:
        raise UnknownName("chapter", str(number), tuple(map(str, known)))
    return known[number]


def find_folder(named: Path | None = None) -> Path:
    """Return the folder of the day: the one named, this one, or ``mirroring-day`` in it.

    Raises :class:`NoTutorialFolder`.
    """
    here = Path.cwd()
    for folder in [named] if named is not None else [here, here / FOLDER]:
        if (folder / sums.NAME).is_file():
            return folder
    raise NoTutorialFolder(named or here)
