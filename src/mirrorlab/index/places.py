"""The URL paths of the index: what kind of answer each gives, and which there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

from mirrorlab.index.content import Project, State

CONTROL = "/-/"
"""Where the index itself is controlled; never faulted, never in the request log."""


class Kind(Enum):
    """What a path gives."""

    LIST = auto()
    PAGE = auto()
    PROJECT_JSON = auto()
    FILE = auto()
    METADATA = auto()
    PROVENANCE = auto()
    XMLRPC = auto()
    UPLOAD = auto()
    OTHER = auto()


_KINDS = (
    (Kind.LIST, re.compile(r"/simple/")),
    (Kind.PAGE, re.compile(r"/simple/[^/]+/")),
    (Kind.PROJECT_JSON, re.compile(r"(?:/pypi)?/[^/]+(?:/[^/]+)?/json")),
    (Kind.METADATA, re.compile(r"/packages/.+\.metadata")),
    (Kind.FILE, re.compile(r"/packages/.+")),
    (Kind.PROVENANCE, re.compile(r"/integrity/.+/provenance")),
    (Kind.XMLRPC, re.compile(r"/pypi/?|/RPC2")),
    (Kind.UPLOAD, re.compile(r"/legacy/?")),
)


def kind_of(path: str) -> Kind:
    """Return what a path gives; redirects and what nobody knows are :attr:`Kind.OTHER`."""
    return next((kind for kind, pattern in _KINDS if pattern.fullmatch(path)), Kind.OTHER)


def provenance_path(name: str, version: str, filename: str) -> str:
    """Return where Warehouse serves the provenance of a file (PEP 740)."""
    return f"/integrity/{name}/{version}/{filename}/provenance"


def paths(state: State, glob: str) -> Iterator[str]:
    """Yield the paths of the index that ``glob`` may match, the cheap ones first.

    Paths of files need the files built: those of projects that ``glob`` mentions come first, and
    none where the glob begins differently.
    """
    yield from ("/simple/", "/simple", "/pypi", "/legacy/", "/RPC2")
    for name in state.projects:
        yield f"/simple/{name}/"
        yield f"/simple/{name}"
        yield f"/pypi/{name}/json"
        yield f"/{name}/json"
    start = re.split(r"[*?[]", glob, maxsplit=1)[0]
    if any(place.startswith(start) or start.startswith(place) for place in _OF_RELEASES):
        for name in sorted(state.projects, key=lambda name: not _mentioned(name, glob)):
            yield from _of(name, state.projects[name])


_OF_RELEASES = ("/packages/", "/integrity/", "/pypi/")


def _mentioned(name: str, glob: str) -> bool:
    return name in glob or name.replace("-", "_") in glob


def _of(name: str, project: Project) -> Iterator[str]:
    for release in project.releases:
        yield f"/pypi/{name}/{release.version}/json"
    for release, file in project.files:
        yield file.artifact.path
        if file.metadata:
            yield f"{file.artifact.path}.metadata"
        if file.provenance:
            yield provenance_path(name, release.version, file.artifact.filename)
