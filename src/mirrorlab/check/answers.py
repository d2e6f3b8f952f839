"""Answers of HTTP/1.1 as they come over a socket: the usual ones at once, the others by the book.

Nearly every answer has a status line, some headers, ``Content-Length``, and that many bytes.
:mod:`http.client` takes longer to read its head than the server takes to answer. Whatever is
written in any other way is left to :mod:`http.client`, from its first byte.
"""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPResponse, RemoteDisconnected
from typing import Protocol

_BLOCK = 1 << 16
_MOST_HEAD = 1 << 16
_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [^\r\n]*)?")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*")
_LENGTH = re.compile(r"[0-9]{1,15}")
_NO_BODY = frozenset({204, 304})


class Fields(Protocol):
    """The headers of an answer; a :class:`email.message.Message` is one."""

    def get_all(self, name: str, failobj: list[str], /) -> list[str]:
        """Return every value of a header, whatever case its name is in."""


@dataclass(slots=True)
class Headers:
    """Headers by their names in lower case."""

    values: dict[str, list[str]] = field(default_factory=dict)

    def get_all(self, name: str, failobj: list[str], /) -> list[str]:
        """Return every value of a header, whatever case its name is in."""
        return self.values.get(name.lower(), failobj)


class Body(Protocol):
    """What is still to be read of an answer; a :class:`http.client.HTTPResponse` is one."""

    def read(self, amount: int, /) -> bytes:
        """Return some bytes; none at its end."""

    def close(self) -> None:
        """Let go of it; the connection stays."""

    @property
    def length(self) -> int | None:
        """How many bytes are still to come, where that is known."""


@dataclass(slots=True)
class Begun:
    """An answer whose head is read."""

    status: int
    headers: Fields
    body: Body
    closing: bool
    """Whether the connection is good for no other request."""


class Counted:
    """A body of a known length."""

    def __init__(self, sock: socket.socket, begun: bytes, length: int) -> None:
        """``begun``: what came with the head."""
        self._sock = sock
        self._begun = begun
        self.length: int | None = length

    def read(self, amount: int, /) -> bytes:
        """Return some bytes; none at its end, or where the connection ends before."""
        left = self.length or 0
        if self._begun:
            block, self._begun = self._begun[:amount], self._begun[amount:]
        else:
            block = self._sock.recv(min(left, amount)) if left else b""
        self.length = left - len(block)
        return block

    def close(self) -> None:
        """Leave the connection open."""


def begin(sock: socket.socket, method: str) -> Begun:
    """Read the head of an answer. Raises :class:`OSError` and :class:`HTTPException`."""
    come = sock.recv(_BLOCK)
    if not come:
        raise RemoteDisconnected("the connection was closed without an answer")
    while (end := come.find(b"\r\n\r\n")) < 0 and len(come) < _MOST_HEAD:
        more = sock.recv(_BLOCK)
        if not more:
            break
        come += more
    if end >= 0 and method == "GET":
        usual = _usual(sock, come[:end], come[end + 4 :])
        if usual is not None:
            return usual
    response = HTTPResponse(_Replayed(sock, come), method=method)  # type: ignore[arg-type]
    response.begin()
    return Begun(response.status, response.headers, response, bool(response.will_close))


def _usual(sock: socket.socket, head: bytes, begun: bytes) -> Begun | None:
    first, *lines = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    headers = _headers(lines)
    if status is None or headers is None or "transfer-encoding" in headers.values:
        return None
    code = int(status[1])
    lengths = headers.get_all("content-length", [])
    if code in _NO_BODY:
        length = 0
    elif len(lengths) == 1 and _LENGTH.fullmatch(lengths[0]):
        length = int(lengths[0])
    else:
        return None
    if len(begun) > length:
        return None
    said = ", ".join(headers.get_all("connection", [])).lower()
    return Begun(code, headers, Counted(sock, begun, length), "close" in said)


def _headers(lines: Sequence[bytes]) -> Headers | None:
    values: dict[str, list[str]] = {}
    for line in lines:
        found = _HEADER.fullmatch(line.decode("latin-1"))
        if found is None:
            return None
        values.setdefault(found[1].lower(), []).append(found[2])
    return Headers(values)


class _Replayed(io.RawIOBase):
    """A socket that gives once more what was read of it."""

    def __init__(self, sock: socket.socket, come: bytes) -> None:
        self._sock = sock
        self._come = come

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._come:
            return self._sock.recv_into(buffer)
        part, self._come = self._come[: len(buffer)], self._come[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)
