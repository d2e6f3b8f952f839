"""Pipenv: the sources of the Pipfile, as Pipenv 2026 has it.

Each project belongs to the first source, or to the one it names. Of pip's settings it takes
``index-url`` where a Pipfile has no source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from mirrorlab.masking import masked, masked_project
from mirrorlab.which import judging, pip
from mirrorlab.which.files import Toml, toml
from mirrorlab.which.model import Answer, Finding, Origin, Role, Source, Verdict
from mirrorlab.which.surroundings import Surroundings

NAME = "pipenv"
_DEFAULT = "https://pypi.org/simple"
_PYPI = re.compile(r"https?://pypi(?:\.python)?\.org/simple/?")
_MIRROR = "PIPENV_PYPI_MIRROR"
_KEYS = ("name", "url", "verify_ssl")
_NOT_PACKAGES = frozenset({"source", "requires", "scripts", "pipenv", "pipfile"})


def look(around: Surroundings) -> tuple[Answer, ...]:
    """Say what ``pipenv lock`` asks here."""
    path = _located(around)
    if path is None:
        return (Answer(NAME, unused="no Pipfile here or above"),)
    read = toml(around, path)
    if read is None:
        return (Answer(NAME, unused="the Pipfile cannot be read"),)
    found: list[Finding] = []
    sources = tuple(_sources(around, read, found))
    found += judging.of_sources(around, sources, lock="Pipfile.lock")
    found += _of_choice(read, sources)
    found += _of_variables(around, path, sources)
    return (Answer(NAME, sources, tuple(dict.fromkeys(found))),)


def _located(around: Surroundings) -> Path | None:
    if named := around.variable("PIPENV_PIPFILE"):
        return around.named(named)
    depth = around.variable("PIPENV_MAX_DEPTH")
    most = int(depth) if depth.isdigit() else 10
    paths = [folder / "Pipfile" for folder in around.folders()][:most]
    return next((path for path in paths if around.exists(path)), None)


def _sources(around: Surroundings, read: Toml, found: list[Finding]) -> Iterator[Source]:
    tables = read.data.get("source")
    mirror = around.variable(_MIRROR)
    if not isinstance(tables, list) or not tables:
        yield _default(around)
        return
    bound = _bound(read)
    for number, table in enumerate(tables):
        if not isinstance(table, Mapping):
            continue
        url, origin = str(table.get("url", "")), read.at("source", number, "url")
        if mirror and _PYPI.fullmatch(url):
            url, origin = mirror, Origin(variable=_MIRROR)
        found += _of_table(read, number, table)
        name = str(table.get("name", ""))
        role = Role.INDEX if number == 0 else Role.PER_PROJECT
        yield Source(url, origin, role, name, projects=bound.get(name, ()))


def _default(around: Surroundings) -> Source:
    """Return what is asked where the Pipfile names no source."""
    if mirror := around.variable(_MIRROR):
        return Source(mirror, Origin(variable=_MIRROR))
    held = pip.settings(around, "install").values.get("index-url")
    if held:
        return Source(held.value, held.origin)
    return Source(_DEFAULT, Origin())


def _of_table(read: Toml, number: int, table: Mapping[str, Any]) -> Iterator[Finding]:
    name = masked(str(table.get("name", "")))
    for key in table:
        if near := judging.misspelt(key, _KEYS):
            says = f"pipenv has no setting {masked(key)!r} of a source: did you mean {near}?"
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, read.at("source", number, key))
    if not table.get("url"):
        says = f"the source {name!r} has no url"
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, read.at("source", number))
    if table.get("verify_ssl") is False:
        says = f"the certificate of the source {name!r} is not checked"
        origin = read.at("source", number, "verify_ssl")
        yield Finding(Verdict.RISKY, says, judging.SETTINGS, origin)


def _bound(read: Toml) -> dict[str, tuple[str, ...]]:
    """Return source -> the packages of all categories that name it."""
    bound: dict[str, tuple[str, ...]] = {}
    for category, table in read.data.items():
        if category in _NOT_PACKAGES or not isinstance(table, Mapping):
            continue
        for project, value in table.items():
            if isinstance(value, Mapping) and isinstance(value.get("index"), str):
                name = value["index"]
                bound[name] = (*bound.get(name, ()), canonicalize_name(project))
    return bound


def _of_choice(read: Toml, sources: tuple[Source, ...]) -> Iterator[Finding]:
    names = {source.name for source in sources}
    for name, projects in _bound(read).items():
        if name not in names:
            shown = ", ".join(map(masked_project, projects))
            says = f"{shown} names the index {masked(name)!r}, which is no source"
            yield Finding(Verdict.WRONG, says, judging.CONFUSION)
    for source in sources[1:]:
        if not source.projects:
            says = (
                f"no package names the source {masked(source.name)!r}:"
                " pipenv asks the first source only"
            )
            yield Finding(Verdict.WRONG, says, judging.CONFUSION, source.origin)


def _of_variables(
    around: Surroundings, path: Path, sources: tuple[Source, ...]
) -> Iterator[Finding]:
    if around.variable(_MIRROR) and all(s.origin.variable != _MIRROR for s in sources):
        says = f"{_MIRROR} takes the place of PyPI only, and no source here is PyPI"
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, Origin(variable=_MIRROR))
    known = (_MIRROR, "PIPENV_PIPFILE")
    yield from judging.of_variables(around, "PIPENV_", known, "MIRROR|INDEX")
    if any(source.origin.file == path for source in sources):
        for what, origin in pip.named_indexes(around).items():
            says = f"pipenv asks the sources of its Pipfile, and not what {what} says"
            yield Finding(Verdict.RISKY, says, judging.SETTINGS, origin)
    dotenv = path.with_name(".env")
    text = around.text(dotenv) if around.exists(dotenv) else None
    for number, line in enumerate((text or "").split("\n"), 1):
        if re.match(rf"\s*(?:export\s+)?(?:{_MIRROR}|PIP_(?:EXTRA_)?INDEX_URL)\s*=", line):
            says = "pipenv loads .env for `run` and `shell`; put settings of indexes elsewhere"
            yield Finding(Verdict.RISKY, says, judging.SETTINGS, Origin(dotenv, number))
