"""An index alone, healthy and under each of its faults: all that is wrong is named."""

from __future__ import annotations

import pytest
from tests.check.conftest import IMPATIENT, PATIENT, checked, code, told

from mirrorlab.check import Kind, Severity
from mirrorlab.index import Index
from mirrorlab.scenario import Fault

LIST, PAGE = "/simple/", "/simple/demo-lib/"
WHEEL = "/packages/*/demo_lib-1.0-py3-none-any.whl"
METADATA = f"{WHEEL}.metadata"


def test_a_healthy_index_gives_none(index: Index) -> None:
    report = checked(index.http_url)
    assert list(report.findings) == []
    assert report.doubts == []
    assert code(report) == 0
    projects = index.projects()
    files = [file for project in projects for file in index.files(project)]
    assert (report.projects, report.looked) == (len(projects), len(projects))
    assert (report.files, report.files_read) == (len(files), len(files))
    serves = report.features.as_data({})
    assert serves["of_pages"] == {"html": 7, "json": 7, "versions": 7, "status": 0, "serial": 7}
    assert serves["of_files"] == {
        "sha256": len(files),
        "requires-python": 12,
        "yanked": 4,
        "size": len(files),
        "upload-time": len(files),
        "core-metadata": 23,
        "core-metadata-hash": 23,
        "provenance": 1,
    }


def test_it_says_who_it_is_and_asks_for_nothing_twice(index: Index) -> None:
    report = checked(index.http_url)
    requests = index.requests()
    assert len(requests) == report.requests
    assert {request.user_agent.partition("/")[0] for request in requests} == {"mirrorlab-check"}
    asked = [(request.path, request.accept) for request in requests]
    assert len(asked) == len(set(asked))


UNREACHABLE_PAGE = {("unreachable", "page")}
UNREACHABLE_FILE = {("unreachable", "file")}
UNREADABLE = {("not conforming", "unreadable")}


@pytest.mark.parametrize(
    ("fault", "path", "found", "exit_code"),
    [
        ("refused", LIST, UNREACHABLE_PAGE, 3),
        ("refused", PAGE, UNREACHABLE_PAGE, 1),
        ("refused", WHEEL, UNREACHABLE_FILE, 1),
        ("hang", LIST, UNREACHABLE_PAGE, 3),
        ("hang", PAGE, UNREACHABLE_PAGE, 1),
        ("hang", WHEEL, UNREACHABLE_FILE, 1),
        ("slow", PAGE, UNREACHABLE_PAGE, 1),
        ("slow", WHEEL, UNREACHABLE_FILE, 1),
        ("401", LIST, UNREACHABLE_PAGE, 3),
        ("401", PAGE, UNREACHABLE_PAGE, 1),
        ("403", PAGE, UNREACHABLE_PAGE, 1),
        ("404", LIST, UNREACHABLE_PAGE, 3),
        ("404", PAGE, {("missing", "page")}, 1),
        ("404", WHEEL, {("missing", "file")}, 1),
        ("429", LIST, UNREACHABLE_PAGE, 3),
        ("429", PAGE, UNREACHABLE_PAGE, 1),
        ("500", LIST, UNREACHABLE_PAGE, 3),
        ("500", PAGE, UNREACHABLE_PAGE, 1),
        ("502", WHEEL, UNREACHABLE_FILE, 1),
        ("503", METADATA, UNREACHABLE_FILE, 1),
        ("redirect-loop", LIST, UNREACHABLE_PAGE, 3),
        ("redirect-loop", PAGE, UNREACHABLE_PAGE, 1),
        ("redirect-loop", WHEEL, UNREACHABLE_FILE, 1),
        ("truncated", LIST, {("truncated", "page")}, 3),
        ("truncated", PAGE, {("truncated", "page")}, 1),
        ("truncated", WHEEL, {("truncated", "cut")}, 1),
        ("truncated", METADATA, {("truncated", "cut")}, 1),
        ("corrupt", WHEEL, {("altered", "hash")}, 1),
        ("corrupt", METADATA, {("altered", "metadata-hash")}, 1),
        ("altered-file", WHEEL, {("altered", "hash")}, 1),
        ("altered-file", "/packages/*/demo_lib-1.0.tar.gz", {("altered", "hash")}, 1),
        ("altered", PAGE, {("altered", "hash")}, 1),
        ("bad-gzip", LIST, UNREADABLE, 3),
        ("bad-gzip", PAGE, UNREADABLE, 3),
        ("bad-gzip", WHEEL, {("not conforming", "encoding"), ("altered", "hash")}, 1),
        ("stale", PAGE, {("stale", "serial-of-page")}, 1),
        ("empty", LIST, set(), 3),
        ("empty", PAGE, {("missing", "empty-page")}, 0),
        ("malformed", LIST, UNREADABLE, 3),
        ("malformed", PAGE, UNREADABLE, 3),
        ("login-portal", LIST, UNREADABLE, 3),
        ("login-portal", PAGE, UNREADABLE | {("not conforming", "form")}, 3),
        ("login-portal", WHEEL, UNREACHABLE_FILE, 1),
        ("wrong-content-type", LIST, UNREADABLE, 3),
        ("wrong-content-type", PAGE, UNREADABLE, 3),
        ("metadata-404", METADATA, {("not conforming", "metadata")}, 1),
        ("no-upload-time", PAGE, {("not conforming", "here-and-there")}, 1),
        ("missing-vary", LIST, {("not conforming", "vary")}, 1),
        ("missing-vary", PAGE, {("not conforming", "vary")}, 1),
    ],
)
def test_each_fault_is_named(
    index: Index, fault: str, path: str, found: set[tuple[str, str]], exit_code: int
) -> None:
    index.fault(fault, path)
    manners = IMPATIENT if fault in {"hang", "slow"} else PATIENT
    report = checked(index.http_url, manners=manners, only=frozenset({"demo-lib", "demo-dep"}))
    assert told(report) == found, list(report.findings)
    assert code(report) == exit_code, report.doubts
    where = {(finding.project, finding.file) for finding in report.findings}
    if path == PAGE and fault not in {"altered", "no-upload-time"}:
        assert where == {("demo-lib", "")}
    if path in {WHEEL, METADATA}:
        assert where == {("demo-lib", "demo_lib-1.0-py3-none-any.whl" + path[len(WHEEL) :])}


