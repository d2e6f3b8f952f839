"""The server: http and https in one thread of this process, started and stopped at will."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from threading import Event, Thread
from typing import cast

import uvicorn

from mirrorlab.errors import CannotListen, PortInUse, TimedOut
from mirrorlab.index.gate import Connection, Gate

_START = 10.0
_STOP = 5.0
_KEEP_ALIVE = 75
_TICK = 0.005
_LAST_PORT = 65535


class Server:
    """Serves one application on two sockets."""

    def __init__(self, app: Gate, plain: socket.socket, secure: socket.socket) -> None:
        """Take bound sockets; they are closed when the server stops."""
        self._app = app
        self._sockets = (plain, secure)
        self._servers: tuple[uvicorn.Server, ...] = ()
        self._thread: Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = Event()

    def start(self, context: ssl.SSLContext) -> None:
        """Return once both ports answer."""
        self._servers = tuple(self._configured(one) for one in (None, context))
        self._app.connections = self._connections
        self._thread = Thread(target=self._run, name="mirrorlab index", daemon=True)
        self._thread.start()
        if not self._ready.wait(_START):
            raise TimedOut("the start of the test index", _START)

    def stop(self) -> None:
        """Return once both ports are closed; requests under way are cut off."""
        for server in self._servers:
            server.should_exit = True
        self._soon(self._abort)
        if self._thread is not None:
            self._thread.join(_STOP)
            if self._thread.is_alive():
                raise TimedOut("the end of the test index", _STOP)

    def close_idle(self) -> None:
        """Close the TLS connections that wait for their next request; return once they are."""
        if self._loop is None or self._loop.is_closed():
            return
        if threading.current_thread() is self._thread:
            self._close_idle()
            return
        done = Event()
        self._soon(lambda: self._close_idle(done.set))
        done.wait(_STOP)

    def _soon(self, action: Callable[[], None]) -> None:
        """Run something in the server's thread, if it still runs."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(action)

    def _abort(self) -> None:
        for connection in list(self._connections()):
            connection.transport.abort()

    def _close_idle(self, done: Callable[[], None] | None = None) -> None:
        for connection in list(self._connections()):
            cycle = getattr(connection, "cycle", None)
            secure = connection.transport.get_extra_info("sslcontext") is not None
            if secure and (cycle is None or cycle.response_complete):
                connection.transport.abort()
        if done is not None:
            # Sockets are closed in the loop's next round, before this.
            asyncio.get_running_loop().call_soon(done)

    def _configured(self, context: ssl.SSLContext | None) -> uvicorn.Server:
        config = uvicorn.Config(
            self._app,
            loop="asyncio",
            http="httptools",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=1,
        )
        config.load()
        config.ssl = context
        return uvicorn.Server(config)

    def _connections(self) -> Iterator[Connection]:
        for server in self._servers:
            yield from cast("set[Connection]", server.server_state.connections)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        pairs = zip(self._servers, self._sockets, strict=True)
        serving = [asyncio.create_task(server.serve([sock])) for server, sock in pairs]
        until = time.monotonic() + _START
        while not all(server.started for server in self._servers) and time.monotonic() < until:
            await asyncio.sleep(_TICK)
        self._ready.set()
        await asyncio.gather(*serving)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to a port (0: one the kernel chooses), not yet accepting.

    Raises :class:`PortInUse`, or :class:`CannotListen` for any other reason.
    """
    if not 0 <= port <= _LAST_PORT:
        raise CannotListen(host, port, f"a port is a number from 0 to {_LAST_PORT}")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        # asyncio turns Nagle's algorithm off only where the protocol is said to be TCP.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise CannotListen(host, port, error.strerror or str(error)) from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(2048)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from None
        raise CannotListen(host, port, error.strerror or str(error)) from None
    return bound
