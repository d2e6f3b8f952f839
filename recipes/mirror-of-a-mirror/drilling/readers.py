"""Who reads the second level while it is synced."""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from drilling.levels import JSON, server

from mirrorlab.runner import Run

PAUSE = 0.2
"""Seconds between two rounds of a reader; the sabotage takes the tree away for longer."""


class Readers:
    """Somebody who reads every page and every file, again and again, and looks at each hash."""

    def __init__(self, run: Run) -> None:
        """Begin with the block, and end with it."""
        self._run = run
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self._wrong: list[str] = []
        self._rounds = 0
        self.answers = 0

    def __enter__(self) -> Readers:
        self._thread.start()
        self.go_round()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def go_round(self) -> None:
        """Wait until everything was read once more from its beginning."""
        after = self._rounds + 2
        self._run.wait(lambda: self._rounds >= after or self._wrong, "a round of the reader")

    def saw_nothing_wrong(self) -> None:
        """Nothing was wrong, and there was something to see."""
        assert not self._wrong, f"a reader got: {self._wrong[:3]}"
        assert self.answers > 50, f"the reader saw {self.answers} answers only"

    def _read(self) -> None:
        while not self._stop.is_set() and not self._wrong:
            self._read_all(server(self._run))
            self._rounds += 1
            self._stop.wait(PAUSE)

    def _read_all(self, url: str) -> None:
        for project in self._json(f"{url}/simple/").get("projects", []):
            page = f"{url}/simple/{project['name']}/"
            self._body(page, "text/html")
            for file in self._json(page).get("files", []):
                body = self._body(urljoin(page, file["url"]), "*/*")
                if hashlib.sha256(body).hexdigest() != file["hashes"]["sha256"]:
                    self._wrong.append(f"other bytes of {file['filename']}")

    def _json(self, url: str) -> dict[str, Any]:
        page: dict[str, Any] = {}
        try:
            page = json.loads(self._body(url, JSON))
        except ValueError:
            self._wrong.append(f"no JSON of {url}")
        return page

    def _body(self, url: str, accept: str) -> bytes:
        answer = self._run.get(url, accept)
        self.answers += 1
        if answer.status != 200:
            self._wrong.append(f"{answer.status} of {url}")
        return answer.body


@contextlib.contextmanager
def slow_download(url: str) -> Iterator[socket.socket]:
    """A connection that has asked for a file, and takes little at a time."""
    host, port, path = urlsplit(url).hostname, urlsplit(url).port, urlsplit(url).path
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.connect((host, port))
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        yield connection
