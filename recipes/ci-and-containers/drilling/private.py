"""The private index: acme-lib, for those with the login; what it was asked; the search for that."""

from __future__ import annotations

import base64
import contextlib
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

USER = "__token__"
EXAMPLE = "https://private.example/simple/"


def url_with_login(run: Run) -> str:
    """The URL of the index as nobody should write it."""
    return run.settings["INDEX"].replace("://", f"://{USER}:{run.settings['SECRET']}@")


def netrc(run: Run) -> str:
    """A netrc file with the login."""
    return f"machine 127.0.0.1\nlogin {USER}\npassword {run.settings['SECRET']}\n"


def write_lock(run: Run) -> None:
    """Write a lock as pip-compile does; the drill `lock` lets it write one."""
    digest = run.index.sha256("acme_lib-1.0-py3-none-any.whl")
    lock = f"acme-lib==1.0 --hash=sha256:{digest}\n"
    (run.folder / "requirements.txt").write_text(lock)


def look(run: Run, *places: Path) -> Completed:
    """Look for the login in these places with find-secret.sh."""
    return run.command("sh", "find-secret.sh", LOOK_IN=" ".join(map(str, places)))


class Asked(list[tuple[str, bool]]):
    """What the private index was asked: the path, and whether with the login."""

    @property
    def with_login(self) -> bool:
        """Whether anything was."""
        return any(good for _, good in self)


@contextlib.contextmanager
def private_index(run: Run) -> Iterator[Asked]:
    """Put a login in front of the index; acme-lib is there for those who have it."""
    if "acme-lib" not in run.index.projects():
        run.index.publish("acme-lib", "1.0")
    asked = Asked()
    login = f"{USER}:{run.settings['SECRET']}"
    basic = f"Basic {base64.b64encode(login.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.headers["Authorization"] == basic
            asked.append((self.path, good))
            if not good:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="private"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            names = ("Accept", "Host", "Range")
            headers = {name: self.headers[name] for name in names if name in self.headers}
            request = urllib.request.Request(f"{run.index.http_url}{self.path}", headers=headers)
            with urllib.request.urlopen(request) as answer:
                body = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", run.port("private")), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield asked
        finally:
            server.shutdown()
