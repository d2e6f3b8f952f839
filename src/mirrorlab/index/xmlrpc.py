"""``POST /pypi``: the XML-RPC calls by which older mirrors follow an index.

https://docs.pypi.org/api/xml-rpc/#mirroring-support
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xmlrpc import client as xmlrpc

from packaging.utils import canonicalize_name
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mirrorlab.index.answers import page
from mirrorlab.index.faults import Faults
from mirrorlab.index.library import Library
from mirrorlab.index.view import View, look
from mirrorlab.scenario import Fault

_NO_METHOD = -32601
_BAD_PARAMETERS = -32602
_NOT_XML = -32700


class XmlRpc:
    """The calls for mirrors."""

    def __init__(self, library: Library, faults: Faults) -> None:
        """Serve ``library``."""
        self._library = library
        self._faults = faults
        self._methods: dict[str, Callable[..., Any]] = {
            "list_packages": self.list_packages,
            "list_packages_with_serial": self.list_packages_with_serial,
            "changelog_last_serial": self.changelog_last_serial,
            "changelog_since_serial": self.changelog_since_serial,
            "changelog": self.changelog,
            "package_releases": self.package_releases,
        }

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Route(place, self.call, methods=["POST"]) for place in ("/pypi", "/pypi/", "/RPC2")]

    async def call(self, request: Request) -> Response:
        """Answer one call; what goes wrong is an XML-RPC fault, at status 200."""
        view = look(request, self._library, self._faults)
        answer = self._answer(view, await request.body())
        content = xmlrpc.dumps(answer, methodresponse=True, allow_none=True).encode()
        return page(request, content, "text/xml", serial=None, fault=view.fault, max_age=0)

    def _answer(self, view: View, body: bytes) -> tuple[Any] | xmlrpc.Fault:
        try:
            parameters, method = xmlrpc.loads(body)
        except Exception as error:  # expat and xmlrpc share no other ancestor
            return xmlrpc.Fault(_NOT_XML, f"the body is not an XML-RPC call: {error}")
        if method not in self._methods:
            return xmlrpc.Fault(_NO_METHOD, f"there is no method {method!r}")
        try:
            return (self._methods[method](view, *parameters),)
        except (TypeError, ValueError) as error:
            return xmlrpc.Fault(_BAD_PARAMETERS, f"{method}: {error}")

    def list_packages(self, view: View) -> list[str]:
        """Return the names of the projects that are listed."""
        return [one.name for one in view.listed]

    def list_packages_with_serial(self, view: View) -> dict[str, int]:
        """Return the serial of the last change of each project that is listed."""
        return {one.name: one.serial for one in view.listed}

    def changelog_last_serial(self, view: View) -> int:
        """Return the serial of the last change of all."""
        return view.state.serial

    def changelog_since_serial(self, view: View, serial: int) -> list[list[Any]]:
        """Return the changes since, as name, version, Unix time, action and serial."""
        if view.fault is Fault.EMPTY:
            return []
        changes = self._library.changelog.since(int(serial), view.state.serial)
        return [
            [one.project, one.version, int(one.moment.timestamp()), one.action, one.serial]
            for one in changes
        ]

    def changelog(self, view: View, since: int, with_ids: bool = False) -> list[list[Any]]:
        """Return the changes since a Unix time, with their serials if asked."""
        changes = [one for one in self.changelog_since_serial(view, 0) if one[2] > int(since)]
        return changes if with_ids else [change[:4] for change in changes]

    def package_releases(self, view: View, name: str, _hidden: bool = False) -> list[str]:
        """Return the versions of a project."""
        project = view.project(canonicalize_name(name))
        return [one.version for one in project.releases] if project else []
