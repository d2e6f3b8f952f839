"""The request log: who asked for what, and what they got."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any

from mirrorlab.scenario import Fault


@dataclass(frozen=True, slots=True)
class Request:
    """One request, and what has been answered so far."""

    number: int
    """Counts from 1; never starts again, also where the log is emptied."""
    moment: datetime
    """When it came, UTC; the clock of this machine."""
    method: str
    path: str
    """Of the URL, decoded, without the query."""
    status: int = 0
    """0: no answer (yet)."""
    bytes_sent: int = 0
    """Of the body."""
    user_agent: str = ""
    accept: str = ""
    host: str = ""
    tls: bool = False
    fault: Fault | None = None
    """The fault it met."""


class RequestLog:
    """The requests in order of arrival. What is sent is counted before it leaves."""

    def __init__(self, heard: Callable[[Request], None] | None = None) -> None:
        """Start empty. ``heard`` is told of each request, before its answer leaves."""
        self._heard = heard
        self._requests: dict[int, Request] = {}
        self._number = 0
        self._lock = Lock()

    def begin(self, scope: MutableMapping[str, Any]) -> int:
        """Note a request that came in, and return its number."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        with self._lock:
            self._number += 1
            self._requests[self._number] = Request(
                number=self._number,
                moment=datetime.now(UTC),
                method=scope["method"],
                path=scope["path"],
                user_agent=headers.get(b"user-agent", ""),
                accept=headers.get(b"accept", ""),
                host=headers.get(b"host", ""),
                tls=scope["scheme"] == "https",
            )
            return self._number

    def answered(self, number: int, status: int) -> None:
        """Note the status of an answer; 0: there will be none."""
        self._update(number, status=status)
        with self._lock:
            request = self._requests.get(number)
        if request is not None and self._heard is not None:
            self._heard(request)

    def sent(self, number: int, count: int) -> None:
        """Note so many further bytes of body."""
        with self._lock:
            if request := self._requests.get(number):
                more = replace(request, bytes_sent=request.bytes_sent + count)
                self._requests[number] = more

    def faulted(self, number: int, fault: Fault) -> None:
        """Note the fault a request met."""
        self._update(number, fault=fault)

    def read(self, path: str = "*", since: int = 0) -> tuple[Request, ...]:
        """Return the requests whose path matches a glob, after the one numbered ``since``."""
        with self._lock:
            return tuple(
                request
                for request in self._requests.values()
                if request.number > since and fnmatchcase(request.path, path)
            )

    def forget(self) -> None:
        """Empty the log."""
        with self._lock:
            self._requests.clear()

    def _update(self, number: int, **changes: Any) -> None:
        with self._lock:
            if request := self._requests.get(number):
                self._requests[number] = replace(request, **changes)
