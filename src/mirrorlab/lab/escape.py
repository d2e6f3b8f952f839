"""The trap at the only way out: it lets nobody pass, and notes who tried.

Every environment of a lab names it as the proxy. Inside a network namespace nothing could leave
anyhow; the trap is what turns a vague "name resolution failed" into a name.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

_PATIENCE = 10.0
_LONGEST_HEAD = 65536
_DEFAULT_PORTS = {"http": 80, "https": 443, "ftp": 21}
_PROGRAM_LENGTH = 120


@dataclass(frozen=True)
class Escape:
    """Somebody who would have left the lab.

    ``program`` is how its command line begins, where the system tells it (Linux);
    ``user_agent`` is what it calls itself, which many clients omit towards a proxy.
    """

    host: str
    port: int
    user_agent: str = ""
    program: str = ""

    def __str__(self) -> str:
        who = self.program or self.user_agent or "a program"
        return f"{who} tried to leave the lab for {self.host}:{self.port}"


class Trap:
    """An HTTP proxy on loopback that answers 403 to everybody. A context manager."""

    def __init__(self) -> None:
        """Take a port; nobody is answered before :meth:`start`."""
        self._escapes: list[Escape] = []
        self._server = _Server(("127.0.0.1", 0), _Visit, self._record)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="escape-trap",
            daemon=True,
        )

    def _record(self, escape: Escape) -> None:
        if escape not in self._escapes:
            self._escapes.append(escape)

    @property
    def url(self) -> str:
        """The address that environments name as their proxy."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def escapes(self) -> tuple[Escape, ...]:
        """Everybody who tried so far, in order, each once however often they tried."""
        return tuple(self._escapes)

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[socketserver.BaseRequestHandler],
        record: Callable[[Escape], None],
    ) -> None:
        super().__init__(address, handler)
        self.record = record


class _Visit(socketserver.StreamRequestHandler):
    timeout = _PATIENCE

    def handle(self) -> None:
        """Read one request's head, note it, refuse it."""
        with contextlib.suppress(OSError, ValueError):
            escape = self._read()
            if escape is None:
                return
            assert isinstance(self.server, _Server)
            self.server.record(escape)
            self._refuse(escape)

    def _read(self) -> Escape | None:
        line = self.rfile.readline(_LONGEST_HEAD).decode("latin-1").split()
        if len(line) < 2:
            return None
        agent = ""
        while header := self.rfile.readline(_LONGEST_HEAD).decode("latin-1").strip():
            name, _, value = header.partition(":")
            if name.lower() == "user-agent":
                agent = value.strip()
        method, target = line[0], line[1]
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
        return Escape(parts.hostname or target, port, agent, program_at(self.client_address[1]))

    def _refuse(self, escape: Escape) -> None:
        sentence = (
            f"mirrorlab: {escape.host}:{escape.port} is outside this lab, "
            "and nothing leaves it. Point the client at the lab's own index.\n"
        )
        body = sentence.encode()
        head = (
            "HTTP/1.1 403 Outside the lab\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.wfile.write(head.encode() + body)
        self.wfile.flush()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)


def program_at(port: int) -> str:
    """Return how the command line begins of the process whose connection has the local ``port``.

    It is empty where the system does not tell (/proc/net/tcp is Linux's).
    """
    if not sys.platform.startswith("linux"):
        return ""
    inode = _inode(port)
    if inode is None:
        return ""
    socket_name = f"socket:[{inode}]"
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            if any(_links_to(fd, socket_name) for fd in (folder / "fd").iterdir()):
                line = (folder / "cmdline").read_bytes().rstrip(b"\0").decode(errors="replace")
                program, *words = line.split("\0")
                return " ".join([Path(program).name, *words])[:_PROGRAM_LENGTH]
    return ""


def _inode(port: int) -> str | None:
    with contextlib.suppress(OSError):
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            ended = fields[9] == "0"  # a connection before, which nobody holds any more
            if int(fields[1].rpartition(":")[2], 16) == port and not ended:
                return fields[9]
    return None


def _links_to(link: Path, name: str) -> bool:
    with contextlib.suppress(OSError):
        return str(link.readlink()) == name
    return False
