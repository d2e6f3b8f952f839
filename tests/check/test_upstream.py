"""A mirror beside its upstream: two indexes of the same scenario that grow apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from tests.check.conftest import IMPATIENT, PATIENT, code, told

from mirrorlab.check import Asked, Extent, Manners, Report, check
from mirrorlab.index import Index
from mirrorlab.scenario import File, Project, Release, Scenario

RELEASES = (Release("1.0"), Release("1.1", files=(File(),)))
SCENARIO = Scenario(
    name="two",
    serial=100,
    projects=(
        Project("alpha", releases=RELEASES),
        Project("beta", releases=RELEASES),
        Project("Gamma.G", releases=RELEASES[:1]),
    ),
)
Pair = tuple[Index, Index]
ALPHA = "/simple/alpha/"
OF_ALPHA = (ALPHA, "/packages/*/alpha-1.1*.whl")
ONCE = Manners(tries=1)


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A mirror and its upstream, for those who change them."""
    with Index(SCENARIO) as mirror, Index(SCENARIO) as upstream:
        yield mirror, upstream


@pytest.fixture(scope="module")
def standing() -> Iterator[Pair]:
    with Index(SCENARIO) as mirror, Index(SCENARIO) as upstream:
        yield mirror, upstream


@pytest.fixture
def still(standing: Pair) -> Iterator[Pair]:
    """The same two, for those who change nothing but faults."""
    for index in standing:
        index.clear()
        index.forget_requests()
    yield standing
    for index in standing:
        index.clear()


def compared(
    pair: Pair, *, manners: Manners = PATIENT, kept: Path | None = None, **extent: object
) -> Report:
    mirror, upstream = pair
    asked = Extent(**extent)  # type: ignore[arg-type]
    return check(Asked((mirror.http_url,), upstream.http_url, asked, manners, kept))[0]


def test_a_mirror_that_has_it_all_is_healthy(still: Pair) -> None:
    report = compared(still)
    assert (list(report.findings), report.doubts, code(report)) == ([], [], 0)
    assert (report.delay, report.completeness) == (timedelta(), 1.0)
    assert report.statements == []


def _publish(upstream: Index) -> None:
    upstream.publish("alpha", "2.0")


def _new_project(upstream: Index) -> None:
    upstream.publish("delta", "1.0")


def _yank(upstream: Index) -> None:
    upstream.yank("alpha", "1.0", "bad")


def _delete_release(upstream: Index) -> None:
    upstream.delete("alpha", "1.1")


def _delete(upstream: Index) -> None:
    upstream.delete("alpha")


def _quarantine(upstream: Index) -> None:
    upstream.quarantine("alpha")


