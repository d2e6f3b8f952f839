"""The world of a cell: the indexes that its configuration speaks of, and the one that fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from mirrorlab.clients import Configuration, Suite
from mirrorlab.clients.configuration import FOLDER, MIRROR, PRIVATE, PUBLIC, SECOND
from mirrorlab.errors import NoVerdict
from mirrorlab.index import Index
from mirrorlab.lab import Lab
from mirrorlab.matrix import goods
from mirrorlab.matrix.trouble import MOVED, Trouble
from mirrorlab.scenario import Fault, Scenario

EXAMPLES: Mapping[str, str] = {
    role: url.removesuffix("/simple/")
    for role, url in {
        "mirror": MIRROR,
        "second": SECOND,
        "private": PRIVATE,
        "public": PUBLIC,
    }.items()
}
"""Role -> the address that configurations speak of it by."""
FAULTY: Mapping[Suite, str] = {
    Suite.FALLBACK: "mirror",
    Suite.LOCKED: "mirror",
    Suite.CONFUSION: "private",
    Suite.DNS: "mirror",
}
"""Suite -> the role of the index that fails."""
CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
_EVER = 1_000_000
_HOST = re.compile(r"[a-z0-9-]+\.example\b")
_WHILE = re.compile(r"127\.0\.0\.1 while fetching https://(?P<host>[a-z]+\.example)/")


@dataclass
class World:
    """The indexes of a cell by their roles, and what an installer has to be told of them."""

    indexes: Mapping[str, Index] = field(default_factory=dict)
    """Role -> index; also of those that only a trouble brings in."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Example address without a path -> the real one: ``https://mirror.example`` -> …"""
    faulty: Index | None = None
    """The one that fails; None where none can."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Variables that every command of the installer gets."""
    strike: Callable[[], None] = lambda: None
    """Let the trouble begin."""
    handshakes: Callable[[], int] = lambda: 0
    """How many handshakes met the untrusted certificate, or how many connections met nobody."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Role -> the only ``Host`` by which that index is told of."""

    def expand(self, text: str) -> str:
        """Put the real addresses in the place of the example ones.

        Raises :class:`NoVerdict` for an example address that this world does not have.
        """
        hosts = {urlsplit(example).netloc: example for example in self.addresses}
        for found in _HOST.finditer(text):
            if found.group() not in hosts:
                raise NoVerdict("", f"it speaks of {found.group()}, which is no index of this cell")
        for example, real in self.addresses.items():
            text = text.replace(example, real)
        for host, example in hosts.items():
            text = text.replace(host, urlsplit(self.addresses[example]).netloc)
        return text

    def restore(self, text: str) -> str:
        """Put the example addresses back."""
        for example, real in self.addresses.items():
            text = text.replace(real, example)
        for example, real in self.addresses.items():
            host = urlsplit(example).netloc
            text = text.replace(urlsplit(real).netloc, host)
            where = urlsplit(real)
            pool = f"host={where.hostname!r}, port="
            text = text.replace(f"{pool}{where.port}", f"host={host!r}, port=443")
        return _WHILE.sub(r"\g<host> while fetching https://\g<host>/", text)

    def moved(self) -> World:
        """Return the same world, in which the mirror's address is the second index's."""
        other = self.addresses[EXAMPLES["second"]]
        return replace(self, addresses={**self.addresses, EXAMPLES["mirror"]: other})


@contextmanager
def of(lab: Lab, configuration: Configuration, trouble: Trouble) -> Iterator[World]:
    """Give the world of a cell, healthy until ``strike``; its indexes end with it."""
    roles = _roles(configuration, trouble)
    with ExitStack() as stack:
        # In the order of their names, as buildout takes the last address of two with the same file.
        ports = sorted(lab.port(f"the index {role}") for role in roles)
        indexes = {
            role: stack.enter_context(Index(_scenario(role), tls_port=port))
            for role, port in zip(roles, ports, strict=True)
        }
        ca = lab.tmp / "ca.pem"
        ca.write_bytes(b"".join(index.ca_pem for index in indexes.values()))
        faulty = indexes.get(FAULTY.get(configuration.suite, ""))
        yield World(
            indexes,
            {EXAMPLES[role]: index.url for role, index in indexes.items()},
            faulty,
            dict.fromkeys(CA_VARIABLES, ca) if indexes else {},
            lambda: _strike(faulty, trouble),
            lambda: _handshakes(faulty, trouble),
            {role: urlsplit(index.url).netloc for role, index in indexes.items()},
        )


def lay_out(folder: Path, configuration: Configuration, world: World) -> None:
    """Write a configuration's files, and the folder ``wheels`` where it speaks of one."""
    for name, text in configuration.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(world.expand(text), encoding="utf-8")
    if has_folder(configuration):
        (folder / FOLDER).mkdir(exist_ok=True)
        for built in goods.files():
            (folder / FOLDER / built.filename).write_bytes(built.content)


def has_folder(configuration: Configuration) -> bool:
    """Tell whether a configuration speaks of the folder ``wheels``."""
    return re.search(rf"(?<![\w-]){FOLDER}(?![\w-])", _text(configuration)) is not None


def _roles(configuration: Configuration, trouble: Trouble) -> tuple[str, ...]:
    """Name the indexes that a cell needs: the one that fails, and those that are spoken of."""
    if configuration.suite is Suite.CONTROL:
        return ()
    text = _text(configuration)
    spoken = {role for role, example in EXAMPLES.items() if urlsplit(example).netloc in text}
    spoken.add(FAULTY[configuration.suite])
    if trouble.name == MOVED:
        spoken.add("second")
    return tuple(role for role in EXAMPLES if role in spoken)


def _text(configuration: Configuration) -> str:
    return "\n".join(
        (
            *configuration.files.values(),
            *configuration.prepare,
            configuration.install,
            *configuration.environment.values(),
        )
    )


def _scenario(role: str) -> Scenario:
    return goods.HOSTILE if role == "public" else goods.GENUINE


def _strike(faulty: Index | None, trouble: Trouble) -> None:
    if trouble.fault is not None and faulty is not None:
        faulty.fault(
            trouble.fault, trouble.path, times=_times(trouble), retry_after=trouble.retry_after
        )


def _times(trouble: Trouble) -> int | None:
    """Count down from a high number where only what is left tells how often it struck."""
    if trouble.fault is Fault.UNTRUSTED_TLS and trouble.times is None:
        return _EVER
    return trouble.times


def _handshakes(faulty: Index | None, trouble: Trouble) -> int:
    if faulty is None or trouble.fault is not Fault.UNTRUSTED_TLS:
        return 0
    left = sum(rule.times or 0 for rule in faulty.faults())
    return (_times(trouble) or 0) - left
