"""Each installer, unmodified, against the index of a lab; what arrived is read from the disk."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorlab import clients, scenario
from mirrorlab.errors import NotPossible, UnknownName
from mirrorlab.lab import Lab, tools

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def world() -> Iterator[Lab]:
    """A lab with the default scenario."""
    with Lab(scenario.builtin("default")) as lab:
        yield lab


@pytest.fixture(params=["pip", "pip-22.1", "uv"])
def client(request: pytest.FixtureRequest, world: Lab) -> clients.Client:
    """Each client that takes an index on its command line, fresh."""
    return clients.make(world, clients.prepare(request.param, PYTHON), request.param)


def test_it_installs_from_the_index_over_tls(world: Lab, client: clients.Client) -> None:
    attempt = client.install("demo-lib", index=f"{world.index.url}/simple/", expect=0)
    assert attempt.installed["demo-lib"] == "2.0"
    assert set(attempt.installed) == {"demo-lib", "demo-dep"}
    version = client.python("-c", "import demo_lib; print(demo_lib.__version__)")
    assert (version.exit_code, version.output) == (0, "2.0\n")
    assert not world.escapes


def test_it_asks_the_index_under_its_own_name(world: Lab, client: clients.Client) -> None:
    world.index.forget_requests()
    client.install("demo-dep", index=f"{world.index.url}/simple/", expect=0)
    agents = {request.user_agent.split("/")[0] for request in world.index.requests("/simple/*")}
    assert agents == {client.name.split("-")[0]}


def test_two_of_a_kind_share_nothing(world: Lab, client: clients.Client) -> None:
    index = f"{world.index.url}/simple/"
    client.install("demo-dep", index=index, expect=0)
    other = clients.make(world, clients.prepare(client.name, PYTHON), client.name)
    assert other.installed() == {}
    world.index.forget_requests()
    other.install("demo-dep", index=index, expect=0)
    assert any(request.path.endswith(".whl") for request in world.index.requests())


def test_what_is_not_there_is_an_exit_code(world: Lab, client: clients.Client) -> None:
    attempt = client.install("no-such-project", index=f"{world.index.url}/simple/")
    assert attempt.exit_code == 1
    assert attempt.installed == {}
    assert "no-such-project" in attempt.output
    with pytest.raises(AssertionError, match="no-such-project"):
        client.install("no-such-project", index=f"{world.index.url}/simple/", expect=0)


def test_the_record_is_what_is_on_the_disk(world: Lab, client: clients.Client) -> None:
    attempt = client.install("Demo_Dep", index=f"{world.index.url}/simple/", expect=0)
    record = attempt.record("demo-dep")
    [module] = [path for path in record if path.endswith("__init__.py")]
    file = client.site_packages / module
    assert record[module] == hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_text("altered")
    assert attempt.record("demo.dep")[module] == hashlib.sha256(b"altered").hexdigest()


def test_the_version_is_the_one_that_is_locked(client: clients.Client) -> None:
    [pin] = [
        line.split()[0]
        for line in clients.REQUIREMENTS[client.name].read_text().splitlines()
        if "==" in line
    ]
    assert client.version.split()[1] == pin.partition("==")[2]


def test_old_pip_runs_on_the_newest_python_it_supports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "interpreter", lambda version: f"/python{version}")
    assert clients.python_for("pip-22.1", "3.13") == "3.11"
    assert clients.python_for("pip-22.1", "3.10") == "3.10"
    assert clients.python_for("pip", "3.13") == "3.13"
    monkeypatch.setattr(tools, "interpreter", lambda _: None)
    with pytest.raises(NotPossible, match=r"it needs Python 3\.11, which is not on PATH"):
        clients.python_for("pip-22.1", "3.13")


def test_an_unknown_client_is_an_error() -> None:
    with pytest.raises(UnknownName, match="there is no client 'pipp'"):
        clients.prepare("pipp", PYTHON)


def test_locks_name_no_index_of_a_machine() -> None:
    for lock in clients.REQUIREMENTS.values():
        text = Path(lock).read_text()
        assert "--hash=sha256:" in text
        assert "index-url" not in text
        assert "find-links" not in text
