"""``/packages/…`` and ``/integrity/…``: distributions, their core metadata and provenance."""

from __future__ import annotations

import base64
import json
from typing import Any

from packaging.utils import canonicalize_name
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mirrorlab.index.answers import file, refuse
from mirrorlab.index.artifact import Artifact
from mirrorlab.index.content import Project, Stored
from mirrorlab.index.faults import Faults
from mirrorlab.index.folder import project_of
from mirrorlab.index.library import Library
from mirrorlab.index.view import View, look
from mirrorlab.scenario import Fault

_FLIPPED = 16
_BINARY = "application/octet-stream"
_PROVENANCE = "application/vnd.pypi.integrity.v1+json"


class Files:
    """The distributions. Files of a quarantined project stay where they are, as on PyPI."""

    def __init__(self, library: Library, faults: Faults) -> None:
        """Serve ``library``."""
        self._library = library
        self._faults = faults

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/packages/{place:path}", self.file),
            Route("/integrity/{name}/{version}/{filename}/provenance", self.provenance),
        ]

    async def file(self, request: Request) -> Response:
        """Answer with a distribution, or with its core metadata (PEP 658)."""
        path = request.scope["path"]
        place = path.removesuffix(".metadata")
        view = look(request, self._library, self._faults)
        project, stored = _find(view, place.rpartition("/")[2])
        if project is None or stored is None or stored.artifact.path != place:
            return refuse(404, f"there is no file {path}")
        artifact = view.artifact(project, stored)
        if path == place:
            try:
                content = _content(view, artifact)
            except OSError as error:
                return refuse(404, f"the file {path} can no longer be read: {error.strerror}")
            return file(request, content, _BINARY, artifact.sha256)
        if not stored.metadata or view.fault is Fault.METADATA_404:
            return refuse(404, f"there is no file {path}")
        metadata = _flip(artifact.metadata) if view.fault is Fault.CORRUPT else artifact.metadata
        return file(request, metadata, _BINARY, artifact.metadata_sha256)

    async def provenance(self, request: Request) -> Response:
        """Answer with the provenance of a file (PEP 740)."""
        view = look(request, self._library, self._faults)
        project, stored = _find(view, request.path_params["filename"])
        if project is None or stored is None or not stored.provenance:
            return refuse(404, "there is no provenance for this file")
        body = json.dumps(_attested(project, view.artifact(project, stored))).encode()
        return file(request, body, _PROVENANCE, f"provenance-{stored.artifact.sha256}")


def _find(view: View, filename: str) -> tuple[Project | None, Stored | None]:
    project = view.project(project_of(filename) or "")
    for _, stored in project.files if project else ():
        if stored.artifact.filename == filename:
            return project, stored
    return None, None


def _content(view: View, artifact: Artifact) -> bytes:
    if view.fault is Fault.CORRUPT:
        return _flip(artifact.content)
    return artifact.altered.content if view.fault is Fault.ALTERED_FILE else artifact.content


def _flip(content: bytes) -> bytes:
    """Return as many bytes, with every bit of a few in the middle flipped."""
    start = max(0, len(content) // 2 - _FLIPPED // 2)
    flipped = bytes(byte ^ 0xFF for byte in content[start : start + _FLIPPED])
    return content[:start] + flipped + content[start + len(flipped) :]


def _attested(project: Project, artifact: Artifact) -> dict[str, Any]:
    """Return a provenance of the right shape, naming the file and its hash; nobody signed it."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": artifact.filename, "digest": {"sha256": artifact.sha256}}],
        "predicateType": "https://docs.pypi.org/attestations/publish/v1",
        "predicate": None,
    }
    attestation = {
        "version": 1,
        "envelope": {"statement": _encoded(statement), "signature": _encoded("unsigned")},
        "verification_material": {"certificate": _encoded("none"), "transparency_entries": []},
    }
    publisher = {
        "kind": "GitHub",
        "repository": f"example/{canonicalize_name(project.name)}",
        "workflow": "release.yml",
        "environment": None,
        "claims": None,
    }
    bundle = {"publisher": publisher, "attestations": [attestation]}
    return {"version": 1, "attestation_bundles": [bundle]}


def _encoded(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()
