"""pip: its files, its variables, and what wins among them, as pip 26 has it.

Global, user (the old place, then the new one) and environment files are read in this order, and
``PIP_CONFIG_FILE`` last, which puts the user's out of force. Of all files together ``[global]``
comes first, then the section of the command, then the variables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mirrorlab.masking import masked
from mirrorlab.which import judging
from mirrorlab.which.files import Line, ini
from mirrorlab.which.model import PYPI, Answer, Finding, Origin, Role, Source, Verdict
from mirrorlab.which.surroundings import Surroundings

NAME = "pip"
KEYS = ("index-url", "extra-index-url", "find-links", "no-index", "trusted-host")
_ALIAS = {"pypi-url": "index-url"}
_VARIABLE = r"INDEX|LINKS|TRUSTED|PYPI_URL"
_VARIABLES = tuple(f"PIP_{key.upper().replace('-', '_')}" for key in (*KEYS, *_ALIAS))
_COMMANDS = frozenset(
    [
        "cache",
        "check",
        "completion",
        "config",
        "debug",
        "download",
        "freeze",
        "hash",
        "help",
        "index",
        "inspect",
        "install",
        "list",
        "lock",
        "search",
        "show",
        "uninstall",
        "wheel",
    ]
)
_OTHERS = ("cert", "client-cert", "no-input", "no-deps", "index-versions")
_YES = frozenset({"1", "y", "yes", "t", "true", "on"})


@dataclass(frozen=True)
class Setting:
    """One value as it was set, and where."""

    value: str
    origin: Origin


@dataclass(frozen=True)
class Settings:
    """What pip's options are before a word of the command line is read."""

    values: Mapping[str, Setting]
    overridden: tuple[tuple[Setting, Setting], ...] = ()
    """What a variable puts out of force: the variable's value, the file's value."""

    @property
    def no_index(self) -> bool:
        """Whether no index is asked at all."""
        return "no-index" in self.values and self.values["no-index"].value.lower() in _YES

    @property
    def trusted(self) -> tuple[str, ...]:
        """The hosts whose certificate is not checked."""
        found = self.values.get("trusted-host")
        return tuple(found.value.split()) if found else ()

    def sources(self) -> tuple[Source, ...]:
        """Return what is asked: the folders and pages of links, then the indexes."""
        links = self.values.get("find-links")
        first = self.values.get("index-url", Setting(PYPI, Origin()))
        extra = self.values.get("extra-index-url")
        role = Role.DISABLED if self.no_index else Role.INDEX
        return (
            *(_many(links, Role.FIND_LINKS) if links else ()),
            Source(first.value, first.origin, role),
            *(_many(extra, role) if extra else ()),
        )


def _many(setting: Setting, role: Role) -> Iterator[Source]:
    for url in setting.value.split():
        yield Source(url, setting.origin, role)


def look(around: Surroundings) -> tuple[Answer, ...]:
    """Say what ``pip install`` asks, and ``pip download`` where that differs."""
    from mirrorlab.which import requirements

    install = settings(around, "install")
    answers = [answer(around, NAME, install)]
    download = settings(around, "download")
    if download.values != install.values:
        answers.append(answer(around, "pip download", download))
    answers.extend(requirements.look(around, install))
    return tuple(answers)


def answer(around: Surroundings, client: str, settings: Settings) -> Answer:
    """Judge what pip asks by its settings."""
    sources = settings.sources()
    found = (
        *judging.of_merged("pip", sources),
        *judging.of_sources(around, sources, trusted=settings.trusted),
        *of_plain_http(sources, settings.trusted),
        *_of_override(settings),
        *_of_files(around),
        *judging.of_variables(around, "PIP_", _VARIABLES, _VARIABLE),
    )
    return Answer(client, sources, tuple(dict.fromkeys(found)), notes=(_reads(around),))


def of_plain_http(sources: tuple[Source, ...], trusted: tuple[str, ...]) -> Iterator[Finding]:
    """Find what pip passes over: an index without TLS whose host is not trusted."""
    hosts = {judging.host(name if "://" in name else f"//{name}") for name in trusted}
    for source in sources:
        plain = source.url.strip().lower().startswith("http://")
        if plain and not judging.is_loopback(source.url) and judging.host(source.url) not in hosts:
            says = f"pip passes over {source.shown}: it has no TLS, and its host is not trusted"
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, source.origin)


def settings(
    around: Surroundings, command: str, environ: Mapping[str, str] | None = None
) -> Settings:
    """Return what holds for one of pip's commands; ``environ`` replaces the environment."""
    environ = around.environ if environ is None else environ
    sections: dict[str, dict[str, Setting]] = {"global": {}, command: {}}
    for path in files(around, environ):
        for line in ini(around, path, normal) or ():
            if line.section in sections:
                held = Setting(line.value, Origin(path, line.number or None))
                sections[line.section][line.key] = held
    merged: dict[str, Setting] = {}
    for section in sections.values():
        _apply(merged, section)
    variables: dict[str, Setting] = {}
    for name, value in environ.items():
        if name.startswith("PIP_"):
            variables[normal(name[4:])] = Setting(value, Origin(variable=name))
    before = dict(merged)
    _apply(merged, variables)
    lost = tuple(
        (merged[key], before[key])
        for key in ("index-url", "extra-index-url", "find-links")
        if key in before and merged[key].origin.variable and merged[key].value != before[key].value
    )
    return Settings({key: held for key, held in merged.items() if key in KEYS}, lost)


