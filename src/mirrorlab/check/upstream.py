"""The index that a mirror copies: its list and its pages, asked for only where they changed."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from packaging.utils import canonicalize_name

from mirrorlab.check.exchange import NoAnswer
from mirrorlab.check.fetching import LARGEST_LIST, LARGEST_PAGE, Answer, Fetcher
from mirrorlab.check.reading import be_of, read_list, read_page
from mirrorlab.check.served import index_url
from mirrorlab.errors import BadPage
from mirrorlab.simple import JSON, ProjectList, ProjectPage

MOST_KEPT = 5000
"""So many pages are kept from one run to the next."""
_ACCEPT = f"{JSON}, text/html;q=0.1"


class NotTold(Exception):
    """Upstream does not say what is to be known; ``reason`` is a sentence."""

    def __init__(self, reason: str) -> None:
        """Keep the sentence."""
        super().__init__(reason)
        self.reason = reason


class Kept:
    """Pages of an earlier run, with the ETag by which they are asked for again."""

    def __init__(self, folder: Path | None) -> None:
        """``folder``: where they are kept; None: nothing is."""
        self._folder = folder
        self._names: set[str] | None = None
        self._lock = Lock()

    def read(self, url: str) -> tuple[str, str, bytes] | None:
        """Return ETag, content type and body of what is kept; None where nothing is."""
        name = _name(url)
        if self._folder is None or name not in self._here(self._folder):
            return None
        try:
            head, _, body = (self._folder / name).read_bytes().partition(b"\n")
            said = json.loads(head)
            whole_body = hashlib.sha256(body).hexdigest() == said["sha256"] and said["url"] == url
            return (said["etag"], said["type"], body) if whole_body else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, url: str, answer: Answer) -> None:
        """Keep an answer that has an ETag; where that fails, nothing is kept.

        What is written in part only, or by two at a time, does not fit its hash: nobody uses it.
        """
        etag, name = answer.head.header("ETag"), _name(url)
        if self._folder is None or not etag or not self._room(self._folder, name):
            return
        said = {
            "url": url,
            "etag": etag,
            "type": answer.head.header("Content-Type"),
            "sha256": hashlib.sha256(answer.body).hexdigest(),
        }
        with suppress(OSError):
            (self._folder / name).write_bytes(json.dumps(said).encode() + b"\n" + answer.body)

    def _here(self, folder: Path) -> set[str]:
        """Return the names of all that is kept; looked for once."""
        with self._lock:
            if self._names is None:
                self._names = set()
                with suppress(OSError):
                    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                    self._names.update(entry.name for entry in folder.iterdir())
            return self._names

    def _room(self, folder: Path, name: str) -> bool:
        """Whether a page may be kept: in the place of an older one, or among not too many."""
        names = self._here(folder)
        with self._lock:
            if name not in names and len(names) >= MOST_KEPT:
                return False
            names.add(name)
            return True


def _name(url: str) -> str:
    return hashlib.blake2b(url.encode(), digest_size=20).hexdigest()


class Upstream:
    """An index to hold a mirror against."""

    who = "upstream"

    def __init__(self, fetcher: Fetcher, url: str, *, kept: Path | None = None) -> None:
        """``url`` without a login; ``kept`` is a folder for pages, None for no such folder."""
        self.url = index_url(url)
        self._fetcher = fetcher
        self._kept = Kept(kept)

    def listing(self) -> ProjectList:
        """Return its list of projects. Raises :class:`NotTold`."""
        kind, body = self._get(self.url, "list of projects")
        try:
            listed = read_list(body, kind)
        except BadPage as problem:
            raise NotTold(f"upstream's list of projects cannot be read: {problem}") from None
        if not listed.projects:
            raise NotTold("upstream lists no project")
        return listed

    def page(self, name: str) -> ProjectPage | None:
        """Return the page of a project; None where upstream has none. Raises :class:`NotTold`."""
        try:
            kind, body = self._get(f"{self.url}{quote(name)}/", f"page of {name}")
        except _Gone:
            return None
        try:
            page = read_page(body, kind)
            if kind.partition(";")[0].strip().lower() != JSON:
                be_of(name, page)
            elif canonicalize_name(page.name) != name:
                raise NotTold(f"upstream's page of {name} is one of {page.name[:80]!r}")
        except BadPage as problem:
            raise NotTold(f"upstream's page of {name} cannot be read: {problem}") from None
        return page

    def _get(self, url: str, what: str) -> tuple[str, bytes]:
        kept = self._kept.read(url)
        headers = {"Accept": _ACCEPT}
        if kept is not None:
            headers["If-None-Match"] = kept[0]
        try:
            limit = LARGEST_LIST if url == self.url else LARGEST_PAGE
            answer = self._fetcher.page(url, headers, limit)
        except NoAnswer as problem:
            raise NotTold(f"upstream's {what}: {problem.reason}") from None
        if answer.status == 304 and kept is not None:
            return kept[1], kept[2]
        if answer.status in {404, 410} and url != self.url:
            raise _Gone
        if answer.status != 200:
            raise NotTold(f"upstream's {what}: status {answer.status}")
        self._kept.write(url, answer)
        return answer.head.header("Content-Type"), answer.body


class _Gone(Exception):
    """There is no such page."""
