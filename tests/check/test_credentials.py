"""Logins: from the URL, netrc and keyring, and to no other host."""

from __future__ import annotations

import base64
import pwd
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner
from tests.check.conftest import PATIENT, code, serving, told

from mirrorlab.check import Asked, Report, Severity, check
from mirrorlab.check.as_text import lines
from mirrorlab.cli.group import mirrorlab
from mirrorlab.index import Index
from mirrorlab.lab import Tools

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

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index.url = f"http://127.0.0.1:{server.server_port}/simple/"
    with serving(server):
        yield index


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


BACKEND = """
import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

HELD = Path(os.environ["HELD"])


class Filed(KeyringBackend):
    priority = 1

    def _held(self):
        return json.loads(HELD.read_text()) if HELD.exists() else {}

    def set_password(self, service, username, password):
        HELD.write_text(json.dumps(self._held() | {service: [username, password]}))

    def get_password(self, service, username):
        with open(f"{HELD}.asked", "a") as asked:
            print(service, username, file=asked)
        user, password = self._held().get(service, (None, None))
        return password if user == username else None

    def get_credential(self, service, username):
        with open(f"{HELD}.asked", "a") as asked:
            print(service, username, file=asked)
        user, password = self._held().get(service, (None, None))
        return SimpleCredential(user, password) if user else None
"""


@pytest.fixture
def keyring(
    tool: Callable[[str], Tools], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], None]:
    """The program keyring, which stores a login for what it is told, in a file."""
    (tmp_path / "filed.py").write_text(BACKEND)
    monkeypatch.setenv("HELD", str(tmp_path / "held"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "filed.Filed")
    monkeypatch.setenv("PATH", f"{tool('twine').bin}:/usr/bin:/bin")

    def store(service: str) -> None:
        command = ["keyring", "set", service, "me"]
        subprocess.run(command, input="hunter2", text=True, check=True, capture_output=True)

    return store


@pytest.mark.parametrize(
    ("user", "service"),
    [("", "the host"), ("me@", "the host"), ("", "the index"), ("", "the scheme and the host")],
)
def test_a_login_of_keyring(
    guarded: Guarded, keyring: Callable[[str], None], user: str, service: str, tmp_path: Path
) -> None:
    """As pip and uv look it up: for the index, and for its host."""
    start = guarded.url.removesuffix("/simple/")
    host = start.removeprefix("http://")
    services = {"the host": host, "the index": guarded.url, "the scheme and the host": start}
    keyring(services[service])
    report = look(guarded.url.replace("//", f"//{user}"))
    assert told(report) == HEALTHY
    asked = (tmp_path / "held.asked").read_text().splitlines()
    assert len(set(asked)) == len(asked), "each is asked for once"
    assert asked[-1].startswith(services[service])


def test_a_keyring_without_the_login_is_asked_once(
    guarded: Guarded, keyring: Callable[[str], None], tmp_path: Path
) -> None:
    keyring("another.example")
    assert code(look(guarded.url)) == 3
    assert {given for _, given in guarded.told} == {None}
    assert len((tmp_path / "held.asked").read_text().splitlines()) == 3


def test_a_login_goes_to_no_other_host(guarded: Guarded, other: Guarded) -> None:
    guarded.elsewhere = other.url.removesuffix("/simple/")
    assert told(look(guarded.url.replace("//", "//me:hunter2@"))) == HEALTHY
    assert other.told
    assert {given for _, given in other.told} == {None}


def test_a_wrong_login_is_not_sent_again_and_again(guarded: Guarded) -> None:
    assert code(look(guarded.url.replace("//", "//me:wrong@"))) == 3
    assert len(guarded.told) == 2


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (b"machine 127.0.0.1\nlogin me passwd hunter2\n", "line 2 of it is not as netrc has it"),
        (b"machine 127.0.0.1 login me password hunter2\xff\n", "it is no text"),
        (None, "No such file or directory"),
    ],
)
def test_a_netrc_that_cannot_be_read_is_named(
    guarded: Guarded,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: bytes | None,
    problem: str,
) -> None:
    held = tmp_path / "netrc"
    if said is not None:
        held.write_bytes(said)
    monkeypatch.setenv("NETRC", str(held))
    report = look(guarded.url)
    assert code(report) == 3
    assert f"{held} was not used: {problem}" in report.statements
    assert not [line for line in lines(report, Severity.NOTE) if "hunter2" in line]


def test_a_user_without_a_home_can_check(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_number: int) -> NoReturn:
        raise KeyError

    for name in ("HOME", "XDG_CACHE_HOME", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(mirrorlab, ["check", index.http_url, "--project", "demo-dep"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
