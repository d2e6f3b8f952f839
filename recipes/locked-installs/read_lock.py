"""Read locks of six kinds: the releases, their hashes, and the addresses that they name."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

_URL = re.compile(r"\w[\w+.-]*://[^\s\"'<>]+")
_PIN = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^]]*\])?\s*(?:===?\s*([^\s;]+)|@)")
_HASH = re.compile(r"--hash[= ](\w+:[0-9a-f]+)")
_PROSE = {"description", "summary"}


class Unreadable(Exception):
    """It is no lock; the sentence says why, and what to do."""


@dataclass(frozen=True, order=True)
class Entry:
    """One release of a lock."""

    name: str
    """Normalised."""
    version: str
    """Empty where it is locked by an address, and not as a release."""
    hashes: frozenset[str] = field(compare=False)
    """As ``sha256:…``; any one of them is good enough for an installer."""


def read(path: Path) -> tuple[list[Entry], list[str]]:
    """The releases of a lock, and every address in it, comments included. Raises Unreadable."""
    reader = _reader(path.name)
    try:
        text = path.read_text(encoding="utf-8")
        if reader is _requirements:
            return list(_requirements(text)), _URL.findall(text)
        data = json.loads(text) if path.name == "Pipfile.lock" else tomllib.loads(text)
        comments = "\n".join(line for line in text.splitlines() if line.startswith("#"))
        return list(reader(data)), [*_URL.findall(comments), *_addresses(data)]
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise Unreadable(f"is no lock of the kind its name says: {error}") from None


def _reader(name: str) -> Callable[[Any], Iterator[Entry]]:
    if re.fullmatch(r"pylock(\..+)?\.toml", name):
        return _pylock
    if name.endswith(".txt"):
        return _requirements
    known = {"uv.lock": _uv, "poetry.lock": _files, "pdm.lock": _files, "Pipfile.lock": _pipfile}
    if name not in known:
        kinds = ", ".join(("*.txt", "pylock.toml", *known))
        raise Unreadable(f"is a lock of no kind that this knows ({kinds})")
    return known[name]


def _requirements(text: str) -> Iterator[Entry]:
    """The format of requirements files, as pip-compile, uv and poetry write it."""
    joined = re.sub(r"\\\n", " ", text)
    for line in (line.strip() for line in joined.splitlines()):
        if line.startswith(("-r", "-c", "-e", "--requirement", "--constraint", "--editable")):
            raise ValueError(f"`{line}` leads elsewhere; name that file in LOCKS too, and here not")
        if not line or line.startswith(("#", "-")):
            continue
        pin = _PIN.match(line)
        if pin is None:
            raise ValueError(f"`{line}` pins no version")
        yield _entry(pin[1], pin[2], _HASH.findall(line))


def _uv(data: dict[str, Any]) -> Iterator[Entry]:
    for package in data["package"]:
        if not {"virtual", "editable"} & package["source"].keys():  # your own, in this folder
            files = [package.get("sdist"), *package.get("wheels", [])]
            hashes = [file.get("hash") for file in files if file]
            yield _entry(package["name"], package.get("version"), hashes)


def _pylock(data: dict[str, Any]) -> Iterator[Entry]:
    for package in data["packages"]:
        files = [package.get("archive"), package.get("sdist"), *package.get("wheels", [])]
        tables = [file["hashes"] for file in files if file]
        hashes = [":".join(item) for table in tables for item in table.items()]
        yield _entry(package["name"], package.get("version"), hashes)


def _files(data: dict[str, Any]) -> Iterator[Entry]:
    """poetry.lock and pdm.lock."""
    for package in data["package"]:
        hashes = [file.get("hash") for file in package["files"]]
        yield _entry(package["name"], package.get("version"), hashes)


def _pipfile(data: dict[str, Any]) -> Iterator[Entry]:
    groups = (group for name, group in data.items() if name != "_meta")
    for name, package in (item for group in groups for item in group.items()):
        yield _entry(name, package.get("version", "").lstrip("="), package.get("hashes", []))


def _entry(name: str, version: str | None, hashes: Sequence[str | None]) -> Entry:
    """One without a hash for each of its files is one without hashes: any file would do."""
    return Entry(
        canonicalize_name(name),
        version or "",
        frozenset(each for each in hashes if each) if all(hashes) else frozenset(),
    )


def _addresses(value: Any) -> Iterator[str]:
    """Every address in the strings of a document, but for those in prose."""
    if isinstance(value, str):
        yield from _URL.findall(value)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in _PROSE:
                yield from _addresses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _addresses(inner)
