"""Asking an index, politely: few at a time, as who we are, and not while it asks to wait."""

from __future__ import annotations

import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urljoin
from urllib.request import getproxies, proxy_bypass

from mirrorlab import __version__
from mirrorlab.check.credentials import Credentials
from mirrorlab.check.endings import Ending
from mirrorlab.check.exchange import Head, NoAnswer, origin_of
from mirrorlab.check.hashing import new_hash
from mirrorlab.check.manners import Manners, Pauses, retry_after
from mirrorlab.check.wire import Routes, Wire, unzipped

USER_AGENT = f"mirrorlab-check/{__version__}"
"""What is sent with every request."""
LARGEST_LIST = 256 << 20
"""Bytes that a list of projects may have; the public index's has about 40 million."""
LARGEST_PAGE = 64 << 20
"""Bytes that the page of a project may have."""
MOST_REDIRECTS = 5
GIVE_UP_AFTER = 10
"""A host that did not answer so many requests in a row is asked no more."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WAIT_AND_SEE = frozenset({429, 500, 502, 503, 504})
_ABORTED_WITHIN = 5.0
_TICK = 0.1
Taken = TypeVar("Taken")


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as it came."""

    head: Head
    body: bytes
    redirects: tuple[str, ...] = ()
    """The URLs that were asked before this one, in order."""

    @property
    def status(self) -> int:
        """The status."""
        return self.head.status


@dataclass(frozen=True, slots=True)
class Digest:
    """What a file turned out to be."""

    head: Head
    size: int = 0
    hashes: Mapping[str, str] = field(default_factory=dict)
    is_cut: bool = False
    """Whether it lacks its end; only where that was asked for."""

    @property
    def status(self) -> int:
        """The status."""
        return self.head.status


