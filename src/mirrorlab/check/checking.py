"""From what a person asks for to a check: which target, which references, which credentials."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from mirrorlab.check.credentials import Credentials, Login, split
from mirrorlab.check.engine import Check, Extent, Progress, Reference, Target
from mirrorlab.check.fetching import Fetcher, Manners
from mirrorlab.check.report import Report
from mirrorlab.check.served import Served
from mirrorlab.check.state import State
from mirrorlab.check.tree import Tree
from mirrorlab.check.upstream import Upstream
from mirrorlab.check.wire import NoAnswer, origin_of
from mirrorlab.errors import NoTarget
from mirrorlab.which.masking import masked


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be checked, and how."""

    target: str
    """A URL, or the path of a tree."""
    upstream: str | None = None
    """The URL of the index that it copies."""
    extent: Extent = field(default_factory=Extent)
    manners: Manners = field(default_factory=Manners)
    kept: Path | None = None
    """A folder for pages of upstream, so that only what changed is asked for again."""
    tree: Path | None = None
    """The tree that the target serves; both are checked."""
    synced_within: timedelta | None = None
    """How long ago the last good sync of a tree may be."""


def check(asked: Asked, progress: Progress | None = None) -> list[Report]:
    """Check a target, and its tree, and say what is wrong: a report for each.

    Raises :class:`NoTarget` for what is neither URL nor tree.
    """
    stopped = threading.Event()
    logins: dict[str, Login] = {}
    upstream = _url(asked.upstream, logins) if asked.upstream is not None else None
    targets: list[tuple[str, Callable[[Fetcher], Target]]] = []
    trees = [asked.tree] if asked.tree is not None else []
    if "://" not in asked.target and Path(asked.target).is_dir():
        trees.insert(0, Path(asked.target))
    else:
        url = _url(asked.target, logins)
        targets.append((masked(url), lambda fetcher: Served(fetcher, url)))
    state = State(datetime.now(UTC), asked.extent.max_age, asked.synced_within)
    for root in trees:
        tree = Tree(root, state, deep=asked.extent.deep)
        targets.append((str(root), lambda _, tree=tree: tree))  # type: ignore[misc]
    fetcher = Fetcher(asked.manners, Credentials(logins), stopped)
    references: tuple[Reference, ...] = ()
    if upstream is not None:
        references = (Upstream(fetcher, upstream, kept=asked.kept),)
    reports = []
    try:
        for shown, make in targets:
            report = Report(shown, masked(upstream) if upstream else "")
            reports.append(report)
            before = fetcher.requests
            Check(
                make(fetcher),
                report,
                asked.extent,
                references,
                stopped,
                fetcher.abort,
                progress or (lambda _what, _done, _all: None),
            ).run()
            report.requests = fetcher.requests - before
            if stopped.is_set():
                break
    finally:
        fetcher.close()
    return reports


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
