"""``/simple/``: the list of projects and their pages, in HTML and JSON."""

from __future__ import annotations

from urllib.parse import quote

from packaging.utils import canonicalize_name
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mirrorlab.index.answers import page, refuse
from mirrorlab.index.content import Project, Release, State, Stored
from mirrorlab.index.faults import Faults
from mirrorlab.index.library import Library
from mirrorlab.index.places import provenance_path
from mirrorlab.index.view import View, look
from mirrorlab.scenario import Fault
from mirrorlab.simple import (
    JSON,
    OFFERS,
    FileEntry,
    ListedProject,
    ProjectList,
    ProjectPage,
    list_to_html,
    list_to_json,
    negotiate,
    page_to_html,
    page_to_json,
)


class Pages:
    """The Simple API."""

    def __init__(self, library: Library, faults: Faults, max_age: int) -> None:
        """Serve ``library``; pages may be kept for ``max_age`` seconds."""
        self._library = library
        self._faults = faults
        self._max_age = max_age
        self._kept: dict[str, tuple[State, bytes]] = {}

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/simple/", self.all),
            Route("/simple", self.slash),
            Route("/simple/{name}/", self.project),
            Route("/simple/{name}", self.slash),
        ]

    async def slash(self, request: Request) -> Response:
        """Redirect to the same path, normalised and with the slash at its end."""
        name = request.path_params.get("name")
        place = f"{canonicalize_name(name)}/" if name else ""
        return RedirectResponse(f"/simple/{place}", 301)

    async def all(self, request: Request) -> Response:
        """Answer with the list of projects."""
        view = look(request, self._library, self._faults)
        form = negotiate(request.headers.get("accept"))
        if form is None:
            return _not_acceptable()
        content = self._list(view, form)
        return self._page(request, view, content, form, view.state.serial)

    async def project(self, request: Request) -> Response:
        """Answer with the page of one project."""
        name = request.path_params["name"]
        if name != canonicalize_name(name):
            return await self.slash(request)
        view = look(request, self._library, self._faults)
        form = negotiate(request.headers.get("accept"))
        if form is None:
            return _not_acceptable()
        project = view.project(name)
        if project is None:
            return refuse(404, f"there is no project {name!r}", Vary="Accept")
        shown = project_page(view, project)
        content = page_to_json(shown) if form == JSON else page_to_html(shown)
        return self._page(request, view, content, form, project.serial)

    def _list(self, view: View, form: str) -> bytes:
        """Render the list, once for each state; a hundred thousand lines take their time."""
        if view.fault is Fault.EMPTY:
            return _render_list(view, form)
        kept = self._kept.get(form)
        if kept is None or kept[0] is not view.state:
            kept = self._kept[form] = (view.state, _render_list(view, form))
        return kept[1]

    def _page(
        self, request: Request, view: View, content: bytes, form: str, serial: int
    ) -> Response:
        return page(
            request,
            content,
            form,
            serial=serial,
            fault=view.fault,
            max_age=self._max_age,
            vary=True,
        )


def project_page(view: View, project: Project) -> ProjectPage:
    """Return what the page of a project says to one who looks from ``view.base``."""
    files = tuple(view.files(project))
    return ProjectPage(
        name=canonicalize_name(project.name),
        files=tuple(_entry(view, project, release, file) for release, file in files),
        versions=tuple(dict.fromkeys(release.version for release, _ in files)),
        status=project.status,
        status_reason=project.status_reason,
        last_serial=project.serial,
    )


def _entry(view: View, project: Project, release: Release, file: Stored) -> FileEntry:
    artifact = view.artifact(project, file)
    name = canonicalize_name(project.name)
    place = provenance_path(name, release.version, artifact.filename)
    return FileEntry(
        filename=artifact.filename,
        url=f"{view.base}{quote(artifact.path, safe='/+!')}",
        hashes={"sha256": artifact.sha256},
        requires_python=file.requires_python,
        size=artifact.size,
        upload_time=None if view.fault is Fault.NO_UPLOAD_TIME else file.uploaded,
        yanked=release.yanked,
        core_metadata=artifact.metadata_sha256 if file.metadata else False,
        provenance=f"{view.base}{quote(place, safe='/+!')}" if file.provenance else None,
    )


def _render_list(view: View, form: str) -> bytes:
    projects = tuple(ListedProject(one.name, one.serial) for one in view.listed)
    listed = ProjectList(projects, last_serial=view.state.serial)
    return list_to_json(listed) if form == JSON else list_to_html(listed)


def _not_acceptable() -> Response:
    return refuse(406, f"this page can be had as {', '.join(OFFERS)}", Vary="Accept")
