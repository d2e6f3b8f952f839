"""Logins: from the URL, netrc and keyring, and to no other host."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.check.conftest import PATIENT, code, told

from mirrorlab.check import Asked, Report, check

PAGE = b'<!DOCTYPE html><html><body><a href="/f/a-1.tar.gz">a-1.tar.gz</a></body></html>'


@dataclass
class Guarded:
    """A private index of one project that wants a login, and writes down what it is told."""

    url: str = ""
    told: list[tuple[str, str | None]] = field(default_factory=list)
    elsewhere: str = ""
    """Where its files are, if not here."""


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    yield from _serve(Guarded(), login="me:hunter2")


@pytest.fixture
def other() -> Iterator[Guarded]:
    """Another host, which wants no login."""
    yield from _serve(Guarded(), login=None)


def _serve(index: Guarded, login: str | None) -> Iterator[Guarded]:
    wanted = login and f"Basic {base64.b64encode(login.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            given = self.headers["Authorization"]
            index.told.append((self.path, given))
            status, body = 200, PAGE
            if wanted and given != wanted:
                status, body = 401, b""
            elif self.path.startswith("/f/"):
                status, body = (302, b"") if index.elsewhere else (200, b"not much")
            elif self.path == "/simple/":
                body = body.replace(b"/f/a-1.tar.gz", b"a/").replace(b"a-1.tar.gz", b"a")
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{index.elsewhere}{self.path}")
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        index.url = f"http://127.0.0.1:{server.server_port}/simple/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield index
        server.shutdown()
        thread.join()


def look(url: str) -> Report:
    [report] = check(Asked((url,), manners=PATIENT))
    return report


HEALTHY = {("not conforming", "no-hash")}
"""All that is wrong with it."""


def test_without_a_login_nothing_is_told(guarded: Guarded) -> None:
    report = look(guarded.url)
    assert code(report) == 3
    assert next((one.found, one.advice) for one in report.findings) == (
        "status 401",
        "put a login into netrc or keyring, for this host",
    )
    assert {given for _, given in guarded.told} == {None}


def test_a_login_of_the_url(guarded: Guarded) -> None:
    report = look(guarded.url.replace("//", "//me:hunter2@"))
    assert told(report) == HEALTHY
    assert "hunter2" not in report.target
    assert None not in {given for _, given in guarded.told}


def test_a_login_of_netrc(
    guarded: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = tmp_path / "netrc"
    held.write_text("machine 127.0.0.1 login me password hunter2\n")
    held.chmod(0o600)
    monkeypatch.setenv("NETRC", str(held))
    assert told(look(guarded.url)) == HEALTHY


@pytest.mark.parametrize("user", ["", "me@"])
def test_a_login_of_keyring(
    guarded: Guarded, user: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command as keyring 25 has it: ``get`` prints a password, or with a mode both."""
    program = tmp_path / "keyring"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$*" >>{tmp_path}/asked\n'
        'case "$1" in\n'
        '--mode) echo \'{"username": "me", "password": "hunter2"}\' ;;\n'
        "get) echo hunter2 ;;\n"
        "esac\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert told(look(guarded.url.replace("//", f"//{user}"))) == HEALTHY
    origin = guarded.url.removesuffix("/simple/")
    words = f"get {origin} me" if user else f"--mode creds --output json get {origin}"
    assert (tmp_path / "asked").read_text() == f"{words}\n", "it is asked once"


def test_a_login_goes_to_no_other_host(guarded: Guarded, other: Guarded) -> None:
    guarded.elsewhere = other.url.removesuffix("/simple/")
    assert told(look(guarded.url.replace("//", "//me:hunter2@"))) == HEALTHY
    assert other.told
    assert {given for _, given in other.told} == {None}


def test_a_wrong_login_is_not_sent_again_and_again(guarded: Guarded) -> None:
    assert code(look(guarded.url.replace("//", "//me:wrong@"))) == 3
    assert len(guarded.told) == 2
