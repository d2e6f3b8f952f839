"""A made-up matrix of the real one's size: every outcome, unstable cells, words that need escaping.

Nothing in it was measured. Each outcome follows from the names, so that it is the same every time.
"""

from __future__ import annotations

from collections.abc import Iterator

from mirrorlab.clients import Configuration, Suite
from mirrorlab.clients.configuration import MIRROR, PRIVATE, PROJECT, PUBLIC, SECOND
from mirrorlab.matrix import record
from mirrorlab.matrix.outcome import Outcome
from mirrorlab.matrix.record import Cell, Matrix
from mirrorlab.matrix.trouble import NONE, TROUBLES, Trouble, of_suite

CLIENTS = ("hatch", "pdm", "pip", "pip-compile", "pip-sync", "pipenv", "poetry", "uv")
_NAMES = {
    Suite.FALLBACK: ("mirror", "mirror-then-second", "second-then-mirror"),
    Suite.LOCKED: ("locked", "locked-without-hashes"),
    Suite.CONFUSION: ("private-and-public", "private-bound"),
    Suite.DNS: ("one-name",),
    Suite.CONTROL: ("no-index",),
}
_ADVISED = "private-bound"
_OUTCOMES = tuple(outcome for outcome in Outcome if outcome is not Outcome.CAUGHT)
_SOURCES = {Suite.FALLBACK: "second", Suite.CONFUSION: "private"}


def matrix(clients: tuple[str, ...] = CLIENTS) -> Matrix:
    """Make it for some clients."""
    ways = {(client, way.name): way for client in clients for way in _ways(client)}
    cells = [cell for (client, _), way in ways.items() for cell in _cells(client, way)]
    made = Matrix(
        date="2026-11-21",
        machine="Linux x86_64, 2 cores",
        python="3.13",
        versions={client: f"{number}.1" for number, client in enumerate(clients, 1)},
        seconds=2900,
        configurations=ways,
        troubles=TROUBLES,
    )
    return made.with_cells(cells)


def text(clients: tuple[str, ...] = CLIENTS) -> str:
    """Give the text of its file."""
    return record.to_text(matrix(clients))


def _ways(client: str) -> Iterator[Configuration]:
    addresses = {Suite.CONFUSION: f"{PUBLIC} {PRIVATE}"}
    for suite, names in _NAMES.items():
        for name in names:
            second = f" {SECOND}" if "second" in name else ""
            yield Configuration(
                name=name,
                suite=suite,
                says=f"--index-url of {client} for {name}",
                install=f"{client} install {addresses.get(suite, MIRROR + second)} {PROJECT}",
                files={"demo.toml": f'index = "{MIRROR}"\n'} if suite is Suite.FALLBACK else {},
                prepare=(f"{client} lock",) if suite is Suite.LOCKED else (),
                environment={"DEMO_RETRIES": "1"} if name == _ADVISED else {},
                advised=name == _ADVISED,
            )


def _cells(client: str, way: Configuration) -> Iterator[Cell]:
    for number, trouble in enumerate(of_suite(way.suite)):
        yield _cell(client, way, trouble, number + len(client) + len(way.name))


def _cell(client: str, way: Configuration, trouble: Trouble, number: int) -> Cell:
    outcome = _outcome(way.suite, trouble, number)
    fails = outcome in (Outcome.CLEAR, Outcome.MISLEADING, Outcome.GAVE_UP, Outcome.WAITING)
    return Cell(
        client=client,
        configuration=way.name,
        trouble=trouble.name,
        outcome=outcome,
        source=_SOURCES.get(way.suite, "mirror") if outcome is Outcome.NEWEST else None,
        exit_code=int(fails),
        seconds=number / 2,
        requests={"mirror": number, "second": 1},
        met=number,
        line=f"ERROR: <{trouble.name}> & more from {MIRROR}{PROJECT}/" if fails else "",
        unstable=("failed clearly",) if outcome is Outcome.STALE and number % 3 == 0 else (),
    )


def _outcome(suite: Suite, trouble: Trouble, number: int) -> Outcome:
    if suite is Suite.CONTROL:
        return Outcome.CAUGHT
    return Outcome.NEWEST if trouble.name == NONE else _OUTCOMES[number % len(_OUTCOMES)]
