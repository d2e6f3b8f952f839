"""A proxy that lets requests through to named hosts, and notes who wanted to go anywhere else."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}
PATIENCE = 30.0
LONGEST = 65536
METHODS = ("CONNECT", "GET", "HEAD")

Address = tuple[str, int]


@dataclass(frozen=True)
class Knock:
    """Somebody who wanted to leave: for which host and port, and how his command line begins."""

    host: str
    port: int
    who: str = ""


@dataclass
class Book:
    """What the door has seen."""

    allowed: frozenset[Address]
    asked: int = 0
    """How many requests were let through."""
    silent: str = ""
    """Why an allowed host did not answer."""
    knocks: list[Knock] = field(default_factory=list)


class Door:
    """The proxy, on a Unix socket or on loopback. On the former, callers say first who asks."""

    def __init__(self, book: Book, path: Path | None = None) -> None:
        """Take the place; :meth:`start` answers."""

        class Visit(_Visit):
            said = path is not None

        Visit.book = book
        self.port = 0
        self._server: _OverTCP | _OverUnix
        if path:
            self._server = _OverUnix(str(path), Visit)
        else:
            self._server = _OverTCP(("127.0.0.1", 0), Visit)
            self.port = self._server.server_address[1]

    def start(self) -> None:
        """Answer, in threads that end with the program."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def settle(self) -> bool:
        """Wait until everybody who came was heard; False where that takes too long."""
        return self._server.settle()


class _Counting(socketserver.ThreadingMixIn):
    """Knows how many visits have begun and not ended."""

    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        self._visits = threading.Condition()
        self._open = 0
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._visits:
            self._open += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._visits:
                self._open -= 1
                self._visits.notify_all()

    def settle(self) -> bool:
        """Wait until everybody who came was heard; False where that takes too long."""
        with self._visits:
            return self._visits.wait_for(lambda: self._open == 0, PATIENCE)


class _OverTCP(_Counting, socketserver.TCPServer):
    def settle(self) -> bool:
        """See above; whoever waits at the door is let in first, as the last one in line is."""
        place = ("127.0.0.1", int(self.server_address[1]))
        with contextlib.suppress(OSError), socket.create_connection(place) as last:
            last.shutdown(socket.SHUT_WR)
            last.settimeout(PATIENCE)
            last.recv(1)
        return super().settle()


class _OverUnix(_Counting, socketserver.UnixStreamServer):
    """The same; who comes through a hall is known there to have been heard."""


class _Visit(socketserver.StreamRequestHandler):
    book: Book
    said: bool
    rbufsize = 0  # what follows the head belongs to the tunnel
    timeout = PATIENCE

    def handle(self) -> None:
        who, words, head = "", [], []
        with contextlib.suppress(OSError, ValueError):
            said = self.rfile.readline(LONGEST).decode().strip() if self.said else ""
            who = said or ("" if self.said else who_at(self.client_address[1]))
            first = self.rfile.readline(LONGEST)
            if not first:
                return  # it came, said nothing, and went
            while (each := self.rfile.readline(LONGEST)).strip():
                head.append(each)
            words = first.decode("latin-1").split()
        if len(words) != 3:
            self.book.knocks.append(Knock("a host that it does not name", 0, who))
            return
        with contextlib.suppress(OSError):
            self._open(words[0], words[1], head, who)

    def _open(self, method: str, target: str, head: list[bytes], who: str) -> None:
        try:
            parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
            address = ((parts.hostname or "").lower(), parts.port or PORTS.get(parts.scheme, 443))
        except ValueError:
            parts, address = urlsplit(""), (target, 0)
        if address not in self.book.allowed or method not in METHODS:
            self.book.knocks.append(Knock(*address, who))
            self._say("403 Not the mirror", f"{address[0]}:{address[1]} is not the mirror")
            return
        self.book.asked += 1
        try:
            beyond = socket.create_connection(address, PATIENCE)
        except OSError as error:
            self.book.silent = f"{address[0]}:{address[1]}: {error}"
            self._say("502 No answer", f"{address[0]}:{address[1]} does not answer")
            return
        with beyond:
            if method == "CONNECT":
                self.wfile.write(b"HTTP/1.1 200 Go on\r\n\r\n")
                threading.Thread(target=pour, args=(self.connection, beyond), daemon=True).start()
            else:  # one request and no body: nobody sends a second one to another host
                path = target.split(parts.netloc, 1)[1] or "/"
                kept = [each for each in head if b"connection:" not in each.lower()]
                first = f"{method} {path} HTTP/1.1\r\n".encode("latin-1")
                beyond.sendall(b"".join([first, *kept, b"Connection: close\r\n\r\n"]))
            pour(beyond, self.connection)

    def _say(self, status: str, sentence: str) -> None:
        body = f"check-build: {sentence}\n".encode()
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        self.wfile.write(head.encode() + body)


class Hall:
    """Loopback inside the closed network: says who asks, and hands all on to a door outside."""

    def __init__(self, path: Path) -> None:
        """Take a port; :meth:`start` answers."""

        class Passage(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as door:
                    door.connect(str(path))
                    door.sendall(f"{who_at(self.client_address[1])}\n".encode())
                    threading.Thread(target=pour, args=(self.request, door), daemon=True).start()
                    pour(door, self.request)

        self._server = _OverTCP(("127.0.0.1", 0), Passage)
        self.port: int = self._server.server_address[1]

    def start(self) -> None:
        """Answer, in threads that end with the program."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def settle(self) -> bool:
        """Wait until everybody who came was heard; False where that takes too long."""
        return self._server.settle()


def pour(source: socket.socket, target: socket.socket) -> None:
    """Hand on what comes, until nothing does."""
    with contextlib.suppress(OSError):
        while data := source.recv(LONGEST):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def who_at(port: int) -> str:
    """Return how the command line begins of the program that calls from a loopback port.

    Empty where the system does not say (/proc is Linux's).
    """
    with contextlib.suppress(OSError, IndexError):
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        mine = [row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[9] != "0"]
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                links = {str(each.readlink()) for each in (folder / "fd").iterdir()}
                if f"socket:[{mine[0]}]" in links:
                    words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                    line = " ".join([Path(words[0]).name, *words[1:]])
                    return " ".join(line.split())[:100]  # one line, whatever it was
    return ""
