"""Every fault the test index can meet a client with, and the rule that says where and how often.

The reference page and ``mirrorlab fault --help`` are generated from :attr:`Fault.says`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mirrorlab.errors import UnknownName
from mirrorlab.explained import Explained


class Fault(Explained):
    """One way in which an index fails; its value is the word used in files and commands."""

    # The connection
    REFUSED = "refused", "the connection is closed before any answer"
    HANG = "hang", "the connection is accepted and no answer ever comes"
    SLOW = "slow", "the answer trickles in, a little at a time"
    UNTRUSTED_TLS = "untrusted-tls", "the certificate is signed by an authority nobody trusts"

    # The status
    UNAUTHORIZED = "401", "401 Unauthorized: credentials are asked for"
    FORBIDDEN = "403", "403 Forbidden: the answer of an access rule or a filter"
    NOT_FOUND = "404", "404 Not Found, although it exists"
    TOO_MANY_REQUESTS = "429", "429 Too Many Requests, with Retry-After if the rule says so"
    SERVER_ERROR = "500", "500 Internal Server Error"
    BAD_GATEWAY = "502", "502 Bad Gateway: a proxy whose origin is gone"
    UNAVAILABLE = "503", "503 Service Unavailable, with Retry-After if the rule says so"
    REDIRECT_LOOP = "redirect-loop", "a redirect to itself, for ever"

    # The bytes
    TRUNCATED = "truncated", "the connection breaks in the middle of the body"
    CORRUPT = "corrupt", "the right length, but some bytes are wrong"
    ALTERED_FILE = "altered-file", "another working file than the index gives the hash of"
    ALTERED = "altered", "another working file, and the index gives its hash: both agree"
    BAD_GZIP = "bad-gzip", "the body says it is compressed with gzip and is not"

    # The pages
    STALE = "stale", "the index as it was before its newest releases"
    EMPTY = "empty", "a well-formed page that lists nothing"
    MALFORMED = "malformed", "a page that is neither JSON nor HTML as promised"
    LOGIN_PORTAL = "login-portal", "200 with the login page of a network portal instead"
    WRONG_TYPE = "wrong-content-type", "the right body under the wrong content type"
    METADATA_404 = "metadata-404", "core metadata is announced, its file is 404"
    NO_UPLOAD_TIME = "no-upload-time", "the JSON page gives no upload-time"
    NO_VARY = "missing-vary", "the answer depends on Accept and does not say so in Vary"

    @classmethod
    def named(cls, word: str) -> Fault:
        """Return the fault of that word. Raises :class:`UnknownName` for a mistyped one."""
        known = tuple(one.value for one in cls)
        if word not in known:
            raise UnknownName("fault", word, known)
        return cls(word)

    @property
    def status(self) -> int | None:
        """The HTTP status a fault consists of (503), or ``None`` where it is of another kind."""
        return int(self.value) if self.value.isdigit() else None


@dataclass(frozen=True, slots=True)
class FaultRule:
    """Where a fault strikes, and for how many requests."""

    fault: Fault
    path: str = "*"
    """Glob on the path of the URL, as :func:`fnmatch.fnmatchcase` reads it."""
    times: int | None = None
    """Strike the first so many requests; ``None``: until cleared."""
    retry_after: int | None = None
    """Seconds for the ``Retry-After`` header; only of :data:`WITH_RETRY_AFTER`."""


WITH_RETRY_AFTER = (Fault.TOO_MANY_REQUESTS, Fault.UNAVAILABLE)
