"""zc.buildout: ``index`` and ``find-links`` of buildout.cfg, of what it extends, of the user's.

Files are read as buildout 6 does: the user's default.cfg, then what is extended, then the file
itself; ``+=`` adds, ``-=`` takes away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path

from mirrorlab.masking import masked
from mirrorlab.which import judging, pip
from mirrorlab.which.model import Answer, Finding, Origin, Role, Source, Verdict
from mirrorlab.which.surroundings import Surroundings

NAME = "buildout"
_DEFAULT = "https://pypi.org/simple"
_KEYS = ("index", "find-links", "allow-hosts", "install-from-cache", "download-cache", "offline")
_OTHERS = ("extends", "optional-extends", "installed", "parts", "newest", "eggs")
_SECTION = re.compile(r"\[\s*(?P<name>[^\s{}[\]:]+)\s*(?P<rest>:[^\]]*)?\]")
_OPTION = re.compile(r"(?P<key>[^\s=+<>-][^=]*?)\s*(?P<sign>[+-]?)=\s*(?P<value>.*)")


@dataclass(frozen=True)
class _Option:
    """One option of the section ``[buildout]``, as one file has it."""

    key: str
    sign: str
    words: tuple[tuple[str, int], ...]
    """The words of its value, each with the line it stands on."""
    file: Path
    line: int


@dataclass
class _Value:
    """What an option comes to: its words, and where each stands."""

    words: list[tuple[str, Origin]] = field(default_factory=list)

    def text(self) -> str:
        return " ".join(word for word, _ in self.words)


def look(around: Surroundings) -> tuple[Answer, ...]:
    """Say what ``buildout`` asks here."""
    path = around.project / "buildout.cfg"
    if not around.exists(path):
        return (Answer(NAME, unused="no buildout.cfg"),)
    options = [*_options(around, _user(around), ()), *_options(around, path, ())]
    values = _merged(options)
    sources = tuple(_sources(around, values))
    found = (
        *judging.of_merged("buildout", sources),
        *judging.of_sources(around, sources),
        *_of_hosts(sources, values),
        *_of_keys(options),
        *judging.not_read("buildout", Answer(NAME, sources), pip.named_indexes(around)),
    )
    note = "buildout lets pip build what comes as an sdist: that pip asks what pip asks"
    return (Answer(NAME, sources, tuple(dict.fromkeys(found)), notes=(note,)),)


def _user(around: Surroundings) -> Path:
    named = around.variable("BUILDOUT_HOME")
    return (around.named(named) if named else around.home / ".buildout") / "default.cfg"


def _options(around: Surroundings, path: Path, seen: tuple[Path, ...]) -> Iterator[_Option]:
    """Yield the options of a file, after those of the files it extends."""
    if path in seen:
        around.broken(path, None, "extends itself")
        return
    if (text := around.text(path)) is None:
        if seen:
            around.broken(path, None, "is extended, and is not there")
        return
    own = list(_parsed(around, path, text))
    for key in ("extends", "optional-extends"):
        for option in (one for one in own if one.key == key):
            for word, line in option.words:
                yield from _extended(around, path, word, line, (*seen, path), key)
    yield from (one for one in own if one.key not in {"extends", "optional-extends"})


def _extended(
    around: Surroundings, path: Path, word: str, line: int, seen: tuple[Path, ...], key: str
) -> Iterator[_Option]:
    if "://" in word or "${" in word:
        around.broken(path, line, "extends what is not a file of this machine: it is not read here")
        return
    other = path.parent / word
    if key == "extends" or around.exists(other):
        yield from _options(around, other, seen)


def _parsed(around: Surroundings, path: Path, text: str) -> Iterator[_Option]:
    section, option = "", None
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line[0] in "#;":
            continue
        if line[0].isspace():
            if option is not None:
                more = tuple((word, number) for word in _words(line))
                option = replace(option, words=(*option.words, *more))
            continue
        if option is not None:
            yield option
            option = None
        if header := _SECTION.match(line):
            section = header["name"]
            if section == "buildout" and (header["rest"] or "").strip(": "):
                around.broken(path, number, "has a condition, which is not evaluated here")
            continue
        found = _OPTION.match(line)
        if found is None:
            around.broken(path, number, "is no line of a buildout file: key = value")
            return
        if section == "buildout":
            words = tuple((word, number) for word in _words(found["value"]))
            option = _Option(found["key"].strip(), found["sign"], words, path, number)
    if option is not None:
        yield option


def _words(text: str) -> list[str]:
    return re.sub(r"\s[;#].*$", "", text).split()


def _merged(options: list[_Option]) -> dict[str, _Value]:
    values: dict[str, _Value] = {}
    for option in options:
        words = [(word, Origin(option.file, line)) for word, line in option.words]
        held = values.setdefault(option.key, _Value())
        if option.sign == "+":
            held.words += words
        elif option.sign == "-":
            gone = {word for word, _ in words}
            held.words = [pair for pair in held.words if pair[0] not in gone]
        else:
            held.words = words
    return values


def _sources(around: Surroundings, values: dict[str, _Value]) -> Iterator[Source]:
    off = values.get("offline", _Value()).text() == "true"
    cached = values.get("install-from-cache", _Value()).text() == "true"
    why = "offline" if off else "install-from-cache" if cached else ""
    hosts = values.get("allow-hosts", _Value()).text().split()
    cache = values.get("download-cache", _Value())
    for word, origin in cache.words[:1]:
        yield Source(_filled(around, word), origin, Role.FIND_LINKS, note="the download-cache")
    for word, origin in values.get("find-links", _Value()).words:
        yield _allowed(Source(_filled(around, word), origin, Role.FIND_LINKS), hosts, why)
    index = values.get("index", _Value()).words[:1] or [(_DEFAULT, Origin())]
    yield _allowed(Source(_filled(around, index[0][0]), index[0][1]), hosts, why)


def _allowed(source: Source, hosts: list[str], why: str) -> Source:
    """Put a source out of force where ``allow-hosts`` or something else keeps buildout away."""
    if why:
        return replace(source, role=Role.DISABLED, note=why)
    name = judging.host(source.url)
    if hosts and name and not any(fnmatch(name, pattern) for pattern in hosts):
        return replace(source, role=Role.DISABLED, note="allow-hosts keeps buildout away")
    return source


def _filled(around: Surroundings, word: str) -> str:
    return word.replace("${buildout:directory}", str(around.project))


def _of_hosts(sources: tuple[Source, ...], values: dict[str, _Value]) -> Iterator[Finding]:
    if values.get("offline", _Value()).text() == "true":
        return
    for source in sources:
        if source.role is Role.DISABLED and source.note.startswith("allow-hosts"):
            says = f"allow-hosts keeps buildout away from {source.shown}"
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, source.origin)


def _of_keys(options: list[_Option]) -> Iterator[Finding]:
    for option in options:
        if near := judging.misspelt(option.key, _KEYS, _OTHERS):
            says = f"buildout does not know {masked(option.key)!r}: did you mean {near}?"
            origin = Origin(option.file, option.line)
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, origin)
