from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mirrorlab.distributions import Built, sdist, wheel
from mirrorlab.index import Index

from .conftest import client, small

ALICE = ("alice", "wonder")
ROOT = ("root", "queen")
NEW = wheel("alpha", "3.0", requires_python=">=3.9")
LIMIT = 200_000


@pytest.fixture
def own() -> Iterator[Index]:
    with Index(small(), max_upload=LIMIT) as index:
        yield index


def send(
    index: Index,
    built: Built = NEW,
    *,
    auth: tuple[str, str] | None = ALICE,
    filename: str | None = None,
    leave_out: tuple[str, ...] = (),
    **fields: Any,
) -> httpx.Response:
    data = {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": "2.2",
        "filetype": "bdist_wheel",
        "name": "alpha",
        "version": "3.0",
        "sha256_digest": built.sha256,
        **fields,
    }
    kept: dict[str, Any] = {key: value for key, value in data.items() if key not in leave_out}
    files = {"content": (filename or built.filename, built.content)}
    with client(index) as http:
        return http.post("/legacy/", data=kept, files=files, auth=auth or httpx.Auth())


def unchanged(index: Index) -> bool:
    return index.serial == 105 and index.projects() == ("alpha", "beta-b")


def test_an_upload_is_served(own: Index) -> None:
    assert send(own).status_code == 200
    assert own.serial == 106
    *_, entry = own.files("alpha")
    assert (entry.filename, entry.sha256) == (NEW.filename, NEW.sha256)
    assert entry.requires_python == ">=3.9"
    with client(own) as http:
        assert http.get(entry.url).content == NEW.content
        assert http.get(f"{entry.url}.metadata").content == NEW.metadata


def test_every_digest_is_taken(own: Index) -> None:
    digests: dict[str, Any] = {
        "md5_digest": hashlib.md5(NEW.content).hexdigest(),
        "sha256_digest": NEW.sha256.upper(),
        "blake2_256_digest": hashlib.blake2b(NEW.content, digest_size=32).hexdigest(),
    }
    assert send(own, **digests).status_code == 200


@pytest.mark.parametrize("auth", [ALICE, ("__token__", "pypi-alice"), ROOT])
def test_who_may(own: Index, auth: tuple[str, str]) -> None:
    assert send(own, auth=auth).status_code == 200


@pytest.mark.parametrize(
    "auth",
    [
        None,
        ("alice", "wrong"),
        ("alice", "pypi-alice"),
        ("nobody", "wonder"),
        ("__token__", "wonder"),
        ("__token__", ""),
        ("", ""),
    ],
)
def test_who_may_not(own: Index, auth: tuple[str, str] | None) -> None:
    answer = send(own, auth=auth)
    assert answer.status_code == 403
    assert "not known" in answer.text
    assert unchanged(own)


@pytest.mark.parametrize("header", ["Basic", "Basic ???", "Bearer x", "Basic /////w=="])
def test_unreadable_credentials(own: Index, header: str) -> None:
    with client(own) as http:
        answer = http.post("/legacy/", headers={"Authorization": header})
    assert answer.status_code == 403


def test_a_project_of_another(own: Index) -> None:
    other = wheel("beta-b", "3.0")
    answer = send(own, other, name="beta-b")
    assert (answer.status_code, unchanged(own)) == (403, True)
    assert "may not upload to 'beta-b'" in answer.text
    assert send(own, other, name="Beta.B", auth=ROOT).status_code == 200


def test_a_new_project(own: Index) -> None:
    assert send(own, wheel("new", "3.0"), name="new", auth=ROOT).status_code == 200
    assert own.projects() == ("alpha", "beta-b", "new")


def test_the_same_file_again_is_fine_and_changes_nothing(own: Index) -> None:
    send(own)
    assert send(own).status_code == 200
    assert own.serial == 106


def test_another_file_of_that_name_is_refused_in_warehouses_words(own: Index) -> None:
    answer = send(own, wheel("alpha", "1.0", pad=5), version="1.0")
    assert answer.status_code == 400
    assert "File already exists ('alpha-1.0-py3-none-any.whl', with blake2_256" in answer.text
    assert unchanged(own)


