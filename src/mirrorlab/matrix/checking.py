"""Whether cells still come to what is on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mirrorlab.errors import NoVerdict
from mirrorlab.lab import Tools
from mirrorlab.matrix import choosing, engine, same
from mirrorlab.matrix.choosing import Choice
from mirrorlab.matrix.engine import Done
from mirrorlab.matrix.record import Cell, Matrix


@dataclass(frozen=True)
class Difference:
    """A cell that comes to something else than what is on record."""

    id: str
    recorded: str
    now: str
    command: str = ""
    line: str = ""
    """The first line of the error, now."""

    def __str__(self) -> str:
        parts = {
            "recorded": self.recorded,
            "now": self.now,
            "command": self.command,
            "error": self.line,
        }
        lines = [f"  {name:<9} {said}" for name, said in parts.items() if said]
        return "\n".join([self.id, *lines])


@dataclass(frozen=True)
class Checked:
    """What a comparison came to."""

    same: int
    differences: tuple[Difference, ...]
    errors: tuple[NoVerdict, ...] = ()
    unstable: int = 0
    """Cells that are not compared, for the record knows several outcomes of them."""

    def with_more(self, differences: Sequence[Difference]) -> Checked:
        """Return it with further differences."""
        return replace(self, differences=(*self.differences, *differences))

    @property
    def summary(self) -> str:
        """All of it in one line."""
        counts = {
            "the same": self.same,
            "different": len(self.differences),
            "without an outcome": len(self.errors),
            "unstable, not compared": self.unstable,
        }
        said = [f"{number} {what}" for what, number in counts.items() if number]
        return ", ".join(said) or "nothing to compare"

    @property
    def exit_code(self) -> int:
        """0: all the same; 1: something differs; 3: something could not be told."""
        if self.differences:
            return 1
        return 3 if self.errors else 0


def check(
    matrix: Matrix,
    chosen: Sequence[Choice],
    prepared: Mapping[str, Tools],
    listen: Callable[[Done], None] = lambda _: None,
    *,
    jobs: int | None = None,
) -> Checked:
    """Run the chosen cells on the Python of the record, and compare their outcomes with it."""
    differences = [each for choice in chosen if (each := _unlike(matrix, choice))]
    unlike = {each.id for each in differences}
    compared = [each for each in chosen if each.id not in unlike]
    stable = [each for each in compared if not matrix.cells[each.id].unstable]
    errors: list[NoVerdict] = []

    def heard(done: Done) -> None:
        listen(done)
        if done.problem is not None:
            errors.append(done.problem)
        elif done.cell is not None:
            found = compare(matrix, matrix.cells[done.choice.id], done, prepared)
            differences.extend([found] if found else [])

    engine.run(stable, prepared, heard, jobs=jobs, known=matrix.cells)
    differences.sort(key=lambda each: each.id)
    alike = len(stable) - len(errors) - sum(each.id not in unlike for each in differences)
    return Checked(alike, tuple(differences), tuple(errors), len(compared) - len(stable))


def compare(
    matrix: Matrix, recorded: Cell, done: Done, prepared: Mapping[str, Tools]
) -> Difference | None:
    """Return how a cell differs from the record, in its outcome or its source; else None."""
    now, choice = done.cell, done.choice
    if now is None or now.word == recorded.word:
        return None
    was = matrix.versions.get(choice.client, "?")
    version = choosing.version(choice.client, prepared[choice.client])
    return Difference(
        choice.id,
        f"{recorded.says} ({choice.client} {was})",
        f"{now.says} ({choice.client} {version})",
        choice.configuration.install,
        now.line,
    )


def orphans(matrix: Matrix, chosen: Callable[[Cell], bool]) -> tuple[Difference, ...]:
    """Return the cells on record, of those meant, that no longer exist."""
    there = {each.id for each in choosing.everything()}
    return tuple(
        Difference(cell.id, cell.says, "there is no such cell")
        for cell in matrix.cells.values()
        if cell.id not in there and chosen(cell)
    )


def _unlike(matrix: Matrix, choice: Choice) -> Difference | None:
    cell = matrix.cells.get(choice.id)
    if cell is None:
        return Difference(choice.id, "nothing", "not run", choice.configuration.install)
    why = same.changed(matrix, choice)
    if why is not None:
        return Difference(choice.id, cell.says, f"not run: {why}", choice.configuration.install)
    return None
