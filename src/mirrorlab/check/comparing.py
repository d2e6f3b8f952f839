"""What a mirror has, held against what its upstream has. Nothing here connects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from mirrorlab.check.contents import minor
from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.check.tally import LONG_AGO, Tally, moment_of
from mirrorlab.simple import FileEntry, ProjectPage

_SYNC = "sync it; where a sync has run meanwhile, look into its log"
_REMOVE = "remove it from the mirror: upstream has withdrawn it, which may have a grave reason"
_ALTERED = "look for who changed the page; fetch the file from upstream and hold it against both"
_AGAIN = "make the page again from what upstream says"
_SLACK = timedelta(minutes=5)
"""So much may the clocks of upstream and of this machine differ."""


@dataclass(frozen=True, slots=True)
class Against:
    """What a mirror is held against."""

    who: str
    """``upstream``, or ``the tree`` that an index serves."""
    young: datetime
    """What is uploaded later than this need not be here yet."""
    tally: Tally


def compare(
    name: str, here: ProjectPage, upstream: ProjectPage, against: Against, *, json: bool = True
) -> Iterator[Finding]:
    """Compare a project's page with that of its upstream; ``json``: it came as JSON."""
    if upstream.status == "quarantined" and here.files:
        yield withdrawn(name, f"quarantined by {against.who}", len(here.files))
        return
    if _are_alike(here, upstream):
        against.tally.all_here(name, here.files, upstream.files, json=json)
        return
    mine = {file.filename: file for file in here.files}
    theirs = {file.filename: file for file in upstream.files}
    for filename in sorted(mine.keys() - theirs.keys()):
        yield Finding(
            Kind.EXTRA,
            "withdrawn-file",
            f"no file that {against.who} does not have",
            "it is on the page",
            _REMOVE,
            project=name,
            file=filename,
        )
    yield from _absent(name, here, upstream, mine, theirs, against)
    says_all = _says_all(upstream)
    for filename in sorted(mine.keys() & theirs.keys()):
        against.tally.soft(name, mine[filename], theirs[filename], json=json)
        yield from _same_hash(name, mine[filename], theirs[filename], against.who)
        yield from _same_file(name, mine[filename], theirs[filename], against.who, says_all)
        yield from _same_yank(name, here, upstream, mine[filename], theirs[filename], against.who)


def _are_alike(here: ProjectPage, upstream: ProjectPage) -> bool:
    """Tell whether both name the same files in the same order, and contradict each other nowhere.

    False where that is not seen at once.
    """
    if len(here.files) != len(upstream.files):
        return False
    for mine, theirs in zip(here.files, upstream.files, strict=True):
        if (
            mine.filename != theirs.filename
            or mine.hashes != theirs.hashes
            or (mine.requires_python or None) != (theirs.requires_python or None)
            or (mine.yanked is False) is not (theirs.yanked is False)
            or (mine.core_metadata != theirs.core_metadata and mine.core_metadata)
            or (mine.size != theirs.size and mine.size is not None)
            or (mine.upload_time != theirs.upload_time and mine.upload_time is not None)
        ):
            return False
    return len({file.filename for file in here.files}) == len(here.files)


def withdrawn(name: str, how: str, files: int) -> Finding:
    """Say that upstream has withdrawn a whole project."""
    found = f"a page with {files} files" if files else "it in the list"
    return Finding(
        Kind.EXTRA, "withdrawn-project", f"nothing of it: {how}", found, _REMOVE, project=name
    )


def absent_project(name: str, upstream: ProjectPage, against: Against) -> Iterator[Finding]:
    """Judge a project of upstream that is not here."""
    due = [file for file in upstream.files if not _is_young(file, against.young)]
    against.tally.absent(len(upstream.files), due)
    if due or not upstream.files:
        yield Finding(
            Kind.MISSING,
            "project",
            f"the project, with the {len(upstream.files)} files that {against.who} has",
            "nothing of it",
            f"{_SYNC}; where it is left out on purpose, name the projects to have (--projects)",
            Severity.ERROR if due else Severity.NOTE,
            name,
        )


def _absent(
    name: str,
    here: ProjectPage,
    upstream: ProjectPage,
    mine: dict[str, FileEntry],
    theirs: dict[str, FileEntry],
    against: Against,
) -> Iterator[Finding]:
    lacking = [file for filename, file in theirs.items() if filename not in mine]
    due = [file for file in lacking if not _is_young(file, against.young)]
    against.tally.absent(len(theirs), due)
    newest = max((moment_of(theirs[f]) for f in mine.keys() & theirs.keys()), default=LONG_AGO)
    behind = here.last_serial, upstream.last_serial
    numbered = None not in behind and here.last_serial != upstream.last_serial
    current = None not in behind and here.last_serial == upstream.last_serial
    late = [
        file
        for file in due
        if mine and not current and (numbered or moment_of(file) > newest or not file.upload_time)
    ]
    if late:
        names = ", ".join(file.filename for file in islice(late, 3))
        more = f" and {len(late) - 3} more" if len(late) > 3 else ""
        serials = f"serial {behind[0]}, {against.who} is at {behind[1]}" if numbered else "neither"
        yield Finding(
            Kind.STALE,
            "files",
            f"{names}{more}, as {against.who} has",
            serials if numbered or len(late) > 1 else "no such file",
            _SYNC,
            project=name,
        )
    for file in due:
        if file not in late:
            yield Finding(
                Kind.MISSING,
                "file",
                f"the file, as {against.who} has it",
                "it is not on the page",
                _SYNC,
                project=name,
                file=file.filename,
            )