def test_a_name_that_was_deleted_is_used_up(own: Index) -> None:
    own.delete("alpha", "1.1")
    answer = send(own, wheel("alpha", "1.1"), version="1.1")
    assert (answer.status_code, own.serial) == (400, 106)
    assert "cannot be used again" in answer.text


@pytest.mark.parametrize("status", ["archived", "quarantined"])
def test_a_closed_project_takes_nothing(own: Index, status: str) -> None:
    own.set_status("alpha", status)
    answer = send(own)
    assert (answer.status_code, own.serial) == (400, 106)
    assert status in answer.text


CUT = Built(NEW.filename, NEW.content[:-50], NEW.metadata)
BARE = Built(NEW.filename, b"", NEW.metadata)
SDIST = sdist("alpha", "3.0")
CUT_SDIST = Built(SDIST.filename, SDIST.content[:-600], b"")


@pytest.mark.parametrize(
    ("built", "change", "says"),
    [
        (NEW, {"sha256_digest": "0" * 64}, "sha256_digest is not the digest"),
        (NEW, {"md5_digest": "zz"}, "md5_digest is not the digest"),
        (NEW, {"md5_digest": "Grüße"}, "md5_digest is not the digest"),
        (NEW, {"leave_out": ("sha256_digest",)}, "is required"),
        (NEW, {"leave_out": (":action",)}, "':action' must be"),
        (NEW, {":action": "submit"}, "':action' must be"),
        (NEW, {"protocol_version": "2"}, "'protocol_version' must be"),
        (NEW, {"leave_out": ("name",)}, "not a valid project name"),
        (NEW, {"name": "../alpha"}, "not a valid project name"),
        (NEW, {"name": "älpha"}, "not a valid project name"),
        (NEW, {"version": "three"}, "not a version"),
        (NEW, {"version": "3.1"}, "holds alpha 3.0, not alpha 3.1"),
        (NEW, {"filename": f"../../{NEW.filename}"}, "is a path"),
        (NEW, {"filename": f"..\\{NEW.filename}"}, "is a path"),
        (NEW, {"filename": "alpha-3.0.exe"}, "neither a wheel nor an sdist"),
        (NEW, {"filename": "alpha.whl"}, "not a name of a distribution"),
        (NEW, {"filename": "alpha-9-py3-none-any.whl"}, "not what it is called"),
        (NEW, {"filename": "alpha-3.0.tar.gz"}, "cannot be read"),
        (CUT, {}, "cannot be read"),
        (BARE, {}, "cannot be read"),
        (CUT_SDIST, {}, "cannot be read"),
        (wheel("alpha", "3.0", pad=LIMIT), {}, "too large: the limit is 200000 bytes"),
        (wheel("alpha", "3.0", pad=5_000_000), {}, "too large: the limit is 200000 bytes"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_kept(
    own: Index, built: Built, change: dict[str, Any], says: str
) -> None:
    answer = send(own, built, **change)
    assert answer.status_code == 400
    assert says in answer.text
    assert unchanged(own)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/plain", b"hello"),
        ("multipart/form-data", b"hello"),
        ("multipart/form-data; boundary=b", b"hello"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b\r\nNo-Disposition: x\r\n\r\n1\r\n--b--\r\n"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name=":action"\r\n\r\nfile_upload\r\n'
            b'--b\r\nContent-Disposition: form-data; name="content"; filename="a.whl"\r\n\r\ncut',
        ),
    ],
)
def test_a_bad_body_is_refused(own: Index, content_type: str, body: bytes) -> None:
    headers = {"Content-Type": content_type}
    with client(own) as http:
        answer = http.post("/legacy/", content=body, headers=headers, auth=ALICE)
    assert answer.status_code == 400
    assert len(answer.text) > len("400 ")
    assert unchanged(own)


def test_an_upload_meets_faults_too(own: Index) -> None:
    own.fault("503", "/legacy/", times=1)
    assert [send(own).status_code, send(own).status_code] == [503, 200]
