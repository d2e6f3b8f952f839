"""What the tests of the check share: an index that runs once, and how patient they are."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mirrorlab.check import Asked, Extent, Manners, Report, Severity, check

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "check.rst"
"""The reference page of the check."""
PATIENT = Manners(tries=2, pause=0.01)
IMPATIENT = Manners(patience=2, page_within=2, file_within=2, tries=1)
"""For what would never come; all else comes sooner, also on a busy machine."""
Checked = Callable[..., Report]
Answers = dict[str, tuple[bytes, dict[str, str]]]
"""Bodies and headers by path. Status is a status; Only, what has to be accepted for it."""
Serve = Callable[[Answers], str]


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """Let a server of a test answer, until the end."""
    with server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", os.devnull)


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache of its own, for what runs the command."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / "cache"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve bodies by path; 404 for all others."""
    with ExitStack() as running:

        def start(answers: Answers) -> str:
            class Handler(BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"

                def do_GET(self) -> None:
                    body, headers = answers.get(self.path, (b"", {"Status": "404"}))
                    if headers.get("Only", "") not in self.headers.get("Accept", ""):
                        body, headers = b"", {"Status": "406"}
                    self.send_response(int(headers.get("Status", "200")))
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

                def log_message(self, *_: object) -> None:
                    pass

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            running.enter_context(serving(server))
            return f"http://127.0.0.1:{server.server_port}/simple/"

        yield start


def checked(
    target: str, *, upstream: str | None = None, manners: Manners = PATIENT, **extent: object
) -> Report:
    """Check an index with few retries."""
    asked = Asked((target,), upstream, Extent(**extent), manners)  # type: ignore[arg-type]
    return check(asked)[0]


def told(report: Report) -> set[tuple[str, str]]:
    """The kinds and rules of all that was found."""
    return {(str(kind), rule) for (_, kind, rule) in report.findings.counts}


def code(report: Report) -> int:
    """Its exit code, at the level that counts unless another is named."""
    return report.exit_code(Severity.WARNING)


def row(server: str) -> tuple[set[str], str]:
    """What the reference page says of a server beside upstream: what is dropped, what is found."""
    form = rf"^   \* - {re.escape(server)}\n     - (.+)\n     - (.+)$"
    [(dropped, found)] = re.findall(form, PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return set(dropped.split(", ")) - {"nothing"}, found


def in_words(report: Report) -> str:
    """What was found, as that page has it."""
    return ", ".join(f"{kind} ({rule})" for kind, rule in sorted(told(report))) or "nothing"
