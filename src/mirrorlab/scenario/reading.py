"""Reading scenario.toml: every mistake is an error that names its place and the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, parse_tag
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from mirrorlab.errors import BrokenFile
from mirrorlab.scenario.faults import WITH_RETRY_AFTER, Fault, FaultRule
from mirrorlab.scenario.model import (
    EPOCH,
    SERIAL,
    WHEEL_AND_SDIST,
    File,
    Project,
    Release,
    Scenario,
    Status,
    Synthetic,
    User,
    valid_name,
)
from mirrorlab.scenario.synthetic import grow
from mirrorlab.tables import Table
from mirrorlab.tables import load as load_table

_MOST_PROJECTS = 1_000_000
_MOST_PAD = 1_000_000_000
_NOT_A_NAME = (
    "is not a valid project name: ASCII letters, digits, '-', '_', '.',"
    " the first and the last a letter or digit"
)


def load(path: Path) -> Scenario:
    """Read one scenario file.

    Raises :class:`~mirrorlab.errors.BrokenFile` where the file cannot be read or anything in it is
    not what it should be: of the wrong type, not a version, a requirement or a tag, doubled,
    contradictory, or a key nobody knows.
    """
    table = load_table(path)
    table.schema()
    epoch = table.moment("epoch", EPOCH)
    clock = _clock(epoch)
    projects = tuple(_project(*item, clock) for item in table.mapping("projects").items())
    synthetic = _synthetic(table)
    scenario = Scenario(
        name=path.stem if path.stem != "scenario" else path.resolve().parent.name,
        description=table.text("description", ""),
        epoch=epoch,
        serial=table.integer("serial", SERIAL, least=1),
        users=MappingProxyType({n: _user(n, t) for n, t in table.mapping("users").items()}),
        projects=projects + (grow(synthetic, epoch) if synthetic else ()),
        faults=tuple(_fault(one) for one in table.tables("faults")),
        wheels=_path(table, "wheels", Path.is_dir, "folder"),
        requirements=_path(table, "requirements", Path.is_file, "file"),
        synthetic=synthetic,
    )
    table.finish()
    _refuse_doubles(table, scenario.projects)
    return scenario


def _clock(epoch: datetime) -> Iterator[datetime]:
    """Tick: epoch plus one minute for each release, in the order of the file."""
    minute = 0
    while True:
        yield epoch + timedelta(minutes=minute)
        minute += 1


def _path(table: Table, key: str, there: Callable[[Path], bool], kind: str) -> Path | None:
    """Read a path, relative to the scenario's own folder, that must be there."""
    name = table.text(key, None)
    if name is None:
        return None
    path = table.path.resolve().parent / name
    if not there(path):
        raise table.broken(key, f"there is no {kind} {str(path)!r}")
    return path


def _synthetic(table: Table) -> Synthetic | None:
    if "synthetic" not in table:
        return None
    inner = table.table("synthetic")
    projects = inner.integer("projects", least=1, most=_MOST_PROJECTS)
    return Synthetic(projects, inner.integer("seed", 0))


def _user(name: str, table: Table) -> User:
    user = User(
        name=name,
        password=table.text("password", None),
        token=table.text("token", None),
        projects=tuple(
            one if one == "*" else canonicalize_name(one) for one in table.texts("projects", ())
        ),
    )
    if user.password is None and user.token is None:
        raise table.broken(None, "needs a password, a token or both")
    return user


def _fault(table: Table) -> FaultRule:
    rule = FaultRule(
        fault=table.choice("fault", Fault),
        path=table.text("path", "*"),
        times=table.integer("times", None, least=1),
        retry_after=table.integer("retry-after", None, least=0),
    )
    if not rule.path.startswith(("/", "*")):
        raise table.broken("path", "must begin with '/' or '*', as the path of every URL does")
    if rule.retry_after is not None and rule.fault not in WITH_RETRY_AFTER:
        words = " and ".join(f"'{fault}'" for fault in WITH_RETRY_AFTER)
        raise table.broken("retry-after", f"belongs to the faults {words}, not to '{rule.fault}'")
    return rule


