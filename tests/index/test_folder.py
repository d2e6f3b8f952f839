from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from mirrorlab.distributions import wheel
from mirrorlab.errors import BadDistribution, FolderNotReadable, NotPossible
from mirrorlab.index import Index
from mirrorlab.index.folder import describe
from mirrorlab.scenario import Scenario, builtin
from mirrorlab.simple import JSON, parse_page

from .conftest import client, small


def test_a_folder_is_served_as_it_is(wheels: Path) -> None:
    with Index(Scenario("folder", serial=10), wheels=wheels) as index, client(index) as http:
        assert index.projects() == ("del-ta", "gamma")
        assert index.serial == 14
        page = parse_page(http.get("/simple/gamma/", headers={"Accept": JSON}).content, JSON)
        assert page.versions == ("1.0", "2.0")
        for file in page.files:
            assert http.get(file.url).content == (wheels / file.filename).read_bytes()
        python = {file.filename: file.requires_python for file in page.files}
        assert python["gamma-1.0-py3-none-any.whl"] == ">=3.9"
        assert python["gamma-2.0-py3-none-any.whl"] is None
        wheel_file = page.files[0]
        assert b"Name: gamma" in http.get(f"{wheel_file.url}.metadata").content
        assert "Del.Ta" in http.get("/simple/").text


def test_the_project_json_speaks_of_people_by_their_names(wheels: Path) -> None:
    file = wheels / "gamma-2.0-py3-none-any.whl"
    rewritten = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(rewritten, "w") as new:
        for entry in old.infolist():
            whole = old.read(entry)
            if entry.filename.endswith("/METADATA"):
                whole = whole.rstrip() + "\nMaintainer: Matthäus\n".encode()
            new.writestr(entry, whole)
    file.write_bytes(rewritten.getvalue())
    with Index(Scenario("folder"), wheels=wheels) as index, client(index) as http:
        answer = http.get("/pypi/gamma/json")
        assert answer.status_code == 200
        assert answer.json()["info"]["maintainer"] == "Matthäus"


def test_a_folder_beside_a_scenario(wheels: Path) -> None:
    with Index(small(), wheels=wheels) as index:
        assert index.projects() == ("alpha", "beta-b", "del-ta", "gamma")
        index.publish("gamma", "3.0")
        assert [file.filename for file in index.files("gamma")][-1] == "gamma-3.0.tar.gz"


def test_one_project_in_both_is_an_error(wheels: Path) -> None:
    (wheels / "beta_b-1.0-py3-none-any.whl").write_bytes(wheel("beta-b", "1.0").content)
    with pytest.raises(BadDistribution, match="holds beta-b, which the scenario 'small'"):
        Index(small(), wheels=wheels)


@pytest.mark.parametrize(
    "name", ["gamma-1.0-py3-none-any.whl", "gamma-1.0.tar.gz", "gamma-2.0-py3-none-any.whl"]
)
@pytest.mark.parametrize("kept", [0, 0.3, 0.97])
def test_a_truncated_file_is_named(wheels: Path, name: str, kept: float) -> None:
    file = wheels / name
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(BadDistribution) as caught:
        Index(small(), wheels=wheels)
    assert str(caught.value).startswith(f"{file}: cannot be read, it may be cut off")


def test_a_file_that_is_another_is_named(wheels: Path) -> None:
    file = wheels / "gamma-7.0-py3-none-any.whl"
    file.write_bytes(wheel("gamma", "1.0").content)
    with pytest.raises(BadDistribution, match=r"gamma-7\.0.*says inside that it is gamma 1\.0"):
        Index(small(), wheels=wheels)


@pytest.mark.parametrize("name", ["notes.zip", "x.whl", "gamma.tar.gz", "gamma-one.tar.gz"])
def test_a_misnamed_file_is_named(wheels: Path, name: str) -> None:
    (wheels / name).write_bytes(b"hello")
    with pytest.raises(BadDistribution, match=f"{name}: is not a name of a distribution"):
        Index(small(), wheels=wheels)


def test_a_file_that_is_a_folder_is_named(wheels: Path) -> None:
    (wheels / "gamma-3.0.tar.gz").mkdir()
    with pytest.raises(BadDistribution, match=r"gamma-3\.0\.tar\.gz: cannot be read: "):
        Index(small(), wheels=wheels)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FolderNotReadable, match="missing: No such file or directory"):
        Index(small(), wheels=tmp_path / "missing")
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(FolderNotReadable, match="Not a directory"):
        Index(small(), wheels=file)


def test_a_wheel_without_metadata() -> None:
    empty_zip = b"PK\x05\x06" + bytes(18)
    with pytest.raises(BadDistribution, match="holds no METADATA"):
        describe("gamma-1.0-py3-none-any.whl", empty_zip)


def test_a_file_that_vanishes_is_an_error_of_that_request(wheels: Path) -> None:
    with Index(Scenario("folder"), wheels=wheels) as index, client(index) as http:
        url = index.files("gamma")[0].url
        (wheels / "gamma-1.0-py3-none-any.whl").unlink()
        assert http.get(url).status_code == 404
        assert http.get("/simple/gamma/").status_code == 200


def test_real_distributions_must_be_there_first() -> None:
    with pytest.raises(NotPossible, match=r"scenario 'real'.*download them"):
        Index(builtin("real"))
