"""What uv reads: the variables, and its files, the strongest first; a workspace has its root's.

A ``uv.toml`` puts the ``[tool.uv]`` beside it out of force. A key that uv does not know stops it in
a ``uv.toml``; in pyproject.toml it makes uv pass over the whole table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mirrorlab.masking import masked
from mirrorlab.which import judging
from mirrorlab.which.files import Toml, toml
from mirrorlab.which.model import Finding, Origin, Verdict
from mirrorlab.which.surroundings import Surroundings

_KEYS = (
    *("index", "index-url", "extra-index-url", "find-links", "no-index", "index-strategy"),
    *("allow-insecure-host", "pip", "sources", "workspace"),
)
_OF_AN_INDEX = (
    *("name", "url", "default", "explicit", "format", "publish-url", "authenticate"),
    *("ignore-error-codes", "cache-control", "hash-algorithm", "exclude-newer", "origin"),
    "exclude-newer-package",
)
_ALL = """
required-version system-certs native-tls offline no-cache cache-dir preview preview-features
python-preference python-downloads concurrent-downloads concurrent-builds concurrent-installs
index index-url extra-index-url no-index find-links index-strategy keyring-provider http-proxy
https-proxy no-proxy allow-insecure-host resolution prerelease prerelease-package fork-strategy
dependency-metadata config-settings config-settings-package no-build-isolation
require-build-hashes no-build-isolation-package extra-build-dependencies extra-build-variables
exclude-newer exclude-newer-package link-mode compile-bytecode no-sources no-sources-package
upgrade upgrade-package reinstall reinstall-package no-build no-build-package no-binary
no-binary-package torch-backend python-install-mirror pypy-install-mirror
graalpy-install-mirror pyodide-install-mirror python-downloads-json-url publish-url
trusted-publishing check-url add-bounds audit pip cache-keys override-dependencies
exclude-dependencies constraint-dependencies build-constraint-dependencies environments
required-environments minimum-libc-version conflicts workspace sources managed package
default-groups dependency-groups dev-dependencies build-backend
"""
_KNOWN = frozenset(_ALL.split())


@dataclass
class Layer:
    """What one file says, or what the variables say."""

    indexes: list[tuple[Mapping[str, Any], Origin]] = field(default_factory=list)
    extra: list[tuple[str, Origin]] = field(default_factory=list)
    url: tuple[str, Origin] | None = None
    links: list[tuple[str, Origin]] = field(default_factory=list)
    no_index: bool = False
    strategy: str = ""
    insecure: tuple[str, ...] = ()


def of_environment(environ: Mapping[str, str]) -> Layer:
    """Read the variables, the older ones too."""
    layer = Layer()
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX"):
        for value in environ.get(variable, "").split():
            name, url = _named(value)
            table = {"url": url, "name": name, "default": variable == "UV_DEFAULT_INDEX"}
            layer.indexes.append((table, Origin(variable=variable)))
    for url in environ.get("UV_EXTRA_INDEX_URL", "").split():
        layer.extra.append((url, Origin(variable="UV_EXTRA_INDEX_URL")))
    if url := environ.get("UV_INDEX_URL", "").strip():
        layer.url = (url, Origin(variable="UV_INDEX_URL"))
    for url in environ.get("UV_FIND_LINKS", "").split(","):
        if url.strip():
            layer.links.append((url.strip(), Origin(variable="UV_FIND_LINKS")))
    layer.strategy = environ.get("UV_INDEX_STRATEGY", "")
    layer.insecure = tuple(environ.get("UV_INSECURE_HOST", "").split())
    return layer


def _named(value: str) -> tuple[str, str]:
    """Split ``name=URL``; the name is a word, so that a ``=`` of the URL is left alone."""
    name, equals, url = value.partition("=")
    plain = bool(equals) and all(letter.isalnum() or letter in "-_." for letter in name)
    return (name, url) if plain else ("", value)


@dataclass(frozen=True)
class File:
    """One file that uv reads, and where its settings begin in it."""

    toml: Toml
    place: tuple[str, ...] = ()

    def table(self, *place: str) -> dict[str, Any]:
        """Return a table of uv's settings."""
        return self.toml.table(*self.place, *place)

    def at(self, *place: str | int) -> Origin:
        """Name the line of one of uv's settings."""
        return self.toml.at(*self.place, *place)


def files(around: Surroundings, environ: Mapping[str, str], found: list[Finding]) -> Iterator[File]:
    """Yield the files that uv reads, the strongest first."""
    if named := environ.get("UV_CONFIG_FILE"):
        path = around.named(named)
        if not around.exists(path):
            says = f"UV_CONFIG_FILE names {masked(named)}, which is not there: uv stops"
            origin = Origin(variable="UV_CONFIG_FILE")
            found.append(Finding(Verdict.WRONG, says, judging.SETTINGS, origin))
        if read := toml(around, path):
            yield File(read)
        return
    if environ.get("UV_NO_CONFIG", "").lower() in {"1", "true", "yes", "on", "y", "t"}:
        return
    yield from _project(around, environ, found)
    system = [path for path in _system(around, environ) if around.exists(path)]
    for path in (_user(around, environ), *system[:1]):
        if read := toml(around, path):
            yield File(read)


