"""The record is still true: cells of every client, suite and outcome are run again."""

from __future__ import annotations

from pathlib import Path

from mirrorlab.matrix import Outcome, choosing, engine, read
from mirrorlab.matrix.checking import check
from mirrorlab.matrix.sampling import sample

RECORD = Path(__file__).parents[2] / "results" / "matrix.json"
LEAST = 80
SLOW = {Outcome.WAITING, Outcome.GAVE_UP}
"""Outcomes that may all take longer than a test should."""


def test_cells_come_to_what_is_on_record() -> None:
    matrix = read(RECORD)
    cells = sample(matrix, least=LEAST)
    assert len(cells) >= LEAST
    assert {cell.client for cell in cells} == set(choosing.names())
    suites = {matrix.configurations[cell.client, cell.configuration].suite for cell in cells}
    assert suites == {each.suite for each in matrix.configurations.values()}
    recorded = {cell.outcome for cell in matrix.cells.values()}
    assert {cell.outcome for cell in cells} >= recorded - SLOW

    there = {choice.id: choice for choice in choosing.everything()}
    gone = [cell.id for cell in cells if cell.id not in there]
    assert gone == [], "on record, but there is no such cell any more"
    chosen = [there[cell.id] for cell in cells]
    found = check(matrix, chosen, engine.prepare(chosen, matrix.python))
    drift = "\n\n".join(map(str, found.differences))
    assert not found.differences, f"what is on record is not so any more:\n\n{drift}"
    assert [str(problem) for problem in found.errors] == []
    assert found.same == len(cells)


def test_every_cell_that_there_is_is_on_record() -> None:
    matrix = read(RECORD)
    assert [each.id for each in choosing.everything() if each.id not in matrix.cells] == []
    assert len(matrix.cells) == len(list(choosing.everything()))
