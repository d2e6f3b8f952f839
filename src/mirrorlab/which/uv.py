"""uv: its files, its variables, and the order it asks in, as uv 0.13 has it.

The first default is asked last, the others in the order: variables, project, user, system; of a
name only the first counts. ``index-url`` and ``extra-index-url`` come after every ``index``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from packaging.utils import canonicalize_name

from mirrorlab.masking import masked, masked_project
from mirrorlab.which import judging, pip, requirements, uv_files
from mirrorlab.which.files import toml
from mirrorlab.which.model import PYPI, Answer, Finding, Origin, Role, Source, Verdict
from mirrorlab.which.surroundings import Surroundings

NAME = "uv"
_VARIABLES = (
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_SOURCES",
    "UV_INDEX_STRATEGY",
    "UV_INSECURE_HOST",
    "UV_CONFIG_FILE",
    "UV_NO_CONFIG",
)
_FIRST = "first-index"


def look(around: Surroundings) -> tuple[Answer, ...]:
    """Say what ``uv sync`` asks, ``uv pip`` where that differs, and ``uv pip -r``."""
    answers = [answer(around, NAME, of_pip=False)]
    for_pip = answer(around, "uv pip", of_pip=True)
    if for_pip.sources != answers[0].sources:
        answers.append(for_pip)
    for path, options in requirements.of_project(around):
        name = f"uv pip -r {path.relative_to(around.project)}"
        answers.append(answer(around, name, of_pip=True, lines=_of_lines(options)))
    return tuple(answers)


def _of_lines(options: tuple[requirements.Option, ...]) -> uv_files.Layer:
    """Return what a requirements file says: it comes after all settings."""
    layer = uv_files.Layer()
    for option in options:
        said, origin = option.values, option.origin
        if said.index_url:
            layer.url = (said.index_url, origin)
        layer.extra += [(url, origin) for url in said.extra_index_url or ()]
        layer.links += [(url, origin) for url in said.find_links or ()]
        layer.no_index = layer.no_index or bool(said.no_index)
    return layer


def answer(
    around: Surroundings,
    client: str,
    *,
    of_pip: bool,
    environ: Mapping[str, str] | None = None,
    lines: uv_files.Layer | None = None,
) -> Answer:
    """Say what uv asks, with its section for ``uv pip`` or without.

    ``lines`` is what a requirements file adds.
    """
    environ = around.environ if environ is None else environ
    found: list[Finding] = []
    files = tuple(uv_files.files(around, environ, found))
    layers = [uv_files.of_environment(environ), *(uv_files.of_file(one, found) for one in files)]
    layers += [lines] if lines else []
    legacy = [uv_files.legacy(file, "pip") for file in files if of_pip] + layers
    bound = {} if around.flag("UV_NO_SOURCES") else _bound(around)
    sources = _sources(layers, legacy, bound)
    sources += tuple(_of_bindings(around, bound, {one.name for one in sources}))
    strengths = (layers[0], *legacy)
    strategy = next((layer.strategy for layer in strengths if layer.strategy), _FIRST)
    if strategy == "unsafe-best-match":
        found += judging.of_merged(client, sources)
    else:
        found += judging.of_ordered(client, sources)
        links = [one for one in sources if one.role is Role.FIND_LINKS]
        first = [one for one in sources if one.role is Role.INDEX][:1]
        found += judging.of_merged(client, (*links, *first)) if links else ()
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
    layers: list[uv_files.Layer], legacy: list[uv_files.Layer], bound: Mapping[str, tuple[str, ...]]
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
            late.append(
                replace(made, role=Role.DISABLED, note=f"another {masked(name)!r} comes before")
            )
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


def _bound(around: Surroundings) -> dict[str, tuple[str, ...]]:
    """Return index -> the projects that ``tool.uv.sources`` binds to it."""
    bound: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set()
    root = uv_files.workspace_root(around, around.project)
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


def _of_bindings(
    around: Surroundings, bound: Mapping[str, tuple[str, ...]], known: set[str]
) -> Iterator[Source]:
    """Yield the indexes that uv takes for what is bound to them, though it reads no more of them.

    It is so where a ``uv.toml``, ``UV_CONFIG_FILE`` or ``UV_NO_CONFIG`` stands in the way.
    """
    root = uv_files.workspace_root(around, around.project)
    for folder in dict.fromkeys((around.project, root)):
        read = toml(around, folder / "pyproject.toml")
        tables = read.table("tool", "uv").get("index") if read else None
        for number, table in enumerate(tables if isinstance(tables, list) else ()):
            name = str(table.get("name") or "") if isinstance(table, Mapping) else ""
            if read is None or name not in bound or name in known:
                continue
            known.add(name)
            origin = read.at("tool", "uv", "index", number, "url")
            url, note = str(table.get("url") or ""), "for what is bound to it, and no more"
            yield Source(url, origin, Role.PER_PROJECT, name, bound[name], note=note)


def _of_explicit(
    sources: tuple[Source, ...], bound: Mapping[str, tuple[str, ...]]
) -> Iterator[Finding]:
    for source in sources:
        if source.role is Role.PER_PROJECT and not source.projects:
            name = masked(source.name)
            says = f"no project is bound to the explicit index {name!r}: it is never asked"
            yield Finding(Verdict.WRONG, says, judging.CONFUSION, source.origin)
    names = {source.name for source in sources}
    for name, projects in bound.items():
        if name not in names:
            shown = ", ".join(map(masked_project, projects))
            says = f"{shown} is bound to the index {masked(name)!r}, which is nowhere"
            yield Finding(Verdict.WRONG, says, judging.CONFUSION)


def _of_files(around: Surroundings, files: tuple[uv_files.File, ...]) -> Iterator[Finding]:
    read = {file.toml.path for file in files}
    for folder in dict.fromkeys((around.project, uv_files.workspace_root(around, around.project))):
        path = folder / "pyproject.toml"
        nested = toml(around, path)
        if nested is None or path in read or not uv_files.names_indexes(nested.table("tool", "uv")):
            continue
        if not around.exists(folder / "uv.toml") and not uv_files.unknown(nested):
            says = "uv does not read [tool.uv] here: another file stands in its place"
            origin = nested.at("tool", "uv")
            yield Finding(Verdict.RISKY, says, judging.SETTINGS, origin)


def _of_variables(
    around: Surroundings, environ: Mapping[str, str], sources: tuple[Source, ...]
) -> Iterator[Finding]:
    yield from judging.of_variables(
        around,
        "UV_",
        _VARIABLES,
        r"^UV_(?!NO_INDEX$|INDEX_.*_(?:USERNAME|PASSWORD)$).*(?:INDEX|LINKS)",
    )
    if environ.get("UV_NO_INDEX"):
        says = "uv has no variable UV_NO_INDEX, and asks its indexes: set no-index in uv.toml"
        origin = Origin(variable="UV_NO_INDEX")
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, origin)
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


def _reads(files: tuple[uv_files.File, ...], strategy: str) -> str:
    names = ", then ".join(masked(str(file.toml.path)) for file in files)
    return f"uv reads {names or 'no file'}; its index strategy is {masked(strategy)}"
