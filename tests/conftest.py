"""Every test runs in an isolated lab: plain ``pytest`` installs the tools, then closes the doors.

With pytest-xdist the controller does so, and its workers inherit it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorlab import clients
from mirrorlab.errors import MirrorlabError
from mirrorlab.lab import Lab, isolation, tools

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
    worker = hasattr(config, "workerinput")
    looking = any(getattr(config.option, name, False) for name in LOOKING_ONLY)
    if worker or looking:
        return
    phase_one()
    isolation.isolate()


def pytest_report_header() -> str:
    refusal = isolation.why_not()
    if refusal is None:
        return "lab: isolated, nothing can leave"
    return f"lab: {refusal}; only the proxy keeps clients from leaving"


def phase_one() -> None:
    """Install what tests need from the outside; what fails is said, and the tests will fail."""
    for python in (version for version in PYTHONS if tools.interpreter(version)):
        for name in clients.REQUIREMENTS:
            try:
                clients.prepare(name, python)
            except MirrorlabError as problem:
                print(problem, file=sys.stderr)


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A lab without an index."""
    with Lab() as running:
        yield running


@pytest.fixture
def root() -> Path:
    """The repository."""
    return Path(__file__).parents[1]
