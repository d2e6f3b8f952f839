"""The folder of the day, and the ways to look at it: files, environments, servers."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from mirrorlab.tutorial import sums

_PATIENCE = 5.0
"""Seconds a server of this machine may take to answer."""


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    def json(self) -> Any:
        """The body as JSON. Raises :class:`ValueError`."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Day:
    """The folder in which an attendee works."""

    folder: Path

    def path(self, *parts: str) -> Path:
        """Return a path in the folder."""
        return self.folder.joinpath(*parts)

    def text(self, *parts: str) -> str:
        """Return what a file says, or nothing where there is none."""
        path = self.path(*parts)
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def sha256(self, *parts: str) -> str:
        """Return the sha256 of a file, in hexadecimal. Raises :class:`OSError`."""
        return sums.of(self.path(*parts))

    def wheels(self, *parts: str) -> tuple[str, ...]:
        """Return the names of the wheels in a folder, sorted; none where there is no folder."""
        return tuple(sorted(path.name for path in self.path(*parts).glob("*.whl")))

    def installed(self, environment: str) -> dict[str, str] | None:
        """Return the projects (normalised) and versions in a virtual environment of the folder.

        None where it is no virtual environment.
        """
        home = self.path(environment)
        if not (home / "pyvenv.cfg").is_file():
            return None
        places = [*home.glob("lib/python3*/site-packages"), *home.glob("Lib/site-packages")]
        found = distributions(path=[str(place) for place in places])
        return {canonicalize_name(one.metadata["Name"]): one.version for one in found}

    def get(self, url: str, accept: str = "*/*", **headers: str) -> Answer | None:
        """Ask a server of this machine, whatever its status; None where nothing answers.

        Without a proxy. ``headers`` are further ones, with ``_`` for ``-``.
        """
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            request = urllib.request.Request(url, headers={"Accept": accept, **given})
            with _direct().open(request, timeout=_PATIENCE) as response:
                return Answer(response.status, _lower(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _lower(error.headers), error.read())
        except (OSError, http.client.HTTPException):
            return None

    def requests(self, url: str) -> list[dict[str, Any]] | None:
        """Return what the test index at ``url`` was asked; None where none answers."""
        answer = self.get(f"{url}/-/requests")
        if answer is None or answer.status != 200:
            return None
        try:
            said = answer.json()
        except ValueError:
            return None
        found = said.get("requests") if isinstance(said, dict) else None
        return found if isinstance(found, list) else None


def _direct() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
