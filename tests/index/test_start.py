from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import active_count
from typing import Any

import pytest

from mirrorlab import distributions
from mirrorlab.distributions import Built, wheel
from mirrorlab.errors import CannotListen, NotPossible, PortInUse
from mirrorlab.index import Index
from mirrorlab.scenario import File, Project, Release, Scenario

from .conftest import client, small

START = """
import time
from mirrorlab import scenario
from mirrorlab.index import Index
from urllib.request import urlopen, build_opener, ProxyHandler
began = time.perf_counter()
index = Index(scenario.builtin("default")).start()
build_opener(ProxyHandler({})).open(index.http_url + "/simple/").read()
print(time.perf_counter() - began)
index.stop()
"""


def test_it_starts_in_half_a_second() -> None:
    seconds = min(
        float(subprocess.run([sys.executable, "-c", START], stdout=-1, check=True).stdout)
        for _ in range(3)
    )
    assert seconds < 0.5


def test_both_ports_answer_and_then_neither() -> None:
    threads = active_count()
    with Index(small()) as index:
        for tls in (False, True):
            with client(index, tls=tls) as http:
                assert http.get("/simple/").status_code == 200
        assert [request.tls for request in index.requests()] == [False, True]
        ca = index.ca
        assert ca.read_bytes() == index.ca_pem
        assert index.ca_pem.startswith(b"-----BEGIN CERTIFICATE-----")
        ports = [int(url.rpartition(":")[2]) for url in (index.http_url, index.url)]
    assert not ca.parent.exists()
    with pytest.raises(NotPossible, match="the index does not run"):
        index.ca  # noqa: B018
    assert active_count() == threads
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1)
    index.stop()


def test_two_with_one_name_share_a_port_at_two_addresses() -> None:
    with Index(small(), host="127.0.0.2", names=["mirror.test"]) as first:
        port = int(first.url.rpartition(":")[2])
        with Index(small(), host="127.0.0.3", tls_port=port, names=["mirror.test"]) as second:
            for index in (first, second):
                trusted = ssl.create_default_context(cafile=str(index.ca))
                for name in ("mirror.test", index.host):
                    plain = socket.create_connection((index.host, port), 5)
                    with trusted.wrap_socket(plain, server_hostname=name) as secure:
                        assert secure.getpeername() == (index.host, port)
                plain = socket.create_connection((index.host, port), 5)
                with plain, pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
                    trusted.wrap_socket(plain, server_hostname="second.test")


def test_without_a_look_at_its_ca_there_is_no_file_to_leave_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Index(small()) as index:
        assert list(tmp_path.iterdir()) == []
        assert index.ca.is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_it_stops_with_connections_open() -> None:
    index = Index(small()).start()
    with client(index) as plain, client(index, tls=True) as secure:
        plain.get("/simple/")
        secure.get("/simple/")
        began = time.monotonic()
        index.stop()
        assert time.monotonic() - began < 1


def test_it_starts_again_on_the_same_port() -> None:
    with Index(small()) as index:
        port = int(index.http_url.rpartition(":")[2])
        with client(index) as http:
            http.get("/simple/")
    with Index(small(), port=port) as again, client(again) as http:
        assert again.http_url == f"http://127.0.0.1:{port}"
        assert http.get("/simple/").status_code == 200


def test_a_stopped_index_starts_again_with_what_it_holds() -> None:
    index = Index(small())
    with index:
        index.publish("alpha", "2.0")
    with index, client(index) as http:
        assert "alpha-2.0.tar.gz" in http.get("/simple/alpha/").text


@pytest.mark.parametrize(
    "taking", [lambda port: Index(small(), port=port), lambda port: Index(small(), tls_port=port)]
)
def test_a_port_in_use_is_named(taking: Callable[[int], Index]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=f"127.0.0.1, port {port}: it is in use"):
            taking(port).start()


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 70_000), ("192.0.2.1", 0), ("no.such.host.invalid", 0)]
)
def test_an_address_that_is_not_ours_is_named(host: str, port: int) -> None:
    with pytest.raises(CannotListen, match=f"cannot listen on {host}, port {port}: "):
        Index(small(), host=host, port=port).start()


def test_loopback_unless_told() -> None:
    with Index(small()) as index:
        assert index.url.startswith("https://127.0.0.1:")
    with Index(small(), host="0.0.0.0") as index, client(index, tls=True) as http:
        assert index.url.startswith("https://127.0.0.1:")
        assert http.get("/simple/").status_code == 200
    with Index(small(), host="localhost") as index, client(index, tls=True) as http:
        assert index.url.startswith("https://localhost:")
        assert http.get("/simple/").status_code == 200


def test_a_hundred_thousand_projects_are_built_one_by_one_when_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[str] = []

    def counted(project: str, version: str, **options: Any) -> Built:
        built.append(f"{project} {version}")
        return wheel(project, version, **options)

    monkeypatch.setattr(distributions, "wheel", counted)
    projects = tuple(
        Project(f"synthetic-{n:06}", releases=(Release("1.0", files=(File(),)),))
        for n in range(100_000)
    )
    with Index(Scenario("big", projects=projects, serial=1)) as index, client(index) as http:
        assert index.serial == 100_001
        assert http.get("/simple/").text.count("<a ") == 100_000
        index.fault("503", "/simple/*", times=1)
        index.clear()
        assert built == []
        assert http.get("/pypi/synthetic-099999/json").json()["last_serial"] == 100_001
        for _ in range(2):
            http.get(index.files("synthetic-099999")[0].url)
        assert built == ["synthetic-099999 1.0"]
        index.publish("synthetic-000000", "2.0", files=[File()])
        page = http.get("/simple/synthetic-000000/")
        assert page.headers["x-pypi-last-serial"] == "100002"
        assert len(built) == 3
