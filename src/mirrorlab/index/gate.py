"""In front of the index: logs every request and lets it meet its fault.

What the faults of connection and bytes do, precisely:

- ``refused``: the connection opens, the request is read, and the connection is closed without a
  byte. (A closed port would not even open: stop the index for that.)
- ``hang``: as above, but the connection stays open, silent, until the faults are cleared, the
  index stops or the client gives up.
- ``slow``: the headers at once, then the body in 50 slices, one each tenth of a second.
- ``truncated``: ``Content-Length`` promises the whole body, half of it comes, the connection ends.
- ``bad-gzip``: ``Content-Encoding: gzip`` over random bytes, as many as the body has.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mirrorlab.index.answers import refuse
from mirrorlab.index.faults import Faults
from mirrorlab.index.log import RequestLog
from mirrorlab.index.places import CONTROL
from mirrorlab.index.view import FAULT
from mirrorlab.scenario import Fault, FaultRule

SLICES = 50
"""A slow answer comes in so many slices …"""
PAUSE = 0.1
"""… with so many seconds before each: five seconds, however long it is."""
_GLANCE = 0.05
_LOGIN = """<!DOCTYPE html>
<html><head><title>Sign in to the network</title></head>
<body><h1>Sign in to the network</h1>
<form method="post" action="/login"><label>User <input name="user"></label>
<label>Password <input name="password" type="password"></label><button>Sign in</button></form>
</body></html>
"""


class Connection(Protocol):
    """What is needed of the server's connections to be able to drop one."""

    client: tuple[str, int] | None
    transport: asyncio.Transport


class Gate:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, faults: Faults, log: RequestLog) -> None:
        """Guard ``app``."""
        self._app = app
        self._faults = faults
        self._log = log
        self.connections: Callable[[], Iterable[Connection]] = tuple
        """Gives the open connections; the server sets it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or do to it what its fault says."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        number = self._log.begin(scope)
        rule = self._faults.strike(scope["path"])
        if rule is not None:
            self._log.faulted(number, rule.fault)
            scope[FAULT] = rule.fault

        answered = False

        async def noted(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = True
                if rule is None and scope.get(FAULT) is not None:
                    self._log.faulted(number, scope[FAULT])
                self._log.answered(number, message["status"])
            elif scope["method"] != "HEAD":
                self._log.sent(number, len(message.get("body", b"")))
            await send(message)

        await self._answer(rule, scope, receive, noted)
        if not answered:
            self._log.answered(number, 0)

    async def _answer(
        self, rule: FaultRule | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        fault = rule.fault if rule else None
        instead = _instead(rule, scope) if rule else None
        if instead is not None:
            await _read_all(receive)
            await instead(scope, receive, send)
        elif fault is Fault.REFUSED:
            await _read_all(receive)
            await self._drop(scope, receive, abort=True)
        elif fault is Fault.HANG:
            await self._hang(scope, receive)
        elif fault is Fault.SLOW:
            await self._trickle(scope, receive, send)
        elif fault is Fault.TRUNCATED:
            await self._cut(scope, receive, send)
        elif fault is Fault.BAD_GZIP:
            await self._bad_gzip(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _drop(self, scope: Scope, receive: Receive, *, abort: bool) -> None:
        """Close the connection of a request; what was sent before leaves first unless aborted."""
        for connection in list(self.connections()):
            if connection.client == scope["client"]:
                if abort:
                    connection.transport.abort()
                else:
                    connection.transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _hang(self, scope: Scope, receive: Receive) -> None:
        """Say nothing until the faults are cleared or the client goes; then drop it."""
        await _read_all(receive)
        cleared = self._faults.cleared
        gone = asyncio.ensure_future(receive())
        while self._faults.cleared == cleared and not gone.done():
            await asyncio.wait({gone}, timeout=_GLANCE)
        if not gone.done():
            gone.cancel()
            await self._drop(scope, receive, abort=True)

    async def _trickle(self, scope: Scope, receive: Receive, send: Send) -> None:
        cleared = self._faults.cleared
        start, body = await self._ask(scope, receive)
        await send(start)
        step = max(1, -(-len(body) // SLICES))
        for position in range(0, len(body), step):
            if self._faults.cleared == cleared:
                await asyncio.sleep(PAUSE)
            part = body[position : position + step]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _cut(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise the whole length, send half of it, and close."""
        start, body = await self._ask(scope, receive)
        await send(start)
        if not body or scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": body})
            return
        half = body[: len(body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await self._drop(scope, receive, abort=False)

    async def _bad_gzip(self, scope: Scope, receive: Receive, send: Send) -> None:
        start, body = await self._ask(scope, receive)
        if body:
            body = random.Random(len(body)).randbytes(len(body))
            start["headers"].append((b"content-encoding", b"gzip"))
        await send(start)
        await send({"type": "http.response.body", "body": body})

    async def _ask(self, scope: Scope, receive: Receive) -> tuple[Any, bytes]:
        """Return the healthy answer: its start, and its whole body."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        return messages[0], body


async def _read_all(receive: Receive) -> None:
    """Take the body of the request in, so that the client is done when it is answered."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass


def _instead(rule: FaultRule, scope: Scope) -> Response | None:
    """Return the answer of a fault that does not look at what is asked for."""
    if rule.fault is Fault.LOGIN_PORTAL:
        return HTMLResponse(_LOGIN, headers={"Cache-Control": "no-store"})
    if rule.fault is Fault.REDIRECT_LOOP:
        return RedirectResponse(Request(scope).url.path, 302)
    if rule.fault.status is None:
        return None
    headers: dict[str, str] = {}
    if rule.fault is Fault.UNAUTHORIZED:
        headers["WWW_Authenticate"] = 'Basic realm="mirrorlab"'
    if rule.retry_after is not None:
        headers["Retry_After"] = str(rule.retry_after)
    return refuse(rule.fault.status, rule.fault.says.removeprefix(f"{rule.fault} "), **headers)
