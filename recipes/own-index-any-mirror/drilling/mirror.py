"""A mirror that nobody trusts: it has every file that the trusted index has, and says what it was
asked. It alters what it is told to. An index that is trusted, and lies, is made of the same.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from drilling.damages import LIKE, Change, as_it_is

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

JSON = "application/vnd.pypi.simple.v1+json"
BINARY = "application/octet-stream"


class Asked(NamedTuple):
    """One request that came to the mirror."""

    method: str
    path: str
    login: str | None
    span: str | None
    """The Range that was asked for."""


class Mirror(ThreadingHTTPServer):
    """A mirror that nobody needs to trust."""

    daemon_threads = True

    def __init__(self, run: Run, port: str = "mirror", kind: str | None = None) -> None:
        """Listen on a port of the recipe's settings; ``kind`` is what pages are asked for."""
        self.own = f"https://localhost:{run.port(port)}"
        super().__init__(("127.0.0.1", run.port(port)), _Answer)
        self.fetch, self.source, self.kind = run.get, run.index.url, kind
        self.asked: list[Asked] = []
        self.files: dict[str, tuple[int, bytes]] = {}
        self.change: Change = as_it_is
        self.status, self.location, self.folder = 0, "", ""
        self.lies_to: tuple[str, ...] = ("GET", "HEAD")

    def has(self, path: str) -> tuple[int, bytes]:
        """Status and bytes of a file, as the trusted index has them."""
        if not path.startswith(self.folder):
            return 404, b""
        path = path.removeprefix(self.folder)
        if path not in self.files:
            name = next((each for each in LIKE if path == f"/simple/{each}/"), "demo-lib")
            answer = self.fetch(self.source + path.replace(name, "demo-lib"), self.kind)
            body = answer.body.replace(b'"name":"demo-lib"', f'"name":"{name}"'.encode())
            if self.kind:
                body = body.replace(self.source.encode(), self.own.encode())
            self.files[path] = answer.status, body
        return self.files[path]

    def wheels(self) -> list[str]:
        """The wheels that it was asked for, by name."""
        return [
            each.path.rpartition("/")[2]
            for each in self.asked
            if each.path.endswith(".whl") and each.method == "GET"
        ]

    def was_asked_for(self, suffix: str) -> bool:
        """Whether anybody wanted a file that ends so."""
        return any(each.path.endswith(suffix) for each in self.asked)


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Mirror

    def do_GET(self) -> None:
        mirror, span = self.server, self.headers.get("Range")
        mirror.asked.append(Asked(self.command, self.path, self.headers.get("Authorization"), span))
        if mirror.status and self.command in mirror.lies_to:
            self.answer(
                mirror.status, b"", Location=mirror.location and mirror.location + self.path
            )
            return
        status, body = mirror.has(self.path)
        if status == 200 and self.command == "GET":
            body = mirror.change(self.path, body)
        if status == 200 and (found := re.fullmatch(r"bytes=(\d*)-(\d*)", span or "")):
            first, end = _part(found[1], found[2], len(body))
            here = f"bytes {first}-{end - 1}/{len(body)}"
            self.answer(206, body[first:end], **{"Content-Range": here})
        else:
            self.answer(status, body)

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        """Send this; a header without a value is left out."""
        kind = "text/html" if body.startswith(b"<") else self.server.kind or BINARY
        headers |= {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Accept-Ranges": "bytes",
        }
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Say nothing: ``asked`` has it."""


def _part(first: str, last: str, size: int) -> tuple[int, int]:
    """Where the part of a file begins and ends; without a first byte it is the last ones."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last or size), size - 1) + 1


@contextmanager
def untrusted(run: Run) -> Iterator[Mirror]:
    """The mirror, until the end of the block."""
    with Mirror(run) as mirror, _serving(mirror):
        yield mirror


@contextmanager
def lying(run: Run) -> Iterator[tuple[Mirror, Callable[[], Completed]]]:
    """An index with TLS that is trusted, and lies; with it ``pages.sh``, told to believe it."""
    certificate, key = run.tmp / "upstream.pem", run.tmp / "upstream.key"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    make = ("openssl", "req", "-x509", *kind, *names, "-keyout", key, "-out", certificate)
    made = run.command(*make)
    assert made.exit_code == 0, made.output
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Mirror(run, "upstream", JSON) as index:
        index.socket = context.wrap_socket(index.socket, server_side=True)
        projects = run.tmp / "like.txt"
        projects.write_text("\n".join(LIKE))
        told: dict[str, Any] = {"UPSTREAM": f"{index.own}/simple/", "PROJECTS": projects}
        told["SSL_CERT_FILE"] = certificate
        with _serving(index):
            yield index, lambda: run.command("sh", "pages.sh", **told)


@contextmanager
def _serving(server: Mirror) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