def _project(name: str, table: Table, clock: Iterator[datetime]) -> Project:
    if not valid_name(name):
        raise table.broken(None, _NOT_A_NAME)
    status = table.choice("status", Status, Status.ACTIVE)
    releases: dict[Version, Release] = {}
    for one in table.tables("releases"):
        release = _release(one, next(clock))
        version = Version(release.version)
        if version in releases:
            raise one.broken("version", f"{release.version!r} is there twice")
        releases[version] = release
    return Project(name, status, tuple(releases.values()))


def _release(table: Table, moment: datetime) -> Release:
    version = table.text("version")
    _check(table, "version", version, Version, InvalidVersion, "a version (PEP 440)")
    requires_python = table.text("requires-python", None)
    if requires_python is not None:
        what = "a version specifier (PEP 440)"
        _check(table, "requires-python", requires_python, SpecifierSet, InvalidSpecifier, what)
    return Release(
        version=version,
        requires=_requirements(table, "requires"),
        requires_python=requires_python,
        yanked=table.flag_or_text("yanked", False),
        uploaded=table.moment("uploaded", moment),
        files=_files(table),
    )


def _files(table: Table) -> tuple[File, ...]:
    if "files" not in table:
        return WHEEL_AND_SDIST
    files: list[File] = []
    tags: set[Tag | None] = set()
    for one in table.tables("files"):
        file = _file(one)
        mine = {None} if file.tag is None else set(parse_tag(file.tag))
        if mine & tags:
            raise one.broken(None, "is there twice: the release has such a file already")
        tags |= mine
        files.append(file)
    return tuple(files)


def _file(table: Table) -> File:
    sdist = table.flag("sdist", False)
    if sdist and "tag" in table:
        raise table.broken("tag", "belongs to a wheel, and this is an sdist: keep one of the two")
    if sdist and table.flag("metadata", False):
        raise table.broken("metadata", "belongs to a wheel; an sdist has no metadata file")
    if not sdist and "tag" not in table:
        raise table.broken(None, "needs a `tag` (then it is a wheel) or `sdist = true`")
    if not sdist and "build-requires" in table:
        raise table.broken("build-requires", "belongs to an sdist; add `sdist = true`")
    return File(
        tag=None if sdist else _tag(table),
        pad=table.integer("pad", 0, least=0, most=_MOST_PAD),
        metadata=table.flag("metadata", True),
        provenance=table.flag("provenance", False),
        build_requires=_requirements(table, "build-requires"),
    )


def _tag(table: Table) -> str:
    tag = table.text("tag")
    parts = tag.split("-")
    if len(parts) != 3 or not all(
        part.replace("_", "").replace(".", "").isalnum() for part in parts
    ):
        raise table.broken("tag", f"{tag!r} is not a tag (PEP 425) like 'cp311-cp311-win_amd64'")
    return tag


def _requirements(table: Table, key: str) -> tuple[str, ...]:
    requirements = table.texts(key, ())
    for number, text in enumerate(requirements):
        what = "a requirement (PEP 508)"
        _check(table, key, text, Requirement, InvalidRequirement, what, number)
    return requirements


def _check(
    table: Table,
    key: str,
    text: str,
    parse: Callable[[str], object],
    error: type[ValueError],
    what: str,
    number: int | None = None,
) -> None:
    try:
        parse(text)
    except error:
        raise table.broken(key, f"{text!r} is not {what}", number) from None


def _refuse_doubles(table: Table, projects: tuple[Project, ...]) -> None:
    """Two spellings of one name are one project (PEP 503)."""
    seen: dict[str, str] = {}
    for project in projects:
        name = canonicalize_name(project.name)
        if name in seen:
            problem = f"is the same project as {seen[name]!r}: both are {name!r} (PEP 503)"
            raise BrokenFile(table.path, table.table("projects").place_of(project.name), problem)
        seen[name] = project.name
