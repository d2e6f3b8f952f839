"""The options in requirements files, read by a parser with pip's own options.

A line ``--index-url`` there puts out of force every index that was named before it, those of
``extra-index-url`` too.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from optparse import OptionParser, OptParseError, Values
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from mirrorlab.which import judging
from mirrorlab.which.model import Answer, Origin, Role, Source
from mirrorlab.which.surroundings import Surroundings

if TYPE_CHECKING:
    from mirrorlab.which.pip import Settings

_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"(?P<var>\$\{(?P<name>[A-Z0-9_]+)\})")
_ONE = (
    ("-i", "--index-url", "--pypi-url"),
    ("-c", "--constraint"),
    ("-r", "--requirement"),
    ("-e", "--editable"),
    ("--no-binary",),
    ("--only-binary",),
    ("--all-releases",),
    ("--only-final",),
    ("--use-feature",),
    ("--hash",),
    ("--config-settings", "--config-setting", "-C"),
    ("--global-option",),
)
_MANY = (("--extra-index-url",), ("-f", "--find-links"), ("--trusted-host",))
_GLOBS = ("requirements*.txt", "requirements/*.txt", "*-requirements.txt")
_FLAGS = (
    "--no-index",
    "--prefer-binary",
    "--require-hashes",
    "--no-require-hashes",
    "--pre",
)


class _Parser(OptionParser):
    def error(self, msg: str) -> NoReturn:
        raise OptParseError(msg)


@dataclass(frozen=True)
class Option:
    """One option line: what it says of sources, and where."""

    values: Values
    origin: Origin


def look(around: Surroundings, settings: Settings) -> Iterator[Answer]:
    """Say what ``pip install -r`` asks for each file of the project that names a source."""
    for path, options in of_project(around):
        yield _answer(around, path, settings, options)


def of_project(around: Surroundings) -> Iterator[tuple[Path, tuple[Option, ...]]]:
    """Yield the requirements files of the project that name a source, with their option lines."""
    for path in around.listed(around.project, *_GLOBS):
        options = tuple(read(around, path, around.environ))
        if any(_names_a_source(option.values) for option in options):
            yield path, options


def _answer(
    around: Surroundings, path: Path, settings: Settings, options: tuple[Option, ...]
) -> Answer:
    from mirrorlab.which.pip import of_plain_http

    sources = apply(settings.sources(), options)
    trusted = (*settings.trusted, *trusted_hosts(options))
    findings = (
        *judging.of_merged("pip", sources),
        *judging.of_sources(around, sources, trusted=trusted),
        *of_plain_http(sources, trusted),
    )
    name = path.relative_to(around.project)
    return Answer(f"pip -r {name}", sources, tuple(dict.fromkeys(findings)))


def apply(sources: tuple[Source, ...], options: tuple[Option, ...]) -> tuple[Source, ...]:
    """Return the sources after the option lines of a requirements file."""
    links = [source for source in sources if source.role is Role.FIND_LINKS]
    indexes = [source for source in sources if source.role is Role.INDEX]
    off = [source for source in sources if source.role is Role.DISABLED]
    for option in options:
        said, origin = option.values, option.origin
        if said.no_index:
            off += [replace(source, role=Role.DISABLED) for source in indexes]
            indexes = []
        role = Role.DISABLED if off else Role.INDEX
        target = off if off else indexes
        if said.index_url:
            if not off:
                indexes.clear()
            target.append(Source(said.index_url, origin, role))
        target.extend(Source(url, origin, role) for url in said.extra_index_url or ())
        links.extend(Source(url, origin, Role.FIND_LINKS) for url in (said.find_links or ())[:1])
    return (*links, *indexes, *off)


def trusted_hosts(options: tuple[Option, ...]) -> tuple[str, ...]:
    """Return the hosts that the option lines trust."""
    return tuple(name for option in options for name in option.values.trusted_host or ())


def read(
    around: Surroundings,
    path: Path,
    environ: Mapping[str, str],
    seen: frozenset[Path] = frozenset(),
) -> Iterator[Option]:
    """Yield the option lines of a requirements file, and of those it names, in their order."""
    if path in seen:
        return
    text = around.text(path)
    for number, line in _lines(text or ""):
        for variable in _VARIABLE.finditer(line):
            if value := environ.get(variable["name"]):
                line = line.replace(variable["var"], value)
        if not line.startswith("-"):
            continue
        try:
            values = parse(shlex.split(line))
        except (OptParseError, ValueError):
            around.broken(path, number, "is no line of requirements that pip understands")
            continue
        for other in (values.requirement, values.constraint):
            if not other:
                continue
            if "://" in other:
                says = "names a file that is not of this machine: it is not read here"
                around.broken(path, number, says)
            elif not around.exists(path.parent / other):
                around.broken(path, number, "names a file that is not there")
            else:
                yield from read(around, path.parent / other, environ, seen | {path})
        yield Option(values, Origin(path, number))


def parse(words: list[str]) -> Values:
    """Read options as pip does, abbreviations too. Raises OptParseError for what it refuses."""
    values, _ = _parser().parse_args(words)
    return values


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines without comments, those that end in a backslash joined with the next."""
    joined, began = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        began = began or number
        comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not comment:
            joined += line.strip("\\")
            continue
        joined += " " + line if comment and joined else line
        if cleaned := _COMMENT.sub("", joined).strip():
            yield began, cleaned
        joined, began = "", 0
    if cleaned := _COMMENT.sub("", joined).strip():
        yield began, cleaned


def _parser() -> _Parser:
    parser = _Parser(add_help_option=False)
    for names in _ONE:
        dest = next(name for name in names if name.startswith("--"))[2:].replace("-", "_")
        parser.add_option(*names, dest=dest)
    for names in _MANY:
        dest = next(name for name in names if name.startswith("--"))[2:].replace("-", "_")
        parser.add_option(*names, dest=dest, action="append")
    for name in _FLAGS:
        parser.add_option(name, action="store_true")
    return parser


def _names_a_source(values: Values) -> bool:
    said = (values.index_url, values.extra_index_url, values.find_links, values.no_index)
    return any(said) or bool(values.trusted_host)
