"""What a check finds: one thing that is wrong, where, and what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from threading import Lock


class Severity(StrEnum):
    """How bad a finding is; ``--fail-on`` names the least one that counts."""

    NOTE = "note"
    """Worth knowing; it breaks nothing by itself."""
    WARNING = "warning"
    """Some installers, or some day all of them, fail of it."""
    ERROR = "error"
    """Somebody gets the wrong thing, or nothing."""

    @property
    def rank(self) -> int:
        """Its place among them, the worst one highest."""
        return list(Severity).index(self)


class Kind(StrEnum):
    """The ways in which a mirror is wrong; their words are part of the interface."""

    STALE = "stale"
    """It is as upstream was before."""
    FROZEN = "frozen"
    """What brings it up to date has stopped, and goes on stopping."""
    MISSING = "missing"
    """What should be here is not."""
    EXTRA = "extra"
    """It serves what upstream has withdrawn."""
    ALTERED = "altered"
    """Its bytes are not those that upstream, its own page or its own place name."""
    TRUNCATED = "truncated"
    """It ends too early."""
    ORPHANED = "orphaned"
    """It lies there, and no page names it."""
    NOT_CONFORMING = "not conforming"
    """It breaks the Simple API."""
    UNREACHABLE = "unreachable"
    """It does not answer, or not with what was asked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    kind: Kind
    rule: str
    """The name of what was looked at, for scripts: ``hash``, ``vary``, ``todo``."""
    expected: str
    """What should be, in a few words."""
    found: str
    """What is."""
    advice: str
    """What to do: one sentence without a full stop."""
    severity: Severity = Severity.ERROR
    project: str = ""
    """Its normalised name; empty where the whole index is concerned."""
    file: str = ""
    """The file's name, or a path inside the tree; empty where a page is concerned."""

    def __str__(self) -> str:
        """Say it in one line."""
        where = ": ".join(part for part in (self.project, self.file) if part) or "the index"
        says = f"expected {self.expected}, found {self.found}"
        return f"{self.severity}: {self.kind}: {where}: {says} ({self.rule}); {self.advice}"


_LOCK = Lock()  # of the module, for findings go from process to process
MOST = 1000
"""So many findings of one rule are kept; the others are counted."""
LONGEST = 1000
"""So many characters are kept of each text of a finding; a path on a disk may have 400."""


@dataclass(slots=True)
class Findings:
    """The findings of a run. Threads may add to it; its memory is bounded."""

    kept: list[Finding] = field(default_factory=list)
    counts: Counter[tuple[Severity, Kind, str]] = field(default_factory=Counter)
    """How many there were of each severity, kind and rule, kept or not."""

    def add(self, findings: Iterable[Finding]) -> None:
        """Take findings in."""
        with _LOCK:
            for finding in findings:
                topic = _topic(finding)
                self.counts[topic] += 1
                if self.counts[topic] <= MOST:
                    self.kept.append(_clipped(finding))

    def absorb(self, others: Findings) -> None:
        """Take in what another process found."""
        self.add(others.kept)
        with _LOCK:
            self.counts += others.counts - Counter(_topic(one) for one in others.kept)

    def __iter__(self) -> Iterator[Finding]:
        """Go through those that are kept: the worst first, then by project and file."""
        order = {kind: number for number, kind in enumerate(Kind)}
        return iter(
            sorted(
                self.kept,
                key=lambda one: (
                    -one.severity.rank,
                    one.project,
                    one.file,
                    order[one.kind],
                ),
            )
        )

    def __len__(self) -> int:
        """Count all, also those that are not kept."""
        return self.counts.total()

    @property
    def left_out(self) -> int:
        """How many are counted and not kept."""
        return len(self) - len(self.kept)

    def at_least(self, severity: Severity) -> int:
        """Count those that are so bad, or worse."""
        return sum(n for (one, _, _), n in self.counts.items() if one.rank >= severity.rank)

    def count(self, kind: Kind, severity: Severity) -> int:
        """Count those of a kind and a severity."""
        topics = self.counts.items()
        return sum(n for (one, other, _), n in topics if one is severity and other is kind)

    def of(self, kind: Kind) -> int:
        """Count those of a kind."""
        return sum(n for (_, one, _), n in self.counts.items() if one is kind)


def _clipped(finding: Finding) -> Finding:
    """Return a finding as it is kept: an index may name a file in a million letters."""
    if max(map(len, (finding.expected, finding.found, finding.project, finding.file))) <= LONGEST:
        return finding
    return replace(
        finding,
        expected=finding.expected[:LONGEST],
        found=finding.found[:LONGEST],
        project=finding.project[:LONGEST],
        file=finding.file[:LONGEST],
    )


def _topic(finding: Finding) -> tuple[Severity, Kind, str]:
    return finding.severity, finding.kind, finding.rule