def _says_all(page: ProjectPage) -> bool:
    """Tell whether a file without Requires-Python has none, and is not on a page that drops it."""
    return minor(page.api_version) >= 1 or any(file.requires_python for file in page.files)


def _same_hash(name: str, here: FileEntry, upstream: FileEntry, who: str) -> Iterator[Finding]:
    """A file keeps its hashes; without one in common, nobody can tell whether it did."""
    common = here.hashes.keys() & upstream.hashes.keys()
    if here.hashes and upstream.hashes and not common:
        says = f"{' or '.join(sorted(upstream.hashes))}, as {who} gives"
        found = f"{', '.join(sorted(here.hashes))} only, which cannot be held against it"
        rule, kind = "other-hash", Kind.NOT_CONFORMING
        yield _of_file(kind, rule, says, found, _AGAIN, name, here, Severity.WARNING)
    for algorithm in _differing(here, upstream)[:1]:
        says = f"{algorithm} {upstream.hashes[algorithm].lower()} as {who} says"
        found = here.hashes[algorithm].lower()
        yield _of_file(Kind.ALTERED, "page-hash", says, found, _ALTERED, name, here)


def _differing(here: FileEntry, upstream: FileEntry) -> list[str]:
    common = sorted(here.hashes.keys() & upstream.hashes.keys())
    return [one for one in common if here.hashes[one].lower() != upstream.hashes[one].lower()]


def _same_file(
    name: str, here: FileEntry, upstream: FileEntry, who: str, says_all: bool
) -> Iterator[Finding]:
    """What else never changes of a file once it is uploaded."""
    if _differing(here, upstream):
        return  # of another file, size and metadata are others too
    metadata = (upstream.core_metadata, here.core_metadata)
    if all(isinstance(one, str) for one in metadata) and metadata[0] != metadata[1]:
        says = f"core metadata of sha256 {metadata[0]} as {who} says"
        yield _of_file(Kind.ALTERED, "page-metadata", says, str(metadata[1]), _ALTERED, name, here)
    if says_all and here.requires_python and not upstream.requires_python:
        says, found = f"no requires-python, as {who} has none", here.requires_python
        kind = Kind.NOT_CONFORMING
        yield _of_file(kind, "page-requires-python", says, found, _AGAIN, name, here)
    for what, mine, theirs in (
        ("requires-python", here.requires_python or None, upstream.requires_python or None),
        ("size", here.size, upstream.size),
        ("upload-time", _written(here), _written(upstream)),
    ):
        if what == "upload-time" and _samemoment_of(here, upstream):
            continue
        if theirs is None or mine == theirs or (mine is None and what != "requires-python"):
            continue
        severity = Severity.WARNING if mine is None else Severity.ERROR
        found = "none" if mine is None else f"{mine}"
        says = f"{what} {theirs} as {who} says"
        kind = Kind.NOT_CONFORMING
        yield _of_file(kind, f"page-{what}", says, found, _AGAIN, name, here, severity)


def _same_yank(
    name: str,
    page: ProjectPage,
    page_upstream: ProjectPage,
    here: FileEntry,
    upstream: FileEntry,
    who: str,
) -> Iterator[Finding]:
    mine, theirs = (bool(one.yanked) or one.yanked == "" for one in (here, upstream))
    if mine == theirs:
        return
    current = page.last_serial is not None and page.last_serial == page_upstream.last_serial
    kind = Kind.NOT_CONFORMING if current else Kind.STALE
    expected = "yanked" if theirs else "not yanked"
    yield _of_file(
        kind,
        "yank",
        f"the file {expected}, as {who} has it",
        "not yanked" if theirs else "yanked",
        _SYNC,
        name,
        here,
        Severity.WARNING,
    )


def _is_young(file: FileEntry, young: datetime) -> bool:
    """Tell whether a file need not be here yet; of a clock that is wrong, nothing is young."""
    return file.upload_time is not None and young < moment_of(file) < datetime.now(UTC) + _SLACK


def _samemoment_of(here: FileEntry, upstream: FileEntry) -> bool:
    """Whether both name the same moment, or it is only cut to whole seconds here."""
    if here.upload_time is None or upstream.upload_time is None:
        return False
    mine, theirs = moment_of(here), moment_of(upstream)
    return mine in {theirs, theirs.replace(microsecond=0)}


def _written(file: FileEntry) -> str | None:
    if file.upload_time is None:
        return None
    return moment_of(file).astimezone(UTC).isoformat().replace("+00:00", "Z")


def _of_file(
    kind: Kind,
    rule: str,
    expected: str,
    found: str,
    advice: str,
    name: str,
    file: FileEntry,
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(kind, rule, expected, found, advice, severity, name, file.filename)
