"""Through a proxy: nginx hands on what is asked for over HTTP, a tunnel leads to HTTPS."""

from __future__ import annotations

import base64
import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.check.conftest import PATIENT, code, serving

from mirrorlab.check import Asked, Extent, Report, check
from mirrorlab.index import Index
from mirrorlab.lab import Lab, wait_until

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    log_format asked '$request_uri $http_host $http_authorization';
    access_log {folder}/asked asked;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/temp;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://$http_host$request_uri;
            proxy_set_header Host $http_host;
        }}
    }}
}}
"""
ONE = Extent(only=frozenset({"demo-dep"}))


def look(url: str) -> Report:
    [report] = check(Asked((url,), None, ONE, PATIENT))
    return report


@dataclass
class Tunnel:
    """A proxy that opens a way to a host for who logs in, and writes down what it is told."""

    url: str = ""
    opened: list[str] = field(default_factory=list)
    refused: int = 0


@pytest.fixture
def tunnel() -> Iterator[Tunnel]:
    state = Tunnel()
    wanted = f"Basic {base64.b64encode(b'me:hunter 2').decode()}"

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_CONNECT(self) -> None:
            if self.headers["Proxy-Authorization"] != wanted:
                state.refused += 1
                self.send_response(407)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            state.opened.append(self.path)
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port))) as there:
                self.send_response(200)
                self.end_headers()
                _hand_on(self.connection, there)
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"127.0.0.1:{server.server_port}"
    with serving(server):
        yield state


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _hand_on(here: socket.socket, there: socket.socket) -> None:
    other = {here: there, there: here}
    while True:
        for ready in select.select(list(other), [], [])[0]:
            block = ready.recv(1 << 16)
            if not block:
                return
            other[ready].sendall(block)


@pytest.fixture(autouse=True)
def _no_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def test_http_through_nginx(
    lab: Lab, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = lab.port("proxy")
    config = tmp_path / "nginx.conf"
    config.write_text(NGINX.format(folder=tmp_path, port=port))
    nginx = lab.spawn(["nginx", "-c", config, "-p", tmp_path], name="nginx")
    wait_until(lambda: _listens(port))
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    assert code(look(index.http_url)) == 0
    host = index.http_url.removeprefix("http://")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert len(asked) == len(index.requests()) > 5
    assert {line.split()[1] for line in asked} == {host}

    index.forget_requests()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert code(look(index.http_url)) == 0
    assert len((tmp_path / "asked").read_text().splitlines()) == len(asked), "asked directly"
    assert index.requests()

    nginx.stop()
    monkeypatch.delenv("no_proxy")
    report = look(index.http_url)
    assert code(report) == 3, "a proxy that is gone is no health"


def test_https_through_a_tunnel(
    index: Index, tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(index.ca))
    monkeypatch.setenv("https_proxy", f"http://me:hunter%202@{tunnel.url}")
    assert code(look(index.url)) == 0
    host = index.url.removeprefix("https://")
    assert set(tunnel.opened) == {host}
    assert len(tunnel.opened) < len(index.requests()), "connections are kept"
    assert all(request.tls for request in index.requests())


def test_a_proxy_that_refuses_the_login_is_no_health(
    index: Index, tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(index.ca))
    monkeypatch.setenv("https_proxy", f"http://me:wrong@{tunnel.url}")
    report = look(index.url)
    assert code(report) == 3
    assert (tunnel.opened, list(index.requests())) == ([], [])
    assert tunnel.refused
    said = str([*report.doubts, *map(str, report.findings)])
    assert "407" in said
    assert "wrong" not in said
