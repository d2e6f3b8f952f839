"""One request over one kept connection: strict about lengths, and over when its time is.

:mod:`http.client` alone, and not a library above it: a check has to see what came over the wire,
a short body, a false ``Content-Encoding``, before anything smooths it over.
"""

from __future__ import annotations

import http.client
import math
import re
import socket
import ssl
import time
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote, unquote, urlsplit

from mirrorlab.check.answers import Begun, begin
from mirrorlab.check.exchange import PORTS, Head, NoAnswer, origin_of

BLOCK = 1 << 18
"""Bytes read at a time."""
MOST_HOSTS = 4
"""So many origins one thread keeps a connection to."""
_PLAIN = re.compile("[A-Za-z0-9/._+~-]+")
_REFUSED = re.compile("Tunnel connection failed: ([0-9]{3})")
_PATH = "/%:@!$&'()*+,;=~"
_QUERY = "/%:@!$&'()*+,;=~?"


@dataclass(frozen=True, slots=True)
class Routes:
    """How hosts are reached: which proxy for which scheme, and how TLS is verified."""

    proxies: Mapping[str, str]
    direct: Callable[[str], bool]
    """Whether a host is asked directly although there is a proxy."""
    tls: Callable[[], ssl.SSLContext]

    def proxy(self, scheme: str, host: str) -> str | None:
        """Return the proxy's URL, or None."""
        named = self.proxies.get(scheme) or self.proxies.get("all")
        return None if not named or self.direct(host) else named


