"""From what a person asks for to a check: which target, which references, which credentials."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from mirrorlab.check.behind import Behind
from mirrorlab.check.credentials import Credentials, Login, split
from mirrorlab.check.engine import Check
from mirrorlab.check.exchange import NoAnswer, origin_of
from mirrorlab.check.fetching import Fetcher
from mirrorlab.check.journal import Journal, key
from mirrorlab.check.manners import Manners
from mirrorlab.check.report import Report
from mirrorlab.check.served import Served, index_url
from mirrorlab.check.state import State
from mirrorlab.check.target import Extent, Progress, Reference, Target
from mirrorlab.check.tree import Tree
from mirrorlab.check.upstream import Upstream
from mirrorlab.errors import NoTarget, OddTarget
from mirrorlab.masking import masked


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be checked, and how."""

    targets: tuple[str, ...]
    """URLs, and paths of trees."""
    upstream: str | None = None
    """The URL of the index that it copies."""
    extent: Extent = field(default_factory=Extent)
    manners: Manners = field(default_factory=Manners)
    kept: Path | None = None
    """A folder for pages of upstream, so that only what changed is asked for again."""
    tree: Path | None = None
    """The tree that the targets serve; it is checked too, and they are held against it."""
    journals: Path | None = None
    """A folder to note down in what was read, so that an interrupted check can go on."""
    resume: bool = False
    """Go on where the same check was interrupted."""
    synced_within: timedelta | None = None
    """How long ago the last good sync of a tree may be."""


def check(asked: Asked, progress: Progress | None = None) -> list[Report]:
    """Check targets, and a tree, and say what is wrong: a report for each.

    Raises :class:`NoTarget` for what is neither URL nor tree.
    """
    stopped = threading.Event()
    logins: dict[str, Login] = {}
    upstream = _url(asked.upstream, logins) if asked.upstream is not None else None
    state = State(datetime.now(UTC), asked.extent.max_age, asked.synced_within)
    targets = list(_targets(asked, upstream, logins, state))
    credentials = Credentials(logins, _indexes(asked))
    fetcher = Fetcher(asked.manners, credentials, stopped)
    references: tuple[Reference, ...] = ()
    if upstream is not None:
        references = (Upstream(fetcher, upstream, kept=asked.kept),)
    reports = []
    try:
        for place, shown, make in targets:
            report = Report(shown, masked(upstream) if upstream else "")
            reports.append(report)
            if stopped.is_set():
                report.doubt("it was not looked at: the check was interrupted before")
                continue
            before = fetcher.requests
            beside = references
            if asked.tree is not None and "://" in place:
                beside = (*references, Behind(Tree(asked.tree, state)))
            Check(
                make(fetcher),
                report,
                asked.extent,
                beside,
                fetcher,
                stopped,
                progress or (lambda _what, _done, _all: None),
                Journal(_journal(asked, place), resume=asked.resume),
            ).run()
            report.requests = fetcher.requests - before
            if credentials.problem:
                report.statements.append(credentials.problem)
    finally:
        fetcher.close()
    return reports


def _targets(
    asked: Asked, upstream: str | None, logins: dict[str, Login], state: State
) -> Iterator[tuple[str, str, Callable[[Fetcher], Target]]]:
    """Yield each target once: what it is known by, how it is shown, and how it is made."""
    seen = set()
    for target in asked.targets:
        if "://" not in target and Path(target).is_dir():
            made = _tree(Path(target), state, asked)
        else:
            url = _url(target, logins)
            if upstream is not None and index_url(url) == index_url(upstream):
                raise OddTarget(masked(target), "is its own upstream: it cannot differ from itself")
            made = (url, masked(url), partial(Served, url=url))
        if made[0] not in seen:
            seen.add(made[0])
            yield made
    if asked.tree is not None:
        tree = _tree(asked.tree, state, asked)
        if tree[0] not in seen:
            yield tree


def _tree(root: Path, state: State, asked: Asked) -> tuple[str, str, Callable[[Fetcher], Target]]:
    tree = Tree(root, state, deep=asked.extent.deep)
    return str(root.absolute()), str(root), lambda _: tree


def _journal(asked: Asked, place: str) -> Path | None:
    """Name the journal of a target by all that makes its files good."""
    if asked.journals is None:
        return None
    named = key(place, asked.upstream and split(asked.upstream)[0], asked.extent.deep)
    return asked.journals / f"{named}.journal"


def _indexes(asked: Asked) -> dict[str, list[str]]:
    """Return the URLs that were named, by the hosts that they are at, without their logins."""
    named: dict[str, list[str]] = {}
    for text in (*asked.targets, asked.upstream or ""):
        with suppress(ValueError, NoAnswer):
            url = split(text.strip())[0]
            named.setdefault(origin_of(url), []).append(url)
    return named


def _url(text: str, logins: dict[str, Login]) -> str:
    """Return a URL without its login, which is kept for its host alone."""
    try:
        url, login = split(text.strip())
        url = _in_ascii(url)
        origin = origin_of(url)
        fits = bool(urlsplit(url).hostname)
    except (ValueError, NoAnswer):
        fits = False
    if not fits:
        raise NoTarget(masked(text))
    if urlsplit(url).query:
        raise OddTarget(masked(text), "has a query: an index is named by its path alone")
    if login is not None and logins.setdefault(origin, login) != login:
        raise OddTarget(masked(text), "has another login than one before: check them in two runs")
    return url


def _in_ascii(url: str) -> str:
    """Return a URL with the name of its host as it goes over the wire. Raises ValueError."""
    parts = urlsplit(url)
    if parts.netloc.isascii():
        return url
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=host.encode("idna").decode("ascii") + port))
