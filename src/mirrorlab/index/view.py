"""What one request sees: the state of the index, as the fault it meets distorts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from starlette.requests import Request

from mirrorlab.index.artifact import Artifact
from mirrorlab.index.content import Listed, Project, Release, State, Stored
from mirrorlab.index.faults import Faults
from mirrorlab.index.library import Library
from mirrorlab.scenario import Fault

FAULT = "mirrorlab.fault"
"""The key under which the gate hands a request's fault on, in the ASGI scope."""


@dataclass(frozen=True, slots=True)
class View:
    """The state a request is answered from."""

    state: State
    fault: Fault | None
    base: str
    """Scheme and host of the request: what URLs of files begin with."""
    faults: Faults
    request: Request

    @property
    def listed(self) -> tuple[Listed, ...]:
        """The projects in the list."""
        return () if self.fault is Fault.EMPTY else self.state.listed

    def project(self, name: str) -> Project | None:
        """Return a project by its normalised name."""
        return self.state.projects.get(name)

    def files(self, project: Project) -> Iterator[tuple[Release, Stored]]:
        """Yield what the project's page lists; nothing of a quarantined one."""
        if project.visible and self.fault is not Fault.EMPTY:
            yield from project.files

    def artifact(self, project: Project, stored: Stored) -> Artifact:
        """Return the distribution, or the altered one where the fault ``altered`` is in force."""
        page = f"/simple/{canonicalize_name(project.name)}/"
        if self.faults.alters(stored.artifact.path, page):
            self.request.scope[FAULT] = Fault.ALTERED
            return stored.artifact.altered
        return stored.artifact


def look(request: Request, library: Library, faults: Faults) -> View:
    """Return what a request sees."""
    fault = request.scope.get(FAULT)
    state = library.stale if fault is Fault.STALE else library.now
    host = request.headers.get("host") or "{}:{}".format(*request.scope["server"])
    return View(state, fault, f"{request.url.scheme}://{host}", faults, request)