class Fetcher:
    """Asks; each thread over its own connections. One for all the indexes of a run."""

    def __init__(
        self,
        manners: Manners,
        credentials: Credentials,
        stopped: threading.Event | None = None,
    ) -> None:
        """``stopped`` ends every wait, and every further request."""
        self.manners = manners
        self._credentials = credentials
        self._stopped = stopped or threading.Event()
        self._routes = Routes(getproxies(), _direct, self._tls)
        self._mine = threading.local()
        self._wires: list[Wire] = []
        self._lock = threading.Lock()
        self._pauses = Pauses()
        self._slots = threading.BoundedSemaphore(manners.connections)
        self.requests = 0
        """How many were made."""
        self._under_way = 0
        self._context: ssl.SSLContext | None = None
        self._closed = threading.Event()
        self._watchman: threading.Thread | None = None
        self._silent: Counter[str] = Counter()

    def _tls(self) -> ssl.SSLContext:
        """Return how TLS is verified; reading all authorities takes its time, so once."""
        with self._lock:
            if self._context is None:
                self._context = ssl.create_default_context()
            return self._context

    def _watch(self) -> None:
        """Cut off what is not done by its deadline."""
        while not self._closed.wait(_TICK):
            now = time.monotonic()
            for wire in list(self._wires):
                wire.expire(now)

    def close(self) -> None:
        """Close every connection."""
        self._closed.set()
        if self._watchman is not None:
            self._watchman.join()
        for wire in self._wires:
            wire.close()

    def pause(self) -> None:
        """Close every connection, and let no thread be left; it can be used again."""
        self.close()
        self._wires, self._mine = [], threading.local()
        self._closed, self._watchman = threading.Event(), None

    def abort(self) -> None:
        """End every request, and let none begin: whoever waits for one gets no answer."""
        self._stopped.set()
        until = time.monotonic() + _ABORTED_WITHIN
        while True:  # a thread may have been about to connect
            for wire in list(self._wires):
                wire.abort()
            if not self._under_way or time.monotonic() > until:
                return
            time.sleep(0.02)

    def page(self, url: str, headers: Mapping[str, str] = {}, limit: int = LARGEST_PAGE) -> Answer:
        """Get a page, following redirects. Raises :class:`NoAnswer`.

        Any status may come back: also 503, once it was asked for as often as manners allow.
        """
        asked = {"Accept-Encoding": "gzip", **headers}

        def take(head: Head, blocks: Iterator[bytes]) -> tuple[Head, bytes]:
            body = bytearray()
            for block in blocks:
                body += block
                if len(body) > limit:
                    raise NoAnswer(f"more than {limit} bytes", again=False)
            return head, unzipped(bytes(body), head.header("Content-Encoding"), limit)

        (head, body), redirects = self._followed(url, asked, self.manners.page_within, take)
        return Answer(head, body, redirects)

    def file(self, url: str, algorithms: Iterable[str], ending: Ending | None = None) -> Digest:
        """Read a file to its end, keeping its hashes only. Raises :class:`NoAnswer`.

        ``ending``, where it is given, takes the bytes in too.
        """
        wanted = tuple(algorithms)

        def take(head: Head, blocks: Iterator[bytes]) -> Digest:
            sums = {name: new_hash(name) for name in wanted}
            size = 0
            for block in blocks:
                size += len(block)
                for one in sums.values():
                    one.update(block)
                if ending is not None:
                    ending.update(block)
            hashes = {name: one.hexdigest() for name, one in sums.items()}
            return Digest(head, size, hashes, ending is not None and ending.is_cut)

        asked = {"Accept-Encoding": "identity", "Accept": "*/*"}
        return self._followed(url, asked, self.manners.file_within, take)[0]

    def _followed(
        self,
        url: str,
        headers: Mapping[str, str],
        within: float,
        take: Callable[[Head, Iterator[bytes]], Taken],
    ) -> tuple[Taken, tuple[str, ...]]:
        gone: list[str] = []
        while True:
            head, taken = self._asked(url, headers, within, take)
            place = head.header("Location") if head.status in _REDIRECTS else ""
            if not place:
                return taken, tuple(gone)
            gone.append(url)
            try:
                url = urljoin(url, place)
                origin_of(url)
            except (ValueError, NoAnswer):
                raise NoAnswer("a redirect to what is no HTTP", again=False) from None
            if url in gone or len(gone) > MOST_REDIRECTS:
                raise NoAnswer("redirects that go in a circle", again=False)

    def _asked(
        self,
        url: str,
        headers: Mapping[str, str],
        within: float,
        take: Callable[[Head, Iterator[bytes]], Taken],
    ) -> tuple[Head, Taken]:
        """Ask until there is an answer that stays, or no try is left."""
        origin = origin_of(url)
        if self._silent[origin] >= GIVE_UP_AFTER:
            reason = f"the host came to nothing {GIVE_UP_AFTER} times in a row, and is left alone"
            raise NoAnswer(reason, again=False)
        for left in reversed(range(self.manners.tries)):
            try:
                head, taken = self._once(origin, url, headers, within, take)
            except NoAnswer as problem:
                if not left or not problem.again:
                    self._silent[origin] += problem.silent
                    raise
                self._rest(self._pause(left))
                continue
            self._silent[origin] = 0
            if not left or head.status not in _WAIT_AND_SEE:
                return head, taken
            self._put_off(origin, head, self._pause(left))
        raise AssertionError("the last try returns or raises")

    def _once(
        self,
        origin: str,
        url: str,
        headers: Mapping[str, str],
        within: float,
        take: Callable[[Head, Iterator[bytes]], Taken],
    ) -> tuple[Head, Taken]:
        login = self._credentials.at_once(origin)
        while True:
            self._wait_for(origin)
            sent = {"User-Agent": USER_AGENT, **headers}
            if login is not None:
                sent["Authorization"] = login.header
            with self._slots, self._counted():
                head, blocks = self._wire().send(url, sent, time.monotonic() + within)
                if head.status != 401 or login is not None:
                    return head, take(head, blocks)
                for _ in blocks:
                    pass
            login = self._credentials.once_refused(origin)
            if login is None:
                return head, take(head, iter(()))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.requests += 1
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def _wire(self) -> Wire:
        wire: Wire | None = getattr(self._mine, "wire", None)
        if wire is None:
            wire = self._mine.wire = Wire(self._routes, self.manners.patience)
            with self._lock:
                self._wires.append(wire)
                if self._watchman is None:
                    self._watchman = threading.Thread(target=self._watch, daemon=True)
                    self._watchman.start()
        return wire

    def _pause(self, left: int) -> float:
        """Return the seconds before the next try: twice as many each time."""
        done: int = self.manners.tries - left - 1
        return self.manners.pause * float(2**done)

    def _put_off(self, origin: str, head: Head, pause: float) -> None:
        """Let nobody ask an origin for a while: as long as it says, where it says so."""
        seconds = retry_after(head.header("Retry-After"))
        if seconds is not None and seconds > self.manners.longest_wait:
            raise NoAnswer(
                f"status {head.status}, and Retry-After asks to wait {seconds:.0f} s", again=False
            )
        until = time.monotonic() + (pause if seconds is None else seconds)
        with self._lock:
            self._pauses.put_off(origin, until)

    def _wait_for(self, origin: str) -> None:
        left = self._pauses.until(origin) - time.monotonic()
        if left > 0 or self._stopped.is_set():
            self._rest(left)

    def _rest(self, seconds: float) -> None:
        if self._stopped.wait(max(0.0, seconds)):
            raise NoAnswer("the check was interrupted", again=False)


def _direct(host: str) -> bool:
    return bool(proxy_bypass(host))
