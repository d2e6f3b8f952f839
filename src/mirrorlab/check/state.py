"""What bandersnatch writes down about its syncs: whether they go on, and when one went well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.check.reading import SERIAL

_GENERATIONS = (2, 3, 4, 5)
_LOOK = "look into the log of the sync; while todo is there it works on nothing else"
_MOMENT = "%Y%m%dT%H:%M:%S"
_SLACK = timedelta(minutes=5)
_NAMES = 5


@dataclass(frozen=True, slots=True)
class State:
    """How the files beside ``web`` are judged."""

    now: datetime
    max_age: timedelta
    """How long ``todo`` may stay as it is."""
    synced_within: timedelta | None = None
    """How long ago the last good sync may be; None: not judged."""

    def judge(self, root: Path, upstream: int | None) -> Iterator[Finding]:
        """Judge ``status``, ``todo``, ``generation`` and ``web/last-modified``.

        ``upstream`` is its serial, where it is known.
        """
        yield from self._status(root, upstream)
        yield from self._todo(root)
        yield from self._generation(root)
        yield from self._last_modified(root)

    def _status(self, root: Path, upstream: int | None) -> Iterator[Finding]:
        text = _read(root / "status")
        if isinstance(text, OSError):
            yield _unreadable("status", text)
        elif text is None:
            found = "no such file: no sync has come to its end"
            advice = "let a sync come to its end"
            yield _of(
                "status", "status", Kind.MISSING, "the serial of the last good sync", found, advice
            )
        elif SERIAL.fullmatch(text.strip()) is None:
            advice = "put the serial of the last good sync there, or 0 to look at all again"
            yield _of("status", "status", Kind.NOT_CONFORMING, "a serial", f"{text[:40]!r}", advice)
        elif upstream is not None and int(text) > upstream:
            yield _of(
                "status",
                "serial",
                Kind.FROZEN,
                f"a serial that upstream has reached: {upstream}",
                text.strip(),
                "sync once with --force-check: bandersnatch waits for serials after this one",
            )

    def _todo(self, root: Path) -> Iterator[Finding]:
        path = root / "todo"
        text = _read(path)
        if text is None:
            return
        if isinstance(text, OSError):
            yield _unreadable("todo", text)
            return
        first, *lines = text.splitlines() or [""]
        if SERIAL.fullmatch(first.strip()) is None:
            expected, found = "a serial in its first line", f"{first[:40]!r}"
            yield _of("todo", "todo", Kind.NOT_CONFORMING, expected, found, _LOOK)
            return
        try:
            still = self.now - datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError:
            return  # the sync has ended meanwhile
        names = ", ".join(line.split(" ")[0] for line in lines[:_NAMES])
        more = f" and {len(lines) - _NAMES} more" if len(lines) > _NAMES else ""
        found = f"todo, which has not moved for {_span(still)}: {names}{more}"
        if still >= self.max_age:
            yield _of("todo", "todo", Kind.FROZEN, "no todo, or one that moves", found, _LOOK)
        else:
            yield _of(
                "todo",
                "sync",
                Kind.FROZEN,
                "a sync that is over",
                f"{found}: it is at work, or was broken off",
                "check again when it is over",
                Severity.NOTE,
            )

    def _generation(self, root: Path) -> Iterator[Finding]:
        text = _read(root / "generation")
        if isinstance(text, OSError):
            yield _unreadable("generation", text)
        elif text is not None and text.strip() not in map(str, _GENERATIONS):
            yield _of(
                "generation",
                "generation",
                Kind.FROZEN,
                "5",
                f"{text[:40]!r}",
                "put 5 there: bandersnatch stops at any other",
            )

    def _last_modified(self, root: Path) -> Iterator[Finding]:
        shown = "web/last-modified"
        text = _read(root / shown)
        if isinstance(text, OSError):
            yield _unreadable(shown, text)
            return
        if text is None:
            if (root / "status").exists():
                expected, advice = "the moment of the last good sync", "sync once more"
                found, severity = "no such file", Severity.WARNING
                yield _of(shown, "last-modified", Kind.MISSING, expected, found, advice, severity)
            return
        try:
            moment = datetime.strptime(text.strip(), _MOMENT).replace(tzinfo=UTC)
            written = f"{moment:{_MOMENT}}\n" == text
        except ValueError:
            written = False
        if not written:
            expected = "a moment like 20260105T12:00:00"
            advice = "a sync that goes well writes it again"
            kind = Kind.NOT_CONFORMING
            yield _of(shown, "last-modified", kind, expected, f"{text[:40]!r}", advice)
            return
        if moment > self.now + _SLACK:
            advice = "set the clock of this machine"
            expected, found = "a moment that has come", f"{moment:%Y-%m-%d %H:%M} UTC"
            kind = Kind.NOT_CONFORMING
            yield _of(shown, "last-modified", kind, expected, found, advice, Severity.WARNING)
        if self.synced_within is not None and self.now - moment > self.synced_within:
            expected = f"a good sync within {_span(self.synced_within)}"
            found = f"the last one {_span(self.now - moment)} ago"
            advice = "see whether the sync runs, and what it says"
            yield _of(shown, "last-modified", Kind.STALE, expected, found, advice)


def _read(path: Path) -> str | OSError | None:
    """Return what a small file says; None where there is none."""
    try:
        with path.open("rb") as opened:
            return opened.read(64 << 20).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        return error


def _span(span: timedelta) -> str:
    seconds = max(0, int(span.total_seconds()))
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"


def _unreadable(file: str, error: OSError) -> Finding:
    advice = "run the check as a user who may read it"
    return _of(file, "state", Kind.UNREACHABLE, "a file", error.strerror or "an error", advice)


def _of(
    file: str,
    rule: str,
    kind: Kind,
    expected: str,
    found: str,
    advice: str,
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(kind, rule, expected, found, advice, severity, file=file)
