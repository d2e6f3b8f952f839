"""An index that means harm, or that nobody foresaw: never a crash, never healthy."""

from __future__ import annotations

import gzip
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.check.conftest import PATIENT, Answers, Serve, code, serving

from mirrorlab.check import Asked, Report, check
from mirrorlab.check.as_text import lines
from mirrorlab.check.findings import Severity
from mirrorlab.simple import JSON

META: dict[str, object] = {"api-version": "1.1"}
LIST = {"meta": META, "projects": [{"name": "alpha"}]}
FILE: dict[str, object] = {
    "filename": "alpha-1.0.tar.gz",
    "url": "/alpha-1.0.tar.gz",
    "hashes": {},
    "size": 4,
}
PAGE = {"meta": META, "name": "alpha", "versions": ["1.0"], "files": [FILE]}


def answers(listed: object, page: object, **headers: str) -> Answers:
    def body(what: object) -> bytes:
        return what if isinstance(what, bytes) else json.dumps(what).encode()

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    typed = {"Content-Type": JSON} | named
    return {
        "/simple/": (body(listed), typed),
        "/simple/alpha/": (body(page), typed),
        "/alpha-1.0.tar.gz": (b"file", {"Content-Type": "application/gzip"}),
    }


def look(url: str, upstream: str | None = None) -> Report:
    [report] = check(Asked((url,), upstream, manners=PATIENT))
    assert all("\n" not in line for line in lines(report, Severity.NOTE))
    return report


def with_file(**changes: object) -> dict[str, object]:
    return {**PAGE, "files": [FILE | changes]}


DEEP = b"[" * 100_000
PAGES: dict[str, object] = {
    "nested": DEEP,
    "a list": [],
    "a number": 5,
    "no files": {"meta": META, "name": "alpha"},
    "files of numbers": {**PAGE, "files": [1, 2]},
    "files is null": {**PAGE, "files": None},
    "a name that is a number": with_file(filename=7),
    "a URL that is a list": with_file(url=[]),
    "a URL that is none": with_file(url="http://[::1/alpha-1.0.tar.gz"),
    "a URL of a file": with_file(url="file:///etc/passwd"),
    "a port that is none": with_file(url="http://x:99999999/alpha-1.0.tar.gz"),
    "hashes that are a text": with_file(hashes="sha256"),
    "a hash that is a number": with_file(hashes={"sha256": 5}),
    "a hash nobody knows": with_file(hashes={"rot13": "ab"}),
    "a size that is a text": with_file(size="big"),
    "a size below nothing": with_file(size=-1),
    "a moment that is none": with_file(**{"upload-time": "yesterday"}),
    "metadata that is a number": with_file(**{"core-metadata": 7}),
    "metadata with a number": with_file(**{"core-metadata": {"sha256": 5}}),
    "yanked that is a list": with_file(yanked=[1]),
    "versions that are a number": {**PAGE, "versions": 5},
    "a status that is a text": {**PAGE, "project-status": "active"},
    "another major version": {**PAGE, "meta": {"api-version": "2.0"}},
    "a serial as long as a book": {**PAGE, "meta": META | {"_last-serial": "9" * 9000}},
    "a lone surrogate": with_file(filename="alpha-1.0\ud800.tar.gz"),
    "escapes for a terminal": with_file(filename="alpha-\x1b[2J1.0.tar.gz"),
    "a requires-python that is a list": with_file(**{"requires-python": [3]}),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_nobody_foresaw_is_never_healthy(serve: Serve, name: str) -> None:
    report = look(serve(answers(LIST, PAGES[name])))
    assert code(report) in {1, 3}
    assert len(report.findings) or report.doubts
    assert not [doubt for doubt in report.doubts if "could not be judged" in doubt], report.doubts


LISTS: dict[str, object] = {
    "nested": DEEP,
    "a list": [],
    "projects of numbers": {"meta": META, "projects": [1]},
    "a name that is a number": {"meta": META, "projects": [{"name": 1}]},
    "no projects": {"meta": META},
    "no meta": {"projects": []},
    "nothing": b"",
    "another major version": {"meta": {"api-version": "9.1"}, "projects": [{"name": "alpha"}]},
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_nobody_foresaw_is_never_healthy(serve: Serve, name: str) -> None:
    assert code(look(serve(answers(LISTS[name], PAGE)))) == 3
    good = serve(answers(LIST, PAGE))
    beside = look(good, serve(answers(LISTS[name], PAGE)))
    assert code(beside) == 3


def test_a_bomb_is_not_unpacked(serve: Serve) -> None:
    bomb = gzip.compress(b" " * (65 << 20))
    report = look(serve(answers(LIST, bomb, Content_Encoding="gzip")))
    assert code(report) == 3 or report.findings.at_least(Severity.ERROR)


def test_marked_sections_that_stop_the_parser(serve: Serve) -> None:
    made = answers(LIST, b"<![nonsense[<a href='x'>x</a>", Content_Type="text/html")
    assert code(look(serve(made))) == 3


def test_an_index_at_a_literal_of_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a proxy, for not every machine has IPv6."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.add((self.path, self.headers["Host"]))
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    asked: set[tuple[str, str]] = set()
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with serving(server := ThreadingHTTPServer(("127.0.0.1", 0), Handler)):
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
        report = look("http://[::1]:8080/simple/")
    assert asked == {("http://[::1]:8080/simple/", "[::1]:8080")}
    assert {finding.found for finding in report.findings} == {"status 404"}