CHANGES: dict[str, tuple[Callable[[Index], None], tuple[str, str], str]] = {
    "published": (_publish, ("stale", "files"), "alpha"),
    "a new project": (_new_project, ("missing", "project"), "delta"),
    "yanked": (_yank, ("stale", "yank"), "alpha"),
    "a release deleted": (_delete_release, ("extra", "withdrawn-file"), "alpha"),
    "deleted": (_delete, ("extra", "withdrawn-project"), "alpha"),
    "quarantined": (_quarantine, ("extra", "withdrawn-project"), "alpha"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_upstream_changed_is_named(pair: Pair, change: str) -> None:
    do, found, project = CHANGES[change]
    do(pair[1])
    report = compared(pair)
    assert told(report) == {found}, list(report.findings)
    assert {finding.project for finding in report.findings} == {project}
    assert code(report) == 1
    late = found[0] == "missing" or found[1] == "files"
    assert bool(report.delay) is late
    assert (report.completeness or 0) < 1 or not late


FAULTS: dict[str, tuple[str, str, set[tuple[str, str]]]] = {
    "stale": ("stale", "*", {("stale", "files")}),
    "empty": ("empty", ALPHA, {("missing", "file"), ("missing", "empty-page")}),
    "altered": ("altered", ALPHA, {("altered", "page-hash"), ("altered", "hash")}),
    "corrupt": ("corrupt", "/packages/*/alpha-1.1*.whl", {("altered", "hash")}),
    "truncated": ("truncated", "/packages/*/alpha-1.1*.whl", {("truncated", "cut")}),
    "404": ("404", ALPHA, {("missing", "page"), ("missing", "project")}),
    "no-upload-time": ("no-upload-time", "/simple/*", set()),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_of_the_mirror_is_named(still: Pair, name: str) -> None:
    fault, path, found = FAULTS[name]
    still[0].fault(fault, path)
    report = compared(still)
    assert told(report) == found, list(report.findings)
    assert code(report) == (1 if found else 0)
    if name == "no-upload-time":
        assert report.tally.lost == {"upload-time": 8}


@pytest.mark.parametrize("other", CHANGES)
def test_two_things_at_once_are_both_named(pair: Pair, other: str) -> None:
    do, found, _ = CHANGES[other]
    do(pair[1])
    pair[0].fault("altered", "/simple/beta/")
    report = compared(pair)
    assert told(report) == {found, ("altered", "page-hash"), ("altered", "hash")}
    assert {f.project for f in report.findings if str(f.kind) == "altered"} == {"beta"}


OF_BETA = ("/simple/beta/", "/packages/*/beta-1.1*.whl")
SEVERAL: dict[str, tuple[str, int, set[tuple[str, str]]]] = {
    "altered": ("altered", 0, {("altered", "page-hash"), ("altered", "hash")}),
    "empty": ("empty", 0, {("missing", "file"), ("missing", "empty-page")}),
    "404": ("404", 0, {("missing", "page"), ("missing", "project")}),
    "refused": ("refused", 0, {("unreachable", "page")}),
    "missing-vary": ("missing-vary", 0, {("not conforming", "vary")}),
    "cut off": ("truncated", 0, {("truncated", "page")}),
    "a byte": ("corrupt", 1, {("altered", "hash")}),
    "a file cut off": ("truncated", 1, {("truncated", "cut")}),
    "no file": ("404", 1, {("missing", "file")}),
}
"""A fault of the page (0) or of a file (1) of a project, and what is to be found of it."""


def test_of_two_faults_both_are_named(still: Pair) -> None:
    for first, second in combinations_with_replacement(SEVERAL, 2):
        still[0].clear()
        wanted = []
        for name, places in ((first, OF_ALPHA), (second, OF_BETA)):
            fault, place, found = SEVERAL[name]
            still[0].fault(fault, places[place])
            project = places[0].split("/")[2]
            wanted += [(kind, rule, project) for kind, rule in found]
        report = compared(still, manners=ONCE)
        named = {(str(one.kind), one.rule, one.project) for one in report.findings}
        assert named == set(wanted), (first, second)
        assert code(report) == 1, (first, second)


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        ("refused", "*"),
        ("refused", ALPHA),
        ("hang", ALPHA),
        ("500", "/simple/"),
        ("503", ALPHA),
        ("401", "/simple/"),
        ("malformed", "/simple/"),
        ("malformed", ALPHA),
        ("login-portal", "/simple/"),
        ("login-portal", ALPHA),
        ("wrong-content-type", ALPHA),
        ("truncated", "/simple/"),
        ("truncated", ALPHA),
        ("bad-gzip", ALPHA),
        ("redirect-loop", ALPHA),
        ("empty", "/simple/"),
        ("stale", "/simple/alpha/"),
    ],
)
def test_what_upstream_does_not_say_is_never_healthy(still: Pair, fault: str, path: str) -> None:
    still[1].fault(fault, path)
    manners = IMPATIENT if fault == "hang" else PATIENT
    report = compared(still, manners=manners)
    assert code(report) == 3
    assert list(report.findings) == []
    assert any("upstream" in doubt for doubt in report.doubts), report.doubts


def test_what_is_young_need_not_be_here_yet(pair: Pair) -> None:
    pair[1].publish("alpha", "2.0", uploaded=datetime.now(UTC) - timedelta(minutes=5))
    pair[1].publish("delta", "1.0", uploaded=datetime.now(UTC) - timedelta(minutes=5))
    assert code(compared(pair)) == 0
    late = compared(pair, max_age=timedelta(minutes=4))
    assert told(late) == {("stale", "files"), ("missing", "project")}


def test_a_mirror_of_some_projects_is_told_which(pair: Pair) -> None:
    mirror, _ = pair
    mirror.delete("beta")
    whole = compared(pair)
    assert told(whole) == {("missing", "project")}
    some = compared(pair, projects=frozenset({"alpha", "gamma-g"}))
    assert (list(some.findings), code(some)) == ([], 0)
    more = compared(pair, projects=frozenset({"alpha", "beta"}))
    assert {finding.project for finding in more.findings} == {"beta"}
    # What nobody named is still looked at where it is here: upstream may have withdrawn it.
    pair[1].quarantine("Gamma.G")
    assert told(compared(pair, projects=frozenset({"alpha"}))) == {("extra", "withdrawn-project")}


def test_a_project_to_have_is_missed_without_upstream_too(still: Pair) -> None:
    asked = Asked((still[0].http_url,), None, Extent(only=frozenset({"alpha", "omega"})), PATIENT)
    [report] = check(asked)
    assert told(report) == {("missing", "project")}
    assert [finding.project for finding in report.findings] == ["omega"]


def test_a_sample_says_how_much_it_says(still: Pair) -> None:
    report = compared(still, sample=2, seed=1)
    assert report.looked == 2
    assert report.statements[0].startswith("2 of 3 projects, drawn at random, were looked at; ")
    assert code(report) == 0
    assert compared(still, sample=3).statements == []


def test_upstream_is_asked_again_only_for_what_changed(pair: Pair, tmp_path: Path) -> None:
    mirror, upstream = pair
    assert code(compared(pair, kept=tmp_path)) == 0
    upstream.forget_requests()
    assert code(compared(pair, kept=tmp_path)) == 0
    assert {one.status for one in upstream.requests()} == {304}
    upstream.publish("alpha", "2.0")
    upstream.forget_requests()
    assert told(compared(pair, kept=tmp_path)) == {("stale", "files")}
    fresh = {one.path for one in upstream.requests() if one.status == 200}
    assert fresh == {"/simple/", ALPHA}
    # The mirror itself is always asked in full: its own ETag might outlive its bytes.
    assert all(one.status == 200 for one in mirror.requests())


def test_what_was_kept_and_damaged_is_not_used(still: Pair, tmp_path: Path) -> None:
    compared(still, kept=tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:-3])
    still[1].forget_requests()
    assert code(compared(still, kept=tmp_path)) == 0
    assert {one.status for one in still[1].requests()} == {200}