@pytest.mark.parametrize("fault", ["404", "503", "login-portal", "refused"])
def test_provenance_that_is_announced_and_not_there(index: Index, fault: str) -> None:
    index.fault(fault, "/integrity/demo-lib/*")
    report = checked(index.http_url, only=frozenset({"demo-lib"}))
    kind = "unreachable" if fault == "refused" else "not conforming"
    assert told(report) == {(kind, "provenance")}
    assert [one.file for one in report.findings] == ["demo_lib-2.0-py3-none-any.whl"]


def test_every_fault_is_tried_here() -> None:
    [mark] = [one for one in test_each_fault_is_named.pytestmark if one.name == "parametrize"]  # type: ignore[attr-defined]
    tried = {case[0] for case in mark.args[1]} | {"untrusted-tls"}
    assert tried == {str(fault) for fault in Fault}


def test_tls_that_nobody_trusts(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    untrusted = checked(index.url)
    assert told(untrusted) == UNREACHABLE_PAGE
    assert "certificate is not trusted" in next(iter(untrusted.findings)).found
    assert code(untrusted) == 3
    monkeypatch.setenv("SSL_CERT_FILE", str(index.ca))
    assert code(checked(index.url, only=frozenset({"demo-dep"}))) == 0
    index.fault("untrusted-tls")
    assert told(checked(index.url)) == UNREACHABLE_PAGE


def test_what_passes_is_tried_again(index: Index) -> None:
    index.fault("503", PAGE, times=1)
    index.fault("refused", WHEEL, times=1)
    report = checked(index.http_url)
    assert (list(report.findings), code(report)) == ([], 0)


def test_it_waits_as_long_as_it_is_asked_to(index: Index) -> None:
    index.fault("429", PAGE, times=1, retry_after=1)
    report = checked(index.http_url, only=frozenset({"demo-lib", "demo-dep"}))
    assert code(report) == 0
    requests = index.requests()
    [refused] = [number for number, one in enumerate(requests) if one.status == 429]
    later = [one.moment for one in requests[refused + 9 :]]
    assert later
    assert (min(later) - requests[refused].moment).total_seconds() >= 1


def test_it_gives_up_where_the_wait_is_too_long(index: Index) -> None:
    index.fault("503", PAGE, retry_after=3600)
    report = checked(index.http_url)
    assert told(report) == UNREACHABLE_PAGE
    assert {one.found for one in report.findings} == {
        "status 503, and Retry-After asks to wait 3600 s"
    }
    assert len(index.requests(PAGE)) == 2


def test_a_dead_host_is_left_alone(index: Index) -> None:
    index.fault("refused", "/packages/*")
    report = checked(index.http_url)
    assert report.findings.of(Kind.UNREACHABLE) == len(report.findings) == 59
    assert len(index.requests("/packages/*")) < 58 * PATIENT.tries / 2


def test_two_faults_at_once_are_both_named(index: Index) -> None:
    pages = {
        "altered": ("/simple/demo-dep/", "altered"),
        "missing-vary": ("/simple/demo-python/", "not conforming"),
        "404": ("/simple/demo-platform/", "missing"),
        "truncated": ("/packages/*/demo_backend-1.0*.whl", "truncated"),
        "503": (PAGE, "unreachable"),
        "stale": ("/simple/demo-lib/", "stale"),
    }
    for one, (path, kind) in pages.items():
        for other, (path_2, kind_2) in pages.items():
            if one < other and path != path_2:
                index.clear()
                index.fault(one, path)
                index.fault(other, path_2)
                report = checked(index.http_url)
                assert {str(finding.kind) for finding in report.findings} == {kind, kind_2}
                assert code(report) == 1


def test_what_counts_is_for_the_caller_to_say(index: Index) -> None:
    index.fault("missing-vary", PAGE)
    warned = checked(index.http_url)
    assert [warned.exit_code(level) for level in Severity] == [1, 1, 0]
    index.clear()
    index.fault("empty", PAGE)
    noted = checked(index.http_url)
    assert [noted.exit_code(level) for level in Severity] == [1, 0, 0]
