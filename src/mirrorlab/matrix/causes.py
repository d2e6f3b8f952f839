"""The words by which a message names the cause of each fault.

A message is clear where it says what the index did, in whatever words: a reader who has only
these words looks in the right place. "No matching distribution found" is clear of an index that
lists nothing; of one that answers 503 it is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from mirrorlab.matrix.trouble import MOVED, Trouble
from mirrorlab.scenario import Fault


def _status(number: int) -> str:
    """Match a status, and no number of a line in a traceback or a listing."""
    return rf"(?<!line )(?<!\.py:)\b{number}\b(?!\s*[│|])"


TIME_OUT = r"tim(?:ed|e|ing)[ -]?out|timeout|deadline (?:has )?e|not responding"
_CUT = (
    r"connection\w* (?:was |is |has been )?(?:closed|reset|refused|aborted|broken|lost)",
    r"connection ?error",
    r"not responding",
    r"disconnected|peer closed|remote end closed|closed connection|closed before",
    r"unexpected (?:eof|end)|end of file|incomplete|eof occurred|broken pipe",
)
_NOBODY = (r"connection refused", TIME_OUT)
_HASH = (r"\bhash(?:es)?\b", r"checksum", r"digest", r"sha256", r"size mismatch")
_PAGE = (r"\bjson", r"\bhtml\b", r"\bpars(?:e|ing)\b", r"malformed", r"decod", r"unexpected end")
_NOTHING = (
    _status(404),
    r"not found",
    r"(?:from versions|versions): none",
    r"no (?:matching )?(?:versions?|candidates?|files?|links?|distributions?)\b",
    r"(?:cannot|can't|could not|couldn't|unable to) (?:find|be found|locate)",
    r"doesn't match any",
)

CAUSES: Mapping[Fault, tuple[str, ...]] = MappingProxyType(
    {
        Fault.REFUSED: _CUT,
        Fault.HANG: (TIME_OUT,),
        Fault.SLOW: (TIME_OUT,),
        Fault.UNTRUSTED_TLS: (r"certificate", r"\bssl", r"\btls\b", r"unknownissuer"),
        Fault.UNAUTHORIZED: (
            _status(401),
            r"unauthori[sz]ed",
            r"authori[sz]ation error",
            r"credential",
            r"authenticat",
        ),
        Fault.FORBIDDEN: (_status(403), r"forbidden", r"authori[sz]ation error"),
        Fault.NOT_FOUND: _NOTHING,
        Fault.TOO_MANY_REQUESTS: (_status(429), r"too many requests", r"rate limit"),
        Fault.SERVER_ERROR: (_status(500), r"internal server error", r"server error"),
        Fault.BAD_GATEWAY: (_status(502), r"bad gateway"),
        Fault.UNAVAILABLE: (_status(503), r"service unavailable"),
        Fault.REDIRECT_LOOP: (r"redirect",),
        Fault.TRUNCATED: (*_CUT, r"truncated", r"content-length", r"message length"),
        Fault.CORRUPT: (*_HASH, r"corrupt", r"bad ?zip", r"\bcrc\b", r"not a (?:valid )?zip"),
        Fault.ALTERED_FILE: _HASH,
        Fault.ALTERED: _HASH,
        Fault.BAD_GZIP: (r"gzip", r"decod", r"decompress", r"incorrect header", r"deflate"),
        Fault.STALE: (
            r"2\.0\b.*not (?:found|available|match)",
            r"(?:no|could not find|couldn't find|unable to find)\b.*2\.0\b",
            r"from versions: 1\.0\)",
            r"there is no version of",
        ),
        Fault.EMPTY: _NOTHING,
        Fault.MALFORMED: _PAGE,
        Fault.LOGIN_PORTAL: (r"\bhtml\b", r"content[- ]type", r"log-?in\b", r"sign in", r"portal"),
        Fault.WRONG_TYPE: (r"content[- ]type", r"text/plain"),
        Fault.METADATA_404: (_status(404), r"metadata"),
        Fault.NO_UPLOAD_TIME: (r"upload[- ]time",),
        Fault.NO_VARY: (r"\bvary\b",),
    }
)
"""Fault -> patterns, case-insensitive, any of which in a message names it."""

_OF_FILES: Mapping[Fault, tuple[str, ...]] = MappingProxyType(
    {Fault.NOT_FOUND: (_status(404), r"not found for url|\.(?:whl|tar\.gz)\b.*not found")}
)
"""What differs where the page is healthy: that nothing is listed is not true then."""
_OF_LOCKS = (r"\block(?: ?file)?\b.*(?:needs to be updated|outdated|out of date|last generated)",)
"""What a client may also say where the mirror has moved: that its lock is not of these settings."""


def named(trouble: Trouble, message: str) -> bool:
    """Tell whether a message names the cause: the fault of ``trouble``."""
    return any(re.search(each, message, re.IGNORECASE) for each in _patterns(trouble))


def _patterns(trouble: Trouble) -> tuple[str, ...]:
    if trouble.fault is None:
        return _NOBODY
    patterns = CAUSES[trouble.fault]
    if trouble.name == MOVED:
        return (*patterns, *_OF_LOCKS)
    if trouble.path != "*":
        return _OF_FILES.get(trouble.fault, patterns)
    return patterns


def says_time_out(message: str) -> bool:
    """Tell whether a message says that time ran out."""
    return re.search(TIME_OUT, message, re.IGNORECASE) is not None
