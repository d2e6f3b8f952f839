"""Take each safeguard of the cooldown away; then bad answers, clocks and settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.recipes.conftest import Case

from mirrorlab.lab import tools

RECIPE = Path(__file__).parents[2] / "recipes" / "cooldown"
JSON = "application/vnd.pypi.simple.v1+json"

SABOTAGE: list[Case] = [
    ("promise", "cooldown.py", "uploaded <= before", "uploaded", "behind the proxy gets 3.0"),
    ("young-release", "clients/poetry/poetry.toml", "= 7", "= 0", "poetry with its setting gives"),
    ("no-upload-time", "clients/pip/pip.conf", "uploaded-prior-to = P7D", "", "pip gives 3.0"),
    ("locked-young", "clients/uv/pyproject.toml", 'exclude-newer = "7 days"', "", "uv sync"),
    ("bad-upstream", "upstream.py", "if kind != JSON", "if False", "wrong-content-type: the proxy"),
    (
        "urgent-fix",
        "cooldown.py",
        "(name, version) in allowed",
        "name in dict(allowed)",
        "demo-lib==2.9 gives",
    ),
    (
        "servers-in-front",
        "front-nginx.conf.in",
        "proxy_set_header Accept $form;",
        "proxy_set_header Accept text/html;",
        "check-index of",
    ),
]


def _file(days: float | None, version: str = "1.0", **more: Any) -> dict[str, Any]:
    file = {
        "filename": f"demo_lib-{version}-py3-none-any.whl",
        "url": "files/demo.whl",
        "hashes": {"sha256": "a" * 64},
        **more,
    }
    if days is not None:
        moment = datetime.now(UTC) - timedelta(days=days)
        file["upload-time"] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return file


def _page(*files: dict[str, Any], **more: Any) -> dict[str, Any]:
    versions = ["1.0", "2.0", "3.0"]
    return {
        "meta": {"api-version": "1.1"},
        "name": "demo-lib",
        "versions": versions,
        "files": list(files),
        **more,
    }


@pytest.fixture(scope="module")
def python() -> Path:
    """An interpreter that has what the proxy needs."""
    return tools.install(RECIPE / "requirements-proxy.txt", sys.executable).python


class Upstream(ThreadingHTTPServer):
    """An index that gives one answer, whatever it is asked."""

    def __init__(self) -> None:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response_only(200)
                for name, value in upstream.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(upstream.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/simple/"

    def answer(self, body: object, headers: Mapping[str, str] = {}) -> None:
        """Give this from now on."""
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        now = format_datetime(datetime.now(UTC), usegmt=True)
        given = {"Date": now, "Content-Type": JSON, **headers}
        self.headers = {name: value for name, value in given.items() if value}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """It serves for all the tests."""
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@contextmanager
def _proxy(python: Path, index: str, exceptions: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_port
    environment = {
        "PATH": os.defpath,
        "PYTHON": str(python),
        "UPSTREAM": index,
        "LISTEN": f"127.0.0.1:{port}",
        "EXCEPTIONS": str(exceptions),
    }
    command = ["sh", str(RECIPE / "cooldown.sh")]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as process:
        try:
            while _get(f"{url}/healthy")[0] == 0:
                assert process.poll() is None, process.stderr and process.stderr.read()
            yield url
        finally:
            process.kill()


@pytest.fixture(scope="module")
def proxy(
    python: Path, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """It keeps each page for a minute, so each test asks for another project."""
    exceptions = tmp_path_factory.mktemp("cooldown") / "exceptions.txt"
    exceptions.write_text("# none\n")
    with _proxy(python, upstream.url, exceptions) as url:
        yield url


def _get(url: str, accept: str = JSON) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Accept": accept})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


OLD, YOUNG = _file(30), _file(1, "2.0")
BAD = {
    "no-time": (_page(OLD, _file(None, "3.0")), {}, "gives no upload-time for demo_lib-3.0"),
    "null": (_page({**OLD, "upload-time": None}), {}, "gives no upload-time for demo_lib-1.0"),
    "no-zone": (_page({**OLD, "upload-time": "2020-01-01T00:00:00"}), {}, "has no time zone"),
    "number": (_page({**OLD, "upload-time": 0}), {}, "is no page of the Simple API"),
    "word": (_page({**OLD, "upload-time": "long ago"}), {}, "is no page of the Simple API"),
    "major": (_page(OLD, meta={"api-version": "2.0"}), {}, "its version is 2.0"),
    "no-files": ({"meta": {"api-version": "1.1"}}, {}, "is no page of the Simple API"),
    "list": ([], {}, "is no page of the Simple API"),
    "deep": (b"[" * 100_000, {}, "is no page of the Simple API"),
    "empty": (b"", {}, "is no page of the Simple API"),
    "latin": (b'{"name": "\xe9"}', {}, "is no page of the Simple API"),
    "html": (b"<a href='x'>x</a>", {"Content-Type": "text/html"}, "has upload times"),
    "yanked": (_page({**OLD, "yanked": []}), {}, "yanked is neither"),
    "path": (_page({**OLD, "filename": "../x.whl"}), {}, "is no name of a file"),
    "hash": (_page({**OLD, "hashes": {"sha256": 7}}), {}, "is no text"),
    "cut": (_page(OLD), {"Content-Length": "100000"}, "ends too early"),
    "clock": (_page(OLD), {"Date": "Thu, 02 Jan 2020 00:00:00 GMT"}, "the clock here says"),
    "no-clock": (_page(OLD), {"Date": ""}, "does not say what time it is"),
    "odd-clock": (_page(OLD), {"Date": "yesterday"}, "does not say what time it is"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_believed_is_refused_in_a_sentence(
    name: str, proxy: str, upstream: Upstream
) -> None:
    body, headers, said = BAD[name]
    upstream.answer(body, headers)
    for accept in (JSON, "text/html"):
        status, text = _get(f"{proxy}/simple/{name}/", accept)
        assert status == 502, text
        assert said in text
        assert text.startswith("cooldown: ")
        assert text.count("\n") == 1
    assert _get(f"{proxy}/files/{name}/{OLD['filename']}")[0] == 502


def test_the_age_is_that_of_each_file(proxy: str, upstream: Upstream) -> None:
    nearly, just = _file(6.99, "1.1"), _file(7.01, "1.2")
    upstream.answer(_page(OLD, YOUNG, nearly, just, _file(-1, "3.0")))
    status, text = _get(f"{proxy}/simple/ages/")
    page = json.loads(text)
    assert status == 200
    assert [file["filename"] for file in page["files"]] == [OLD["filename"], just["filename"]]
    assert page["versions"] == ["1.0"]


def test_a_page_in_html_is_escaped_and_keeps_what_installers_need(
    proxy: str, upstream: Upstream
) -> None:
    more = {"requires-python": ">=3.9", "yanked": '"><script>', "core-metadata": {"sha256": "b"}}
    upstream.answer(_page({**OLD, **more}))
    status, text = _get(f"{proxy}/simple/escaped/", "text/html")
    assert status == 200
    assert f'href="../../files/escaped/{OLD["filename"]}#sha256={"a" * 64}"' in text
    assert 'data-requires-python="&gt;=3.9"' in text
    assert 'data-yanked="&quot;&gt;&lt;script&gt;"' in text
    assert 'data-core-metadata="sha256=b"' in text
    assert "<script>" not in text


@pytest.mark.parametrize(
    ("accept", "json_wanted"),
    [
        (f"{JSON}, text/html; q=0.01", True),
        (f"{JSON};q=0.1, text/html", False),
        (f"{JSON};q=0", False),
        ("*/*", False),
        ("", False),
        (f"{JSON};q=nonsense", False),
        ("application/vnd.pypi.simple.latest+json", True),
    ],
)
def test_the_form_is_the_one_that_is_liked_best(
    accept: str, json_wanted: bool, proxy: str, upstream: Upstream
) -> None:
    upstream.answer(_page(OLD))
    _, text = _get(f"{proxy}/simple/form/", accept)
    assert text.startswith("{") == json_wanted


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[::1/x"])
def test_a_file_is_fetched_over_http_only(place: str, proxy: str, upstream: Upstream) -> None:
    upstream.answer(_page({**OLD, "url": place}))
    name = f"place-{place[0:4].strip(':')}{len(place)}"
    status, text = _get(f"{proxy}/files/{name}/{OLD['filename']}")
    assert status == 502
    assert "root:" not in text


def test_an_odd_name_is_sent_to_the_usual_one_or_refused(proxy: str, upstream: Upstream) -> None:
    upstream.answer(_page(OLD))
    assert _get(f"{proxy}/simple/Demo_._Odd")[0] == 200
    assert _get(f"{proxy}/simple/demo%20lib/")[0] == 404
    assert _get(f"{proxy}/simple/..%2fx/")[0] == 404


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("DAYS", "0", "DAYS is a whole number"),
        ("DAYS", "-7", "DAYS is a whole number"),
        ("DAYS", "P7D", "DAYS is a whole number"),
        ("DAYS", "99999", "DAYS is a whole number"),
        ("KEEP", "1m", "KEEP is a number of seconds"),
        ("UPSTREAM", "file:///simple/", "is no address of an index"),
        ("LISTEN", "8080", "is not address:port"),
        ("LISTEN", "127.0.0.1:http", "is not address:port"),
        ("EXCEPTIONS", "/nowhere/exceptions.txt", "is not there"),
        ("PYTHON", "false", "must be Python 3.11 or newer"),
    ],
)
def test_a_wrong_setting_is_one_sentence(setting: str, value: str, said: str, python: Path) -> None:
    done = _sh("cooldown.sh", **{"PYTHON": str(python), "LISTEN": "127.0.0.1:1", setting: value})
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_exceptions_that_cannot_be_read_end_it_before_it_begins(
    python: Path, tmp_path: Path
) -> None:
    for number, bad in enumerate((b"demo-lib>=3\n", b"\xff\xfe\n", b"-\n", b"demo-lib == 3.0\n")):
        file = tmp_path / f"{number}.txt"
        file.write_bytes(bad)
        done = _sh("cooldown.sh", PYTHON=str(python), EXCEPTIONS=str(file), LISTEN="127.0.0.1:1")
        assert done.returncode == 1
        assert done.stderr.startswith("cooldown: ")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (_page(OLD, YOUNG), {}, 0),
        (_page(OLD, _file(None)), {}, 1),
        (b"<a>", {"Content-Type": "text/html"}, 1),
        (_page(), {}, 3),
        (b"{", {}, 3),
        (_page(OLD), {"Content-Length": "100000"}, 3),
    ],
)
def test_an_index_is_checked(
    body: object, headers: dict[str, str], code: int, python: Path, upstream: Upstream
) -> None:
    upstream.answer(body, headers)
    done = _sh("check-index.sh", PYTHON=str(python), INDEX=upstream.url, PROJECTS="Demo_Lib")
    assert done.returncode == code, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("\n") == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "say which projects"),
        ({"PROJECTS": " "}, "say which projects"),
        ({"PROJECTS": "../x"}, "is not names and spaces"),
        ({"PROJECTS": "x", "INDEX": "mirror.example"}, "is no address of an index"),
        ({"PROJECTS": "x", "PYTHON": "false"}, "must be Python 3.11"),
    ],
)
def test_a_check_of_nothing_is_no_check(settings: dict[str, str], said: str, python: Path) -> None:
    done = _sh("check-index.sh", **{"PYTHON": str(python), **settings})
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def _sh(script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", str(RECIPE / script)]
    environment = {"PATH": os.defpath, **settings}
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