def _apply(merged: dict[str, Setting], section: Mapping[str, Setting]) -> None:
    for key, held in section.items():
        if held.value:  # an empty one is as good as none
            merged[_ALIAS.get(key, key)] = held


def normal(key: str) -> str:
    """Return a key as pip compares it."""
    return key.lower().replace("_", "-").removeprefix("--")


def files(around: Surroundings, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files that pip reads, in its order; those that do not exist too."""
    named = environ.get("PIP_CONFIG_FILE")
    if named in {os.devnull, "nul" if around.platform == "win32" else os.devnull}:
        return ()
    own = around.named(named) if named else None
    user = () if own and around.exists(own) else _user(around, environ)
    last = (own,) if own else ()
    return (*_global(around, environ), *user, around.prefix / _basename(around), *last)


def _basename(around: Surroundings) -> str:
    return "pip.ini" if around.platform == "win32" else "pip.conf"


def _global(around: Surroundings, environ: Mapping[str, str]) -> tuple[Path, ...]:
    if around.platform == "win32":
        folder = environ.get("PROGRAMDATA", "C:\\ProgramData")
        return (Path(folder) / "pip" / "pip.ini",)
    if around.platform == "darwin":
        return (around.system("/Library/Application Support/pip/pip.conf"),)
    folders = [folder for folder in environ.get("XDG_CONFIG_DIRS", "").split(":") if folder.strip()]
    found = [Path(folder) for folder in folders] or [around.system("/etc/xdg")]
    return (*(folder / "pip" / "pip.conf" for folder in found), around.system("/etc/pip.conf"))


def _user(around: Surroundings, environ: Mapping[str, str]) -> tuple[Path, Path]:
    if around.platform == "win32":
        roaming = environ.get("APPDATA", str(around.home / "AppData" / "Roaming"))
        new = Path(roaming) / "pip" / "pip.ini"
        return (around.home / "pip" / "pip.ini", new)
    old = around.home / ".pip" / "pip.conf"
    if around.platform == "darwin":
        folder = around.home / "Library" / "Application Support" / "pip"
        linux_like = around.home / ".config" / "pip"
        return (old, (folder if around.exists(folder) else linux_like) / "pip.conf")
    config = environ.get("XDG_CONFIG_HOME", "").strip() or str(around.home / ".config")
    return (old, Path(config) / "pip" / "pip.conf")


def _reads(around: Surroundings) -> str:
    there = [path for path in files(around, around.environ) if around.exists(path)]
    if not there:
        return "pip finds no file of its own here"
    return f"pip reads {', then '.join(masked(str(path)) for path in there)}"


def _of_override(settings: Settings) -> Iterator[Finding]:
    for now, before in settings.overridden:
        says = f"{now.origin} overrides what {before.origin} says"
        yield Finding(Verdict.RISKY, says, judging.SETTINGS, now.origin)


def _of_files(around: Surroundings) -> Iterator[Finding]:
    named = around.variable("PIP_CONFIG_FILE")
    if named and named != os.devnull and not around.exists(around.named(named)):
        says = f"PIP_CONFIG_FILE names {masked(named)}, which is not there, and pip does not say so"
        origin = Origin(variable="PIP_CONFIG_FILE")
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, origin)
    for path in files(around, around.environ):
        for line in ini(around, path, normal) or ():
            yield from _of_line(path, line)
    yield from _of_project(around)


def _of_line(path: Path, line: Line) -> Iterator[Finding]:
    origin = Origin(path, line.number or None)
    key = _ALIAS.get(line.key, line.key)
    if near := judging.misspelt(key, KEYS, _OTHERS):
        says = f"pip has no setting {masked(line.key)!r}, and does not say so: did you mean {near}?"
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, origin)
    if key in KEYS and line.section not in _COMMANDS | {"global", ":env:"}:
        says = f"pip never reads the section [{masked(line.section)}]: did you mean [global]?"
        yield Finding(Verdict.WRONG, says, judging.SETTINGS, origin)


def _of_project(around: Surroundings) -> Iterator[Finding]:
    read = files(around, around.environ)
    for name in ("pip.conf", "pip.ini"):
        path = around.project / name
        if path not in read and around.exists(path, unsure=False):
            says = f"pip does not look for {name} in a project: name it in PIP_CONFIG_FILE"
            yield Finding(Verdict.WRONG, says, judging.SETTINGS, Origin(path))


def named_indexes(around: Surroundings) -> dict[str, Origin]:
    """Return what of pip's settings names an index, for those who do not read it."""
    held = settings(around, "install")
    found: dict[str, Origin] = {}
    for key in ("index-url", "extra-index-url"):
        if key in held.values:
            origin = held.values[key].origin
            where = origin.variable or (masked(str(origin.file)) if origin.file else key)
            found.setdefault(where, origin)
    return found
