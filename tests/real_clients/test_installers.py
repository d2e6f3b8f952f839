"""pip, pip 22.1 and uv decide over the default scenario as its rules say, and install real ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from mirrorlab import clients
from mirrorlab.clients import Client
from mirrorlab.distributions import wheel
from mirrorlab.index import Index
from mirrorlab.lab import Lab, tools
from mirrorlab.scenario import builtin

Make = Callable[[str], Client]
EVERY = pytest.mark.parametrize("name", ["pip", "pip-22.1", "uv"])
FOUND = tuple(version for version in ("3.11", "3.13") if tools.interpreter(version))

DECISIONS = {
    "not the pre-release, not the yanked one": (
        ["demo-lib"],
        {"demo-lib": "2.0", "demo-dep": "2.0"},
    ),
    "the pre-release where it is asked for": (
        ["--pre", "demo-lib"],
        {"demo-lib": "2.1b1", "demo-dep": "2.0"},
    ),
    "a range without what was yanked": (["demo-lib<2", "--no-deps"], {"demo-lib": "1.0"}),
    "the yanked one where it is named": (["demo-lib==1.1", "--no-deps"], {"demo-lib": "1.1"}),
    "what this Python can run": (["demo-python"], {"demo-python": "1.0"}),
    "the wheel for this platform": (
        ["--only-binary", ":all:", "demo-platform"],
        {"demo-platform": "1.0"},
    ),
    "an sdist, built with a backend from the index": (
        ["demo-sdist"],
        {"demo-sdist": "1.0", "demo-dep": "2.0"},
    ),
    "an sdist that carries its backend": (
        ["--no-binary", ":all:", "demo-dep"],
        {"demo-dep": "2.0"},
    ),
    "a name by any spelling": (["demo_name.MIXED"], {"demo-name-mixed": "1.0"}),
}


@EVERY
@pytest.mark.parametrize(("arguments", "installed"), DECISIONS.values(), ids=DECISIONS)
def test_an_installer_decides_as_the_rules_say(
    arguments: list[str],
    installed: dict[str, str],
    name: str,
    shared_lab: Lab,
    index: Index,
    client: Make,
) -> None:
    fresh = client(name)
    attempt = fresh.install(*arguments, index=f"{index.url}/simple/", expect=0)
    assert attempt.installed == installed
    project, version = next(iter(installed.items()))
    module = project.replace("-", "_")
    code = f"import {module}; print({module}.__version__)"
    assert fresh.python("-c", code).output.strip() == version
    assert {request.status for request in index.requests()} <= {200, 206, 304}
    assert shared_lab.escapes == ()


@EVERY
def test_each_installer_reads_the_page_in_the_format_it_knows(
    name: str, index: Index, client: Make
) -> None:
    client(name).install("demo-dep", index=f"{index.url}/simple/", expect=0)
    [page] = index.requests("/simple/demo-dep/")
    knows_json = "application/vnd.pypi.simple.v1+json" in page.accept
    assert knows_json is (name != "pip-22.1")
    metadata = index.requests("/packages/*.metadata")
    assert bool(metadata) is knows_json, "core metadata came with the JSON generation"


@EVERY
def test_what_is_installed_is_what_was_published(name: str, index: Index, client: Make) -> None:
    attempt = client(name).install("demo-dep", index=f"{index.url}/simple/", expect=0)
    record = attempt.record("demo-dep")
    built = wheel("demo-dep", "2.0")
    assert index.sha256(built.filename) == built.sha256
    assert record["demo_dep/__init__.py"] == _sha256(b'__version__ = "2.0"\n')
    assert record["demo_dep-2.0.dist-info/METADATA"] == _sha256(built.metadata)


@EVERY
def test_a_locked_hash_is_held_against_the_file(
    name: str, index: Index, client: Make, tmp_path: Path
) -> None:
    digest = index.sha256("demo_dep-2.0-py3-none-any.whl")
    lock = tmp_path / "lock.txt"
    arguments = ("--require-hashes", "-r", lock)
    lock.write_text(f"demo-dep==2.0 --hash=sha256:{digest}\n")
    good = client(name).install(*arguments, index=f"{index.url}/simple/")
    lock.write_text(f"demo-dep==2.0 --hash=sha256:{'0' * 64}\n")
    bad = client(name).install(*arguments, index=f"{index.url}/simple/")
    assert (good.exit_code, good.installed) == (0, {"demo-dep": "2.0"})
    assert bad.exit_code != 0
    assert bad.installed == {}


@pytest.mark.parametrize("python", FOUND)
@EVERY
def test_flask_installs_from_the_real_scenario_and_imports(name: str, python: str) -> None:
    real = builtin("real")
    assert real.requirements is not None
    prepared = clients.prepare(name, python)
    wheels = tools.wheelhouse(real.requirements, [prepared.version])
    with Lab(real, wheels=wheels) as lab:
        fresh = clients.make(lab, prepared, name)
        attempt = fresh.install("flask", "requests", index=f"{lab.index.url}/simple/", expect=0)
        imported = fresh.python("-c", "import flask, markupsafe._speedups, requests")
        assert lab.escapes == ()
    locked = dict(re.findall(r"^([\w.-]+)==(\S+) \\", real.requirements.read_text(), re.MULTILINE))
    assert {"flask", "markupsafe", "requests", "charset-normalizer"} <= set(attempt.installed)
    assert attempt.installed.items() <= locked.items()
    assert imported.exit_code == 0, imported.output


def test_a_client_that_asks_the_public_index_is_stopped_and_named(own_lab: Lab) -> None:
    fresh = clients.make(own_lab, clients.prepare("pip", "3.11"), "pip")
    attempt = fresh.install("demo-dep", env={"PIP_RETRIES": 0, "PIP_TIMEOUT": 2})
    assert attempt.exit_code == 1
    assert attempt.installed == {}
    assert any("pypi.org" in escape.host for escape in own_lab.escapes)


def _sha256(content: bytes) -> str:
    return sha256(content).hexdigest()
