"""From what a person asks for to a check: which target, which references, which credentials."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from mirrorlab.check.credentials import Credentials, Login, split
from mirrorlab.check.engine import Check, Extent, Progress, Reference
from mirrorlab.check.fetching import Fetcher, Manners
from mirrorlab.check.report import Report
from mirrorlab.check.served import Served
from mirrorlab.check.upstream import Upstream
from mirrorlab.check.wire import NoAnswer, origin_of
from mirrorlab.errors import NoTarget
from mirrorlab.which.masking import masked


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be checked, and how."""

    target: str
    """A URL."""
    upstream: str | None = None
    """The URL of the index that it copies."""
    extent: Extent = field(default_factory=Extent)
    manners: Manners = field(default_factory=Manners)
    kept: Path | None = None
    """A folder for pages of upstream, so that only what changed is asked for again."""


def check(asked: Asked, progress: Progress | None = None) -> Report:
    """Check, and say what is wrong. Raises :class:`NoTarget` for what is neither URL nor tree."""
    stopped = threading.Event()
    logins: dict[str, Login] = {}
    target = _url(asked.target, logins)
    upstream = _url(asked.upstream, logins) if asked.upstream is not None else None
    fetcher = Fetcher(asked.manners, Credentials(logins), stopped)
    report = Report(masked(target), masked(upstream) if upstream else "")
    references: list[Reference] = []
    if upstream is not None:
        references.append(Upstream(fetcher, upstream, kept=asked.kept))
    made = Check(
        Served(fetcher, target),
        report,
        asked.extent,
        tuple(references),
        stopped,
        fetcher.abort,
        progress or (lambda _what, _done, _all: None),
    )
    try:
        return made.run()
    finally:
        report.requests = fetcher.requests
        fetcher.close()


def _url(text: str, logins: dict[str, Login]) -> str:
    """Return a URL without its login, which is kept for its host alone."""
    try:
        url, login = split(text.strip())
        origin = origin_of(url)
        fits = bool(urlsplit(url).hostname)
    except (ValueError, NoAnswer):
        fits = False
    if not fits:
        raise NoTarget(masked(text))
    if login is not None:
        logins[origin] = login
    return url
