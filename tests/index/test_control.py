from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from starlette.routing import Router

from mirrorlab import __version__
from mirrorlab.errors import CannotChange, NothingToFault, Unreachable
from mirrorlab.index import Index, remote
from mirrorlab.index.control import Control
from mirrorlab.index.faults import Faults
from mirrorlab.index.library import Library
from mirrorlab.index.log import RequestLog
from mirrorlab.scenario import Fault, FaultRule
from mirrorlab.simple import JSON, parse_page

from .conftest import client, small


def test_about(index: Index) -> None:
    for url in (index.url, index.http_url, f"{index.http_url}/"):
        assert remote.about(url) == {"mirrorlab": __version__, "serial": index.serial}


def test_faults_from_afar(index: Index, http: httpx.Client) -> None:
    rule = FaultRule(Fault.UNAVAILABLE, "/simple/*", times=2, retry_after=3)
    remote.set_fault(index.url, rule)
    assert index.faults() == (rule,)
    assert http.get("/-/faults").json() == {
        "faults": [{"fault": "503", "path": "/simple/*", "times": 2, "retry-after": 3}]
    }
    assert http.get("/simple/").headers["retry-after"] == "3"
    remote.clear_faults(index.url)
    assert index.faults() == ()


def test_untrusted_tls_from_afar(index: Index) -> None:
    remote.set_fault(index.url, FaultRule(Fault.UNTRUSTED_TLS))
    with client(index, tls=True) as http, pytest.raises(httpx.ConnectError, match="VERIFY_FAILED"):
        http.get("/simple/")
    remote.clear_faults(index.url)
    with client(index, tls=True) as http:
        assert http.get("/simple/").status_code == 200


def test_what_the_index_refuses_is_said_in_its_words(index: Index) -> None:
    with pytest.raises(CannotChange, match="did you mean '/simple/demo-lib/'"):
        remote.set_fault(index.url, FaultRule(Fault.HANG, "/simple/demo-libb/"))


def test_control_meets_no_fault_and_is_in_no_log(index: Index, http: httpx.Client) -> None:
    index.fault("503")
    assert http.get("/-/").status_code == 200
    assert index.requests() == ()
    with pytest.raises(NothingToFault):
        index.fault("503", "/-/faults")


def test_the_log_from_afar(index: Index, http: httpx.Client) -> None:
    http.get("/simple/")
    http.get("/simple/demo-lib/")
    first, second = http.get("/-/requests").json()["requests"]
    assert (first["path"], first["status"], first["method"]) == ("/simple/", 200, "GET")
    only = http.get("/-/requests", params={"path": "/simple/d*", "since": first["number"]})
    assert only.json()["requests"] == [second]
    assert http.get("/-/requests", params={"since": "x"}).status_code == 400
    assert http.delete("/-/requests").status_code == 200
    assert index.requests() == ()


def test_changes_from_afar(own: Index) -> None:
    def post(name: str, **given: Any) -> int:
        answer = http.post(f"/-/{name}", json=given)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["serial"])

    with client(own) as http:
        files = [{"tag": "cp313-cp313-win_amd64"}, {"sdist": True, "build-requires": ["beta-b"]}]
        release = {"requires": ["beta-b"], "requires-python": ">=3.9", "files": files}
        moment = "2026-07-01T00:00:00Z"
        assert post("publish", project="alpha", version="2", uploaded=moment, **release) == 107
        wheel, sdist = own.files("alpha")[-2:]
        assert (wheel.filename, sdist.filename) == (
            "alpha-2-cp313-cp313-win_amd64.whl",
            "alpha-2.tar.gz",
        )
        assert wheel.upload_time is not None
        assert wheel.upload_time.isoformat() == "2026-07-01T00:00:00+00:00"
        assert post("yank", project="alpha", version="2", reason="bad") == 108
        assert own.files("alpha")[-1].yanked == "bad"
        assert post("unyank", project="alpha", version="2") == 109
        assert own.files("alpha")[-1].yanked is False
        assert post("status", project="alpha", status="quarantined", reason="malware") == 110
        assert own.projects() == ("beta-b",)
        assert post("delete", project="alpha", version="2") == 111
        assert post("delete", project="alpha") == 112
        assert http.get("/simple/alpha/").status_code == 404


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("faults", "{", "the body is not JSON"),
        ("faults", "[]", "a JSON object is needed"),
        ("faults", "{}", "'fault' is missing"),
        ("faults", '{"fault": "50"}', "there is no fault '50'"),
        ("faults", '{"fault": "503", "pfad": "*"}', "there is no key 'pfad'"),
        ("faults", '{"fault": "503", "times": true}', "'times' cannot be True"),
        ("faults", '{"fault": "503", "times": 0}', "at least one request"),
        ("faults", '{"fault": "503", "path": "/nowhere/"}', "matches '/nowhere/'"),
        ("publish", '{"project": "alpha"}', "'version' is missing"),
        ("publish", '{"project": "alpha", "version": "1.0"}', "already"),
        ("publish", '{"project": "a", "version": "1", "files": [{"tga": "x"}]}', "key 'tga'"),
        ("publish", '{"project": "a", "version": "1", "files": [{"tag": "x"}]}', "cannot be"),
        ("publish", '{"project": "a", "version": "1", "files": ["x"]}', "a JSON object"),
        ("publish", '{"project": "a", "version": "1", "uploaded": "today"}', "'uploaded'"),
        ("publish", '{"project": "a", "version": "1", "requires": [1]}', "cannot be"),
        ("yank", '{"project": "alpha", "version": "7"}', "no release of alpha '7'"),
        ("delete", '{"project": "nobody"}', "no project 'nobody'"),
        ("status", '{"project": "alpha", "status": "gone"}', "no project status 'gone'"),
    ],
)
def test_a_bad_request_changes_nothing(own: Index, name: str, body: str, says: str) -> None:
    with client(own) as http:
        answer = http.post(f"/-/{name}", content=body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert (own.serial, own.faults()) == (105, ())


@pytest.mark.parametrize(
    ("peer", "status"),
    [
        ("127.0.0.1", 200),
        ("127.9.9.9", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("192.0.2.1", 403),
        ("2001:db8::1", 403),
        ("::ffff:192.0.2.1", 403),
    ],
)
def test_only_loopback_controls(peer: str, status: int) -> None:
    library, faults = Library(small()), Faults()
    app = Router(Control(library, faults, RequestLog()).routes())

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(peer, 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://index") as http:
            return await http.post("/-/faults", json={"fault": "503"})

    assert asyncio.run(ask()).status_code == status
    assert len(faults.rules()) == (status == 200)


def test_nobody_there() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(Unreachable, match="no test index answers at http"):
            remote.clear_faults(url)


@pytest.mark.parametrize("url", ["nonsense", "http://", "ftp://127.0.0.1/"])
def test_not_a_url(url: str) -> None:
    with pytest.raises(Unreachable):
        remote.about(url)


@pytest.mark.parametrize("ask", [remote.about, remote.clear_faults])
def test_something_else_there(ask: Callable[[str], object]) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_request(self, code: object = "", size: object = "") -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(Unreachable, match="something else"):
            ask(f"http://127.0.0.1:{server.server_port}")
        thread.join(5)


def test_published_files_can_be_read_back(own: Index) -> None:
    with client(own) as http:
        http.post("/-/publish", json={"project": "alpha", "version": "5"})
        page = parse_page(http.get("/simple/alpha/", headers={"Accept": JSON}).content, JSON)
        assert "5" in page.versions
