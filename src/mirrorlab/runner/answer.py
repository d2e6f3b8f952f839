"""One HTTP request, answered as it came over the wire."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What a server answered. ``status`` 0: nothing came, and ``body`` says why."""

    url: str
    status: int
    headers: Message = field(repr=False)
    """Case-insensitive: ``answer.headers["vary"]``, None where absent."""
    body: bytes = field(repr=False)

    @cached_property
    def text(self) -> str:
        """The body as UTF-8, with replacement characters where it is not."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The body as JSON. Raises AssertionError, with its beginning, where it is not."""
        try:
            return json.loads(self.body)
        except ValueError:
            problem = f"{self.url} answered {self.status} and no JSON: {self.text[:200]!r}"
            raise AssertionError(problem) from None


def get(
    url: str,
    *,
    accept: str | None = None,
    headers: Mapping[str, str] | None = None,
    user: tuple[str, str] | None = None,
    ca: Path | None = None,
    timeout: float = 10,
) -> Answer:
    """Fetch a URL directly: no proxy, no redirect followed, nothing decoded."""
    sent = {"User-Agent": "mirrorlab-drill", **(headers or {})}
    if accept is not None:
        sent["Accept"] = accept
    if user is not None:
        sent["Authorization"] = "Basic " + base64.b64encode(":".join(user).encode()).decode()
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _connection(parts.scheme, parts.netloc.rpartition("@")[2], ca, timeout)
    try:
        connection.request("GET", path, headers=sent)
        response = connection.getresponse()
        return Answer(url, response.status, response.headers, response.read())
    except (OSError, http.client.HTTPException) as error:
        return Answer(url, 0, Message(), f"{type(error).__name__}: {error}".encode())
    finally:
        connection.close()


def _connection(
    scheme: str, host: str, ca: Path | None, timeout: float
) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, timeout=timeout)
    if scheme == "https":
        context = ssl.create_default_context(cafile=str(ca) if ca else None)
        return http.client.HTTPSConnection(host, timeout=timeout, context=context)
    raise AssertionError(f"run.get() knows http and https, not {scheme!r}")
