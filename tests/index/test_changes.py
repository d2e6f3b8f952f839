from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xmlrpc.client import ServerProxy

import pytest

from mirrorlab.errors import CannotChange, UnknownName
from mirrorlab.index import Index
from mirrorlab.scenario import EPOCH, File
from mirrorlab.simple import JSON, ProjectPage, parse_list, parse_page

from .conftest import client


def page(index: Index, name: str) -> ProjectPage:
    with client(index) as http:
        return parse_page(http.get(f"/simple/{name}/", headers={"Accept": JSON}).content, JSON)


def listed(index: Index) -> dict[str, int | None]:
    with client(index) as http:
        answer = http.get("/simple/", headers={"Accept": JSON})
    return {one.name: one.last_serial for one in parse_list(answer.content, JSON).projects}


def status(index: Index, path: str) -> int:
    with client(index) as http:
        return http.get(path).status_code


def test_serials_count_files(own: Index) -> None:
    assert listed(own) == {"alpha": 103, "Beta.B": 105}
    assert own.serial == 105


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (lambda index: index.publish("alpha", "2.0"), 2),
        (lambda index: index.publish("alpha", "2.0", yanked="bad"), 3),
        (lambda index: index.publish("new", "1", files=[File("cp313-cp313-win_amd64")]), 1),
        (lambda index: index.yank("alpha", "1.0"), 1),
        (lambda index: index.unyank("alpha", "1.0"), 1),
        (lambda index: index.delete("alpha", "1.0"), 1),
        (lambda index: index.delete("alpha"), 1),
        (lambda index: index.set_status("alpha", "archived"), 1),
        (lambda index: index.quarantine("alpha"), 1),
    ],
)
def test_every_change_moves_the_serial(
    own: Index, change: Callable[[Index], None], moved: int
) -> None:
    before = own.serial
    change(own)
    assert own.serial == before + moved
    with client(own) as http:
        assert http.get("/simple/").headers["x-pypi-last-serial"] == str(own.serial)
    assert listed(own).get("Beta.B") == 105


def test_what_is_published_is_there(own: Index) -> None:
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    own.publish("alpha", "2.0", requires=["beta-b"], requires_python=">=3.9", uploaded=moment)
    assert page(own, "alpha").last_serial == own.serial
    assert page(own, "alpha").versions == ("1.0", "1.1", "2.0")
    *_, wheel, sdist = own.files("alpha")
    assert (wheel.filename, sdist.filename) == ("alpha-2.0-py3-none-any.whl", "alpha-2.0.tar.gz")
    assert wheel.requires_python == ">=3.9"
    assert wheel.upload_time == moment
    with client(own) as http:
        assert b"Requires-Dist: beta-b" in http.get(f"{wheel.url}.metadata").content


def test_the_clock_goes_with_the_serial(own: Index) -> None:
    own.publish("alpha", "2.0")
    assert own.files("alpha")[-1].upload_time == EPOCH + timedelta(minutes=6)


def test_yanks_and_their_reasons(own: Index) -> None:
    own.yank("alpha", "1.0", "it eats files")
    assert [file.yanked for file in page(own, "alpha").files] == ["it eats files"] * 2 + [False]
    own.yank("alpha", "1.0")
    assert page(own, "alpha").files[0].yanked is True
    own.unyank("alpha", "1.0")
    assert page(own, "alpha").files[0].yanked is False


def test_what_is_deleted_is_gone_and_its_name_used_up(own: Index) -> None:
    url = own.files("alpha")[0].url
    own.delete("alpha", "1.0")
    assert page(own, "alpha").versions == ("1.1",)
    assert status(own, url) == 404
    with pytest.raises(CannotChange, match="cannot be used again"):
        own.publish("alpha", "1.0")
    own.delete("alpha")
    assert status(own, "/simple/alpha/") == status(own, "/pypi/alpha/json") == 404
    assert list(listed(own)) == ["Beta.B"]


