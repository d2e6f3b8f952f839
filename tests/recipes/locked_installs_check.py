"""``check-lock.sh`` of locked-installs, run with its tools, and an index that answers as told."""

from __future__ import annotations

import base64
import functools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mirrorlab.lab import tools

RECIPE = Path(__file__).parents[2] / "recipes" / "locked-installs"
HEX = "0" * 64
LINE = f"demo-lib==1.0 --hash=sha256:{HEX}"
"""A lock of one release."""


@functools.cache
def python() -> Path:
    """An interpreter that has the recipe's tools."""
    return tools.install(RECIPE / "requirements.txt", sys.executable).python


def check(folder: Path, lock: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Compare a lock in this folder with an index; by default there is none."""
    nobody = {"TRUSTED": "http://127.0.0.1:9/simple/", "PATH": os.defpath}
    return subprocess.run(
        ["sh", RECIPE / "check-lock.sh"],
        cwd=folder,
        env={**nobody, "PYTHON": str(python()), "LOCKS": lock, **settings},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def index(
    kind: str, page: str, headers: Mapping[str, str] | None = None, password: str = ""
) -> Iterator[str]:
    """An index that answers every request with the same page, or asks for a password."""
    basic = f"Basic {base64.b64encode(password.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            denied = bool(password) and self.headers["Authorization"] != basic
            self.send_response(401 if denied else 302 if "Location" in (headers or {}) else 200)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple/"
        finally:
            server.shutdown()
            thread.join()
