"""What is counted while pages are held against those of upstream: delay, completeness, losses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.simple import FileEntry

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
                moment = moment_of(file)
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


LONG_AGO = datetime.min.replace(tzinfo=UTC)


def moment_of(file: FileEntry) -> datetime:
    """Return when a file was uploaded; long ago, where nobody says."""
    moment = file.upload_time
    if moment is None:
        return LONG_AGO
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _values(file: FileEntry) -> tuple[object, ...]:
    return file.size, file.upload_time, bool(file.core_metadata), file.provenance
