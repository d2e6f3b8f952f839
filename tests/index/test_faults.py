from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import tarfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from mirrorlab.errors import BadPage, CannotChange, NothingToFault, UnknownName
from mirrorlab.index import Index
from mirrorlab.index.altering import MODULE
from mirrorlab.index.gate import PAUSE, SLICES
from mirrorlab.scenario import Fault, FaultRule
from mirrorlab.simple import HTML, JSON, ProjectPage, parse_list, parse_page

from .conftest import client, small

PAGE = "/simple/demo-lib/"


def page(http: httpx.Client, path: str = PAGE) -> ProjectPage:
    return parse_page(http.get(path, headers={"Accept": JSON}).content, JSON)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503])
def test_a_status(index: Index, http: httpx.Client, status: int) -> None:
    index.fault(str(status), PAGE)
    answer = http.get(PAGE)
    assert answer.status_code == status
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert "retry-after" not in answer.headers
    assert http.get("/simple/demo-dep/").status_code == 200
    assert [request.fault for request in index.requests()] == [Fault(str(status)), None]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(index: Index, http: httpx.Client, status: int) -> None:
    index.fault(str(status), retry_after=7)
    assert http.get("/simple/").headers["retry-after"] == "7"


def test_the_first_requests_only(index: Index, http: httpx.Client) -> None:
    index.fault("503", "/simple/*", times=2)
    statuses = [http.get(path).status_code for path in (PAGE, "/pypi/demo-lib/json", PAGE, PAGE)]
    assert statuses == [503, 200, 503, 200]
    assert index.faults() == ()


def test_the_rule_set_last_strikes(index: Index, http: httpx.Client) -> None:
    index.fault("500")
    index.fault("403", PAGE, times=1)
    assert [http.get(path).status_code for path in (PAGE, "/simple/", PAGE)] == [403, 500, 500]
    index.clear()
    assert http.get(PAGE).status_code == 200


def test_a_rule_counts_only_what_it_can_strike(index: Index, http: httpx.Client) -> None:
    index.fault("metadata-404", times=1)
    url = index.files("demo-lib")[0].url
    statuses = [http.get(path).status_code for path in (PAGE, url, f"{url}.metadata")]
    assert statuses == [200, 200, 404]
    assert http.get(f"{url}.metadata").status_code == 200


def test_refused(index: Index, http: httpx.Client) -> None:
    index.fault("refused", PAGE)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        http.get(PAGE)
    (request,) = index.requests()
    assert (request.status, request.bytes_sent, request.fault) == (0, 0, Fault.REFUSED)


@pytest.mark.parametrize("tls", [False, True])
def test_hang_until_cleared(index: Index, tls: bool) -> None:
    index.fault("hang", PAGE)
    with client(index, tls=tls) as http, client(index) as other, ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(http.get, PAGE)
        with pytest.raises(TimeoutError):
            hanging.result(0.3)
        assert other.get("/simple/").status_code == 200
        index.clear()
        assert isinstance(hanging.exception(5), httpx.RemoteProtocolError)


def test_hang_ends_with_the_index() -> None:
    with ThreadPoolExecutor(1) as pool, Index(small()) as own, client(own) as http:
        own.fault("hang")
        hanging = pool.submit(http.get, "/simple/")
        with pytest.raises(TimeoutError):
            hanging.result(0.3)
        own.stop()
        assert isinstance(hanging.exception(5), httpx.RemoteProtocolError)


def test_slow_comes_whole(index: Index, http: httpx.Client) -> None:
    healthy = http.get(PAGE).content
    index.fault("slow", PAGE)
    started = time.monotonic()
    with http.stream("GET", PAGE) as answer:
        parts = list(answer.iter_raw())
    assert b"".join(parts) == healthy
    assert len(parts) > SLICES / 2
    assert time.monotonic() - started >= SLICES * PAUSE * 0.9


def test_slow_hurries_up_when_cleared(index: Index, http: httpx.Client) -> None:
    index.fault("slow", PAGE)
    started = time.monotonic()
    with http.stream("GET", PAGE) as answer:
        index.clear()
        answer.read()
    assert time.monotonic() - started < SLICES * PAUSE / 2


