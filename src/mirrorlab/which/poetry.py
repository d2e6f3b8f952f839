"""Poetry: the sources of pyproject.toml, and nothing else, as Poetry 2 has it.

No variable and no file of the user adds a source. PyPI is asked where no source is primary.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from mirrorlab.masking import masked
from mirrorlab.which import judging, pip
from mirrorlab.which.files import Toml, toml
from mirrorlab.which.model import PYPI, Answer, Finding, Origin, Role, Source, Verdict
from mirrorlab.which.surroundings import Surroundings

NAME = "poetry"
_PRIORITIES = ("primary", "supplemental", "explicit")
_KEYS = ("name", "url", "priority", "links", "indexed")
_MIRROR = "POETRY_PYPI_MIRROR_URL"


def look(around: Surroundings) -> tuple[Answer, ...]:
    """Say what ``poetry lock`` asks here."""
    path = _located(around)
    if path is None:
        return (Answer(NAME, unused="no pyproject.toml here or above"),)
    read = toml(around, path)
    if read is None:
        return (Answer(NAME, unused="pyproject.toml cannot be read"),)
    if not _is_poetrys(around, read):
        return (Answer(NAME, unused="pyproject.toml has no [tool.poetry]"),)
    found: list[Finding] = []
    sources = tuple(_sources(read, found))
    found += _of_priority(sources)
    found += judging.of_sources(around, sources)
    found += _of_per_project(sources)
    found += _of_others(around, path.parent, sources)
    return (Answer(NAME, sources, tuple(dict.fromkeys(found)), notes=_notes(around, sources)),)


def _located(around: Surroundings) -> Path | None:
    paths = (folder / "pyproject.toml" for folder in around.folders())
    return next((path for path in paths if around.exists(path)), None)


def _is_poetrys(around: Surroundings, read: Toml) -> bool:
    files = (read.path.with_name(name) for name in ("poetry.toml", "poetry.lock"))
    backend = str(read.table("build-system").get("build-backend", ""))
    return read.has("tool", "poetry") or "poetry" in backend or any(map(around.exists, files))


def _sources(read: Toml, found: list[Finding]) -> Iterator[Source]:
    """Yield the sources in the order in which they are asked."""
    tables = read.table("tool", "poetry").get("source", [])
    bound = _bound(read)
    made: list[tuple[int, Source]] = []
    for number, table in enumerate(tables if isinstance(tables, list) else ()):
        if isinstance(table, Mapping):
            found += _of_table(read, number, table)
            made.append(_source(read, number, table, bound))
    pypi = any(source.name.lower() == "pypi" for _, source in made)
    if not pypi and not any(rank == 0 for rank, _ in made):
        made.append((0, Source(PYPI, Origin(), name="PyPI", projects=bound.get("pypi", ()))))
    yield from (source for _, source in sorted(made, key=lambda pair: pair[0]))


def _source(
    read: Toml, number: int, table: Mapping[str, Any], bound: Mapping[str, tuple[str, ...]]
) -> tuple[int, Source]:
    name, url = str(table.get("name", "")), str(table.get("url", ""))
    priority = str(table.get("priority", "primary")).lower()
    place = ("tool", "poetry", "source", number)
    origin = read.at(*place, "url" if url else "name")
    rank = _PRIORITIES.index(priority) if priority in _PRIORITIES else 0
    notes = ("", "asked where no primary source has a file that fits", "")
    role = Role.PER_PROJECT if priority == "explicit" else Role.INDEX
    is_pypi = name.lower() == "pypi"
    made = Source(PYPI if is_pypi else url, origin, role, name, note=notes[rank])
    return rank, replace(made, projects=bound.get(name.lower(), ()))


def _of_table(read: Toml, number: int, table: Mapping[str, Any]) -> Iterator[Finding]:
    place = ("tool", "poetry", "source", number)
    name = masked(str(table.get("name", "")))
    for key in table:
        if key not in _KEYS:
            near = judging.misspelt(key, _KEYS)
            hint = f": did you mean {near}?" if near else ""
            says = f"poetry has no setting {masked(key)!r} of a source, and stops{hint}"
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, read.at(*place, key))
    priority = table.get("priority", "primary")
    if priority not in _PRIORITIES:
        known = ", ".join(_PRIORITIES)
        says = f"poetry has no priority {masked(str(priority))!r}, and stops: there are {known}"
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, read.at(*place, "priority"))
    if name.lower() == "pypi" and "url" in table:
        says = "poetry keeps the name pypi for PyPI, and stops: give your mirror another name"
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, read.at(*place, "name"))
    elif not table.get("url") and name.lower() != "pypi":
        says = f"the source {name!r} has no url, and poetry stops"
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, read.at(*place, "name"))


def _bound(read: Toml) -> dict[str, tuple[str, ...]]:
    """Return source -> the dependencies that name it."""
    bound: dict[str, tuple[str, ...]] = {}
    poetry = read.table("tool", "poetry")
    tables = [read.table("tool", "poetry", "dependencies")]
    tables.append(read.table("tool", "poetry", "dev-dependencies"))
    groups = poetry.get("group", {})
    for group in groups.values() if isinstance(groups, Mapping) else ():
        if isinstance(group, Mapping) and isinstance(group.get("dependencies"), Mapping):
            tables.append(group["dependencies"])
    for table in tables:
        for project, value in table.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, Mapping) and isinstance(one.get("source"), str):
                    name = one["source"].lower()
                    bound[name] = (*bound.get(name, ()), canonicalize_name(project))
    return bound


def _of_priority(sources: tuple[Source, ...]) -> Iterator[Finding]:
    indexes = [source for source in sources if source.role is Role.INDEX]
    primary = [source for source in indexes if not source.note]
    yield from judging.of_merged("poetry", primary)
    if len(primary) < len(indexes):
        yield from judging.of_ordered("poetry", indexes)


def _of_per_project(sources: tuple[Source, ...]) -> Iterator[Finding]:
    for source in sources:
        if source.role is Role.PER_PROJECT and not source.projects:
            says = (
                f"no dependency names the explicit source {masked(source.name)!r}:"
                " it is never asked"
            )
            yield Finding(Verdict.WRONG, says, judging.CONFUSION, source.origin)


def _of_others(
    around: Surroundings, folder: Path, sources: tuple[Source, ...]
) -> Iterator[Finding]:
    made = Answer(NAME, sources)
    others = pip.named_indexes(around)
    yield from judging.not_read("poetry", made, others)
    for name in sorted(around.environ):
        if name == _MIRROR:
            says = f"poetry itself does not read {_MIRROR}: it is a plugin's"
            yield Finding(Verdict.RISKY, says, judging.SETTINGS, Origin(variable=name))
        elif name.startswith("POETRY_REPOSITORIES_") and name.endswith("_URL"):
            says = f"{masked(name)} says where poetry publishes, not where it installs from"
            yield Finding(Verdict.RISKY, says, judging.SETTINGS, Origin(variable=masked(name)))
    for path in (folder / "poetry.toml", _config(around)):
        read = toml(around, path)
        if read is None:
            continue
        if read.has("repositories"):
            says = (
                "poetry publishes to its repositories: it installs from sources in pyproject.toml"
            )
            yield Finding(Verdict.RISKY, says, judging.SETTINGS, read.at("repositories"))
        if _holds_passwords(read) and around.read_by_others(path):
            says = f"everybody on this machine can read {masked(str(path))}, which has passwords"
            yield Finding(Verdict.RISKY, says, judging.SETTINGS, Origin(path))
        if _holds_passwords(read) and path.name == "poetry.toml":
            says = "passwords stand in poetry.toml, and so in the project's history"
            yield Finding(Verdict.RISKY, says, judging.SETTINGS, read.at("http-basic"))
        for name, table in read.table("certificates").items():
            off = isinstance(table, Mapping) and (table.get("cert") is False)
            off = off or (isinstance(table, Mapping) and table.get("verify") is False)
            if off:
                says = f"the certificate of the source {masked(name)!r} is not checked"
                yield Finding(Verdict.RISKY, says, judging.SETTINGS, read.at("certificates", name))


def _holds_passwords(read: Toml) -> bool:
    return any(read.table(section) for section in ("http-basic", "pypi-token"))


def _config(around: Surroundings) -> Path:
    if named := around.variable("POETRY_CONFIG_DIR"):
        return Path(named) / "config.toml"
    if around.platform == "win32":
        roaming = around.variable("APPDATA") or str(around.home / "AppData" / "Roaming")
        return Path(roaming) / "pypoetry" / "config.toml"
    if around.platform == "darwin":
        return around.home / "Library" / "Application Support" / "pypoetry" / "config.toml"
    config = around.variable("XDG_CONFIG_HOME").strip() or str(around.home / ".config")
    return Path(config) / "pypoetry" / "config.toml"


def _notes(around: Surroundings, sources: tuple[Source, ...]) -> tuple[str, ...]:
    found = []
    for source in sources:
        name = source.name.upper().replace("-", "_").replace(".", "_")
        variable = f"POETRY_HTTP_BASIC_{name}_PASSWORD"
        if name and variable in around.environ:
            found.append(f"{masked(variable)} is set for the source {masked(source.name)!r}")
    auth = _config(around).with_name("auth.toml")
    if around.exists(auth):
        found.append(f"there is {masked(str(auth))}, where poetry keeps passwords")
    return tuple(found)
