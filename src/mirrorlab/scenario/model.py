"""What a scenario consists of: projects, releases, files, users, faults. Data only.

Nothing here reads a file (:mod:`mirrorlab.scenario.reading` does) or builds a distribution
(:mod:`mirrorlab.distributions` does).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from mirrorlab.scenario.faults import FaultRule

EPOCH = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""The only clock of a scenario that names none."""

SERIAL = 1000
"""The serial a scenario starts from where it names none."""

_NAME = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.IGNORECASE | re.ASCII)


def valid_name(name: str) -> bool:
    """Whether a project may be called so (PEP 508)."""
    return _NAME.fullmatch(name) is not None


class Status(StrEnum):
    """The status of a project (PEP 792)."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    QUARANTINED = "quarantined"
    DEPRECATED = "deprecated"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a release: a wheel of some tag, or an sdist."""

    tag: str | None = "py3-none-any"
    """Compatibility tag of a wheel (``cp311-cp311-win_amd64``); ``None``: an sdist."""
    pad: int = 0
    """Bytes of padding inside, to make a file as big as a test needs."""
    metadata: bool = True
    """Serve its core metadata beside it (PEP 658, 714); an sdist never has any."""
    provenance: bool = False
    """Serve a provenance document for it (PEP 740)."""
    build_requires: tuple[str, ...] = ()
    """What an sdist needs before it can be built (PEP 518)."""

    def __post_init__(self) -> None:
        """Take the metadata file from an sdist."""
        if self.tag is None:
            object.__setattr__(self, "metadata", False)

    @property
    def sdist(self) -> bool:
        """Whether this is an sdist."""
        return self.tag is None


WHEEL_AND_SDIST = (File(), File(tag=None))
"""The files of a release that names none."""


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a project and its files."""

    version: str
    requires: tuple[str, ...] = ()
    requires_python: str | None = None
    yanked: bool | str = False
    """``True`` or the reason (PEP 592)."""
    uploaded: datetime = EPOCH
    """When its files were uploaded; UTC."""
    files: tuple[File, ...] = WHEEL_AND_SDIST


@dataclass(frozen=True, slots=True)
class Project:
    """A name on the index, as its owner spells it, and its releases in order of upload."""

    name: str
    status: Status = Status.ACTIVE
    releases: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may upload."""

    name: str
    password: str | None = None
    token: str | None = None
    """An API token, sent as the password of ``__token__``."""
    projects: tuple[str, ...] = ()
    """What they may upload to; ``*`` is every project."""


@dataclass(frozen=True, slots=True)
class Synthetic:
    """So many made-up projects, the same ones for the same seed."""

    projects: int
    seed: int = 0


def _nobody() -> Mapping[str, User]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scenario:
    """The content of an index, its users and the faults it starts with."""

    name: str
    description: str = ""
    epoch: datetime = EPOCH
    serial: int = SERIAL
    """Where counting starts: +1 for each file and for each later change."""
    users: Mapping[str, User] = field(default_factory=_nobody)
    projects: tuple[Project, ...] = ()
    """In the order of the file; synthetic ones last."""
    faults: tuple[FaultRule, ...] = ()
    wheels: Path | None = None
    """A folder of distributions to serve as they are."""
    requirements: Path | None = None
    """A lock with hashes, of real distributions; the lab downloads them before it starts."""
    synthetic: Synthetic | None = None
