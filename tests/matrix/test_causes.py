"""The words that name a cause: what installers print of each fault, and what hides it."""

from __future__ import annotations

import pytest

from mirrorlab.matrix import TROUBLES
from mirrorlab.matrix.causes import CAUSES, named, says_time_out
from mirrorlab.scenario import Fault

NOTHING = "ERROR: No matching distribution found for demo-lib"
NAMED = [
    ("refused", "('Connection aborted.', RemoteDisconnected('Remote end closed connection'))"),
    ("refused", "error: client error (SendRequest): connection closed before message completed"),
    ("hang", "ReadTimeoutError: Read timed out. (read timeout=15)"),
    ("slow", "operation timed out"),
    ("untrusted-tls", "SSLError(SSLCertVerificationError(1, 'certificate verify failed'))"),
    ("untrusted-tls", "invalid peer certificate: UnknownIssuer"),
    ("401", "401 Client Error: Unauthorized for url"),
    ("401", "Source (mirror): Authorization error accessing https://mirror.example/simple/x/"),
    ("403", "HTTP status client error (403 Forbidden)"),
    ("403", "Source (mirror): Authorization error accessing https://mirror.example/simple/x/"),
    ("404", "HTTP error 404 while getting https://mirror.example/simple/demo-lib/"),
    ("404", "Because demo-lib was not found in the package registry"),
    ("404", "Could not find a version (from versions: none)"),
    ("404-files", "ERROR: HTTP error 404 while getting https://mirror.example/x.whl"),
    ("429", "429 Too Many Requests"),
    ("500", "too many 500 error responses"),
    ("502", "502 Server Error: Bad Gateway"),
    ("503", "503 Service Unavailable"),
    ("503-retry-after", "too many 503 error responses"),
    ("redirect-loop", "Exceeded 30 redirects."),
    ("truncated", "IncompleteRead(1067 bytes read, 1067 more expected)"),
    ("truncated", "end of file before message length reached"),
    ("corrupt", "THESE PACKAGES DO NOT MATCH THE HASHES"),
    ("altered-file", "Hash mismatch for demo-lib==2.0"),
    ("altered", "Hash mismatch for demo-lib==2.0"),
    ("bad-gzip", "Error -3 while decompressing data: incorrect header check"),
    ("stale", "Could not find a version that satisfies demo-lib==2.0 (from versions: 1.0)"),
    ("empty", "there are no versions of demo-lib"),
    ("malformed", "json.decoder.JSONDecodeError: Unterminated string"),
    ("login-portal", "unsupported Content-Type text/html"),
    ("wrong-content-type", "the page has an unsupported Content-Type: text/plain"),
    ("metadata-404", "404 Not Found: demo_lib-2.0-py3-none-any.whl.metadata"),
    ("no-upload-time", "does not provide upload-time metadata"),
    ("missing-vary", "the answer lacks Vary: Accept"),
    ("dead-first", "Connection refused (os error 111)"),
    ("moved", "The lockfile at `uv.lock` needs to be updated, but `--locked` was provided."),
    ("moved", "pyproject.toml changed significantly since poetry.lock was last generated."),
]
HIDDEN = [
    (name, NOTHING)
    for name, trouble in TROUBLES.items()
    if trouble.fault not in (None, Fault.NOT_FOUND, Fault.EMPTY)
] + [
    ("404-files", NOTHING),
    ("404-files", "Could not find a version (from versions: none)"),
    ("503", "error: 1503 files of demo-lib"),
    ("503", 'File "installer.py", line 503, in install'),
    ("500", "at ~/lib/installer.py:500 in install"),
    ("502", "    502│ raise NotHere(name)"),
    ("hang", "ERROR: connection refused"),
    ("503", "404 Not Found"),
    ("refused", "The lockfile at `uv.lock` needs to be updated, but `--locked` was provided."),
]


@pytest.mark.parametrize(("trouble", "message"), NAMED)
def test_it_is_named(trouble: str, message: str) -> None:
    assert named(TROUBLES[trouble], message)


@pytest.mark.parametrize(("trouble", "message"), HIDDEN)
def test_it_is_hidden(trouble: str, message: str) -> None:
    assert not named(TROUBLES[trouble], message)


def test_every_fault_has_its_words_and_an_example() -> None:
    assert set(CAUSES) == set(Fault)
    assert {TROUBLES[name].fault for name, _ in NAMED} >= set(Fault)


def test_only_a_time_out_is_one() -> None:
    assert says_time_out("Read timed out")
    assert says_time_out("Timeout was reached")
    assert not says_time_out("503 Service Unavailable")
