"""Every fault of the test index, met by real installers.

Each effect is first asked of a healthy index, where it must *not* be found: so a fault that is
not applied can never look like one that is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from tests.naive_cache import NGINX

from mirrorlab.clients import Attempt, Client
from mirrorlab.index import Index, Request
from mirrorlab.lab import Lab, wait_for_url
from mirrorlab.scenario import Fault

PAGE = "/simple/demo-dep/"
WHEEL = "/packages/*/demo_dep-2.0-py3-none-any.whl"
SIZE = 1006
ONCE = {"PIP_RETRIES": 0, "UV_HTTP_RETRIES": 0}
PATIENCE = 2
ADULT = {"pip": "--uploaded-prior-to=2026-03-01", "uv": "--exclude-newer=2026-03-01"}


@dataclass(frozen=True)
class Met:
    """What became of an attempt, and what the index saw of it."""

    attempt: Attempt
    requests: tuple[Request, ...]

    def asked(self, path: str) -> list[Request]:
        """The requests for such paths."""
        return [request for request in self.requests if fnmatchcase(request.path, path)]

    def statuses(self, path: str) -> list[int]:
        """What they were answered with; 0 is no answer at all."""
        return [request.status for request in self.asked(path)]

    def fails(self) -> None:
        """Nothing is installed, and the exit code says so."""
        assert self.attempt.exit_code != 0
        assert self.attempt.installed == {}


def no_answer(met: Met) -> None:
    met.fails()
    assert met.statuses(PAGE) == [0]


def no_answer_until_the_client_gives_up(met: Met) -> None:
    no_answer(met)
    assert met.attempt.seconds >= PATIENCE


def late(met: Met) -> None:
    assert met.attempt.installed == {"demo-dep": "2.0"}
    page, *later = met.requests
    assert later[0].moment - page.moment > timedelta(seconds=4)


def no_request(met: Met) -> None:
    met.fails()
    assert met.requests == ()


def status(number: int) -> Callable[[Met], None]:
    def effect(met: Met) -> None:
        met.fails()
        assert met.statuses(PAGE) == [number]

    return effect


def turned_round_and_round(met: Met) -> None:
    met.fails()
    assert len(met.requests) > 10
    assert set(met.statuses(PAGE)) == {302}


def cut_short(met: Met) -> None:
    met.fails()
    assert met.asked(WHEEL)
    assert all(0 < request.bytes_sent < SIZE for request in met.asked(WHEEL))


def refuses_the_bytes(met: Met) -> None:
    met.fails()
    assert met.statuses(WHEEL) == [200]
    assert met.asked(WHEEL)[0].bytes_sent >= SIZE


def installs_what_nobody_published(met: Met) -> None:
    assert met.attempt.exit_code == 0
    assert "mirrorlab_altered.py" in met.attempt.record("demo-dep")


def refuses_the_page(met: Met) -> None:
    met.fails()
    assert met.statuses(PAGE) == [200]
    assert met.asked("/packages/*") == []


def installs_an_older_release(met: Met) -> None:
    assert met.attempt.exit_code == 0
    assert met.attempt.installed["demo-lib"] == "2.0"


def misses_the_metadata(met: Met) -> None:
    met.fails()
    assert met.statuses(f"{WHEEL}.metadata") == [404]


@dataclass(frozen=True)
class Case:
    """A fault, where it strikes, what it does to both installers and what they say."""

    fault: Fault
    path: str
    effect: Callable[[Met], None]
    pip: str
    uv: str
    arguments: tuple[str, ...] = ("demo-dep",)


NONE = "No matching distribution found for demo-dep"
FETCH = "Failed to fetch: https"
CASES = (
    Case(Fault.REFUSED, PAGE, no_answer, NONE, "peer closed connection"),
    Case(Fault.HANG, PAGE, no_answer_until_the_client_gives_up, NONE, "operation timed out"),
    Case(Fault.SLOW, PAGE, late, "Successfully installed", "Installed 1 package"),
    Case(Fault.UNTRUSTED_TLS, "*", no_request, "CERTIFICATE_VERIFY_FAILED", "UnknownIssuer"),
    Case(Fault.UNAUTHORIZED, PAGE, status(401), NONE, "401 Unauthorized"),
    Case(Fault.FORBIDDEN, PAGE, status(403), NONE, "403 Forbidden"),
    Case(Fault.NOT_FOUND, PAGE, status(404), NONE, "not found in the package registry"),
    Case(Fault.TOO_MANY_REQUESTS, PAGE, status(429), NONE, "429 Too Many Requests"),
    Case(Fault.SERVER_ERROR, PAGE, status(500), NONE, "500 Internal Server Error"),
    Case(Fault.BAD_GATEWAY, PAGE, status(502), NONE, "502 Bad Gateway"),
    Case(Fault.UNAVAILABLE, PAGE, status(503), NONE, "503 Service Unavailable"),
    Case(
        Fault.REDIRECT_LOOP,
        PAGE,
        turned_round_and_round,
        "Exceeded 30 redirects",
        "Missing `Content-Type` header",
    ),
    Case(Fault.TRUNCATED, WHEEL, cut_short, "resume-retries", "end of file before message length"),
    Case(Fault.CORRUPT, WHEEL, refuses_the_bytes, "DO NOT MATCH THE HASHES", "Failed to download"),
    Case(Fault.ALTERED_FILE, WHEEL, refuses_the_bytes, "DO NOT MATCH THE HASHES", "Hash mismatch"),
    Case(
        Fault.ALTERED,
        WHEEL,
        installs_what_nobody_published,
        "Successfully installed",
        "Installed 1 package",
    ),
    Case(Fault.BAD_GZIP, PAGE, refuses_the_page, "failed to decode it", "Invalid gzip header"),
    Case(
        Fault.STALE,
        "/simple/demo-lib/",
        installs_an_older_release,
        "Successfully installed",
        "demo-lib==2.0",
        ("--pre", "demo-lib"),
    ),
    Case(Fault.EMPTY, PAGE, refuses_the_page, "(from versions: none)", "there are no versions of"),
    Case(Fault.MALFORMED, PAGE, refuses_the_page, "JSONDecodeError", "unexpected JSON"),
    Case(Fault.LOGIN_PORTAL, PAGE, refuses_the_page, NONE, "there are no versions of"),
    Case(Fault.WRONG_TYPE, PAGE, refuses_the_page, "Content-Type: text/plain", '"text/plain"'),
    Case(
        Fault.METADATA_404,
        "/packages/*/demo_dep-2.0*",
        misses_the_metadata,
        "404 Client Error",
        "404 Not Found",
    ),
    Case(
        Fault.NO_UPLOAD_TIME,
        PAGE,
        refuses_the_page,
        "does not provide upload-time metadata",
        "filtered by `exclude-newer`",
        ("demo-dep", "ADULT"),
    ),
)

Meet = Callable[..., Met]


@pytest.fixture
def meet(index: Index, client: Callable[[str], Client]) -> Meet:
    """Let an installer meet the index as it is now."""

    def meet(name: str, arguments: tuple[str, ...], **env: object) -> Met:
        fresh = client(name)
        index.forget_requests()
        given = [ADULT[name] if one == "ADULT" else one for one in arguments]
        attempt = fresh.install(*given, index=f"{index.url}/simple/", env={**ONCE, **env})
        return Met(attempt, index.requests())

    return meet


@pytest.fixture(scope="session")
def healthy() -> dict[tuple[str, tuple[str, ...]], Met]:
    """What healthy attempts came to, each made once."""
    return {}


@pytest.mark.parametrize("name", ["pip", "uv"])
@pytest.mark.parametrize("case", CASES, ids=[case.fault.value for case in CASES])
def test_a_fault_meets_a_client(
    case: Case, name: str, index: Index, meet: Meet, healthy: dict[object, Met]
) -> None:
    key = (name, case.arguments)
    if key not in healthy:
        healthy[key] = meet(name, case.arguments)
        assert healthy[key].attempt.exit_code == 0
    with pytest.raises(AssertionError):
        case.effect(healthy[key])

    index.fault(case.fault, case.path)
    if case.fault is Fault.HANG:
        met = meet(name, case.arguments, PIP_TIMEOUT=PATIENCE, UV_HTTP_TIMEOUT=PATIENCE)
    else:
        met = meet(name, case.arguments)
    case.effect(met)
    assert (case.pip if name == "pip" else case.uv) in met.attempt.output
    assert {request.fault for request in met.asked(case.path)} <= {case.fault}


def test_no_fault_is_forgotten() -> None:
    assert {case.fault for case in CASES} | {Fault.NO_VARY} == set(Fault)


@pytest.mark.parametrize("fault", [Fault.TOO_MANY_REQUESTS, Fault.UNAVAILABLE])
def test_pip_waits_as_long_as_retry_after_says(
    fault: Fault, index: Index, client: Callable[[str], Client]
) -> None:
    pause = _pause(fault, 2, index, client("pip"))
    assert pause >= timedelta(seconds=2)


@pytest.mark.parametrize("fault", [Fault.TOO_MANY_REQUESTS, Fault.UNAVAILABLE])
def test_uv_comes_back_when_it_likes(
    fault: Fault, index: Index, client: Callable[[str], Client]
) -> None:
    pause = _pause(fault, 60, index, client("uv"))
    assert pause < timedelta(seconds=60)


def _pause(fault: Fault, seconds: int, index: Index, client: Client) -> timedelta:
    """Refuse an installer once, and measure how long it takes to come back and succeed."""
    index.fault(fault, PAGE, times=1, retry_after=seconds)
    env = {"PIP_RETRIES": 1, "UV_HTTP_RETRIES": 1}
    attempt = client.install("demo-dep", index=f"{index.url}/simple/", env=env, timeout=120)
    assert attempt.installed == {"demo-dep": "2.0"}
    first, second = index.requests(PAGE)
    assert (first.status, second.status) == (fault.status, 200)
    return second.moment - first.moment


@pytest.mark.parametrize("missing", [False, True], ids=["vary", "no-vary"])
def test_without_vary_a_cache_gives_json_to_those_who_read_html(
    missing: bool, shared_lab: Lab, index: Index, client: Callable[[str], Client], tmp_path: Path
) -> None:
    if missing:
        index.fault(Fault.NO_VARY, "/simple/*")
    port = shared_lab.port(f"cache {missing}")
    config = tmp_path / "nginx.conf"
    config.write_text(NGINX.format(folder=tmp_path, port=port, upstream=index.http_url))
    nginx = shared_lab.spawn(["nginx", "-c", config, "-p", tmp_path], name="nginx")
    cache_url = f"http://127.0.0.1:{port}/simple/"
    wait_for_url(f"http://127.0.0.1:{port}/simple/demo-python/")

    new = client("pip").install("demo-dep", index=cache_url, env=ONCE)
    old = client("pip-22.1").install("demo-dep", index=cache_url, env=ONCE)
    nginx.stop()

    assert new.installed == {"demo-dep": "2.0"}
    accepted = [request.accept for request in index.requests(PAGE)]
    if missing:
        assert "json" in accepted[0]
        assert len(accepted) == 1, "the cache answered the second client itself"
        assert old.exit_code == 1
        assert "Content-Type: application/vnd.pypi.simple.v1+json" in old.output
        assert old.installed == {}
    else:
        assert len(accepted) == 2, "one for each representation"
        assert old.installed == {"demo-dep": "2.0"}
