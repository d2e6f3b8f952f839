from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mirrorlab.distributions import sdist, wheel
from mirrorlab.index import Index
from mirrorlab.scenario import File, Project, Release, Scenario, User


@pytest.fixture
def own() -> Iterator[Index]:
    """A small index for those who change it."""
    with Index(small()) as index:
        yield index


def small() -> Scenario:
    releases = (Release("1.0"), Release("1.1", files=(File(),)))
    return Scenario(
        name="small",
        serial=100,
        projects=(Project("alpha", releases=releases), Project("Beta.B", releases=releases[:1])),
        users={
            "alice": User("alice", "wonder", "pypi-alice", ("alpha",)),
            "root": User("root", "queen", None, ("*",)),
        },
    )


@pytest.fixture
def http(index: Index) -> Iterator[httpx.Client]:
    with client(index) as opened:
        yield opened


def client(index: Index, *, tls: bool = False) -> httpx.Client:
    """An HTTP client that hears of nothing but this index."""
    verify = ssl.create_default_context(cafile=str(index.ca)) if tls else False
    url = index.url if tls else index.http_url
    return httpx.Client(base_url=url, verify=verify, trust_env=False, timeout=10)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with two projects."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    for built in (
        wheel("gamma", "1.0", requires_python=">=3.9"),
        sdist("gamma", "1.0"),
        wheel("gamma", "2.0"),
        wheel("Del.Ta", "0.1"),
    ):
        (folder / built.filename).write_bytes(built.content)
    (folder / "notes.txt").write_text("not a distribution")
    return folder