class Wire:
    """The connections of one thread."""

    def __init__(self, routes: Routes, patience: float) -> None:
        """``patience``: the seconds a connection may say nothing."""
        self._routes = routes
        self._patience = patience
        self._open: dict[str, HTTPConnection] = {}
        self._aborted = False
        self._busy: socket.socket | None = None
        self._until = math.inf
        self._expired = False

    def close(self) -> None:
        """Close all."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def expire(self, now: float) -> None:
        """Cut off, from another thread, what is not done by its deadline.

        A socket's own timeout begins anew with each byte: a server that trickles would be waited
        for without end.
        """
        sock = self._busy
        if sock is not None and now > self._until:
            self._expired = True
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def abort(self) -> None:
        """Cut all off, from another thread: what waits for an answer gets none."""
        self._aborted = True
        for connection in list(self._open.values()):
            sock = connection.sock
            if sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def send(
        self, url: str, headers: Mapping[str, str], deadline: float, method: str = "GET"
    ) -> tuple[Head, Iterator[bytes]]:
        """Ask for a URL: the answer's head, and its body in blocks as they come.

        ``deadline`` is of :func:`time.monotonic`. Raises :class:`NoAnswer`, also while the body
        is read. A connection that the server has closed meanwhile is opened again, once.
        """
        origin = origin_of(url)
        kept = origin in self._open
        try:
            return self._exchange(origin, url, headers, deadline, method)
        except NoAnswer as problem:
            self._drop(origin)
            again = kept and isinstance(problem.__cause__, ConnectionError)
            if not again or self._aborted:
                raise
        try:
            return self._exchange(origin, url, headers, deadline, method)
        except NoAnswer:
            self._drop(origin)
            raise

    def _exchange(
        self, origin: str, url: str, headers: Mapping[str, str], deadline: float, method: str
    ) -> tuple[Head, Iterator[bytes]]:
        try:
            connection, place, more = self._connection(origin, url, deadline)
            sock = connection.sock
            self._patient(sock, deadline)
            self._expired, self._until, self._busy = False, deadline, sock
            sock.sendall(_request(method, place, origin, {**headers, **more}))
            begun = begin(sock, method)
        except (OSError, HTTPException, ValueError) as error:
            self._busy = None
            raise self._explained(error) from error
        head = Head(url, begun.status, begun.headers)
        return head, self._body(origin, begun, sock, deadline)

    def _body(
        self,
        origin: str,
        begun: Begun,
        sock: socket.socket,
        deadline: float,
    ) -> Iterator[bytes]:
        whole = False
        body = begun.body
        try:
            while True:
                self._patient(sock, deadline)
                block = body.read(BLOCK)
                if not block:
                    break
                yield block
                if time.monotonic() > deadline:
                    raise TimeoutError
            if self._expired:
                raise TimeoutError
            if body.length:
                raise NoAnswer(f"cut off, {body.length} bytes before its end", cut=True)
            whole = True
        except http.client.IncompleteRead as error:
            if self._expired:
                raise self._explained(TimeoutError()) from error
            raise NoAnswer("cut off before its end", cut=True) from error
        except (OSError, HTTPException, ValueError) as error:
            raise self._explained(error) from error
        finally:
            self._busy = None
            body.close()
            if not whole or begun.closing:
                self._drop(origin)

    def _connection(
        self, origin: str, url: str, deadline: float
    ) -> tuple[HTTPConnection, str, dict[str, str]]:
        """Return a connection, what to ask it for, and what to tell a proxy."""
        parts = urlsplit(url)
        place = parts.path or "/"
        if not _PLAIN.fullmatch(place):
            place = quote(place, safe=_PATH)
        place += f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
        proxy = self._routes.proxy(parts.scheme, parts.hostname or "")
        more: dict[str, str] = {}
        if proxy is not None and parts.scheme == "http":
            place = f"http://{parts.netloc.rpartition('@')[2]}{place}"
            more = _proxy_login(proxy)
        connection = self._open.get(origin)
        if connection is None:
            while len(self._open) >= MOST_HOSTS:
                self._drop(next(iter(self._open)))
            connection = self._opened(parts.scheme, url, proxy, deadline)
            self._open[origin] = connection
        return connection, place, more

    def _opened(self, scheme: str, url: str, proxy: str | None, deadline: float) -> HTTPConnection:
        through = urlsplit(proxy if proxy is None or "//" in proxy else f"//{proxy}")
        parts = urlsplit(url)
        own = parts.port or PORTS[scheme]
        host, port = (parts.hostname, own) if proxy is None else (through.hostname, through.port)
        wait = self._left(deadline)
        made: HTTPConnection
        if scheme == "https":
            made = HTTPSConnection(
                str(host), port or 80, timeout=wait, context=self._routes.tls(), blocksize=BLOCK
            )
            if proxy is not None:
                made.set_tunnel(str(parts.hostname), own, _proxy_login(proxy))
        else:
            made = HTTPConnection(str(host), port or 80, timeout=wait, blocksize=BLOCK)
        try:
            made.connect()
        except BaseException:
            made.close()
            raise
        return made

    def _patient(self, sock: socket.socket, deadline: float) -> None:
        """Let a socket wait as long as there is time; each setting is a call of the system."""
        left = self._left(deadline)
        if sock.gettimeout() != left:
            sock.settimeout(left)

    def _left(self, deadline: float) -> float:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self._patience)

    def _drop(self, origin: str) -> None:
        connection = self._open.pop(origin, None)
        if connection is not None:
            connection.close()

    def _explained(self, error: Exception) -> NoAnswer:
        """Say why in words without the URL, which may hold a secret."""
        if isinstance(error, ssl.SSLCertVerificationError):
            return NoAnswer(f"its certificate is not trusted ({error.verify_message})", again=False)
        if isinstance(error, TimeoutError) or self._expired:
            return NoAnswer("no answer in time", silent=True)
        if isinstance(error, http.client.RemoteDisconnected):
            return NoAnswer("the connection was closed without an answer", silent=True)
        if isinstance(error, OSError) and error.strerror:
            return NoAnswer(error.strerror, silent=True)
        if isinstance(error, OSError) and (refused := _REFUSED.match(str(error))):
            return NoAnswer(f"the proxy opens no way there: status {refused[1]}", again=False)
        return NoAnswer(f"no HTTP that can be read ({type(error).__name__})")


def _request(method: str, place: str, origin: str, headers: Mapping[str, str]) -> bytes:
    """Return the bytes of a request. Raises :class:`ValueError` for a header that is none."""
    said = [f"{method} {place} HTTP/1.1", f"Host: {_host(origin)}"]
    said += [f"{name}: {value}" for name, value in headers.items()]
    text = "\r\n".join(said)
    if text.count("\n") != len(said) - 1 or text.count("\r") != len(said) - 1:
        raise ValueError("a header of several lines")
    return f"{text}\r\n\r\n".encode("latin-1")


@lru_cache(64)
def _host(start: str) -> str:
    """Return what ``Host`` says, for a URL or its start."""
    parts = urlsplit(start)
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    if not host.isascii():
        host = host.encode("idna").decode()
    own = parts.port is None or parts.port == PORTS[parts.scheme]
    return host if own else f"{host}:{parts.port}"


def _proxy_login(proxy: str) -> dict[str, str]:
    parts = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return {"Proxy-Authorization": f"Basic {b64encode(pair).decode()}"}


def unzipped(body: bytes, encoding: str, limit: int) -> bytes:
    """Return a body without its ``Content-Encoding``. Raises :class:`NoAnswer`."""
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        case other:
            raise NoAnswer(
                f"Content-Encoding {other!r}, which nobody asked for", again=False, garbled=True
            )
    try:
        content = stream.decompress(body, limit + 1)
    except zlib.error:
        reason = "Content-Encoding says gzip, and it is not"
        raise NoAnswer(reason, again=False, garbled=True) from None
    if len(content) > limit:
        raise NoAnswer(f"more than {limit} bytes", again=False)
    if not stream.eof:
        raise NoAnswer("a gzip stream without its end", again=False, cut=True)
    return content
