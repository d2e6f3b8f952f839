"""The configurations of every client, while all is well; one lab for all of them.

The public index holds here what the private one holds: nobody attacks, nothing fails. Run here are
those that the matrix does not have on record as they are now, and one of each client; the matrix
takes none on record that does not work while all is well.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from mirrorlab import clients
from mirrorlab.clients import Attempt, Client, Configuration, Suite
from mirrorlab.clients.configuration import FOLDER, MIRROR, PRIVATE, PROJECT, PUBLIC, SECOND
from mirrorlab.distributions import sdist, wheel
from mirrorlab.index import Index
from mirrorlab.lab import Lab
from mirrorlab.matrix import choosing, read, same
from mirrorlab.matrix.choosing import Choice
from mirrorlab.matrix.trouble import NONE, TROUBLES
from mirrorlab.scenario import Project, Release, Scenario

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
VERSIONS = ("1.0", "2.0")
EXAMPLES = {"mirror": MIRROR, "second": SECOND, "private": PRIVATE, "public": PUBLIC}
ASKED_ALONE: Mapping[str, str] = MappingProxyType(
    {
        "hatch/uv-private-then-public": "private",
        "pdm/private-for-its-own": "private",
        "pdm/private-then-public": "private",
        "pipenv/index-private": "private",
        "pipenv/mirror-then-second": "mirror",
        "pipenv/public-and-private": "public",
        "poetry/explicit-private": "private",
        "poetry/supplemental-second": "mirror",
        "uv/explicit": "private",
        "uv/ignore-errors": "mirror",
        "uv/mirror-then-second": "mirror",
        "uv/private-then-public": "private",
        "uv/words-of-pip": "public",
    }
)
"""Of two indexes, the only one that is asked while it is well; all others are asked both."""
REPLACES_PYPI = "pipenv/lock-of-pypi"
"""The one that names PyPI, and has its address replaced when it installs."""
NO_RETRIES = MappingProxyType({"PIP_RETRIES": 0, "UV_HTTP_RETRIES": 0})
"""What only makes a test wait: nothing fails here, and the control need not try twice."""
CONFIGURED = [client for client in clients.REQUIREMENTS if clients.configurations(client)]
EVERY = [
    pytest.param(client, configuration, id=f"{client}-{configuration.name}")
    for client in CONFIGURED
    for configuration in clients.configurations(client)
]
RECORD = read(Path(__file__).parents[2] / "results" / "matrix.json")


def _is_run(client: str, configuration: Configuration) -> bool:
    choice = Choice(client, configuration, TROUBLES[NONE])
    first = configuration is clients.configurations(client)[0]
    return first or choice.id not in RECORD.cells or same.changed(RECORD, choice) is not None


RUN = [
    pytest.param(client, configuration, id=f"{client}-{configuration.name}")
    for client in CONFIGURED
    for configuration in clients.configurations(client)
    if _is_run(client, configuration)
]


@dataclasses.dataclass(frozen=True)
class World:
    """The indexes by their roles, and what makes clients trust them."""

    lab: Lab
    indexes: Mapping[str, Index]
    settings: Mapping[str, object]

    def filled(self, text: str) -> str:
        for role, index in self.indexes.items():
            text = text.replace(EXAMPLES[role].removesuffix("/simple/"), index.url)
        for role, index in self.indexes.items():
            text = text.replace(f"{role}.example", index.url.removeprefix("https://"))
        return text

    def client(self, name: str, configuration: Configuration) -> Client:
        """Return a fresh client, in whose folder the configuration's files stand."""
        client = clients.make(self.lab, clients.prepare(name, PYTHON), name)
        for file, text in configuration.files.items():
            path = client.project / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.filled(text))
        (client.project / FOLDER).mkdir()
        for built in (make(PROJECT, version) for make in (wheel, sdist) for version in VERSIONS):
            (client.project / FOLDER / built.filename).write_bytes(built.content)
        return client

    def type(self, client: Client, typed: str, configuration: Configuration) -> Attempt:
        own = {name: self.filled(text) for name, text in configuration.environment.items()}
        return client.follow(
            self.filled(typed), env={**self.settings, **NO_RETRIES, **own}, timeout=240
        )

    def last(self) -> dict[str, int]:
        """Return the number of the last request of each index."""
        return {
            role: max((request.number for request in index.requests()), default=0)
            for role, index in self.indexes.items()
        }


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    releases = tuple(Release(version) for version in VERSIONS)
    scenario = Scenario("all is well", projects=(Project(PROJECT, releases=releases),))
    with Lab() as lab, Index(scenario) as one, Index(scenario) as other:
        authorities = lab.tmp / "authorities.pem"
        authorities.write_bytes(one.ca_pem + other.ca_pem)
        names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
        indexes = {"mirror": one, "private": one, "second": other, "public": other}
        yield World(lab, indexes, dict.fromkeys(names, authorities))


