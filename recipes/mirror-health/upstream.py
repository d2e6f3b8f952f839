"""The index that a tree copies: what it has, each thing asked for once."""

from __future__ import annotations

import base64
import http.client
import json
import netrc
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tree import Refused

JSON = "application/vnd.pypi.simple.v1+json"
WITNESSES = 5
"""So many projects are asked for until one is there."""


class Wrong(Exception):
    """A setting is wrong; its text is a sentence."""


@dataclass
class Upstream:
    """What upstream has, each thing asked for once."""

    url: str
    """With a slash at its end."""

    def __post_init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[str, frozenset[str] | None] = {}
        self._listed: frozenset[str] | None = None
        self._open = urllib.request.build_opener(_Logins).open

    def files(self, project: str) -> frozenset[str] | None:
        """The names of its files; none where it is quarantined, None where it has no page."""
        if project not in self._known:
            self._known[project] = self._page(project)
        return self._known[project]

    def lists(self, project: str) -> bool:
        """Whether it is in the list of projects."""
        if self._listed is None:
            try:
                names = {str(one["name"]) for one in self._ask("", "its list")["projects"]}
            except (KeyError, TypeError):
                raise Refused("upstream's list of projects is none") from None
            self._listed = frozenset(map(normalized, names))
        return project in self._listed

    def deleted(self, project: str) -> bool:
        """Whether it is neither listed nor has a page. Where the two contradict, it is not."""
        return self.files(project) is None and not self.lists(project)

    def vouch(self, stay: Iterable[str]) -> None:
        """Raise Refused unless one of the projects that stay has files there, asked for now."""
        asked = []
        for project in islice(stay, WITNESSES):
            asked.append(project)
            if self._page(project):
                return
        tried = f" ({', '.join(asked)})" if asked else ""
        raise Refused(
            f"{self.url} shows no file of any project that should be there{tried}, so what is "
            "missing there says nothing"
        )

    def _page(self, project: str) -> frozenset[str] | None:
        try:
            page = self._ask(f"{project}/", project)
            if page is None:
                return None
            if normalized(page["name"]) != project:
                raise Refused(f"upstream gives the page of {page['name']!r} for {project}")
            if page.get("project-status", {}).get("status") == "quarantined":
                return frozenset()
            return frozenset(str(file["filename"]) for file in page["files"])
        except (KeyError, TypeError, AttributeError) as error:
            raise Refused(f"upstream's page of {project} lacks {error}") from None

    def _ask(self, path: str, what: str) -> Any:
        """Return what it answers, of JSON; None where it says that there is none."""
        headers = {"Accept": JSON, "User-Agent": "mirror-health", "Cache-Control": "no-cache"}
        request = urllib.request.Request(f"{self.url}{path}", headers=headers)
        try:
            with self._open(request, timeout=20) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in {404, 410}:
                return None
            if error.code == 401:
                raise Refused(
                    f"upstream wants a login for {what}, and netrc has none that it takes for "
                    f"{urlsplit(self.url).hostname}: put one there"
                ) from None
            raise Refused(f"upstream answers {error.code} for {what}") from None
        except (OSError, ValueError, http.client.HTTPException, RecursionError) as error:
            raise Refused(f"upstream does not say what it has of {what}: {error}") from None


class _Logins(urllib.request.BaseHandler):
    """Sends to each host the login that netrc has for it, and to no other, as the check does."""

    def __init__(self) -> None:
        """Read netrc; one that is not there or broken has no login."""
        named = os.environ.get("NETRC")
        try:
            path = Path(named) if named else Path("~/.netrc").expanduser()
            self._held: netrc.netrc | None = netrc.netrc(str(path))
        except (OSError, RuntimeError, netrc.NetrcParseError, ValueError):
            self._held = None

    def http_request(self, request: urllib.request.Request) -> urllib.request.Request:
        """Add the login to a question, also to one that a redirect has led to."""
        host = urlsplit(request.full_url).hostname or ""
        login = self._held.authenticators(host) if self._held else None
        if login:
            pair = base64.b64encode(f"{login[0]}:{login[2] or ''}".encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {pair}")
        return request

    https_request = http_request


def index_url(url: str) -> str:
    """The URL as `mirrorlab check` takes it: a slash at its end, /simple/ where it names a host."""
    try:
        parts = urlsplit(url)
        named = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        named = None
    if not named:
        raise Wrong(f"UPSTREAM is the URL of an index, not {url!r}")
    if parts.username is not None or parts.password is not None:
        raise Wrong("UPSTREAM has a login in it, which would stand in the list; put it into netrc")
    if "?" in url or "#" in url or not url.isascii() or not url.isprintable() or " " in url:
        raise Wrong(f"UPSTREAM is the URL of an index and no more, not {url!r}")
    path = parts.path if parts.path.strip("/") else "/simple/"
    return urlunsplit(parts._replace(path=path if path.endswith("/") else f"{path}/"))


def normalized(name: str) -> str:
    """The name of a project, as it stands in a URL."""
    return re.sub(r"[-_.]+", "-", name).lower()
