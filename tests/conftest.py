"""Every test runs in an isolated lab: plain ``pytest`` installs the tools, then closes the doors.

With pytest-xdist the controller does so, and its workers inherit it.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.whole_site import WholeSite, build

from mirrorlab import clients
from mirrorlab.cli.starting import SKELETON
from mirrorlab.errors import MirrorlabError
from mirrorlab.index import Index
from mirrorlab.lab import Lab, Tools, isolation, tools
from mirrorlab.recipe import all_recipes
from mirrorlab.runner import bare, prepare, running_python
from mirrorlab.scenario import builtin
from mirrorlab.tutorial import preparing

WAITING = ("many-mirrors-one-url", "backup-and-upgrade")
"""The sabotage of these recipes waits, for checks and for services, more than it works."""
LONGEST = ("::test_cells_come_to_what_is_on_record", "::test_in_one_world_each_")
"""Begun late, one of these would be waited for by all."""
LOCKS = Path(__file__).parent / "locks"
PYTHONS = ("3.11", "3.13")
LOOKING_ONLY = (
    "help",
    "version",
    "collectonly",
    "showfixtures",
    "show_fixtures_per_test",
    "markers",
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's & ignores it, and so on
    worker = hasattr(config, "workerinput")
    looking = any(getattr(config.option, name, False) for name in LOOKING_ONLY)
    if worker or looking:
        return
    phase_one()
    isolation.isolate()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what would end last: tests that need fixed ports, long worlds, those that wait."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if "ports" in getattr(item, "fixturenames", ()):
        return 0  # one at a time
    if any(name in item.nodeid for name in LONGEST):
        return 1
    return 2 if any(f"[{name}: " in item.nodeid for name in WAITING) else 3


def pytest_report_header() -> str:
    refusal = isolation.why_not()
    if refusal is None:
        return "lab: isolated, nothing can leave"
    return f"lab: {refusal}; only the proxy keeps clients from leaving"


def phase_one() -> None:
    """Install what tests need from the outside; what fails is said, and the tests will fail."""
    together = tuple(_preparations())
    with ThreadPoolExecutor(len(together)) as pool:
        for problems in pool.map(_problems, together):
            for problem in problems:
                print(problem, file=sys.stderr)


def _preparations() -> Iterator[Iterable[Callable[[], object]]]:
    """Yield what is done together, one after the other: a Python is installed for by one pip."""
    found = tuple(version for version in PYTHONS if tools.interpreter(version))
    pythons = tuple(dict.fromkeys((running_python(), *found)))
    for python in pythons:
        yield _preparations_for(python)
    yield (partial(_prepare_tutorial, tuple(dict.fromkeys((*found, running_python())))),)


def _preparations_for(python: str) -> Iterator[Callable[[], object]]:
    yield partial(bare, python)
    yield partial(tools.install, SKELETON / "requirements.txt", python)
    # on a Python between them no test drives the other installers
    for name in clients.REQUIREMENTS if python in PYTHONS else ("pip", "uv"):
        yield partial(clients.prepare, name, python)
    if python not in PYTHONS:
        return
    for lock in sorted(LOCKS.glob("*.txt")):
        if _locked_on(lock) == python:
            yield partial(_install, lock)
    yield partial(_prepare_recipes, python)
    if requirements := builtin("real").requirements:
        yield partial(tools.wheelhouse, requirements, [python])


def _prepare_recipes(python: str) -> None:
    for recipe in all_recipes():
        prepare(recipe, python)


def _prepare_tutorial(pythons: Sequence[str]) -> None:
    """Fetch what the tutorial's folder is made of; a test makes it from the cache."""
    with TemporaryDirectory() as folder:
        preparing.fetch(Path(folder, "day"), preparing.targets((), pythons))


def _problems(preparations: Iterable[Callable[[], object]]) -> Sequence[MirrorlabError]:
    problems = []
    for preparation in preparations:
        try:
            preparation()
        except MirrorlabError as problem:
            problems.append(problem)
    return problems


def _install(lock: Path) -> Tools:
    """Install a tool that only tests drive, on the Python it is locked for."""
    return tools.install(lock, _locked_on(lock))


def _locked_on(lock: Path) -> str:
    newest = "# locked on Python 3.13" in lock.with_suffix(".in").read_text()
    return "3.13" if newest else "3.11"


@pytest.fixture(scope="session")
def tool() -> Callable[[str], Tools]:
    """Give a tool of tests/locks by name."""
    return lambda name: _install(LOCKS / f"{name}.txt")


@pytest.fixture(scope="session")
def running() -> Iterator[Index]:
    """The default scenario, for those who change nothing but faults."""
    with Index(builtin("default")) as index:
        yield index


@pytest.fixture
def index(running: Index) -> Iterator[Index]:
    """The same, without faults and with an empty log, before and after."""
    running.clear()
    running.forget_requests()
    yield running
    running.clear()


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A lab without an index."""
    with Lab() as running:
        yield running


@pytest.fixture(scope="session")
def whole_site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> WholeSite:
    """The site, built once for all workers."""
    base = tmp_path_factory.getbasetemp()
    return build(base if worker_id == "master" else base.parent)


@pytest.fixture
def root() -> Path:
    """The repository."""
    return Path(__file__).parents[1]
