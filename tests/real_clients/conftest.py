"""Real, unmodified clients against the test index: what they share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from mirrorlab import clients
from mirrorlab.clients import Client
from mirrorlab.index import Index
from mirrorlab.lab import Lab
from mirrorlab.scenario import builtin

Make = Callable[[str], Client]


@pytest.fixture(scope="session")
def shared_lab() -> Iterator[Lab]:
    """One lab with the default scenario, for tests that change nothing but faults."""
    with Lab(builtin("default")) as lab:
        yield lab


@pytest.fixture
def index(shared_lab: Lab) -> Iterator[Index]:
    """The shared index, without faults and with an empty log."""
    shared_lab.index.clear()
    shared_lab.index.forget_requests()
    yield shared_lab.index
    shared_lab.index.clear()


@pytest.fixture
def client(shared_lab: Lab) -> Make:
    """Give a client of the shared lab with a fresh environment, by name."""
    return lambda name: make(shared_lab, name)


@pytest.fixture
def own_lab() -> Iterator[Lab]:
    """A lab with the default scenario for a test that changes it."""
    with Lab(builtin("default")) as lab:
        yield lab


def make(lab: Lab, name: str, python: str = "3.11") -> Client:
    """Make a client in a lab."""
    return clients.make(lab, clients.prepare(name, python), name)
