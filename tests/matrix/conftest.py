"""Cells that are lived for real, by the quickest of the clients."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from mirrorlab import clients
from mirrorlab.clients import Configuration, Suite
from mirrorlab.clients.configuration import MIRROR, PROJECT
from mirrorlab.lab import Tools
from mirrorlab.matrix import engine

CLIENT = "uv"
INSTALL = f"uv pip install --default-index {MIRROR} {PROJECT}"
ALONE = Configuration("mirror", Suite.FALLBACK, "the mirror alone", INSTALL)


@pytest.fixture(scope="session")
def tools() -> Mapping[str, Tools]:
    """The tools of the client, as they were prepared before."""
    return {CLIENT: clients.prepare(CLIENT, engine.default_python())}
