"""What a check came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mirrorlab.check.features import Features
from mirrorlab.check.findings import LONGEST, Findings, Severity
from mirrorlab.check.tally import Tally

MOST_DOUBTS = 100


@dataclass(slots=True)
class Report:
    """All that a check of one target says."""

    target: str
    """As it may be printed."""
    upstream: str = ""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 0.0
    findings: Findings = field(default_factory=Findings)
    doubts: list[str] = field(default_factory=list)
    """Sentences: what could not be looked at. While there is one, nothing is healthy."""
    doubted: int = 0
    """How many there were, also those that are not kept."""
    projects: int = 0
    """How many projects it has."""
    looked: int = 0
    """How many projects were looked at."""
    files: int = 0
    """How many files the pages that were looked at name."""
    files_read: int = 0
    """How many of them were read to their end."""
    elsewhere: int = 0
    """How many files the pages of a tree name on other hosts; they are not among ``files``."""
    requests: int = 0
    statements: list[str] = field(default_factory=list)
    """How much was looked at, where that is not all; and what is known beside."""
    features: Features = field(default_factory=Features)
    tally: Tally = field(default_factory=Tally)

    def doubt(self, sentence: str) -> None:
        """Note what could not be looked at."""
        self.doubted += 1
        if len(self.doubts) < MOST_DOUBTS:
            self.doubts.append(sentence[:LONGEST])

    def absorb(self, other: Report) -> None:
        """Take in what another process made of some of the projects."""
        self.findings.absorb(other.findings)
        self.features.absorb(other.features)
        self.tally.absorb(other.tally)
        self.doubted += other.doubted
        self.doubts += other.doubts[: MOST_DOUBTS - len(self.doubts)]
        self.looked += other.looked
        self.files += other.files
        self.files_read += other.files_read
        self.elsewhere += other.elsewhere

    @property
    def delay(self) -> timedelta | None:
        """How long ago the first file was uploaded that is not here; zero where none is missing.

        None where nothing was compared with upstream.
        """
        if not self.tally.files_upstream:
            return None
        oldest = self.tally.oldest_absent
        return max(timedelta(), self.began - oldest) if oldest is not None else timedelta()

    @property
    def completeness(self) -> float | None:
        """The share of upstream's files that is here, of the projects that were compared."""
        if not self.tally.files_upstream:
            return None
        return 1 - self.tally.files_absent / self.tally.files_upstream

    def exit_code(self, fail_on: Severity) -> int:
        """Return 3 where something could not be looked at, 1 for findings, 0 for health."""
        if self.doubted:
            return 3
        return 1 if self.findings.at_least(fail_on) else 0
