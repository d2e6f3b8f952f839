"""The ASGI application: every component of the index under its path."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from mirrorlab.index.answers import refuse
from mirrorlab.index.control import Control
from mirrorlab.index.faults import Faults
from mirrorlab.index.files import Files
from mirrorlab.index.gate import Gate
from mirrorlab.index.library import Library
from mirrorlab.index.log import RequestLog
from mirrorlab.index.pages import Pages
from mirrorlab.index.project_json import ProjectJson
from mirrorlab.index.upload import Uploads
from mirrorlab.index.xmlrpc import XmlRpc


def application(
    library: Library, faults: Faults, log: RequestLog, *, max_age: int, max_upload: int
) -> Gate:
    """Put the index together."""
    routes = [
        *Control(library, faults, log).routes(),
        *Pages(library, faults, max_age).routes(),
        *Files(library, faults).routes(),
        *XmlRpc(library, faults).routes(),
        *Uploads(library, max_upload).routes(),
        *ProjectJson(library, faults, max_age).routes(),
    ]
    return Gate(Router(routes, redirect_slashes=False, default=_unknown), faults, log)


async def _unknown(scope: Scope, receive: Receive, send: Send) -> None:
    response: Response = refuse(404, f"nothing is served at {Request(scope).url.path}")
    await response(scope, receive, send)
