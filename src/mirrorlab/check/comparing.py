"""What a mirror has, held against what its upstream has. Nothing here connects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from threading import Lock

from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.simple import FileEntry, ProjectPage

_SYNC = "sync it; where a sync has run meanwhile, look into its log"
_REMOVE = "remove it from the mirror: upstream has withdrawn it, which may have a grave reason"
_EXAMPLES = 20
_JSON_ONLY = ("size", "upload-time")
_NOTHING = (None, False)
_SOFT = ("size", "upload-time", "core-metadata", "provenance")


_LOCK = Lock()  # of the module, for tallies go from process to process


@dataclass(slots=True)
class Tally:
    """What is counted while pages are compared. Threads may count at a time."""

    files_upstream: int = 0
    files_absent: int = 0
    oldest_absent: datetime | None = None
    """When the first file was uploaded that should be here and is not."""
    kept: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    """How often a page has, and has not, what upstream says of a file, by what it is."""
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def absorb(self, others: Tally) -> None:
        """Take in what another process counted."""
        with _LOCK:
            self.files_upstream += others.files_upstream
            self.files_absent += others.files_absent
            oldest = [one for one in (self.oldest_absent, others.oldest_absent) if one]
            self.oldest_absent = min(oldest, default=None)
            self.kept.update(others.kept)
            self.lost.update(others.lost)
            for what, examples in others.examples.items():
                here = self.examples.setdefault(what, [])
                here += examples[: _EXAMPLES - len(here)]

    def absent(self, upstream: int, files: list[FileEntry]) -> None:
        """Count files of upstream, and those of them that are not here."""
        with _LOCK:
            self.files_upstream += upstream
            self.files_absent += len(files)
            for file in files:
                moment = _moment(file)
                if file.upload_time and (self.oldest_absent is None or moment < self.oldest_absent):
                    self.oldest_absent = moment

    def soft(self, name: str, here: FileEntry, upstream: FileEntry, *, json: bool) -> None:
        """Count which of the things that an index may leave out it does leave out.

        ``json``: the page is JSON; HTML has no place for some of them.
        """
        said = zip(_SOFT, _values(here), _values(upstream), strict=True)
        with _LOCK:
            for what, mine, theirs in said:
                if theirs in (None, False) or (what in _JSON_ONLY and not json):
                    continue
                if mine not in (None, False):
                    self.kept[what] += 1
                    continue
                self.lost[what] += 1
                examples = self.examples.setdefault(what, [])
                if len(examples) < _EXAMPLES:
                    examples.append((name, here.filename))

    def all_here(
        self,
        name: str,
        here: tuple[FileEntry, ...],
        upstream: tuple[FileEntry, ...],
        *,
        json: bool,
    ) -> None:
        """Count a page that has all the files of upstream, in the same order."""
        self.absent(len(upstream), [])
        kept = [0] * len(_SOFT)
        for mine, theirs in zip(here, upstream, strict=True):
            said = _values(theirs)
            if _values(mine) != said:
                self.soft(name, mine, theirs, json=json)
                continue
            for number, value in enumerate(said):
                kept[number] += value not in _NOTHING
        with _LOCK:
            for what, many in zip(_SOFT, kept, strict=True):
                if many and (json or what not in _JSON_ONLY):
                    self.kept[what] += many

    def lost_here_and_there(self) -> Iterator[Finding]:
        """Yield what is dropped from some files though others have it: no choice, a mistake."""
        for what, examples in self.examples.items():
            if not self.kept[what]:
                continue
            for name, filename in examples:
                yield Finding(
                    Kind.NOT_CONFORMING,
                    "lost",
                    f"its {what}, which upstream gives and other files here have",
                    "none",
                    "make the page again from what upstream says",
                    Severity.WARNING,
                    name,
                    filename,
                )


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
    for filename in sorted(mine.keys() & theirs.keys()):
        against.tally.soft(name, mine[filename], theirs[filename], json=json)
        yield from _same_file(name, mine[filename], theirs[filename], against.who)
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
    newest = max((_moment(theirs[f]) for f in mine.keys() & theirs.keys()), default=_LONG_AGO)
    behind = here.last_serial, upstream.last_serial
    numbered = None not in behind and here.last_serial != upstream.last_serial
    current = None not in behind and here.last_serial == upstream.last_serial
    late = [
        file
        for file in due
        if mine and not current and (numbered or _moment(file) > newest or not file.upload_time)
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


def _same_file(name: str, here: FileEntry, upstream: FileEntry, who: str) -> Iterator[Finding]:
    """What never changes of a file once it is uploaded."""
    altered = "look for who changed the page; fetch the file from upstream and hold it against both"
    common = sorted(here.hashes.keys() & upstream.hashes.keys())
    for algorithm in common:
        expected, found = upstream.hashes[algorithm].lower(), here.hashes[algorithm].lower()
        if expected != found:
            says = f"{algorithm} {expected} as {who} says"
            yield _of_file(Kind.ALTERED, "page-hash", says, found, altered, name, here)
            return  # of another file, size and metadata are others too
    metadata = (upstream.core_metadata, here.core_metadata)
    if all(isinstance(one, str) for one in metadata) and metadata[0] != metadata[1]:
        says = f"core metadata of sha256 {metadata[0]} as {who} says"
        yield _of_file(Kind.ALTERED, "page-metadata", says, str(metadata[1]), altered, name, here)
    again = "make the page again from what upstream says"
    for what, mine, theirs in (
        ("requires-python", here.requires_python or None, upstream.requires_python or None),
        ("size", here.size, upstream.size),
        ("upload-time", _written(here), _written(upstream)),
    ):
        if what == "upload-time" and _same_moment(here, upstream):
            continue
        if theirs is None or mine == theirs or (mine is None and what != "requires-python"):
            continue
        severity = Severity.WARNING if mine is None else Severity.ERROR
        found = "none" if mine is None else f"{mine}"
        says = f"{what} {theirs} as {who} says"
        kind = Kind.NOT_CONFORMING
        yield _of_file(kind, f"page-{what}", says, found, again, name, here, severity)


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


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def _moment(file: FileEntry) -> datetime:
    moment = file.upload_time
    if moment is None:
        return _LONG_AGO
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _is_young(file: FileEntry, young: datetime) -> bool:
    return file.upload_time is not None and _moment(file) > young


def _same_moment(here: FileEntry, upstream: FileEntry) -> bool:
    """Whether both name the same moment, or it is only cut to whole seconds here."""
    if here.upload_time is None or upstream.upload_time is None:
        return False
    mine, theirs = _moment(here), _moment(upstream)
    return mine in {theirs, theirs.replace(microsecond=0)}


def _written(file: FileEntry) -> str | None:
    if file.upload_time is None:
        return None
    return _moment(file).astimezone(UTC).isoformat().replace("+00:00", "Z")


def _values(file: FileEntry) -> tuple[object, ...]:
    return file.size, file.upload_time, bool(file.core_metadata), file.provenance


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
