"""The first line of an error, found in what real installers print."""

from __future__ import annotations

import pytest

from mirrorlab.matrix.lines import first_error, plain

RETRYING = "WARNING: Retrying (Retry(total=4)) after connection broken by 'X': /simple/"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (
            f"Collecting demo-lib\n{RETRYING}\nERROR: HTTP error 404\nERROR: x",
            "ERROR: HTTP error 404",
        ),
        ("\x1b[31;1mERROR\x1b[0m: no\nmore", "ERROR: no"),
        ("Resolving...\r\x1b[KResolved\nerror: no", "error: no"),
        ("Updating\n\n  HTTPError\n\n  503 Server Error", "HTTPError: 503 Server Error"),
        (
            "error: no-download\n\n\u00d7 It failed",
            "error: no-download: \u00d7 It failed",
        ),
        ("ERROR: Exception:\nTraceback (most recent):\n  File\nOSError: no", "OSError: no"),
        (
            "ERROR: Exception:\nTraceback (most recent):\n  File\nKeyError: 1\n\n"
            "During handling of the above exception, another exception occurred:\n\n"
            "Traceback (most recent):\n  File\nOSError: no\nTraceback (most recent):\n  F\nB: 1",
            "OSError: no",
        ),
        (
            "ERROR: HTTP error 500\nTraceback (most recent):\n  File\nCalledProcessError: pip",
            "ERROR: HTTP error 500",
        ),
        (
            'Traceback (most recent):\n  File "a.py", line 1, in _error\n    x()\na.b.Cut: no',
            "a.b.Cut: no",
        ),
        ("While:\n  Installing.\nUnable to find it\n", "Unable to find it"),
        (RETRYING, RETRYING),
        ("all is well\nthe end\n\n", "the end"),
        ("ERROR: <X object at 0x7f00deadbeef>", "ERROR: <X object at 0x…>"),
        ("", ""),
    ],
)
def test_it_is_found(output: str, line: str) -> None:
    assert first_error(output) == line


def test_what_was_overwritten_is_gone() -> None:
    assert plain("10%\r50%\r100%\r\nnext  \n") == "100%\nnext\n"
