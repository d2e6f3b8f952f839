"""What can go wrong, each error carrying its data and saying one clear sentence.

An error's ``str()`` is that sentence: what, where, what to do. The command prints it and exits
with :attr:`MirrorlabError.exit_code`: 0 holds, 1 does not hold, 2 wrong use, 3 could not tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


class MirrorlabError(Exception):
    """Any error the kit raises for a person to read."""

    exit_code: ClassVar[int] = 3


class WrongUse(MirrorlabError):
    """The request itself is at fault: a mistyped name, a broken file, a wrong option."""

    exit_code: ClassVar[int] = 2


class CouldNotTell(MirrorlabError):
    """The request is fine, but nothing can be said: something is missing or unreachable."""

    exit_code: ClassVar[int] = 3


@dataclass(eq=False)
class BrokenFile(WrongUse):
    """A file that people write cannot be read as what it should be.

    ``place`` is the dotted place inside the file (``projects.demo-lib.releases[1].version``),
    or an empty string where the whole file is at fault.
    """

    path: Path
    place: str
    problem: str

    def __str__(self) -> str:
        where = f"{self.path}: {self.place}" if self.place else f"{self.path}"
        return f"{where}: {self.problem}"


@dataclass(eq=False)
class UnknownName(WrongUse):
    """A name that is not one of the known ones (a recipe, a drill, a scenario, a fault)."""

    kind: str
    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"there is no {self.kind} {self.name!r}; choose one of: {', '.join(self.known)}"


@dataclass(eq=False)
class ProgramMissing(CouldNotTell):
    """A program a recipe needs is not installed; ``package`` brings it."""

    program: str
    package: str

    def __str__(self) -> str:
        return f"the program {self.program!r} is not installed; the package {self.package} brings it"
