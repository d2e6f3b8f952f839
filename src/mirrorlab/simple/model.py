"""The two pages of the Simple API as data: the list of projects, and one project's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

API_VERSION = "1.4"
"""The version of the API spoken here: HTML ends there (PEP 833), 1.4 brought status (PEP 792)."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file on a project's page."""

    filename: str
    url: str
    """As the page gives it: absolute, or relative to the page."""
    hashes: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Algorithm to hexadecimal digest; empty where the page gives none."""
    requires_python: str | None = None
    size: int | None = None
    """Bytes (PEP 700; JSON only)."""
    upload_time: datetime | None = None
    """UTC (PEP 700; JSON only)."""
    yanked: bool | str = False
    """``True`` or the reason (PEP 592)."""
    core_metadata: bool | str = False
    """The sha256 of ``<url>.metadata``; ``True`` where it is there without a hash (PEP 714)."""
    provenance: str | None = None
    """URL of the provenance document (PEP 740)."""

    @property
    def sha256(self) -> str | None:
        """The sha256 the page gives, in hexadecimal."""
        return self.hashes.get("sha256")


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """What ``/simple/<project>/`` says."""

    name: str
    files: tuple[FileEntry, ...] = ()
    versions: tuple[str, ...] = ()
    """Every version, also one without files (PEP 700; JSON only)."""
    status: str = "active"
    """PEP 792."""
    status_reason: str | None = None
    last_serial: int | None = None
    api_version: str = API_VERSION


@dataclass(frozen=True, slots=True)
class ListedProject:
    """One project of the list: its name as its owner spells it."""

    name: str
    last_serial: int | None = None


@dataclass(frozen=True, slots=True)
class ProjectList:
    """What ``/simple/`` says."""

    projects: tuple[ListedProject, ...] = ()
    last_serial: int | None = None
    api_version: str = API_VERSION
