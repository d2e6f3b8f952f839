"""pip-tools: pip's settings, its own in pyproject.toml, and the options of requirements.in.

What ``pip-compile`` asked it writes into requirements.txt, unless it is told not to.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from optparse import OptParseError
from pathlib import Path
from typing import Any

from mirrorlab.masking import has_secret, masked
from mirrorlab.which import judging, pip, requirements
from mirrorlab.which.files import Toml, toml
from mirrorlab.which.model import Answer, Finding, Origin, Role, Source, Verdict
from mirrorlab.which.surroundings import Surroundings

NAME = "pip-tools"
_KEYS = ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "pip-args")
_EMIT = ("emit-index-url", "emit-find-links", "emit-options", "emit-trusted-host")
_KNOWN = (
    *_KEYS,
    *_EMIT,
    *(f"no-{key}" for key in _EMIT),
    *("find-link", "index", "pip-args-str", "annotate", "header", "upgrade", "reuse-hashes"),
)


def look(around: Surroundings) -> tuple[Answer, ...]:
    """Say what ``pip-compile`` asks here, and ``pip-sync`` where that differs."""
    wanted, locked = around.project / "requirements.in", around.project / "requirements.txt"
    config = _config(around)
    own = config is not None and config.has("tool", "pip-tools")
    if not own and not around.exists(wanted):
        return (Answer(NAME, unused="no requirements.in, and no [tool.pip-tools]"),)
    compiled = _answer(around, "pip-compile", config if own else None, "compile", wanted)
    if not around.exists(locked):
        return (compiled,)
    synced = _answer(around, "pip-sync", config if own else None, "sync", locked)
    return (compiled,) if synced.sources == compiled.sources else (compiled, synced)


def _config(around: Surroundings) -> Toml | None:
    for name in (".pip-tools.toml", "pyproject.toml"):
        if around.exists(around.project / name):
            return toml(around, around.project / name)
    return None


def _table(config: Toml | None, section: str) -> dict[str, tuple[Any, Origin]]:
    """Return the settings of a command: its own table wins; keys with dashes, as pip's."""
    if config is None:
        return {}
    place = ("tool", "pip-tools")
    found: dict[str, tuple[Any, Origin]] = {}
    for keys in (place, (*place, section)):
        for key, value in config.table(*keys).items():
            if key not in {"compile", "sync"}:
                found[key.replace("_", "-").lstrip("-")] = (value, config.at(*keys, key))
    return found


def _answer(
    around: Surroundings, client: str, config: Toml | None, section: str, path: Path
) -> Answer:
    table = _table(config, section)
    settings = pip.settings(around, "install")
    options = tuple(requirements.read(around, path, around.environ))
    sources = requirements.apply(tuple(_sources(settings, table, around)), options)
    trusted = (
        *settings.trusted,
        *(str(one) for one in _list(table, "trusted-host")),
        *requirements.trusted_hosts(options),
    )
    found = (
        *judging.of_merged(client, sources),
        *judging.of_sources(around, sources, trusted=trusted),
        *pip.of_plain_http(sources, trusted),
        *_of_keys(config, section),
        *(_of_lock(table, sources) if section == "compile" else ()),
    )
    return Answer(client, sources, tuple(dict.fromkeys(found)))


def _list(table: Mapping[str, tuple[Any, Origin]], key: str) -> list[Any]:
    value = table[key][0] if key in table else []
    return value if isinstance(value, list) else [value]


def _sources(
    settings: pip.Settings,
    table: Mapping[str, tuple[Any, Origin]],
    around: Surroundings,
) -> Iterator[Source]:
    """Yield pip's sources with those of pip-tools: its index replaces, the rest is added."""
    off = settings.no_index or table.get("no-index", (False, None))[0] is True
    role = Role.DISABLED if off else Role.INDEX
    sources = settings.sources()
    links = [source for source in sources if source.role is Role.FIND_LINKS]
    first, *extra = (source for source in sources if source.role is not Role.FIND_LINKS)
    arguments = _arguments(around, table)
    for url in _list(table, "find-links"):
        links.append(Source(str(url), table["find-links"][1], Role.FIND_LINKS))
    if isinstance(url := table.get("index-url", ("", Origin()))[0], str) and url:
        first = Source(url, table["index-url"][1])
    extra += [
        Source(str(url), table["extra-index-url"][1]) for url in _list(table, "extra-index-url")
    ]
    if arguments is not None:
        values, origin = arguments
        if values.index_url:
            first = Source(values.index_url, origin)
        extra += [Source(url, origin) for url in values.extra_index_url or ()]
        links += [Source(url, origin, Role.FIND_LINKS) for url in values.find_links or ()]
        role = Role.DISABLED if values.no_index else role
    yield from links
    for source in (first, *extra):
        yield replace(source, role=role)


def _arguments(
    around: Surroundings, table: Mapping[str, tuple[Any, Origin]]
) -> tuple[Any, Origin] | None:
    """Read ``pip-args``, as far as they name sources."""
    said, origin = table.get("pip-args", ("", Origin()))
    if not isinstance(said, str) or not said.strip():
        return None
    try:
        return requirements.parse(shlex.split(said)), origin
    except (OptParseError, ValueError):
        file = origin.file or around.project
        around.broken(file, origin.line, "has pip-args that are not understood here")
        return None


def _of_keys(config: Toml | None, section: str) -> Iterator[Finding]:
    for key, (_, origin) in _table(config, section).items():
        if near := judging.misspelt(key, _KNOWN):
            says = f"pip-tools has no setting {masked(key)!r}, and stops: did you mean {near}?"
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, origin)


def _of_lock(
    table: Mapping[str, tuple[Any, Origin]], sources: tuple[Source, ...]
) -> Iterator[Finding]:
    """Find what is written into the lock: a secret, or the address of your own index."""

    def emits(key: str) -> bool:
        on = table.get(key, (True, None))[0] is not False
        return on and table.get(f"no-{key}", (False, None))[0] is not True

    if not emits("emit-options"):
        return
    for source in sources:
        key = "emit-find-links" if source.role is Role.FIND_LINKS else "emit-index-url"
        if source.role is Role.DISABLED or not emits(key):
            continue
        if has_secret(source.url):
            says = f"pip-compile writes the secret in {source.shown} into requirements.txt"
            yield Finding(Verdict.RISKY, says, judging.LOCKS, source.origin)
