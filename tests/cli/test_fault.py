"""``mirrorlab fault``: a running index fails, and is well again."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from mirrorlab.index import Index
from mirrorlab.scenario import builtin

from .conftest import Invoke, error_of


@pytest.fixture
def index() -> Iterator[Index]:
    with Index(builtin("default")) as started:
        yield started


def status(index: Index, path: str) -> int:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(index.http_url + path, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_it_fails_where_told_until_cleared(invoke: Invoke, index: Index) -> None:
    result = invoke("fault", index.http_url, "503", "--path", "/simple/demo-lib/")
    assert result.exit_code == 0
    assert result.stdout.startswith("503 on /simple/demo-lib/, until cleared: 503 Service Unav")
    assert status(index, "/simple/demo-lib/") == 503
    assert status(index, "/simple/demo-dep/") == 200
    assert invoke("fault", index.http_url, "--clear").exit_code == 0
    assert status(index, "/simple/demo-lib/") == 200


def test_it_fails_so_often_over_https_too(invoke: Invoke, index: Index) -> None:
    arguments = ("--times", "2", "--retry-after", "1")
    result = invoke("fault", index.url, "429", "--path", "/simple/*", *arguments)
    assert "for 2 requests" in result.stdout
    assert index.faults()[0].retry_after == 1
    assert [status(index, "/simple/demo-lib/") for _ in range(3)] == [429, 429, 200]


def test_a_mistyped_fault_is_never_a_healthy_index(invoke: Invoke, index: Index) -> None:
    said = error_of(invoke("fault", index.http_url, "coruptt"), 2)
    assert said == "there is no fault 'coruptt'; did you mean 'corrupt'?"
    said = error_of(invoke("fault", index.http_url, "503", "--path", "/simpel/*"), 2)
    assert "'/simpel/*'" in said
    assert index.faults() == ()


@pytest.mark.parametrize("arguments", [(), ("503", "--clear")])
def test_one_of_fault_and_clear_is_needed(
    invoke: Invoke, index: Index, arguments: tuple[str, ...]
) -> None:
    said = error_of(invoke("fault", index.http_url, *arguments), 2)
    assert said.startswith("give a FAULT, or --clear")


def test_an_index_that_is_not_there_is_a_sentence(invoke: Invoke) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        said = error_of(invoke("fault", url, "503"), 3)
    assert said.startswith(f"no test index answers at {url}: ")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "127.0.0.1:8000",
        "ftp://127.0.0.1/",
        "http://[::1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:1/simple/",
    ],
)
def test_what_is_not_the_url_of_an_index_is_wrong_use(invoke: Invoke, url: str) -> None:
    said = error_of(invoke("fault", url, "503"), 2)
    assert f"{url!r} is not the URL of a test index" in said


@pytest.mark.parametrize("more", [("--path", "*.whl"), ("--times", "1"), ("--retry-after", "0")])
def test_clear_takes_all_back_or_says_that_it_would(
    invoke: Invoke, index: Index, more: tuple[str, ...]
) -> None:
    invoke("fault", index.http_url, "503")
    said = error_of(invoke("fault", index.http_url, "--clear", *more), 2)
    assert said.startswith("--clear takes every fault back, and goes with no other option")
    assert len(index.faults()) == 1
