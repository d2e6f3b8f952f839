"""Asking an index for one page: is it there, and which version of the Simple API does it speak?

The only module of this room that connects, and only where a person asks for it. Secrets of the
URL, and those of a netrc, go to the index as an installer would send them, and nowhere else.
"""

from __future__ import annotations

import base64
import json
import netrc
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from mirrorlab.which import judging
from mirrorlab.which.model import Source
from mirrorlab.which.surroundings import Surroundings

WITHIN = 10.0
"""Seconds an index has to answer."""
PROJECT = "pip"
"""The project whose page is asked for; an index that does not have it says 404, and is there."""
_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_MOST = 20_000_000
_META = re.compile(rb"""<meta[^>]*name=["']pypi:repository-version["'][^>]*content=["']([\d.]+)""")
_VERSION = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class Answered:
    """What an index said, or why it said nothing."""

    reachable: bool
    status: int | None = None
    api_version: str = ""
    """Empty where the page does not say it."""
    reason: str = ""

    def __str__(self) -> str:
        """Say it in a few words."""
        if not self.reachable:
            return f"not reachable: {self.reason}"
        version = f", Simple API {self.api_version}" if self.api_version else ""
        return f"reachable, status {self.status}{version}"


class _Stay(HTTPRedirectHandler):
    """Follow redirects to the same host only: a password is for nobody else."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        """Give the next request, or None, which makes the redirect the answer."""
        if urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def ask(around: Surroundings, source: Source) -> Answered:
    """Ask an index, or a page of links, for one page."""
    if judging.is_local(source.url):
        path = around.expanded(source.url.removeprefix("file://"))
        there = around.exists(path)
        return Answered(there, reason="" if there else "there is no such folder")
    try:
        request = _request(around, source)
    except ValueError:
        return Answered(False, reason="this is no URL")
    try:
        with build_opener(_Stay).open(request, timeout=WITHIN) as response:
            return Answered(True, response.status, _version(response.read(_MOST)))
    except HTTPError as error:
        return Answered(True, error.code)
    except (URLError, OSError, ValueError) as error:
        return Answered(False, reason=_why(error))
    except Exception as error:  # what http.client raises where no HTTP is spoken
        return Answered(False, reason=type(error).__name__)


def _request(around: Surroundings, source: Source) -> Request:
    parts = urlsplit(source.url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    path = parts.path
    if source.role != "find-links":
        path = f"{path.rstrip('/')}/{PROJECT}/"
    netloc = parts.netloc.rpartition("@")[2]
    made = Request(urlunsplit((parts.scheme, netloc, path, parts.query, "")))
    made.add_header("Accept", _ACCEPT)
    made.add_header("User-Agent", "mirrorlab-which")
    user, password = parts.username, parts.password
    if user is None and (held := _from_netrc(around, parts.hostname)):
        user, password = held
    if user is not None:
        pair = f"{unquote(user)}:{unquote(password or '')}"
        token = base64.b64encode(pair.encode()).decode()
        made.add_unredirected_header("Authorization", f"Basic {token}")
    return made


def _from_netrc(around: Surroundings, host: str) -> tuple[str, str] | None:
    named = around.variable("NETRC")
    path = Path(named) if named else around.home / ".netrc"
    try:
        held = netrc.netrc(str(path)).authenticators(host)
    except (OSError, netrc.NetrcParseError, ValueError):
        return None
    return (held[0], held[2]) if held else None


def _version(content: bytes) -> str:
    try:
        document = json.loads(content)
        found = str(document["meta"]["api-version"])
    except (ValueError, KeyError, TypeError, RecursionError):
        meta = _META.search(content)
        found = meta[1].decode() if meta else ""
    return found if _VERSION.fullmatch(found) else ""


def _why(error: Exception) -> str:
    """Say why in words without the URL, which may hold a secret."""
    reason = error.reason if isinstance(error, URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({reason.verify_message})"
    if isinstance(reason, TimeoutError):
        return f"no answer within {WITHIN:g} s"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return type(reason).__name__
