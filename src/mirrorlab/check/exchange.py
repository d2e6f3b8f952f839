"""What comes of a request: an answer's head, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from mirrorlab.check.answers import Fields

PORTS = {"http": 80, "https": 443}
"""The port of a scheme, where the URL names none."""


class NoAnswer(Exception):
    """A request came to no usable answer; ``reason`` says why, in words without a secret."""

    def __init__(
        self,
        reason: str,
        *,
        again: bool = True,
        cut: bool = False,
        silent: bool = False,
        garbled: bool = False,
    ) -> None:
        """``again``: another try may do better. ``cut``: the body ended before its length.

        ``silent``: the host did not answer at all. ``garbled``: it did, and nobody can read it.
        """
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.cut = cut
        self.silent = silent
        self.garbled = garbled


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers of an answer."""

    url: str
    status: int
    headers: Fields

    def header(self, name: str) -> str:
        """Return a header; empty where it is not there, all of them where it is there twice."""
        return ", ".join(self.headers.get_all(name, []))

    @property
    def media(self) -> str:
        """The content type without its parameters, in lower case."""
        return self.header("Content-Type").partition(";")[0].strip().lower()


@lru_cache(256)
def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL: what credentials and pauses belong to.

    Raises :class:`NoAnswer` where it is no URL of HTTP.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        host = parts.hostname
    except (ValueError, KeyError):
        host = None
    if not host:
        raise NoAnswer("this is no URL of http or https", again=False)
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"
