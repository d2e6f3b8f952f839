"""Where Pipenv, Hatch and buildout put what they install, and what their locks name."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator

import pytest

from mirrorlab import clients
from mirrorlab.clients import Client, Configuration
from mirrorlab.clients.configuration import MIRROR, PROJECT
from mirrorlab.lab import Lab
from mirrorlab.scenario import Project, Release, Scenario

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
HISTORY = Scenario("two", projects=(Project(PROJECT, releases=(Release("1.0"), Release("2.0"))),))


@pytest.fixture(scope="module")
def world() -> Iterator[Lab]:
    """A lab in which demo-lib needs nothing else."""
    with Lab(HISTORY) as lab:
        yield lab


def told(world: Lab, name: str, way: str) -> tuple[Client, Configuration, dict[str, str]]:
    """Return a fresh client with the files of a configuration, and its variables."""
    [configuration] = [each for each in clients.configurations(name) if each.name == way]
    client = clients.make(world, clients.prepare(name, PYTHON), name)
    example = MIRROR.removesuffix("/simple/")
    for file, text in configuration.files.items():
        (client.project / file).write_text(text.replace(example, world.index.url))
    env = {
        key: value.replace(example, world.index.url)
        for key, value in configuration.environment.items()
    }
    return client, configuration, env


@pytest.mark.parametrize(("way", "names_the_mirror"), [("lock", True), ("lock-of-pypi", False)])
def test_a_lock_of_pipenv_names_the_mirror_or_pypi(
    world: Lab, way: str, names_the_mirror: bool
) -> None:
    client, configuration, env = told(world, "pipenv", way)
    for typed in configuration.prepare:
        assert client.follow(typed, env=env, timeout=240).exit_code == 0
    lock = (client.project / "Pipfile.lock").read_text()
    assert (world.index.url in lock) is names_the_mirror
    assert ("https://pypi.org" in lock) is not names_the_mirror
    assert world.index.sha256("demo_lib-2.0-py3-none-any.whl") in lock
    assert not world.escapes


def test_an_egg_of_buildout_is_read_from_the_disk(world: Lab) -> None:
    client, configuration, env = told(world, "buildout", "mirror")
    attempt = client.follow(configuration.install, env=env, timeout=240)
    assert attempt.installed == {PROJECT: "2.0"}, attempt.output
    [module] = client.project.glob("eggs/*/*.egg/demo_lib/__init__.py")
    digest = hashlib.sha256(module.read_bytes()).hexdigest()
    assert attempt.record(PROJECT)["demo_lib/__init__.py"] == digest


def test_hatch_locks_anew_where_its_environment_is_new(world: Lab) -> None:
    client, configuration, env = told(world, "hatch", "lock")
    for typed in configuration.prepare:
        assert client.follow(typed, env=env, timeout=240).exit_code == 0
    lock = client.project / "pylock.toml"
    genuine = world.index.sha256("demo_lib-2.0-py3-none-any.whl")
    assert genuine in lock.read_text()
    client.forget()
    world.index.fault("altered")
    attempt = client.follow(configuration.install, env=env, timeout=240)
    world.index.clear()
    assert attempt.installed == {PROJECT: "2.0"}, attempt.output
    assert genuine not in lock.read_text(), "its lock held: say so on the page"