def test_quarantine_is_as_on_pypi(own: Index) -> None:
    url = own.files("alpha")[0].url
    own.quarantine("alpha", "malware")
    assert list(listed(own)) == ["Beta.B"]
    assert own.projects() == ("beta-b",)
    assert status(own, "/pypi/alpha/json") == 404
    quarantined = page(own, "alpha")
    assert (quarantined.status, quarantined.status_reason) == ("quarantined", "malware")
    assert quarantined.files == ()
    assert status(own, url) == 200
    own.set_status("alpha", "active")
    assert len(page(own, "alpha").files) == 3


def test_a_page_without_json_shows_the_status_too(own: Index) -> None:
    own.set_status("alpha", "deprecated", "use beta")
    with client(own) as http:
        html = http.get("/simple/alpha/").text
    assert '<meta name="pypi:project-status" content="deprecated">' in html
    assert '<meta name="pypi:project-status-reason" content="use beta">' in html


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda index: index.publish("alpha", "1.0"), "holds alpha-1.0-py3-none-any.whl already"),
        (lambda index: index.publish("../x", "1.0"), "not a valid project name"),
        (lambda index: index.publish("new", "one"), "cannot be published"),
        (lambda index: index.publish("new", "1", files=[File("any")]), "cannot be published"),
        (lambda index: index.publish("new", "1", requires=["a b"]), "cannot be published"),
        (lambda index: index.publish("new", "1", requires_python="3"), "cannot be published"),
        (lambda index: index.yank("nobody", "1.0"), "no project 'nobody'"),
        (lambda index: index.yank("alpha", "7"), "no release of alpha '7'"),
        (lambda index: index.yank("alpha", "seven"), "no release of alpha 'seven'"),
        (lambda index: index.set_status("alpha", "quarantine"), "no project status"),
        (lambda index: index.sha256("alpha-7.tar.gz"), "no file 'alpha-7.tar.gz'"),
    ],
)
def test_a_senseless_change_changes_nothing(
    own: Index, change: Callable[[Index], object], says: str
) -> None:
    with pytest.raises((CannotChange, UnknownName), match=says):
        change(own)
    assert own.serial == 105
    assert own.projects() == ("alpha", "beta-b")


def test_a_release_is_published_whole_or_not_at_all(own: Index) -> None:
    with pytest.raises(CannotChange):
        own.publish("alpha", "1.1", files=[File(tag=None), File()])
    assert own.serial == 105


def test_xmlrpc_tells_mirrors_what_changed(own: Index) -> None:
    with ServerProxy(f"{own.http_url}/pypi", allow_none=True) as call:
        assert call.list_packages() == ["alpha", "Beta.B"]
        assert call.list_packages_with_serial() == {"alpha": 103, "Beta.B": 105}
        assert call.changelog_last_serial() == 105
        names = ["alpha", "alpha", "alpha", "Beta.B", "Beta.B"]
        changes: Any = call.changelog_since_serial(100)
        assert [(change[0], change[4]) for change in changes] == list(
            zip(names, range(101, 106), strict=True)
        )
        own.publish("new", "1", files=[File()])
        own.yank("alpha", "1.0")
        own.quarantine("alpha")
        epoch = int(EPOCH.timestamp())
        assert call.changelog_since_serial(105) == [
            ["new", None, epoch + 360, "create", 106],
            ["new", "1", epoch + 360, "new release", 106],
            ["new", "1", epoch + 360, "add file new-1-py3-none-any.whl", 106],
            ["alpha", "1.0", epoch + 420, "yank release", 107],
            ["alpha", None, epoch + 480, "project status quarantined", 108],
        ]
        assert call.list_packages_with_serial() == {"Beta.B": 105, "new": 106}
        assert call.package_releases("beta-b") == ["1.0"]
        assert call.changelog(epoch + 400) == [
            ["alpha", "1.0", epoch + 420, "yank release"],
            ["alpha", None, epoch + 480, "project status quarantined"],
        ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"hello", -32700),
        (b"<methodCall><methodName>eat</methodName><params/></methodCall>", -32601),
        (b"<methodCall><methodName>changelog</methodName><params/></methodCall>", -32602),
    ],
)
def test_a_bad_call_is_an_xmlrpc_fault(index: Index, body: bytes, code: int) -> None:
    with client(index) as http:
        answer = http.post("/pypi", content=body)
    assert answer.status_code == 200
    assert f"<int>{code}</int>" in answer.text
