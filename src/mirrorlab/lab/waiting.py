"""Waiting for something to come about: always polled, always with a deadline."""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

from mirrorlab.errors import TimedOut

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.2
_ANSWER_WITHIN = 5.0
_SERVER_ERROR = 500


def wait_until(
    condition: Callable[[], object], *, within: float = 30, what: str = "the awaited condition"
) -> None:
    """Return as soon as ``condition()`` is true; raise :class:`TimedOut` after ``within`` seconds.

    ``what`` completes the sentence "… : not within 30 s".
    """
    for _ in attempts(within):
        if condition():
            return
    raise TimedOut(what, within)


def wait_for_url(url: str, within: float = 30) -> None:
    """Return as soon as ``url`` answers with any status below 500.

    The server's certificate is not verified: this asks whether it is up, not who it is.
    Raises :class:`TimedOut`.
    """
    wait_until(lambda: answers(url), within=within, what=f"an answer from {url}")


def answers(url: str) -> bool:
    """Tell whether ``url`` answers, with a status below 500."""
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}),
        urllib.request.HTTPSHandler(context=ssl._create_unverified_context()),
    )
    try:
        with opener.open(url, timeout=_ANSWER_WITHIN):
            return True
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code < _SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False


def attempts(within: float) -> Iterator[float]:
    """Yield the seconds that are left, at growing pauses: at least once, and once at the end."""
    deadline = time.monotonic() + within
    pause = _FIRST_PAUSE
    while True:
        left = deadline - time.monotonic()
        yield max(left, 0.0)
        if left <= 0:
            return
        time.sleep(min(pause, max(left, 0.0)))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
