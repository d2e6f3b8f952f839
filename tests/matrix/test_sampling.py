"""Which cells stand for all of a record."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from tests.matrix.test_record import MATRIX

from mirrorlab.clients import Configuration, Suite
from mirrorlab.matrix import Cell, Outcome
from mirrorlab.matrix.sampling import sample

CLIENTS = ("pip", "uv")
SUITES = (Suite.FALLBACK, Suite.LOCKED)
TROUBLES = ("none", "401", "503", "503-first")
OUTCOMES = (Outcome.NEWEST, Outcome.STALE, Outcome.CLEAR, Outcome.WAITING)


def made_up() -> list[Cell]:
    """Cells of two clients in two suites; the last outcome takes long."""
    return [
        Cell(client, suite.value, trouble, outcome, None, 0, 300.0 if number == 3 else number, {})
        for client, suite in product(CLIENTS, SUITES)
        for number, (trouble, outcome) in enumerate(zip(TROUBLES, OUTCOMES, strict=True))
    ]


RECORD = replace(
    MATRIX,
    configurations={
        (client, suite.value): Configuration(suite.value, suite, "says", "install")
        for client, suite in product(CLIENTS, SUITES)
    },
).with_cells(made_up())


def test_every_client_suite_and_quick_outcome_is_there() -> None:
    chosen = sample(RECORD, least=1)
    pairs = {(cell.client, cell.configuration) for cell in chosen}
    assert pairs == set(RECORD.configurations)
    assert {cell.outcome for cell in chosen} == set(OUTCOMES) - {Outcome.WAITING}
    assert len(chosen) == 6


def test_it_takes_as_many_as_there_are_and_no_long_ones() -> None:
    assert len(sample(RECORD, least=8)) == 8
    assert len(sample(RECORD)) == 12


def test_unstable_cells_are_left_out() -> None:
    cells = [replace(cell, unstable=("stale",)) for cell in made_up()]
    assert sample(RECORD.with_cells(cells)) == ()


def test_the_same_record_gives_the_same_cells() -> None:
    assert sample(RECORD, least=7) == sample(RECORD.with_cells(reversed(made_up())), least=7)
