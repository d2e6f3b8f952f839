"""Pages from a host you trust, files from any mirror: each safeguard away, each drill fails."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.recipes.conftest import Case
from tests.recipes.one_world import World

from mirrorlab.lab.waiting import wait_until

RECIPE = Path(__file__).parents[2] / "recipes" / "own-index-any-mirror"

NO_SHA256 = ("pages.py", '{"sha256": each.sha256}', "{}")

SABOTAGE: list[Case] = [
    (
        "cut-off",
        "pages.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_UN",
        "two refreshes at once",  # and the first goes on, so that this world is of no more use
    ),
]
WORLDS = [
    World(
        after="serve",
        again={
            "nginx.conf.in": "serve",
            "files-pass.conf.in": "serve",
            "files-redirect.conf.in": "serve",
            "pages.py": "pages",
            "trusted.py": "pages",
        },
        cases=[
            ("promise", "nginx.conf.in", "add_header Vary Accept;", "", "a cache may mix up"),
            ("fallback", "files-pass.conf.in", " 404 405", "", "pass, the mirror is at 404: 404"),
            (
                "login-kept",
                "files-pass.conf.in",
                "proxy_pass_request_headers off;",
                "",
                "got the login",
            ),
            (
                "fallback",
                "files-redirect.conf.in",
                "error_page 500 = @next;",
                "",
                "redirect, the mirror is",
            ),
            (
                "page-host-down",
                "pages.py",
                "problems += 1\n",
                "pass\n",
                "nobody is told that upstream",
            ),
            ("altered-file", *NO_SHA256, "uv, .whl altered: installed"),
            ("altered-file-by-pip", *NO_SHA256, "pip-sync, .whl altered: refused for another"),
            ("locked-through-it", *NO_SHA256, "of the mirror"),
            (
                "altered-file-others",
                "pages.py",
                "#sha256={each.sha256}",
                "",
                "buildout, .whl altered: inst",
            ),
            (
                "altered-metadata",
                "pages.py",
                "hashed(each)",
                "bool(each.metadata)",
                "uv believes it",
            ),
            (
                "page-without-hash",
                "trusted.py",
                "if not _SHA256.fullmatch(sha256):",
                "if False:",
                "no hash: pages.sh does not tell",
            ),
            (
                "page-without-hash",
                "trusted.py",
                'raise ValueError(f"{key!r}',
                'str(f"{key!r}',
                "twice a key",
            ),
            ("cut-off", "pages.py", "shutil.rmtree(folder)", "pass", "what was cut off stays"),
        ],
    )
]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"MIRROR": "http://public.example"}, "write https://HOST"),
        ({"MIRROR": "https://"}, "write https://HOST"),
        ({"MIRROR": "https://public.example; return 200"}, "MIRROR: it has a character"),
        ({"MIRROR": "https://public.example/pypi?x"}, "MIRROR: it has a character"),
        ({"NEXT": "files.pythonhosted.org"}, "write https://HOST"),
        ({"METADATA": "http://127.0.0.1.public.example"}, "write https://HOST"),
        ({"LISTEN": "0.0.0.0:8080"}, "without CERTIFICATE"),
        ({"LISTEN": "8080"}, "LISTEN: write ADDRESS:PORT"),
        ({"LISTEN": "127.0.0.1:8080; return 200"}, "LISTEN: it has a character"),
        ({"MIRROR": "https://alice:wonder@public.example"}, "MIRROR: write https://HOST"),
        ({"MIRROR": "https://public.example\nx"}, "MIRROR: it has a character"),
        ({"PATIENCE": "long"}, "PATIENCE: write a time"),
        ({"PATIENCE": "0s"}, "PATIENCE: write a time"),
        ({"SITE": "site"}, "SITE: write the whole path"),
        ({"SITE": "/srv/my site"}, "SITE: it has a character"),
        ({"KEY": "server.key"}, "KEY: write the whole path"),
        ({"CERTIFICATE": "/no-such-file"}, "cannot be read"),
        ({"USERS": "/no-such-file"}, "cannot be read"),
        ({"FILES_BY": "hand"}, "write redirect or pass"),
    ],
)
def test_serve_refuses_what_is_not_safe(
    settings: dict[str, str], says: str, tmp_path: Path
) -> None:
    done = _run("serve.sh", STATE=str(tmp_path / "state"), **settings)
    assert done.returncode == 2
    assert says in done.stderr
    assert "wonder" not in done.stderr, "a password is shown"
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("listed", "settings", "says"),
    [
        (b"flask\n", {"UPSTREAM": "http://pypi.org/simple/"}, "must be https"),
        (b"flask\n", {"UPSTREAM": "https:///simple/"}, "must be https"),
        (b"flask\n", {"UPSTREAM": "https://alice:wonder@pypi.org/simple/"}, "must be https"),
        (b"flask\n", {"UPSTREAM": "https://pypi.org/simple/?x"}, "must be https"),
        (b"flask\n", {"UPSTREAM": "https://pypi.org/simple/#x"}, "must be https"),
        (b"flask\n", {"UPSTREAM": "https://pypi.org:99999/simple/"}, "must be https"),
        (b"flask\n", {"FILES": "http://public.example/packages/"}, "it is /packages/ or https://"),
        (b"flask\n", {"FILES": "https:///packages/"}, "it is /packages/ or https://"),
        (b"flask\n", {"FILES": "https://x:wonder@y/packages/"}, "it is /packages/ or https://"),
        (b"flask\n", {"FILES": "https://y/?x/packages/"}, "it is /packages/ or https://"),
        (b"f" * 201, {}, "is no name of a project"),
        (b"flask\n", {"UNREAD": "yes"}, "leave-out or publish"),
        (b"", {}, "names no project"),
        (b"# flask\n", {}, "names no project"),
        (b"flask>=2\n", {}, "line 1: 'flask>=2' is no name"),
        (b"../flask\n", {}, "line 1: '../flask' is no name"),
        (b"flask\n-r more.txt\n", {}, "line 2: '-r more.txt' is no name"),
        ("flask\n".encode("utf-16"), {}, "PROJECTS cannot be read"),
        (None, {}, "PROJECTS cannot be read"),
    ],
)
def test_pages_refuses_what_it_does_not_understand(
    listed: bytes | None, settings: dict[str, str], says: str, tmp_path: Path
) -> None:
    projects = tmp_path / "projects.txt"
    if listed is not None:
        projects.write_bytes(listed)
    site = tmp_path / "site"
    done = _run("pages.sh", PROJECTS=str(projects), SITE=str(site), **settings)
    assert done.returncode == 2
    assert says in done.stderr
    assert "wonder" not in done.stderr, "a password is shown"
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not site.exists()


def test_pages_says_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "projects.txt").write_text("flask\n")
    (tmp_path / "file").touch()
    settings = {"PROJECTS": str(tmp_path / "projects.txt"), "SITE": str(tmp_path / "file/site")}
    done = _run("pages.sh", **settings)
    assert done.returncode == 1
    assert done.stderr.startswith("pages: SITE cannot be written: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("by", ["pass", "redirect"])
def test_a_mirror_is_told_nothing_and_orders_nothing(by: str, tmp_path: Path) -> None:
    asked: list[str] = []
    with (
        _nosy(asked, "/packages/a", 404) as mirror,
        _nosy([], "", 200) as after,
        _serving(tmp_path, MIRROR=f"{mirror}/pypi", NEXT=after, FILES_BY=by) as port,
    ):

        def get(path: str, method: str = "GET", body: bytes | None = None) -> tuple[int, str]:
            headers = {"Authorization": "Basic secret", "X-Mine": "secret"}
            with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as client:
                client.request(method, path, body, headers)
                answer = client.getresponse()
                told = [f"{key}: {value}" for key, value in answer.getheaders()]
                return answer.status, "\n".join([*told, answer.read().decode()])

        status, all_of_it = get("/packages/b?secret")
        assert status == (200 if by == "pass" else 302)
        assert by == "redirect" or "of /pypi/packages/b" in all_of_it, "another place's bytes"
        assert "Set-Cookie" not in all_of_it
        status, all_of_it = get("/packages/a?secret")
        assert by == "redirect" or "of /packages/a" in all_of_it, "the next has no /pypi"
        assert get("/packages/b", "POST", b"secret")[0] == 405
        assert get("/packages/b.whl.metadata")[0] == 302
    assert len(asked) == 2, asked
    assert not [each for each in asked if "secret" in each], f"{by}: the mirror is told {asked}"


def test_with_a_certificate_the_pages_come_over_tls(tmp_path: Path) -> None:
    page = tmp_path / "site" / "current" / "simple" / "demo-lib" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!DOCTYPE html>")
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    files = ("-keyout", str(key), "-out", str(certificate))
    command = ("openssl", "req", "-x509", *kind, *names, *files)
    subprocess.run(command, check=True, capture_output=True)
    settings = {"CERTIFICATE": str(certificate), "KEY": str(key), "LISTEN": "0.0.0.0:{port}"}
    with _serving(
        tmp_path, **settings, MIRROR="https://localhost", NEXT="https://localhost"
    ) as port:
        context = ssl.create_default_context(cafile=str(certificate))
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with opener.open(f"https://localhost:{port}/simple/demo-lib/", timeout=10) as answer:
            assert answer.read() == b"<!DOCTYPE html>"


@contextmanager
def _nosy(asked: list[str], lacks: str, status: int) -> Iterator[str]:
    """A server that notes all that it is told, and answers with orders; its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.requestline}\n{self.headers}")
            found = not (lacks and self.path.endswith(lacks))
            body = f"of {self.path}".encode()
            self.send_response(200 if found else status)
            self.send_header("X-Accel-Redirect", "/last-modified")
            self.send_header("Set-Cookie", "a=b")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

        do_HEAD = do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _serving(tmp_path: Path, **settings: str) -> Iterator[int]:
    """``serve.sh`` with these settings, until the end of the block; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = {"SITE": str(tmp_path / "site"), "STATE": str(tmp_path / "state")}
    own |= {"METADATA": "https://localhost", "LISTEN": "127.0.0.1:{port}"}
    filled = {key: value.replace("{port}", str(port)) for key, value in (own | settings).items()}
    environment = {"PATH": os.defpath} | filled
    with subprocess.Popen(["sh", RECIPE / "serve.sh"], env=environment) as serving:
        try:
            wait_until(lambda: _reached(port), within=30, what="nginx")
            yield port
        finally:
            serving.terminate()


def _reached(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _run(script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", RECIPE / script],
        env={"PATH": os.defpath, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