def _project(
    around: Surroundings, environ: Mapping[str, str], found: list[Finding]
) -> Iterator[File]:
    named = environ.get("UV_PROJECT")
    start = around.named(named) if named else around.project
    start = workspace_root(around, start)
    for folder in (start, *start.parents):
        own, shared = folder / "uv.toml", folder / "pyproject.toml"
        pyproject = toml(around, shared)
        if around.exists(own):
            if pyproject and names_indexes(pyproject.table("tool", "uv")):
                says = "uv.toml beside it puts all of [tool.uv] out of force, save sources"
                origin = pyproject.at("tool", "uv")
                found.append(Finding(Verdict.RISKY, says, judging.SETTINGS, origin))
            if read := toml(around, own):
                yield File(read)
            return
        if pyproject is None or not pyproject.has("tool", "uv"):
            continue
        key = unknown(pyproject)
        if not key:
            yield File(pyproject, ("tool", "uv"))
            return
        says = f"uv does not know {masked(key)!r} and passes over all of [tool.uv]"
        origin = pyproject.at("tool", "uv", key)
        found.append(Finding(Verdict.WRONG, says, judging.SETTINGS, origin))


def names_indexes(table: Mapping[str, Any]) -> list[str]:
    """Return the keys of a table of settings that say where distributions come from."""
    return [key for key in table if key in _KEYS[:7]]


def unknown(pyproject: Toml) -> str:
    """Return the first key of ``[tool.uv]`` that uv does not know; empty where it knows all."""
    return next((key for key in pyproject.table("tool", "uv") if key not in _KNOWN), "")


def workspace_root(around: Surroundings, start: Path) -> Path:
    """Return the root of the workspace that the project is a member of, or the project."""
    nearest = next(
        (folder for folder in (start, *start.parents) if around.exists(folder / "pyproject.toml")),
        None,
    )
    if nearest is None:
        return start
    own = toml(around, nearest / "pyproject.toml")
    if own and own.has("tool", "uv", "workspace"):
        return nearest
    for folder in nearest.parents:
        read = toml(around, folder / "pyproject.toml")
        if read is None or not read.has("tool", "uv", "workspace"):
            continue
        workspace = read.table("tool", "uv", "workspace")
        members = _member(folder, nearest, workspace.get("members"))
        if members and not _member(folder, nearest, workspace.get("exclude")):
            return folder
        break
    return start


def _member(root: Path, project: Path, globs: Any) -> bool:
    if not isinstance(globs, list):
        return False
    try:
        return any(project in root.glob(glob) for glob in globs if isinstance(glob, str) and glob)
    except (OSError, ValueError, NotImplementedError):
        return False


def _user(around: Surroundings, environ: Mapping[str, str]) -> Path:
    if around.platform == "win32":
        roaming = environ.get("APPDATA", str(around.home / "AppData" / "Roaming"))
        return Path(roaming) / "uv" / "uv.toml"
    config = environ.get("XDG_CONFIG_HOME", "").strip() or str(around.home / ".config")
    return Path(config) / "uv" / "uv.toml"


def _system(around: Surroundings, environ: Mapping[str, str]) -> tuple[Path, ...]:
    if around.platform == "win32":
        folder = environ.get("PROGRAMDATA", "C:\\ProgramData")
        return (Path(folder) / "uv" / "uv.toml",)
    named = [one for one in environ.get("XDG_CONFIG_DIRS", "").split(":") if one.strip()]
    folders = [Path(one) for one in named] or [around.system("/etc/xdg")]
    return (*(folder / "uv" / "uv.toml" for folder in folders), around.system("/etc/uv/uv.toml"))


def of_file(file: File, found: list[Finding]) -> Layer:
    """Read what a file says of sources; what it misspells goes to ``found``."""
    layer = legacy(file)
    layer.insecure = _texts(file.table(), "allow-insecure-host")
    indexes = file.table().get("index")
    for number, index in enumerate(indexes if isinstance(indexes, list) else ()):
        if not isinstance(index, Mapping):
            continue
        origin = file.at("index", number, "url")
        layer.indexes.append((index, origin))
        found += _of_index(file, number, index)
    if not file.place:
        for key in file.table():
            if key not in _KNOWN:
                says = f"uv does not know the setting {masked(key)!r}, and stops"
                found.append(Finding(Verdict.WRONG, says, judging.SETTINGS, file.at(key)))
    return layer


def _of_index(file: File, number: int, index: Mapping[str, Any]) -> Iterator[Finding]:
    for key in index:
        if near := judging.misspelt(key, _OF_AN_INDEX):
            says = f"uv has no setting {masked(key)!r} of an index, and does not say so: {near}?"
            origin = file.at("index", number, key)
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, origin)
    if index.get("explicit") and not index.get("name"):
        says = "an explicit index needs a name: uv stops"
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, file.at("index", number))


def legacy(file: File, *section: str) -> Layer:
    """Read what has no ``index``: the words of pip, at the top or in the section for ``uv pip``."""
    table = file.table(*section)
    layer = Layer()
    if isinstance(url := table.get("index-url"), str):
        layer.url = (url, file.at(*section, "index-url"))
    layer.extra = [
        (url, file.at(*section, "extra-index-url")) for url in _texts(table, "extra-index-url")
    ]
    layer.links = [(url, file.at(*section, "find-links")) for url in _texts(table, "find-links")]
    layer.no_index = table.get("no-index") is True
    strategy = table.get("index-strategy")
    layer.strategy = strategy if isinstance(strategy, str) else ""
    return layer


def _texts(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
