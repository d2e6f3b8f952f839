"""``/-/``: the index controlled over HTTP, by loopback peers only.

========================= ============================================================
``GET /-/``               version and serial
``GET /-/faults``         the faults in force
``POST /-/faults``        ``{"fault": "503", "path": "/simple/*", "times": 2, "retry-after": 1}``
``DELETE /-/faults``      take them all back
``GET /-/requests``       the request log; ``?path=GLOB&since=NUMBER``
``DELETE /-/requests``    empty it
``POST /-/publish``       ``{"project": …, "version": …}``, and what a scenario's release may say
``POST /-/yank``          ``{"project": …, "version": …, "reason": …}``
``POST /-/unyank``        ``{"project": …, "version": …}``
``POST /-/delete``        ``{"project": …, "version": …}``; without a version the whole project
``POST /-/status``        ``{"project": …, "status": "quarantined", "reason": …}``
========================= ============================================================

An answer is a JSON object; one with ``error`` says in a sentence why nothing was done.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mirrorlab import __version__
from mirrorlab.errors import CannotChange, MirrorlabError, UnknownName
from mirrorlab.index.faults import Faults
from mirrorlab.index.library import Library
from mirrorlab.index.log import RequestLog
from mirrorlab.index.places import CONTROL
from mirrorlab.scenario import Fault, FaultRule, File

Handler = Callable[[Request], Awaitable[Response]]


class Control:
    """What the owner of an index may do from another process."""

    def __init__(self, library: Library, faults: Faults, log: RequestLog) -> None:
        """Control these."""
        self._library = library
        self._faults = faults
        self._log = log

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            _route("", "GET", self._about),
            _route("faults", "GET", self._list_faults),
            _route("faults", "POST", self._set_fault),
            _route("faults", "DELETE", self._clear_faults),
            _route("requests", "GET", self._list_requests),
            _route("requests", "DELETE", self._forget_requests),
            *(_route(name, "POST", self._change) for name in _CHANGES),
        ]

    async def _about(self, _: Request) -> Response:
        return JSONResponse({"mirrorlab": __version__, "serial": self._library.now.serial})

    async def _list_faults(self, _: Request) -> Response:
        rules = [
            {
                "fault": rule.fault.value,
                "path": rule.path,
                "times": rule.times,
                "retry-after": rule.retry_after,
            }
            for rule in self._faults.rules()
        ]
        return JSONResponse({"faults": rules})

    async def _set_fault(self, request: Request) -> Response:
        keys = {"fault": str, "path": str, "times": int, "retry-after": int}
        given = await _given(request, keys, needs=("fault",))
        self._faults.set(read_rule(given), self._library.now)
        return await self._list_faults(request)

    async def _clear_faults(self, request: Request) -> Response:
        self._faults.clear()
        return await self._list_faults(request)

    async def _list_requests(self, request: Request) -> Response:
        since = request.query_params.get("since", "0")
        if not since.isdecimal():
            raise CannotChange(f"'since' is the number of a request, not {since!r}")
        found = self._log.read(request.query_params.get("path", "*"), int(since))
        requests = [{**asdict(one), "moment": one.moment.isoformat()} for one in found]
        return JSONResponse({"requests": requests})

    async def _forget_requests(self, _: Request) -> Response:
        self._log.forget()
        return JSONResponse({"requests": []})

    async def _change(self, request: Request) -> Response:
        name = request.url.path.removeprefix(CONTROL)
        keys, needs = _CHANGES[name]
        given = await _given(request, keys, needs)
        words = {key.replace("-", "_"): value for key, value in given.items()}
        if name == "publish":
            words = _release(words)
        getattr(self._library, "set_status" if name == "status" else name)(**words)
        return JSONResponse({"serial": self._library.now.serial})


def read_rule(given: Mapping[str, Any]) -> FaultRule:
    """Read a fault rule from JSON. Raises :class:`UnknownName` for a mistyped fault."""
    path, fault = given.get("path", "*"), Fault.named(given["fault"])
    return FaultRule(fault, path, given.get("times"), given.get("retry-after"))


_TARGET = {"project": str, "version": str}
_RELEASE = {"requires": list, "requires-python": str, "yanked": (bool, str)}
_CHANGES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "publish": ({**_TARGET, **_RELEASE, "uploaded": str, "files": list}, ("project", "version")),
    "yank": ({**_TARGET, "reason": str}, ("project", "version")),
    "unyank": (_TARGET, ("project", "version")),
    "delete": (_TARGET, ("project",)),
    "status": ({"project": str, "status": str, "reason": str}, ("project", "status")),
}
_FILE = {
    "tag": str,
    "sdist": bool,
    "pad": int,
    "metadata": bool,
    "provenance": bool,
    "build-requires": list,
}


def _release(words: dict[str, Any]) -> dict[str, Any]:
    """Turn what JSON can say of a release into what :meth:`Library.publish` takes."""
    if "uploaded" in words:
        try:
            moment = datetime.fromisoformat(words["uploaded"])
        except ValueError as error:
            raise CannotChange(f"'uploaded': {error}") from None
        words["uploaded"] = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if "files" in words:
        words["files"] = [_file(one) for one in words["files"]]
    return words


def _file(given: object) -> File:
    words = {key.replace("-", "_"): v for key, v in _checked(given, _FILE, ()).items()}
    if words.pop("sdist", False):
        words["tag"] = None
    return File(**{**words, "build_requires": tuple(words.get("build_requires", ()))})


async def _given(
    request: Request, keys: Mapping[str, Any], needs: tuple[str, ...]
) -> dict[str, Any]:
    """Read the JSON object of a request; raises :class:`CannotChange` where it is another."""
    try:
        given = json.loads(await request.body())
    except ValueError as error:
        raise CannotChange(f"the body is not JSON: {error}") from None
    return _checked(given, keys, needs)


def _checked(given: object, keys: Mapping[str, Any], needs: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise CannotChange("a JSON object is needed")
    for key, value in given.items():
        if key not in keys:
            raise UnknownName("key", str(key), tuple(keys))
        if value is not None and not _is(value, keys[key]):
            raise CannotChange(f"{key!r} cannot be {value!r}")
    for key in needs:
        if given.get(key) is None:
            raise CannotChange(f"{key!r} is missing")
    return {key: value for key, value in given.items() if value is not None}


def _is_loopback(host: str) -> bool:
    address = ipaddress.ip_address(host)
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _is(value: object, kind: Any) -> bool:
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _route(name: str, method: str, handler: Handler) -> Route:
    async def guarded(request: Request) -> Response:
        if request.client is None or not _is_loopback(request.client.host):
            return JSONResponse({"error": "only this machine may control the index"}, 403)
        try:
            return await handler(request)
        except MirrorlabError as error:
            return JSONResponse({"error": str(error)}, 400)

    return Route(f"{CONTROL}{name}", guarded, methods=[method])
