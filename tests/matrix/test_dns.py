"""One name, two addresses: which of them served, and that the other one really failed.

uv is quick, so it tells of everything; pip of what fails at first. Both run as they are, but for
the time-outs of what hangs, which would take minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

import pytest

from mirrorlab import clients
from mirrorlab.clients import Configuration, Suite
from mirrorlab.matrix import engine
from mirrorlab.matrix.choosing import Choice
from mirrorlab.matrix.outcome import Outcome
from mirrorlab.matrix.record import Cell
from mirrorlab.matrix.trouble import Trouble, of_suite

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SHORT = {
    "pip": {"PIP_DEFAULT_TIMEOUT": "5", "PIP_RETRIES": "2"},
    "uv": {"UV_HTTP_TIMEOUT": "5", "UV_HTTP_RETRIES": "2"},
}
HANGING = ("hung-first", "hung-turning")


@pytest.fixture(scope="module")
def cells() -> Mapping[str, Cell]:
    """Cells of two clients, by ``CLIENT/TROUBLE``."""
    chosen = [
        Choice(client, _hasty(client, configuration, trouble), trouble)
        for client in SHORT
        for configuration in clients.configurations(client)
        if configuration.suite is Suite.DNS
        for trouble in of_suite(Suite.DNS)
        if client == "uv" or not trouble.name.endswith("-last")
    ]
    done: list[engine.Done] = []
    engine.run(chosen, engine.prepare(chosen, PYTHON), done.append)
    assert [each.problem for each in done if each.problem] == []
    return {f"{cell.client}/{cell.trouble}": cell for each in done if (cell := each.cell)}


def _hasty(client: str, configuration: Configuration, trouble: Trouble) -> Configuration:
    environment = SHORT[client] if trouble.name in HANGING else {}
    return replace(configuration, environment=environment)


@pytest.fixture(params=SHORT)
def client(request: pytest.FixtureRequest) -> str:
    """Each of the two clients."""
    return str(request.param)


def test_when_all_is_well_the_first_address_serves_everything(
    cells: Mapping[str, Cell], client: str
) -> None:
    cell = cells[f"{client}/none"]
    assert (cell.says, cell.met) == ("newest from first", 0)
    assert cell.requests["first"] > 0
    assert cell.requests["second"] == 0


@pytest.mark.parametrize("kind", ["dead", "cut-off", "hung", "lagging"])
def test_nobody_notices_a_second_address_that_fails(cells: Mapping[str, Cell], kind: str) -> None:
    cell = cells[f"uv/{kind}-last"]
    assert (cell.says, cell.met) == ("newest from first", 0)
    assert cell.requests["second"] == 0


@pytest.mark.parametrize("kind", ["dead", "cut-off"])
def test_where_no_connection_opens_the_second_address_is_tried(
    cells: Mapping[str, Cell], client: str, kind: str
) -> None:
    cell = cells[f"{client}/{kind}-first"]
    assert cell.says == "newest from second"
    assert cell.requests["first"] == 0
    assert cell.met > 0


def test_what_hangs_behind_an_open_connection_is_asked_again_and_again(
    cells: Mapping[str, Cell], client: str
) -> None:
    cell = cells[f"{client}/hung-first"]
    assert cell.outcome is Outcome.GAVE_UP
    assert cell.requests["second"] == 0
    assert cell.requests["first"] == cell.met > 1


def test_a_retry_is_sent_to_the_healthy_address_where_the_order_turns(
    cells: Mapping[str, Cell], client: str
) -> None:
    cell = cells[f"{client}/hung-turning"]
    assert cell.says == "newest from first"
    assert cell.met > 0


def test_a_first_address_that_lags_is_believed(cells: Mapping[str, Cell], client: str) -> None:
    cell = cells[f"{client}/lagging-first"]
    assert (cell.outcome, cell.source) == (Outcome.STALE, "first")
    assert cell.requests["second"] == 0
    assert cell.met > 0
