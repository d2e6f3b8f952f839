from __future__ import annotations

import hashlib
import ssl

import httpx
import pytest

from mirrorlab.index import Index
from mirrorlab.simple import HTML, JSON, TEXT_HTML, parse_list, parse_page

FORMS = [(TEXT_HTML, f"{TEXT_HTML}; charset=utf-8"), (HTML, HTML), (JSON, JSON)]


@pytest.mark.parametrize(("accept", "content_type"), FORMS)
def test_the_list(http: httpx.Client, index: Index, accept: str, content_type: str) -> None:
    answer = http.get("/simple/", headers={"Accept": accept})
    assert answer.headers["content-type"] == content_type
    assert answer.headers["vary"] == "Accept"
    assert answer.headers["x-pypi-last-serial"] == str(index.serial)
    names = [one.name for one in parse_list(answer.content, content_type).projects]
    assert "Demo.Name_Mixed" in names
    assert len(names) == len(index.projects()) == 7


@pytest.mark.parametrize(("accept", "content_type"), FORMS)
def test_a_page(http: httpx.Client, index: Index, accept: str, content_type: str) -> None:
    answer = http.get("/simple/demo-lib/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, content_type)
    page = parse_page(answer.content, content_type)
    assert page.api_version == "1.4"
    assert answer.headers["x-pypi-last-serial"] == str(page.last_serial)
    assert [(file.filename, file.sha256) for file in page.files] == [
        (file.filename, file.sha256) for file in index.files("demo-lib")
    ]
    yanks = {file.filename: file.yanked for file in page.files}
    assert yanks["demo_lib-1.1-py3-none-any.whl"] == "loses data when the clock goes back"
    assert yanks["demo_lib-2.0-py3-none-any.whl"] is False


def test_serials_of_the_json_list_are_those_of_the_pages(http: httpx.Client, index: Index) -> None:
    listed = parse_list(http.get("/simple/", headers={"Accept": JSON}).content, JSON)
    assert listed.last_serial == index.serial
    for project in listed.projects:
        answer = http.get(f"/simple/{project.name}/", follow_redirects=True)
        assert answer.headers["x-pypi-last-serial"] == str(project.last_serial)
    assert max(one.last_serial or 0 for one in listed.projects) == index.serial


def test_nothing_acceptable_is_406(http: httpx.Client) -> None:
    for path in ("/simple/", "/simple/demo-lib/"):
        answer = http.get(path, headers={"Accept": "image/png"})
        assert answer.status_code == 406
        assert JSON in answer.text
        assert answer.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/simple", "/simple/"),
        ("/simple/demo-lib", "/simple/demo-lib/"),
        ("/simple/Demo.Name_Mixed/", "/simple/demo-name-mixed/"),
        ("/simple/Demo.Name_Mixed", "/simple/demo-name-mixed/"),
        ("/pypi/Demo.Name_Mixed/json", "/pypi/demo-name-mixed/json"),
    ],
)
def test_names_and_slashes_are_put_right(http: httpx.Client, path: str, location: str) -> None:
    answer = http.get(path)
    assert (answer.status_code, answer.headers["location"]) == (301, location)


