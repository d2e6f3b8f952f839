"""PDM: the sources of pyproject.toml, then those its settings keep, as PDM 2 has it.

PyPI, or what ``pypi.url`` says it is, comes first, unless the project has a source named pypi.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirrorlab.masking import masked
from mirrorlab.which import judging, pip
from mirrorlab.which.files import Toml, toml
from mirrorlab.which.model import Answer, Finding, Origin, Role, Source, Verdict
from mirrorlab.which.surroundings import Surroundings

NAME = "pdm"
_DEFAULT = "https://pypi.org/simple"
_KEYS = (
    *("name", "url", "username", "password", "verify_ssl", "type", "ca_certs", "client_cert"),
    *("client_key", "include_packages", "exclude_packages"),
)
_OF_PYPI = frozenset(
    [
        "url",
        "verify_ssl",
        "username",
        "password",
        "ca_certs",
        "ignore_stored_index",
        "client_cert",
        "client_key",
        "json_api",
    ]
)
_VARIABLES = (
    *("PDM_PYPI_URL", "PDM_IGNORE_STORED_INDEX", "PDM_PYPI_USERNAME", "PDM_PYPI_PASSWORD"),
    *("PDM_PYPI_VERIFY_SSL", "PDM_PYPI_JSON_API"),
)


@dataclass(frozen=True)
class _Held:
    """A source as one file has it."""

    table: Mapping[str, Any]
    origin: Origin


def look(around: Surroundings) -> tuple[Answer, ...]:
    """Say what ``pdm lock`` asks here."""
    path = _located(around)
    if path is None:
        return (Answer(NAME, unused="no pyproject.toml here or above"),)
    read = toml(around, path)
    if read is None:
        return (Answer(NAME, unused="pyproject.toml cannot be read"),)
    local = toml(around, path.with_name("pdm.toml"))
    if not (read.has("tool", "pdm") or local or around.exists(path.with_name("pdm.lock"))):
        return (Answer(NAME, unused="pyproject.toml has no [tool.pdm]"),)
    stored = [local, *(toml(around, file) for file in _user_files(around))]
    files = [file for file in stored if file is not None]
    found: list[Finding] = []
    sources = tuple(_sources(around, read, files, found))
    ordered = read.table("tool", "pdm", "resolution").get("respect-source-order") is True
    found += (judging.of_ordered if ordered else judging.of_merged)("pdm", _counting(sources))
    found += judging.of_sources(around, sources)
    found += _of_stored(around, files)
    found += judging.of_variables(around, "PDM_", _VARIABLES, "PYPI|INDEX")
    if sources:
        found += judging.not_read("pdm", Answer(NAME, sources), pip.named_indexes(around))
    else:
        says = "pdm has no source at all, and stops: pypi.ignore_stored_index takes PyPI away"
        found.append(Finding(Verdict.WRONG, says, judging.SETTINGS))
    note = "the order counts" if ordered else "the order does not count, the highest version wins"
    return (Answer(NAME, sources, tuple(dict.fromkeys(found)), notes=(f"pdm: {note}",)),)


def _counting(sources: tuple[Source, ...]) -> list[Source]:
    """Leave out what is for some names only: those names are safe, whatever else is asked."""
    return [source for source in sources if not source.projects]


def _located(around: Surroundings) -> Path | None:
    named = around.variable("PDM_PROJECT")
    start = around.named(named) if named else around.project
    paths = (folder / "pyproject.toml" for folder in (start, *start.parents))
    return next((path for path in paths if around.exists(path)), None)


def _user_files(around: Surroundings) -> tuple[Path, ...]:
    """Return the files of the user, then of the system."""
    if around.platform == "win32":
        local = around.variable("LOCALAPPDATA") or str(around.home / "AppData" / "Local")
        folders = [Path(local) / "pdm" / "pdm"]
        system = Path(around.variable("PROGRAMDATA") or "C:\\ProgramData") / "pdm" / "pdm"
    elif around.platform == "darwin":
        folders = [around.home / "Library" / "Application Support" / "pdm"]
        system = around.system("/Library/Application Support/pdm")
    else:
        config = around.variable("XDG_CONFIG_HOME").strip() or str(around.home / ".config")
        folders = [Path(config) / "pdm"]
        dirs = around.variable("XDG_CONFIG_DIRS").strip()
        system = (Path(dirs.split(":")[0]) if dirs else around.system("/etc/xdg")) / "pdm"
    named = around.variable("PDM_CONFIG_FILE")
    user = around.named(named) if named else folders[0] / "config.toml"
    return (user, system / "config.toml")


def _sources(
    around: Surroundings, read: Toml, files: list[Toml], found: list[Finding]
) -> Iterator[Source]:
    held: dict[str, _Held] = {}
    tables = read.table("tool", "pdm").get("source", [])
    for number, table in enumerate(tables if isinstance(tables, list) else ()):
        if not isinstance(table, Mapping):
            continue
        place = ("tool", "pdm", "source", number)
        found += _of_table(read, number, table)
        origin = read.at(*place, "url" if "url" in table else "name")
        held[str(table.get("name", ""))] = _Held(table, origin)
    ignored = _ignores_stored(around, files)
    ours = set(held)
    local, others = _stored(files[:1]), _stored(list(reversed(files[1:])))
    for name, stored in (*local.items(), *others.items()):
        if name in held:
            merged = {**stored.table, **held[name].table}
            origin = held[name].origin if "url" in held[name].table else stored.origin
            held[name] = _Held(merged, origin)
        elif not ignored:
            held[name] = stored
    pypi = _pypi(around, files)
    if "pypi" in held:
        if not held["pypi"].table.get("url"):
            held["pypi"] = _Held({**held["pypi"].table, "url": pypi.url}, pypi.origin)
    elif not ignored:
        yield pypi
    for name, one in held.items():
        if one.table.get("url"):
            yield _source(around, name, one, ours)


def _source(around: Surroundings, name: str, held: _Held, ours: set[str]) -> Source:
    table = held.table
    url = str(table["url"]).replace("${PROJECT_ROOT}", str(around.project))
    role = Role.FIND_LINKS if table.get("type") == "find_links" else Role.INDEX
    note = "" if name in ours else "kept by the settings, not by the project"
    return Source(
        url,
        held.origin,
        role,
        name,
        projects=_patterns(table.get("include_packages")),
        withheld=_patterns(table.get("exclude_packages")),
        note=note,
    )


def _patterns(value: Any) -> tuple[str, ...]:
    found = value if isinstance(value, list) else ()
    return tuple(map(_normal, map(str, found)))


def _normal(pattern: str) -> str:
    """Return a pattern as PDM compares it; what is none, such as a URL, stays what it is."""
    if set(pattern) & set(":/@"):
        return pattern
    return re.sub(r"[^A-Za-z0-9?*\[\]-]+", "-", pattern).lower()


def _of_table(read: Toml, number: int, table: Mapping[str, Any]) -> Iterator[Finding]:
    place = ("tool", "pdm", "source", number)
    for key in table:
        if key not in _KEYS:
            near = judging.misspelt(key, _KEYS)
            hint = f": did you mean {near}?" if near else ""
            says = f"pdm has no setting {masked(key)!r} of a source, and stops{hint}"
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, read.at(*place, key))
    if "name" not in table:
        says = "a source without a name stops pdm"
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, read.at(*place))
    if table.get("verify_ssl") is False:
        says = (
            f"the certificate of the source {masked(str(table.get('name', '')))!r} is not checked"
        )
        yield Finding(Verdict.RISKY, says, judging.SETTINGS, read.at(*place, "verify_ssl"))
    if table.get("password") and not str(table["password"]).startswith("${"):
        says = "a password stands in pyproject.toml, and so in the project's history"
        yield Finding(Verdict.RISKY, says, judging.SETTINGS, read.at(*place, "password"))


def _stored(files: list[Toml]) -> dict[str, _Held]:
    """Return the sources that settings files keep, by name: ``[pypi.private]``."""
    kept: dict[str, _Held] = {}
    for file in files:
        for name, table in file.table("pypi").items():
            if name not in _OF_PYPI and isinstance(table, Mapping):
                kept[name] = _Held(table, file.at("pypi", name, "url"))
    return kept


def _ignores_stored(around: Surroundings, files: list[Toml]) -> bool:
    said = around.environ.get("PDM_IGNORE_STORED_INDEX")
    if said is not None:
        return bool(said) and said.lower() not in ("false", "no", "0")
    for file in files:
        value = file.table("pypi").get("ignore_stored_index")
        if value is not None:
            return value is True or str(value).lower() not in ("false", "no", "0", "")
    return False


def _pypi(around: Surroundings, files: list[Toml]) -> Source:
    """Return what stands for PyPI."""
    if url := around.variable("PDM_PYPI_URL"):
        return Source(url, Origin(variable="PDM_PYPI_URL"), name="pypi")
    for file in files:
        if held := file.table("pypi").get("url"):
            return Source(str(held), file.at("pypi", "url"), name="pypi")
    return Source(_DEFAULT, Origin(), name="pypi")


def _of_stored(around: Surroundings, files: list[Toml]) -> Iterator[Finding]:
    for file in files:
        tables = [file.table("pypi"), *file.table("pypi").values()]
        if any(isinstance(table, Mapping) and table.get("password") for table in tables):
            shown = masked(str(file.path))
            if around.inside(file.path):
                says = f"a password stands in {shown}, beside the project"
                yield Finding(Verdict.RISKY, says, judging.SETTINGS, Origin(file.path))
            if around.read_by_others(file.path):
                says = f"everybody on this machine can read {shown}, which has a password"
                yield Finding(Verdict.RISKY, says, judging.SETTINGS, Origin(file.path))
        if file.table("pypi").get("verify_ssl") is False:
            says = "the certificate of pypi.url is not checked"
            origin = file.at("pypi", "verify_ssl")
            yield Finding(Verdict.RISKY, says, judging.SETTINGS, origin)
