"""What the indexes of a cell hold: the author's releases, and what a stranger put up as theirs."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from mirrorlab import distributions
from mirrorlab.clients.configuration import PROJECT
from mirrorlab.distributions import Built
from mirrorlab.index.altering import MODULE, alter
from mirrorlab.scenario import File, Project, Release, Scenario

NEWEST = "2.0"
_PAD = 16
"""Bytes in which the stranger's files differ from the author's of the same version."""
_FOREIGN = (File(pad=_PAD), File(tag=None, pad=_PAD))

GENUINE = Scenario(
    "matrix",
    "two releases without dependencies",
    projects=(Project(PROJECT, releases=(Release("1.0"), Release(NEWEST))),),
)
"""What the mirror, the second index and the private one hold."""
HOSTILE = Scenario(
    "matrix-stranger",
    "a stranger has the name: the newest version again, and a higher one",
    projects=(
        Project(
            PROJECT,
            releases=(Release(NEWEST, files=_FOREIGN), Release("99.0", files=_FOREIGN)),
        ),
    ),
)
"""What the public index of the suite ``confusion`` holds."""


@dataclass(frozen=True)
class Kind:
    """One release as it can be installed: whose it is, and how to know its files again."""

    version: str
    hostile: bool
    modules: Mapping[str, str]
    """Path -> sha256 of the files it installs, without what installers write."""
    distributions: frozenset[str]
    """The sha256 of its wheel and of its sdist."""
    altered: frozenset[str]
    """The same, of what the fault ``altered`` makes of them."""


@cache
def kinds() -> tuple[Kind, ...]:
    """Return every release that any index of a cell holds."""
    return tuple(
        _kind(release, hostile=scenario is HOSTILE)
        for scenario in (GENUINE, HOSTILE)
        for project in scenario.projects
        for release in project.releases
    )


def files() -> tuple[Built, ...]:
    """Return the files of the folder ``wheels``: the author's, wheels and sdists."""
    releases = GENUINE.projects[0].releases
    return tuple(built for release in releases for built in _built(release))


def is_module(path: str) -> bool:
    """Tell whether an installed file is the distribution's own, not about it."""
    parts = path.split("/")
    about = (".dist-info", ".egg-info", ".data")
    return not (
        parts[0].endswith(about)
        or parts[0] in ("EGG-INFO", "..")
        or "__pycache__" in parts
        or path.endswith(".pyc")
    )


def is_altered(path: str) -> bool:
    """Tell whether an installed file is the one that an altered distribution brings."""
    return path.endswith(f"{MODULE}.py")


def _kind(release: Release, *, hostile: bool) -> Kind:
    wheel, sdist = _built(release)
    return Kind(
        release.version,
        hostile,
        _modules(wheel.content),
        frozenset({wheel.sha256, sdist.sha256}),
        frozenset(_sha256(alter(each.filename, each.content)) for each in (wheel, sdist)),
    )


def _built(release: Release) -> tuple[Built, Built]:
    pads = [file.pad for file in release.files]
    return (
        distributions.wheel(PROJECT, release.version, pad=pads[0]),
        distributions.sdist(PROJECT, release.version, pad=pads[-1]),
    )


def _modules(wheel: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return {name: _sha256(archive.read(name)) for name in archive.namelist() if is_module(name)}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
