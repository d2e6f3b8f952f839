"""Read locks of six kinds: the releases, their hashes, and the addresses that they name."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_URL = re.compile(r"\w[\w+.-]*://[^\s\"'<>]+")
_HASH = re.compile(r"sha(256|384|512):[0-9a-f]+")
_OPTION = re.compile(
    r"(-i|-f|--(index-url|extra-index-url|find-links|trusted-host|only-binary))[ =]+[^\s-]\S*"
    r"|--(require-hashes|no-index|pre)"
)
_COMMENT = re.compile(r"(?:^|[^\S\n])#.*$", re.MULTILINE)
_ODD_LINE_END = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
_PROSE = {"description", "summary"}
_UNHASHED = {"git", "hg", "svn", "bzr", "vcs", "path", "file", "directory", "editable"}
"""Where a release is taken from without looking at a hash, in locks other than uv's."""


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
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        why = re.sub(r"://[^/\s]*@", "://***@", str(error).partition("\n")[0])
        raise Unreadable(f"is no lock of the kind its name says: {why}") from None


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
    """The format of requirements files, as pip-compile, uv and poetry write it, and no more.

    pip and uv read much else, and not alike. What this took for a comment could be a requirement.
    """
    comments = [comment.strip() for comment in _COMMENT.findall(text)]
    if any(comment.endswith("\\") for comment in comments):
        raise ValueError("a comment ends with a backslash: for pip or for uv it goes on")
    if _ODD_LINE_END.search(text) or any(re.search("coding[:=]", line) for line in comments[:2]):
        raise ValueError("it has another encoding, or other ends of lines, than it should")
    for line in _COMMENT.sub("", text).replace("\\\n", "").split("\n"):
        words = line.split()
        if not words or _OPTION.fullmatch(" ".join(words)):
            continue
        options = [word for word in words if word.startswith("-")]
        if words[0] in options or not all(word.startswith("--hash=") for word in options):
            raise ValueError(f"`{' '.join(words)[:80]}` is nothing that belongs into a lock")
        wanted = Requirement(" ".join(words[: len(words) - len(options)]))
        pins = list(wanted.specifier)
        exact = [pin for pin in pins if pin.operator[:2] == "==" and "*" not in pin.version]
        if not wanted.url and (len(exact), len(pins)) != (1, 1):
            raise ValueError(f"`{wanted}` pins no version")
        version = exact[0].version if exact else None
        yield _entry(wanted.name, version, [word.partition("=")[2] for word in options])


def _uv(data: dict[str, Any]) -> Iterator[Entry]:
    for package in data["package"]:
        source = package["source"]
        own = source.get("virtual", source.get("editable"))
        if own is not None and _inside(own):
            continue
        files = [package.get("sdist"), *package.get("wheels", [])]
        hashes = [file.get("hash") for file in files if file]
        known = {"registry", "url", "path"} & source.keys()
        yield _entry(package["name"], package.get("version"), hashes if known else [])


def _inside(path: str) -> bool:
    """Whether a path is in the folder of the lock: your own, reviewed as code, not as a lock."""
    return not Path(path).is_absolute() and ".." not in Path(path).parts


def _pylock(data: dict[str, Any]) -> Iterator[Entry]:
    for package in data["packages"]:
        files = [package.get("archive"), package.get("sdist"), *package.get("wheels", [])]
        tables = [file["hashes"] or {"none": ""} for file in files if file]
        hashes = [f"{kind}:{value}" for table in tables for kind, value in table.items()]
        yield _from_index(package, package["name"], package.get("version"), hashes)


def _files(data: dict[str, Any]) -> Iterator[Entry]:
    """poetry.lock and pdm.lock."""
    for package in data["package"]:
        hashes = [file.get("hash") for file in package["files"]]
        kind = {package.get("source", {}).get("type"): True}
        yield _from_index(package | kind, package["name"], package.get("version"), hashes)


def _pipfile(data: dict[str, Any]) -> Iterator[Entry]:
    groups = (group for name, group in data.items() if name != "_meta")
    for name, package in (item for group in groups for item in group.items()):
        version = package.get("version", "").removeprefix("==")
        yield _from_index(package, name, version, package.get("hashes", []))


def _from_index(
    package: dict[str, Any], name: str, version: str | None, hashes: Sequence[str | None]
) -> Entry:
    """What comes from elsewhere is fetched without a look at the hashes that stand beside it."""
    return _entry(name, version, [] if _UNHASHED & package.keys() else hashes)


def _entry(name: str, version: str | None, hashes: Sequence[str | None]) -> Entry:
    """One without a good hash for each of its files is one without hashes: any file would do."""
    if not isinstance(version, str | None):
        raise TypeError(f"the version of {name} is no text")
    good = [each for each in hashes if isinstance(each, str) and _HASH.fullmatch(each)]
    return Entry(
        canonicalize_name(name, validate=True),
        version or "",
        frozenset(good) if len(good) == len(hashes) else frozenset(),
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
