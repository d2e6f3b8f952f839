"""uv: its files, its variables, and the order it asks in, as uv 0.13 has it.

The first default is asked last, the others in the order: variables, project, user, system; of a
name only the first counts. ``index-url`` and ``extra-index-url`` come after every ``index``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PureWindowsPath
from typing import Any

from packaging.utils import canonicalize_name

from mirrorlab.which import judging, pip
from mirrorlab.which.files import Toml, toml
from mirrorlab.which.masking import masked
from mirrorlab.which.model import PYPI, Answer, Finding, Origin, Role, Source, Verdict
from mirrorlab.which.surroundings import Surroundings

NAME = "uv"
_VARIABLES = (
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
    "UV_INDEX_STRATEGY",
    "UV_INSECURE_HOST",
    "UV_CONFIG_FILE",
    "UV_NO_CONFIG",
)
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
_FIRST = "first-index"


@dataclass
class _Layer:
    """What one file says, or what the variables say."""

    indexes: list[tuple[Mapping[str, Any], Origin]] = field(default_factory=list)
    extra: list[tuple[str, Origin]] = field(default_factory=list)
    url: tuple[str, Origin] | None = None
    links: list[tuple[str, Origin]] = field(default_factory=list)
    no_index: bool = False
    strategy: str = ""
    insecure: tuple[str, ...] = ()


def look(around: Surroundings) -> tuple[Answer, ...]:
    """Say what ``uv sync`` asks, and ``uv pip`` where that differs."""
    answers = [answer(around, NAME, of_pip=False)]
    for_pip = answer(around, "uv pip", of_pip=True)
    if for_pip.sources != answers[0].sources:
        answers.append(for_pip)
    return tuple(answers)


def answer(
    around: Surroundings,
    client: str,
    *,
    of_pip: bool,
    environ: Mapping[str, str] | None = None,
) -> Answer:
    """Say what uv asks, with its section for ``uv pip`` or without."""
    environ = around.environ if environ is None else environ
    found: list[Finding] = []
    files = tuple(_files(around, environ, found))
    layers = [_of_environment(environ), *(_of_file(one, found) for one in files)]
    legacy = [_legacy(file, "pip") for file in files if of_pip] + layers
    bound = _bound(around)
    sources = _sources(layers, legacy, bound)
    strategy = next((layer.strategy for layer in legacy if layer.strategy), _FIRST)
    if strategy == "unsafe-best-match":
        found += judging.of_merged(client, sources)
    else:
        found += judging.of_ordered(client, sources)
        flat = [one for one in sources if one.role is Role.FIND_LINKS]
        if flat:
            found += judging.of_merged(client, sources)
    insecure = tuple(host for layer in layers for host in layer.insecure)
    found += judging.of_sources(around, sources, trusted=insecure)
    found += _of_explicit(sources, bound)
    found += _of_files(around, files)
    found += _of_variables(around, environ, sources)
    made = Answer(client, sources, notes=(_reads(files, strategy),))
    found += judging.not_read(client, made, _of_others(around))
    return replace(made, findings=tuple(dict.fromkeys(found)))


def _of_others(around: Surroundings) -> dict[str, Origin]:
    return pip.named_indexes(around)


def _sources(
    layers: list[_Layer], legacy: list[_Layer], bound: Mapping[str, tuple[str, ...]]
) -> tuple[Source, ...]:
    """Put what the layers say into the order in which uv asks."""
    named = [one for layer in layers for one in layer.indexes]
    environment, files = layers[0], [layer for layer in legacy if layer is not layers[0]]
    own = len(environment.indexes)
    listed = list(named[:own])
    listed += [({"url": url}, origin) for url, origin in environment.extra]
    if environment.url:
        listed.append(({"url": environment.url[0], "default": True}, environment.url[1]))
    listed += named[own:]
    listed += [({"url": url}, origin) for layer in files for url, origin in layer.extra]
    if url := next((layer.url for layer in files if layer.url), None):
        listed.append(({"url": url[0], "default": True}, url[1]))
    links = [
        Source(url, origin, Role.FIND_LINKS)
        for layer in (environment, *files)
        for url, origin in layer.links
    ]
    off = any(layer.no_index for layer in legacy) or environment.no_index
    return (*links, *_ordered(listed, bound, off=off))


def _ordered(
    listed: list[tuple[Mapping[str, Any], Origin]],
    bound: Mapping[str, tuple[str, ...]],
    *,
    off: bool,
) -> Iterator[Source]:
    seen: set[str] = set()
    default: Source | None = None
    late: list[Source] = []
    for index, origin in listed:
        name = str(index.get("name") or "")
        url = str(index.get("url") or "")
        hidden = bool(name) and name in seen
        seen.add(name)
        made = Source(url, origin, name=name)
        if off:
            late.append(replace(made, role=Role.DISABLED, note="no-index"))
        elif hidden:
            late.append(replace(made, role=Role.DISABLED, note=f"another {name!r} comes before"))
        elif index.get("default"):
            if default is not None:
                late.append(replace(made, role=Role.DISABLED, note="another default comes before"))
            else:
                default = replace(made, note="the default, asked last")
                if index.get("explicit"):
                    default = _explicit(default, bound)
        elif index.get("explicit"):
            late.append(_explicit(made, bound))
        else:
            projects = bound.get(name, ()) if name else ()
            yield replace(made, projects=projects)
    if off:
        yield from late
        return
    if default is None:
        yield Source(PYPI, Origin(), note="the default, asked last")
    elif default.role is Role.INDEX:
        yield replace(default, projects=bound.get(default.name, ()) if default.name else ())
    else:
        late.append(default)
    yield from late


def _explicit(source: Source, bound: Mapping[str, tuple[str, ...]]) -> Source:
    return replace(source, role=Role.PER_PROJECT, projects=bound.get(source.name, ()), note="")


def _of_environment(environ: Mapping[str, str]) -> _Layer:
    layer = _Layer()
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
    layer.no_index = environ.get("UV_NO_INDEX", "").lower() in {"1", "true", "yes", "on", "y", "t"}
    layer.strategy = environ.get("UV_INDEX_STRATEGY", "")
    layer.insecure = tuple(environ.get("UV_INSECURE_HOST", "").split())
    return layer


def _named(value: str) -> tuple[str, str]:
    """Split ``name=URL``; the name is a word, so that a ``=`` of the URL is left alone."""
    name, equals, url = value.partition("=")
    plain = bool(equals) and all(letter.isalnum() or letter in "-_." for letter in name)
    return (name, url) if plain else ("", value)


@dataclass(frozen=True)
class _File:
    """One file that uv reads, and where its settings begin in it."""

    toml: Toml
    place: tuple[str, ...] = ()

    def table(self, *place: str) -> dict[str, Any]:
        return self.toml.table(*self.place, *place)

    def at(self, *place: str | int) -> Origin:
        return self.toml.at(*self.place, *place)


def _files(
    around: Surroundings, environ: Mapping[str, str], found: list[Finding]
) -> Iterator[_File]:
    """Yield the files that uv reads, the strongest first."""
    if named := environ.get("UV_CONFIG_FILE"):
        path = around.expanded(named)
        if not around.exists(path):
            says = f"UV_CONFIG_FILE names {masked(named)}, which is not there: uv stops"
            origin = Origin(variable="UV_CONFIG_FILE")
            found.append(Finding(Verdict.WRONG, says, judging.SETTINGS, origin))
        if read := toml(around, path):
            yield _File(read)
        return
    if environ.get("UV_NO_CONFIG", "").lower() in {"1", "true", "yes", "on", "y", "t"}:
        return
    yield from _project(around, environ, found)
    system = [path for path in _system(around, environ) if around.exists(path)]
    for path in (_user(around, environ), *system[:1]):
        if read := toml(around, path):
            yield _File(read)


def _project(
    around: Surroundings, environ: Mapping[str, str], found: list[Finding]
) -> Iterator[_File]:
    named = environ.get("UV_PROJECT")
    start = around.expanded(named) if named else around.project
    start = _workspace_root(around, start)
    for folder in (start, *start.parents):
        own, shared = folder / "uv.toml", folder / "pyproject.toml"
        pyproject = toml(around, shared)
        if around.exists(own):
            if pyproject and _set(pyproject.table("tool", "uv")):
                says = "uv.toml beside it puts all of [tool.uv] out of force, save sources"
                origin = pyproject.at("tool", "uv")
                found.append(Finding(Verdict.RISKY, says, judging.SETTINGS, origin))
            if read := toml(around, own):
                yield _File(read)
            return
        if pyproject is None or not pyproject.has("tool", "uv"):
            continue
        unknown = _unknown(pyproject)
        if not unknown:
            yield _File(pyproject, ("tool", "uv"))
            return
        says = f"uv does not know {masked(unknown)!r} and passes over all of [tool.uv]"
        origin = pyproject.at("tool", "uv", unknown)
        found.append(Finding(Verdict.WRONG, says, judging.SETTINGS, origin))


def _set(table: Mapping[str, Any]) -> list[str]:
    return [key for key in table if key in _KEYS[:7]]


def _unknown(pyproject: Toml) -> str:
    return next((key for key in pyproject.table("tool", "uv") if key not in _KNOWN), "")


def _workspace_root(around: Surroundings, start: Path) -> Path:
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
        return Path(PureWindowsPath(roaming, "uv", "uv.toml"))
    config = environ.get("XDG_CONFIG_HOME", "").strip() or str(around.home / ".config")
    return Path(config) / "uv" / "uv.toml"


def _system(around: Surroundings, environ: Mapping[str, str]) -> tuple[Path, ...]:
    if around.platform == "win32":
        folder = environ.get("PROGRAMDATA", "C:\\ProgramData")
        return (Path(PureWindowsPath(folder, "uv", "uv.toml")),)
    named = [one for one in environ.get("XDG_CONFIG_DIRS", "").split(":") if one.strip()]
    folders = [Path(one) for one in named] or [around.system("/etc/xdg")]
    return (*(folder / "uv" / "uv.toml" for folder in folders), around.system("/etc/uv/uv.toml"))


def _of_file(file: _File, found: list[Finding]) -> _Layer:
    layer = _legacy(file)
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


def _of_index(file: _File, number: int, index: Mapping[str, Any]) -> Iterator[Finding]:
    for key in index:
        if near := judging.misspelt(key, _OF_AN_INDEX):
            says = f"uv has no setting {masked(key)!r} of an index, and does not say so: {near}?"
            origin = file.at("index", number, key)
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, origin)
    if index.get("explicit") and not index.get("name"):
        says = "an explicit index needs a name: uv stops"
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, file.at("index", number))


def _legacy(file: _File, *section: str) -> _Layer:
    """Read what has no ``index``: the words of pip, at the top or in the section for ``uv pip``."""
    table = file.table(*section)
    layer = _Layer()
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


def _bound(around: Surroundings) -> dict[str, tuple[str, ...]]:
    """Return index -> the projects that ``tool.uv.sources`` binds to it."""
    bound: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    root = _workspace_root(around, around.project)
    for folder in dict.fromkeys((around.project, root)):
        read = toml(around, folder / "pyproject.toml")
        for project, value in (read.table("tool", "uv", "sources") if read else {}).items():
            project_name = canonicalize_name(project)
            if project_name in seen:
                continue
            seen.add(project_name)
            for source in value if isinstance(value, list) else [value]:
                if isinstance(source, Mapping) and isinstance(source.get("index"), str):
                    held = bound.get(source["index"], ())
                    bound[source["index"]] = (*held, project_name)
    return bound


def _of_explicit(
    sources: tuple[Source, ...], bound: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    for source in sources:
        if source.role is Role.PER_PROJECT and not source.projects:
            says = f"no project is bound to the explicit index {source.name!r}: it is never asked"
            yield Finding(Verdict.WRONG, says, judging.CONFUSION, source.origin)
    names = {source.name for source in sources}
    for name, projects in bound.items():
        if name not in names:
            says = f"{', '.join(projects)} is bound to the index {masked(name)!r}, which is nowhere"
            yield Finding(Verdict.WRONG, says, judging.CONFUSION)


def _of_files(around: Surroundings, files: tuple[_File, ...]) -> Iterator[Finding]:
    read = {file.toml.path for file in files}
    for folder in dict.fromkeys((around.project, _workspace_root(around, around.project))):
        path = folder / "pyproject.toml"
        nested = toml(around, path)
        if nested is None or path in read or not _set(nested.table("tool", "uv")):
            continue
        if not around.exists(folder / "uv.toml") and not _unknown(nested):
            says = "uv does not read [tool.uv] here: another file stands in its place"
            origin = nested.at("tool", "uv")
            yield Finding(Verdict.RISKY, says, judging.SETTINGS, origin)


def _of_variables(
    around: Surroundings, environ: Mapping[str, str], sources: tuple[Source, ...]
) -> Iterator[Finding]:
    yield from judging.of_variables(
        around, "UV_", _VARIABLES, r"^UV_(?!INDEX_.*_(?:USERNAME|PASSWORD)$).*(?:INDEX|LINKS)"
    )
    names = {"".join(c if c.isalnum() else "_" for c in s.name).upper() for s in sources if s.name}
    for variable in sorted(environ):
        name = variable.removeprefix("UV_INDEX_")
        if name == variable or not name.endswith(("_USERNAME", "_PASSWORD")):
            continue
        name = name.rpartition("_")[0]
        if name not in names:
            says = f"{masked(variable)} is for an index that no setting names so"
            origin = Origin(variable=masked(variable))
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, origin)


def _reads(files: tuple[_File, ...], strategy: str) -> str:
    names = ", then ".join(masked(str(file.toml.path)) for file in files)
    return f"uv reads {names or 'no file'}; its index strategy is {masked(strategy)}"
