"""``/pypi/<project>/json``: the project JSON mirrors read, as Warehouse gives it.

https://docs.pypi.org/api/json/. ``/<project>/json`` gives the same: pip-compile asks there.
"""

from __future__ import annotations

import json
from email.message import Message
from email.parser import HeaderParser
from typing import Any
from urllib.parse import quote

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mirrorlab.index.answers import page, refuse
from mirrorlab.index.content import Project, Release, Stored
from mirrorlab.index.faults import Faults
from mirrorlab.index.library import Library
from mirrorlab.index.view import View, look

_TEXTS = ("Summary", "Author", "Author-Email", "Maintainer", "Maintainer-Email", "License")
_TEXTS_TOO = ("License-Expression", "Keywords", "Home-Page", "Description-Content-Type")


class ProjectJson:
    """The project JSON, of the newest release or of a given one."""

    def __init__(self, library: Library, faults: Faults, max_age: int) -> None:
        """Serve ``library``; answers may be kept for ``max_age`` seconds."""
        self._library = library
        self._faults = faults
        self._max_age = max_age

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        places = ("/pypi/{name}/json", "/pypi/{name}/{version}/json", "/{name}/json")
        return [Route(place, self.project) for place in places]

    async def project(self, request: Request) -> Response:
        """Answer with the JSON of a project; of a quarantined one there is none."""
        name = request.path_params["name"]
        if name != canonicalize_name(name):
            place = request.url.path.replace(f"/{name}/", f"/{canonicalize_name(name)}/", 1)
            return RedirectResponse(place, 301)
        view = look(request, self._library, self._faults)
        project = view.project(name)
        release = _release(project, request.path_params.get("version")) if project else None
        if project is None or release is None or not project.visible:
            return refuse(404, f"there is no JSON for {request.url.path}")
        document = _document(view, project, release)
        if "version" in request.path_params:
            del document["releases"]
        content = json.dumps(document, ensure_ascii=False).encode()
        return page(
            request,
            content,
            "application/json",
            serial=project.serial,
            fault=view.fault,
            max_age=self._max_age,
        )


def _release(project: Project, version: str | None) -> Release | None:
    """Return the release of a version, or the newest: stable before pre-release before yanked."""
    if version is not None:
        try:
            return project.release(version)
        except InvalidVersion:
            return None
    return max(project.releases, key=_rank, default=None)


def _rank(release: Release) -> tuple[bool, bool, Version]:
    version = Version(release.version)
    return release.yanked is False, not version.is_prerelease, version


def _document(view: View, project: Project, newest: Release) -> dict[str, Any]:
    releases: dict[str, list[dict[str, Any]]] = {}
    for release, file in view.files(project):
        releases.setdefault(release.version, []).append(_file(view, project, release, file))
    return {
        "info": _info(view, project, newest),
        "last_serial": project.serial,
        "releases": releases,
        "urls": releases.get(newest.version, []),
        "vulnerabilities": [],
        "ownership": {"organization": None, "roles": []},
        "project_status": {"status": project.status, "reason": project.status_reason},
    }


def _info(view: View, project: Project, release: Release) -> dict[str, Any]:
    metadata = release.files[0].artifact.metadata if release.files else b""
    headers = HeaderParser().parsestr(metadata.decode(errors="replace"))
    texts = {_key(name): headers[name] for name in (*_TEXTS, *_TEXTS_TOO)}
    address = f"{view.base}/project/{canonicalize_name(project.name)}/"
    return {
        **texts,
        "name": project.name,
        "version": release.version,
        "classifiers": headers.get_all("Classifier", []),
        "description": _description(headers, metadata),
        "dynamic": headers.get_all("Dynamic"),
        "license_files": headers.get_all("License-File"),
        "project_urls": dict(_pair(line) for line in headers.get_all("Project-URL", [])) or None,
        "provides_extra": headers.get_all("Provides-Extra"),
        "requires_dist": headers.get_all("Requires-Dist"),
        "requires_python": headers["Requires-Python"],
        "package_url": address,
        "project_url": address,
        "release_url": f"{address}{release.version}/",
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
        "yanked": release.yanked is not False,
        "yanked_reason": _reason(release),
    }


def _key(name: str) -> str:
    return name.lower().replace("-", "_")


def _pair(line: str) -> tuple[str, str]:
    label, _, url = line.partition(",")
    return label.strip(), url.strip()


def _description(headers: Message, metadata: bytes) -> str:
    """Return the text after the headers, or the ``Description`` header of older metadata."""
    body = metadata.replace(b"\r\n", b"\n").partition(b"\n\n")[2].decode(errors="replace")
    return body or headers["Description"] or ""


def _reason(release: Release) -> str | None:
    return release.yanked if isinstance(release.yanked, str) else None


def _file(view: View, project: Project, release: Release, file: Stored) -> dict[str, Any]:
    artifact = view.artifact(project, file)
    wheel = artifact.filename.endswith(".whl")
    entry = {
        "filename": artifact.filename,
        "url": f"{view.base}{quote(artifact.path, safe='/+!')}",
        "digests": artifact.hashes,
        "md5_digest": artifact.hashes["md5"],
        "size": artifact.size,
        "packagetype": "bdist_wheel" if wheel else "sdist",
        "python_version": artifact.filename.split("-")[-3] if wheel else "source",
        "requires_python": file.requires_python,
        "upload_time": file.uploaded.strftime("%Y-%m-%dT%H:%M:%S"),
        "upload_time_iso_8601": file.uploaded.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "yanked": release.yanked is not False,
        "yanked_reason": _reason(release),
        "comment_text": None,
        "downloads": -1,
        "has_sig": False,
    }
    if file.metadata:
        entry["core-metadata"] = {"sha256": artifact.metadata_sha256}
    return entry