@pytest.mark.parametrize("kind", ["page", "file"])
@pytest.mark.parametrize("tls", [False, True])
def test_truncated(index: Index, kind: str, tls: bool) -> None:
    path = PAGE if kind == "page" else index.files("demo-lib")[0].url
    with client(index, tls=tls) as http:
        whole = len(http.get(path).content)
        index.fault("truncated", path)
        index.forget_requests()
        with http.stream("GET", path) as answer:
            assert answer.headers["content-length"] == str(whole)
            with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
                answer.read()
    (request,) = index.requests()
    assert (request.status, request.bytes_sent) == (200, whole // 2)


def test_corrupt(index: Index, http: httpx.Client) -> None:
    file = index.files("demo-lib")[0]
    healthy = http.get(file.url).content
    index.fault("corrupt", "/packages/*demo_lib-1.0-*")
    corrupt = http.get(file.url).content
    assert len(corrupt) == len(healthy)
    assert hashlib.sha256(corrupt).hexdigest() != file.sha256
    part = http.get(file.url, headers={"Range": "bytes=100-"})
    assert part.content == corrupt[100:]
    metadata = http.get(f"{file.url}.metadata").content
    assert hashlib.sha256(metadata).hexdigest() != file.core_metadata
    assert page(http).files[0].sha256 == file.sha256


def test_an_altered_file_is_valid_and_its_page_tells_the_old_hash(
    index: Index, http: httpx.Client
) -> None:
    index.fault("altered-file")
    wheel, sdist = page(http).files[:2]
    content = http.get(wheel.url).content
    assert hashlib.sha256(content).hexdigest() != wheel.sha256 == index.sha256(wheel.filename)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert f"{MODULE}.py" in archive.namelist()
        record = archive.read("demo_lib-1.0.dist-info/RECORD").decode()
        assert f"\n{MODULE}.py,sha256=" in record
    with tarfile.open(fileobj=io.BytesIO(http.get(sdist.url).content)) as archive:
        assert f"demo_lib-1.0/{MODULE}.py" in archive.getnames()


@pytest.mark.parametrize("path", ["*", PAGE, "/packages/*/demo_lib-*"])
def test_altered_file_and_page_agree(index: Index, http: httpx.Client, path: str) -> None:
    index.fault("altered", path)
    document = http.get("/pypi/demo-lib/json").json()
    told = {file["filename"]: file for file in document["releases"]["1.0"]}
    for file in page(http).files[:2]:
        content = http.get(file.url).content
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert file.sha256 != index.sha256(file.filename)
        assert file.size == len(content) == told[file.filename]["size"]
        assert told[file.filename]["digests"]["sha256"] == file.sha256
    assert {request.fault for request in index.requests()} == {Fault.ALTERED}
    other = page(http, "/simple/demo-dep/").files[0]
    same = other.sha256 == index.sha256(other.filename)
    assert same == (path != "*")


def test_stale_without_a_change_lacks_the_newest_release(own: Index) -> None:
    own.fault("stale")
    with client(own) as http:
        stale = page(http, "/simple/alpha/")
        assert (stale.versions, stale.last_serial) == (("1.0",), 102)
        assert page(http, "/simple/beta-b/").versions == ("1.0",)
        listed = parse_list(http.get("/simple/", headers={"Accept": JSON}).content, JSON)
        assert [one.last_serial for one in listed.projects] == [102, 105]
        assert http.get("/pypi/alpha/json").json()["info"]["version"] == "1.0"


def test_stale_after_changes_is_the_start(own: Index) -> None:
    own.publish("alpha", "2.0")
    own.publish("new", "1.0")
    own.delete("beta-b")
    own.fault("stale")
    with client(own) as http:
        stale = page(http, "/simple/alpha/")
        assert (stale.versions, stale.last_serial) == (("1.0", "1.1"), 103)
        assert http.get("/simple/new/").status_code == 404
        assert page(http, "/simple/beta-b/").versions == ("1.0",)
        assert http.get("/simple/").headers["x-pypi-last-serial"] == "105"
        assert own.serial == 110
        assert http.get(own.files("alpha")[-1].url).status_code == 200


def test_empty(index: Index, http: httpx.Client) -> None:
    index.fault("empty")
    assert page(http).files == ()
    assert parse_list(http.get("/simple/", headers={"Accept": JSON}).content, JSON).projects == ()
    assert b"<a " not in http.get(PAGE).content
    document = http.get("/pypi/demo-lib/json").json()
    assert (document["releases"], document["urls"]) == ({}, [])


def test_malformed(index: Index, http: httpx.Client) -> None:
    whole = len(parse_page(http.get(PAGE).content, HTML).files)
    index.fault("malformed")
    for path in (PAGE, "/simple/", "/pypi/demo-lib/json"):
        answer = http.get(path, headers={"Accept": JSON})
        with pytest.raises(json.JSONDecodeError):
            answer.json()
        assert answer.headers["content-length"] == str(len(answer.content))
    with pytest.raises(BadPage):
        page(http)
    html = http.get(PAGE)
    assert html.content.endswith((b"<a", b"</", b"<b"))
    assert len(parse_page(html.content, HTML).files) < whole


def test_a_malformed_page_is_not_validated_with_the_healthy_etag(
    index: Index, http: httpx.Client
) -> None:
    healthy = http.get(PAGE).headers["etag"]
    index.fault("malformed", PAGE)
    assert http.get(PAGE, headers={"If-None-Match": healthy}).status_code == 200


def test_login_portal(index: Index, http: httpx.Client) -> None:
    index.fault("login-portal")
    for path in (PAGE, index.files("demo-lib")[0].url, "/pypi/demo-lib/json"):
        answer = http.get(path, headers={"Accept": JSON})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert "<form" in answer.text


def test_wrong_content_type(index: Index, http: httpx.Client) -> None:
    healthy = http.get(PAGE)
    index.fault("wrong-content-type")
    wrong = http.get(PAGE)
    assert wrong.headers["content-type"].startswith("text/plain")
    assert wrong.content == healthy.content


def test_redirect_loop(index: Index, http: httpx.Client) -> None:
    index.fault("redirect-loop", PAGE)
    with pytest.raises(httpx.TooManyRedirects):
        http.get(PAGE, follow_redirects=True)


def test_bad_gzip(index: Index, http: httpx.Client) -> None:
    index.fault("bad-gzip")
    with http.stream("GET", PAGE) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        body = b"".join(answer.iter_raw())
    assert len(body) == int(answer.headers["content-length"])
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(body)


def test_no_upload_time(index: Index, http: httpx.Client) -> None:
    assert all(file.upload_time for file in page(http).files)
    index.fault("no-upload-time")
    assert all(file.upload_time is None and file.size for file in page(http).files)


def test_missing_vary(index: Index, http: httpx.Client) -> None:
    index.fault("missing-vary")
    for path in (PAGE, "/simple/"):
        assert "vary" not in http.get(path).headers


def test_untrusted_tls(index: Index) -> None:
    with client(index, tls=True) as open_before:
        assert open_before.get("/simple/").status_code == 200
        index.fault("untrusted-tls", times=1)
        with pytest.raises(
            (httpx.ConnectError, httpx.ReadError), match="CERTIFICATE_VERIFY_FAILED"
        ):
            open_before.get("/simple/")
        assert open_before.get("/simple/").status_code == 200
    with client(index) as plain:
        index.fault("untrusted-tls")
        assert plain.get("/simple/").status_code == 200


def test_head_meets_faults_too(index: Index, http: httpx.Client) -> None:
    index.fault("truncated", PAGE)
    assert http.head(PAGE).status_code == 200
    index.fault("503", PAGE)
    assert http.head(PAGE).status_code == 503


def test_every_fault_is_known_here(index: Index, http: httpx.Client) -> None:
    """One request each: what it does is tested above; that none is ignored is tested here."""
    url = index.files("demo-lib")[0].url
    paths = ("/simple/", PAGE, "/pypi/demo-lib/json", url, f"{url}.metadata")
    for fault in set(Fault) - {Fault.HANG, Fault.SLOW, Fault.REFUSED, Fault.UNTRUSTED_TLS}:
        index.clear()
        index.forget_requests()
        index.fault(fault)
        for path in paths:
            try:
                http.get(path)
            except (httpx.RemoteProtocolError, httpx.DecodingError):
                continue
        assert fault in {request.fault for request in index.requests()}, fault


@pytest.mark.parametrize("mistyped", ["50", "Refused", "time-out", "", "404 "])
def test_a_mistyped_fault_is_an_error(index: Index, mistyped: str) -> None:
    with pytest.raises(UnknownName, match="there is no fault"):
        index.fault(mistyped)
    assert index.faults() == ()


@pytest.mark.parametrize(
    ("fault", "path", "near"),
    [
        ("503", "/simple/demo-libb/", "/simple/demo-lib/"),
        ("503", "/Simple/*", "/simple/"),
        ("503", "/simple/Demo-Lib/", "/simple/demo-lib/"),
        ("metadata-404", "/simple/*", None),
        ("corrupt", "/packages/*demo_lib-7.0*", None),
        ("missing-vary", "/packages/*", None),
        ("503", "", None),
    ],
)
def test_a_path_that_nothing_has_is_an_error(
    index: Index, fault: str, path: str, near: str | None
) -> None:
    with pytest.raises(NothingToFault) as caught:
        index.fault(fault, path)
    if near is not None:
        assert caught.value.near == near
        assert f"did you mean {near!r}?" in str(caught.value)
    assert index.faults() == ()


@pytest.mark.parametrize(
    ("fault", "path", "times", "retry_after"),
    [
        ("503", "*", 0, None),
        ("503", "*", -1, None),
        ("503", "*", None, -1),
        ("500", "*", None, 5),
        ("altered", "*", 2, None),
        ("untrusted-tls", "/simple/*", None, None),
    ],
)
def test_a_rule_that_makes_no_sense_is_an_error(
    index: Index, fault: str, path: str, times: int | None, retry_after: int | None
) -> None:
    with pytest.raises(CannotChange):
        index.fault(fault, path, times=times, retry_after=retry_after)
    assert index.faults() == ()


def test_faults_of_the_scenario_are_in_force_from_the_start() -> None:
    rule = FaultRule(Fault.UNAVAILABLE, "/simple/alpha/", times=1, retry_after=1)
    with Index(dataclasses.replace(small(), faults=(rule,))) as own, client(own) as http:
        assert own.faults() == (rule,)
        assert [http.get("/simple/alpha/").status_code for _ in range(2)] == [503, 200]


def test_a_mistyped_path_in_the_scenario_is_an_error() -> None:
    rule = FaultRule(Fault.UNAVAILABLE, "/simple/alhpa/")
    with pytest.raises(NothingToFault, match="/simple/alpha/"):
        Index(dataclasses.replace(small(), faults=(rule,)))
