"""Waiting ends as soon as it may, and at its deadline."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator

import pytest

from mirrorlab import scenario
from mirrorlab.errors import TimedOut
from mirrorlab.index import Index
from mirrorlab.lab import wait_for_url, wait_until


@pytest.fixture
def statuses() -> Iterator[tuple[str, list[int]]]:
    """A server that answers with the statuses of a list, the last one for ever."""
    planned: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(planned.pop(0) if len(planned) > 1 else planned[0])
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", planned
        server.shutdown()
        thread.join()


def test_it_returns_as_soon_as_the_condition_is_true() -> None:
    asked: list[int] = []

    def third() -> bool:
        asked.append(1)
        return len(asked) == 3

    wait_until(third, within=60)
    assert len(asked) == 3


def test_the_deadline_is_kept_and_named() -> None:
    started = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        wait_until(lambda: False, within=0.3, what="a page for demo-lib")
    assert 0.3 <= time.monotonic() - started < 3
    assert str(caught.value) == "a page for demo-lib: not within 0.3 s"


@pytest.mark.parametrize("status", [200, 204, 401, 404])
def test_any_answer_below_500_is_ready(statuses: tuple[str, list[int]], status: int) -> None:
    url, planned = statuses
    planned += [503, 500, status]
    wait_for_url(url, within=10)
    assert planned == [status]


def test_a_server_error_is_not_ready(statuses: tuple[str, list[int]]) -> None:
    url, planned = statuses
    planned.append(502)
    with pytest.raises(TimedOut, match="an answer from http://127"):
        wait_for_url(url, within=0.3)


def test_nobody_listening_is_not_ready() -> None:
    with pytest.raises(TimedOut):
        wait_for_url("http://127.0.0.1:9/", within=0.2)


def test_a_certificate_of_an_unknown_authority_is_ready() -> None:
    with Index(scenario.builtin("default")) as index:
        assert index.url.startswith("https://")
        wait_for_url(f"{index.url}/simple/", within=10)
