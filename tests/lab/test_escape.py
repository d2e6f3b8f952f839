"""Whoever would leave is stopped and named."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from mirrorlab.lab.escape import Escape, Trap

from .conftest import MODES, World


def call(trap: Trap) -> socket.socket:
    port = urlsplit(trap.url).port
    assert port
    return socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("client", "words"), [("pip", "pip install"), ("uv", "uv pip install")])
def test_a_client_that_would_call_the_real_index_is_stopped_and_named(
    world: Callable[..., World], mode: str, client: str, words: str
) -> None:
    told = json.loads(world(mode, "escapee", client).told())
    assert told["exit_code"] != 0
    assert told["installed"] == {}
    [[host, port, sentence]] = told["escapes"]
    assert (host, port) == ("pypi.org", 443)
    assert words in sentence
    assert sentence.endswith("tried to leave the lab for pypi.org:443")


def test_the_answer_names_the_lab_and_the_host() -> None:
    with Trap() as trap:
        connection = http.client.HTTPConnection(urlsplit(trap.url).netloc, timeout=10)
        connection.request("GET", "http://example.org/simple/", headers={"User-Agent": "probe/1"})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        assert answer.status == 403
        assert body.startswith("mirrorlab: example.org:80 is outside this lab")
        [escape] = trap.escapes
        assert (escape.host, escape.port, escape.user_agent) == ("example.org", 80, "probe/1")


def test_trying_again_is_not_another_escape() -> None:
    with Trap() as trap:
        for _ in range(3):
            with call(trap) as caller:
                caller.sendall(b"CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n\r\n")
                assert caller.recv(100).startswith(b"HTTP/1.1 403 ")
        assert [(e.host, e.port) for e in trap.escapes] == [("2001:db8::1", 8443)]


@pytest.mark.parametrize(
    "noise", [b"", b"\r\n", b"\x16\x03\x01\n\n", b"GET http://[ HTTP/1.1\r\n\r\n"]
)
def test_noise_is_no_escape(noise: bytes) -> None:
    with Trap() as trap:
        with call(trap) as caller:
            caller.sendall(noise)
            caller.shutdown(socket.SHUT_WR)
            assert caller.recv(100) == b""
        assert trap.escapes == ()


def test_without_a_command_line_the_user_agent_names_it() -> None:
    assert (
        str(Escape("pypi.org", 443, "pip/26")) == "pip/26 tried to leave the lab for pypi.org:443"
    )
