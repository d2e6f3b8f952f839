"""One world for all messages, and the record of who said them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.messages.world import World

from mirrorlab.lab import Lab, Tools
from mirrorlab.scenario import reading
from mirrorlab.site.known import Said, known

ROOT = Path(__file__).parents[2]
Heard = dict[str, dict[str, str]]
HEARD = pytest.StashKey[Heard]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record-messages",
        action="store_true",
        help="write results/messages.json, if every message was said",
    )


@pytest.fixture(scope="session")
def recording(request: pytest.FixtureRequest) -> bool:
    """Whether this run makes the record, instead of being held against it."""
    return bool(request.config.getoption("--record-messages", default=False))


@pytest.fixture(scope="session")
def world(
    tool: Callable[[str], Tools], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The world; each case takes it with ``fresh()``."""
    scenario = reading.load(Path(__file__).with_name("scenario.toml"))
    with Lab(scenario) as lab:
        yield World(lab, tool, tmp_path_factory.mktemp("messages"))
        assert {one.host for one in lab.escapes} <= {"mirror.invalid"}


@pytest.fixture(scope="session")
def heard(request: pytest.FixtureRequest) -> Heard:
    """Message -> client -> its version, of all that was said; the record is made from it."""
    return request.config.stash.setdefault(HEARD, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: pytest.Session) -> None:
    """Take over what a worker of pytest-xdist heard."""
    heard = node.config.stash.setdefault(HEARD, {})
    for name, by in getattr(node, "workeroutput", {}).get("heard", {}).items():
        heard.setdefault(name, {}).update(by)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the record, if that was wanted and every message was said by everyone."""
    heard = session.config.stash.get(HEARD, {})
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["heard"] = heard
    elif session.config.getoption("--record-messages", default=False):
        messages = known(ROOT)
        wanted = {name: set(message.by) for name, message in messages.items()}
        if session.testsfailed or {name: set(by) for name, by in heard.items()} != wanted:
            return
        said = {name: tuple(heard[name][by] for by in one.by) for name, one in messages.items()}
        Said(datetime.now(UTC).date(), said).write(ROOT)