@pytest.mark.parametrize(
    "path", ["/simple/nothing/", "/pypi/nothing/json", "/", "/nothing", "/-/x"]
)
def test_what_is_not_there_is_404(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_another_method_is_405(http: httpx.Client) -> None:
    assert http.post("/simple/").status_code == 405
    assert http.delete("/simple/demo-lib/").status_code == 405


def test_head_says_what_get_says(http: httpx.Client) -> None:
    got, head = http.get("/simple/demo-lib/"), http.head("/simple/demo-lib/")
    assert head.content == b""
    assert head.headers["content-length"] == str(len(got.content))
    assert head.headers["etag"] == got.headers["etag"]


@pytest.mark.parametrize("path", ["/simple/", "/simple/demo-lib/", "/pypi/demo-lib/json"])
def test_what_the_client_has_is_not_sent_again(http: httpx.Client, path: str) -> None:
    first = http.get(path)
    for condition in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        again = http.get(path, headers={"If-None-Match": condition})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers.get("vary") == first.headers.get("vary")
    other = http.get(path, headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


def test_each_form_has_its_own_etag(http: httpx.Client) -> None:
    answers = [http.get("/simple/demo-lib/", headers={"Accept": form}) for form, _ in FORMS]
    html, _, as_json = (answer.headers["etag"] for answer in answers)
    assert html != as_json


def test_urls_follow_scheme_and_host_of_the_request(index: Index, http: httpx.Client) -> None:
    page = http.get("/simple/demo-dep/", headers={"Host": "mirror.example:81", "Accept": JSON})
    urls = [file.url for file in parse_page(page.content, JSON).files]
    assert urls
    assert [url for url in urls if not url.startswith("http://mirror.example:81/packages/")] == []
    context = ssl.create_default_context(cafile=str(index.ca))
    secure = httpx.get(f"{index.url}/simple/demo-dep/", verify=context, trust_env=False)
    assert f'href="{index.url}/packages/' in secure.text


def test_project_json_is_what_mirrors_need(http: httpx.Client, index: Index) -> None:
    answer = http.get("/pypi/demo-lib/json")
    document = answer.json()
    assert int(answer.headers["x-pypi-last-serial"]) == document["last_serial"]
    assert (document["info"]["name"], document["info"]["version"]) == ("demo-lib", "2.0")
    assert document["info"]["requires_dist"] == ["demo-dep>=2"]
    listed = {file["filename"]: file for files in document["releases"].values() for file in files}
    for file in index.files("demo-lib"):
        told = listed[file.filename]
        assert told["digests"]["sha256"] == file.sha256
        assert (told["size"], told["url"]) == (file.size, f"{index.http_url}{file.url}")
        metadata = {"sha256": file.core_metadata} if file.core_metadata else None
        assert told.get("core-metadata") == metadata
    assert {file["filename"] for file in document["urls"]} == {
        "demo_lib-2.0-py3-none-any.whl",
        "demo_lib-2.0.tar.gz",
    }
    assert http.get("/demo-lib/json").json() == document


def test_project_json_of_one_release(http: httpx.Client) -> None:
    document = http.get("/pypi/demo-lib/1.1/json").json()
    assert document["info"]["version"] == "1.1"
    assert document["info"]["yanked_reason"] == "loses data when the clock goes back"
    assert "releases" not in document
    assert [file["yanked"] for file in document["urls"]] == [True, True]
    assert http.get("/pypi/demo-lib/7/json").status_code == 404
    assert http.get("/pypi/demo-lib/no-version/json").status_code == 404


def test_a_file_its_metadata_and_its_provenance(http: httpx.Client, index: Index) -> None:
    page = parse_page(http.get("/simple/demo-lib/", headers={"Accept": JSON}).content, JSON)
    files = {file.filename: file for file in page.files}
    wheel = files["demo_lib-2.0-py3-none-any.whl"]
    content = http.get(wheel.url).content
    assert hashlib.sha256(content).hexdigest() == wheel.sha256 == index.sha256(wheel.filename)
    assert len(content) == wheel.size
    metadata = http.get(f"{wheel.url}.metadata").content
    assert hashlib.sha256(metadata).hexdigest() == wheel.core_metadata
    assert wheel.provenance is not None
    provenance = http.get(wheel.provenance)
    assert provenance.headers["content-type"] == "application/vnd.pypi.integrity.v1+json"
    assert provenance.json()["attestation_bundles"][0]["attestations"][0]["version"] == 1
    sdist = files["demo_lib-2.0.tar.gz"]
    assert (sdist.core_metadata, sdist.provenance) == (False, None)
    assert http.get(f"{sdist.url}.metadata").status_code == 404
    assert http.get(f"/integrity/demo-lib/2.0/{sdist.filename}/provenance").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=5-99999999", 206, slice(5, None)),
        ("bytes=-99999999", 206, slice(None)),
        ("bytes=99999999-", 416, None),
        ("bytes=9-3", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
    ],
)
def test_ranges(
    http: httpx.Client, index: Index, wanted: str, status: int, part: slice | None
) -> None:
    url = index.files("demo-lib")[0].url
    whole = http.get(url).content
    answer = http.get(url, headers={"Range": wanted})
    assert answer.status_code == status
    if part is None:
        assert answer.headers["content-range"] == f"bytes */{len(whole)}"
        return
    assert answer.content == whole[part]
    if status == 206:
        start, end, _ = slice(part.start, part.stop).indices(len(whole))
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(whole)}"


def test_a_range_of_what_has_changed_is_the_whole(http: httpx.Client, index: Index) -> None:
    url = index.files("demo-lib")[0].url
    whole = http.get(url)
    stale = http.get(url, headers={"Range": "bytes=0-9", "If-Range": '"old"'})
    assert (stale.status_code, stale.content) == (200, whole.content)
    fresh = http.get(url, headers={"Range": "bytes=0-9", "If-Range": whole.headers["etag"]})
    assert (fresh.status_code, fresh.content) == (206, whole.content[:10])


@pytest.mark.parametrize(
    "path",
    [
        "/packages/aa/bb/cc/demo_lib-1.0-py3-none-any.whl",
        "/packages/../../../etc/passwd",
        "/packages/%2e%2e/%2e%2e/etc/passwd",
        "/packages/",
    ],
)
def test_only_the_right_place_gives_a_file(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_the_log_tells_who_asked_for_what(http: httpx.Client, index: Index) -> None:
    body = http.get("/simple/demo-lib/", headers={"Accept": JSON, "User-Agent": "me/1"}).content
    http.get("/simple/nothing/")
    first, second = index.requests()
    assert (first.method, first.path, first.status) == ("GET", "/simple/demo-lib/", 200)
    assert (first.bytes_sent, first.user_agent, first.accept) == (len(body), "me/1", JSON)
    assert (first.tls, first.fault) == (False, None)
    assert f"http://{first.host}" == index.http_url
    assert second.status == 404
    assert index.requests("/simple/d*") == (first,)
    assert index.requests(since=first.number) == (second,)
    index.forget_requests()
    assert index.requests() == ()