@pytest.mark.parametrize(("client", "configuration"), RUN)
def test_it_does_what_it_says_while_all_is_well(
    world: World, client: str, configuration: Configuration
) -> None:
    fresh = world.client(client, configuration)
    escapes = len(world.lab.escapes)
    before = world.last()
    for typed in configuration.prepare:
        prepared = world.type(fresh, typed, configuration)
        assert prepared.exit_code == 0, prepared.output
    attempt = world.type(fresh, configuration.install, configuration)
    left = world.lab.escapes[escapes:]
    if configuration.suite is Suite.CONTROL:
        assert attempt.ended, attempt.output
        assert PROJECT not in attempt.installed
        assert left, f"it was not caught leaving:\n{attempt.output}"
        return
    assert attempt.exit_code == 0, attempt.output
    assert not left
    if attempt.locked:
        digests = {make(PROJECT, "2.0").sha256 for make in (wheel, sdist)}
        assert attempt.locked == {PROJECT: digests}
    else:
        assert attempt.installed[PROJECT] == "2.0", attempt.output
        assert attempt.record(PROJECT)
    asked = {
        role
        for role in _spoken_of(configuration)
        if world.indexes[role].requests("/simple/*", since=before[role])
    }
    only = ASKED_ALONE.get(f"{client}/{configuration.name}")
    assert asked == ({only} if only else _spoken_of(configuration)), attempt.output


@pytest.mark.parametrize("client", CONFIGURED)
def test_a_client_is_asked_each_question_it_can_answer(client: str) -> None:
    every = clients.configurations(client)
    names = [configuration.name for configuration in every]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    suites = [configuration.suite for configuration in every]
    assert suites.count(Suite.CONTROL) == 1
    assert suites.count(Suite.DNS) <= 1
    assert {Suite.FALLBACK, Suite.LOCKED} & set(suites)


@pytest.mark.parametrize("client", CONFIGURED)
def test_its_version_is_the_one_that_is_locked(client: str) -> None:
    found = choosing.version(client, clients.prepare(client, PYTHON))
    lock = clients.REQUIREMENTS[client].read_text()
    assert re.search(rf"^\S*{clients.project_of(client)}=={re.escape(found)} ", lock, re.MULTILINE)


@pytest.mark.parametrize(("client", "configuration"), EVERY)
def test_it_speaks_of_example_addresses_only(client: str, configuration: Configuration) -> None:
    text = _text(configuration)
    addresses = set(re.findall(r"https?://[^\s\"'<>,\]]+", text))
    if f"{client}/{configuration.name}" == REPLACES_PYPI:
        addresses.remove("https://pypi.org/simple")
    known = {
        f"{example.removesuffix('simple/')}{rest}"
        for example in EXAMPLES.values()
        for rest in ("", "simple/", f"simple/{PROJECT}/")
    }
    assert {_closed(address) for address in addresses} <= known, client
    assert configuration.says == configuration.says.strip()
    assert "\n" not in configuration.says
    assert configuration.says
    assert not any(Path(name).is_absolute() for name in configuration.files)
    if configuration.suite is Suite.CONTROL:
        assert not _spoken_of(configuration)
    else:
        assert PROJECT in text


def _spoken_of(configuration: Configuration) -> set[str]:
    text = _text(configuration)
    return {role for role in EXAMPLES if f"{role}.example" in text}


def _text(configuration: Configuration) -> str:
    texts = (*configuration.files.values(), *configuration.environment.values())
    return "\n".join((*texts, *configuration.prepare, configuration.install))


def _closed(address: str) -> str:
    return address if address.endswith("/") else f"{address}/"
