"""What a chapter asks of the folder and the running servers, and how it is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mirrorlab.tutorial.day import Day


@dataclass(frozen=True)
class Finding:
    """What one look saw."""

    right: bool | None
    """``None``: it could not be told."""
    detail: str
    """What is there, or what is not: the evidence in a few words."""
    next: str = ""
    """What to do, where it is not right."""


@dataclass(frozen=True)
class Check:
    """One thing that is true once a part of a chapter is done."""

    name: str
    """For scripts: ``flask-installed``."""
    says: str
    """For people, in the present: ``flask is installed in venv1``."""
    look: Callable[[Day], Finding]
    """Looks at evidence. What it raises means that it could not tell."""


@dataclass(frozen=True)
class Chapter:
    """One chapter of the day."""

    number: int
    title: str
    page: str
    """Its page in ``tutorial/``: ``1-index``."""
    minutes: int
    """For a reader who types each command, with the exercise."""
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Outcome:
    """A check, and what it found."""

    check: Check
    finding: Finding


@dataclass(frozen=True)
class Report:
    """What a chapter's checks found, in their order."""

    chapter: Chapter
    outcomes: tuple[Outcome, ...]

    @property
    def right(self) -> bool | None:
        """True: all is right. False: something is not yet. None: nothing is wrong, but unknown."""
        found = [outcome.finding.right for outcome in self.outcomes]
        if False in found:
            return False
        return None if None in found else True


def examine(chapter: Chapter, day: Day) -> Report:
    """Look at everything the chapter asks for; never raises for what a look meets."""
    return Report(chapter, tuple(Outcome(check, _look(check, day)) for check in chapter.checks))


def _look(check: Check, day: Day) -> Finding:
    try:
        return check.look(day)
    except Exception as error:  # whatever it is, a person is told, and the other checks go on
        said = " ".join(str(error).split()) or type(error).__name__
        return Finding(None, f"could not look: {said}", "mend that, then check again")
