"""Each client in a sentence or two, its outcomes counted, and what the symbols mean."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from docutils import nodes

from mirrorlab.clients import Configuration, Suite
from mirrorlab.clients.configuration import FOLDER, SECOND
from mirrorlab.matrix.outcome import Outcome
from mirrorlab.matrix.record import Cell, Matrix
from mirrorlab.matrix.trouble import NONE
from mirrorlab.site import blocks
from mirrorlab.site import matrix_words as words
from mirrorlab.site.matrix_page import link

_COUNTED = {
    Suite.FALLBACK: "Fallback",
    Suite.LOCKED: "Locked",
    Suite.CONFUSION: "Confusion",
    Suite.DNS: "DNS",
}
_SECOND = "A second source: the newest is installed, of the faults of the mirror that last"
_STRANGER = "A private index and a public one: a stranger's file is installed"


def answers(matrix: Matrix, written: Mapping[str, str]) -> list[Any]:
    """Give a small table: what a second source is good for, and whether a stranger gets in."""
    rows = [
        [
            [_name(matrix, client), *_written(client, written)],
            _lines(_SECOND, _of_second(matrix, client)),
            _lines(_STRANGER, _of_strangers(matrix, client)),
        ]
        for client in matrix.clients
    ]
    return [blocks.table(["Client", _SECOND, _STRANGER], rows, "stacked", "matrix-summary")]


def counts(matrix: Matrix) -> list[Any]:
    """Give a table of how many cells of each client and suite came to what."""
    head = ["Client", *_COUNTED.values()]
    table = blocks.table(head, _rows(matrix), "stacked", "matrix-summary")
    return [table, _control(matrix)]


def legend(matrix: Matrix) -> Any:
    """Give a table of the outcomes there are: symbol and short word, the whole, its meaning."""
    seen = {cell.outcome for cell in matrix.cells.values()}
    rows = [
        [
            blocks.paragraph(_mark(outcome, words.in_short(outcome))),
            blocks.paragraph(outcome.value),
            blocks.sentence(outcome.says),
        ]
        for outcome in words.SYMBOLS
        if outcome in seen
    ]
    return blocks.table(["In a cell", "Outcome", "What it means"], rows, "stacked", "legend")


# -- in words -------------------------------------------------------------------------------------


def _name(matrix: Matrix, client: str) -> Any:
    name = nodes.strong("", f"{client} {matrix.versions.get(client, '')}".strip())
    return blocks.paragraph(link(client, client, name))


def _written(client: str, written: Mapping[str, str]) -> list[Any]:
    return [blocks.paragraph(*blocks.with_words(written[client]))] if client in written else []


def _lines(head: str, lines: Iterable[list[Any]]) -> list[Any]:
    made = list(lines)
    return [_when(head), blocks.bullets(made)] if made else []


def _of_second(matrix: Matrix, client: str) -> Iterator[list[Any]]:
    """Say how often the newest comes while the mirror fails, where a second source is named."""
    for way in _ways(matrix, client, Suite.FALLBACK):
        if _has_second(way):
            cells = [c for c in _cells(matrix, client, way) if _lasts(matrix, c)]
            good = sum(cell.outcome is Outcome.NEWEST for cell in cells)
            yield [*_linked(client, way), f": under {good} of {len(cells)}", *_silent(cells)]


def _silent(cells: Iterable[Cell]) -> list[str]:
    """Say what is installed in silence instead."""
    silent = (Outcome.STALE, Outcome.ALTERED, Outcome.HOSTILE)
    counts = Counter(cell.outcome for cell in cells)
    parts = [f"{outcome.value} under {counts[outcome]}" for outcome in silent if counts[outcome]]
    return [f"; {words.listed(parts)}"] if parts else []


def _of_strangers(matrix: Matrix, client: str) -> Iterator[list[Any]]:
    """Say how often a stranger's file comes, healthy or not."""
    for way in _ways(matrix, client, Suite.CONFUSION):
        cells = list(_cells(matrix, client, way))
        bad = sum(cell.outcome is Outcome.HOSTILE for cell in cells)
        healthy = matrix.healthy(client, way.name)
        also = ", healthy or not" if _is_hostile(healthy) else ""
        yield [*_linked(client, way), f": in {bad or 'none'} of {len(cells)} cells{also}"]


def _is_hostile(cell: Cell | None) -> bool:
    return cell is not None and cell.outcome is Outcome.HOSTILE


def _linked(client: str, way: Configuration) -> list[Any]:
    advised = [" ", blocks.badge("advised", "holds")] if way.advised else []
    return [link(client, way.name, blocks.literal(way.name)), *advised]


def _has_second(way: Configuration) -> bool:
    texts = (way.install, *way.prepare, *way.files.values(), *way.environment.values())
    second = SECOND.rstrip("/")  # some clients want it so
    return any(second in text or FOLDER in text for text in texts)


def _lasts(matrix: Matrix, cell: Cell) -> bool:
    return cell.trouble != NONE and matrix.troubles[cell.trouble].times is None


def _control(matrix: Matrix) -> Any:
    controls = [
        cell
        for cell in matrix.cells.values()
        if matrix.configurations[cell.client, cell.configuration].suite is Suite.CONTROL
    ]
    caught = sum(cell.outcome is Outcome.CAUGHT for cell in controls)
    text = (
        f"The control: told of no index, {caught} of {words.count(len(controls), 'client')} tried "
        "to leave, and the lab caught each of them."
    )
    return blocks.paragraph(text, classes=["small"])


# -- in numbers -----------------------------------------------------------------------------------


def _rows(matrix: Matrix) -> Iterator[list[Any]]:
    """Give a row for a client's usual configurations, and one for those that are advised."""
    for client in matrix.clients:
        for advised in (False, True):
            cells = [_counts(matrix, client, suite, advised) for suite in _COUNTED]
            if any(cells):
                name = "as this guide advises" if advised else "as it comes, or as others show"
                head = [blocks.paragraph(nodes.strong("", client)), _small(name)]
                yield [head, *map(_listed, _COUNTED.values(), cells)]


def _counts(matrix: Matrix, client: str, suite: Suite, advised: bool) -> Counter[Outcome]:
    ways = [way for way in _ways(matrix, client, suite) if way.advised is advised]
    cells = (cell for way in ways for cell in _cells(matrix, client, way) if cell.trouble != NONE)
    return Counter(cell.outcome for cell in cells)


def _listed(suite: str, counts: Counter[Outcome]) -> list[Any]:
    if not counts:
        return []
    marks = [
        [_mark(outcome, f"{counts[outcome]} {outcome.value}")]
        for outcome in words.SYMBOLS
        if counts[outcome]
    ]
    return [_when(suite), blocks.bullets(marks)]


def _when(head: str) -> Any:
    """Say the head of the column again, for narrow screens, where a cell is a block."""
    return blocks.paragraph(f"{head}:", classes=["when", "small"])


def _mark(outcome: Outcome, said: str) -> Any:
    kind = f"m-{words.css(outcome)}"
    return nodes.inline("", f"{words.SYMBOLS[outcome]} {said}", classes=["m-outcome", kind])


def _small(text: str) -> Any:
    return blocks.paragraph(text, classes=["small"])


def _ways(matrix: Matrix, client: str, suite: Suite) -> Iterator[Configuration]:
    for (name, _), way in matrix.configurations.items():
        if name == client and way.suite is suite:
            yield way


def _cells(matrix: Matrix, client: str, way: Configuration) -> Iterator[Cell]:
    for cell in matrix.cells.values():
        if (cell.client, cell.configuration) == (client, way.name):
            yield cell
