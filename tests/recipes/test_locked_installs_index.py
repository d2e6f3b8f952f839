"""Locked installs: what check-lock.sh is told of the index it trusts, and hears from it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.recipes.locked_installs_check import HEX, LINE, check, index


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("LOCKS", " ", "LOCKS names no lock"),
        ("PYTHON", "false", "false must be Python 3.11 or newer with packaging"),
        ("TRUSTED", "http://index.example/simple/", "it must begin with https://"),
        ("TRUSTED", "index.example/simple/", "it must begin with https://"),
        ("TRUSTED", "file:///simple/", "it must begin with https://"),
        ("TRUSTED", "https://[index/simple/", "TRUSTED is no index to trust"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    setting: str, value: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    done = check(tmp_path, "lock.txt", **{setting: value})
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "page",
    [
        '{"files": [{"filename": "demo_lib-1.0.tar.gz", "hashes": null}]}',
        '{"files": [{"filename": 7, "hashes": {}}]}',
        "[" * 100_000,
        "<html>",
    ],
)
def test_a_page_that_is_none_tells_nothing(page: str, tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    with index("application/json", page) as url:
        done = check(tmp_path, "lock.txt", TRUSTED=url)
    assert done.returncode == 3
    assert done.stderr.endswith("/simple/demo-lib/ is no page of the Simple API\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"Content-Length": "1000000"}, "does not answer"),
        ({"Location": "http://127.0.0.1:9/simple/demo-lib/"}, "redirects to http://127.0.0.1:9/;"),
    ],
)
def test_half_a_page_and_a_page_of_others_tell_nothing(
    header: dict[str, str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    with index("application/json", '{"files": []}', header) as url:
        done = check(tmp_path, "lock.txt", TRUSTED=url)
    assert done.returncode == 3
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_password_of_the_trusted_index_is_sent_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(f"{LINE}\n")
    with index("application/json", '{"files": []}', password="me:secret") as url:
        done = check(tmp_path, "lock.txt", TRUSTED=url)
        told = check(tmp_path, "lock.txt", TRUSTED=url.replace("//", "//me:secret@"))
    assert (done.returncode, told.returncode) == (3, 1)
    assert "demo-lib 1.0 is not at http://127.0.0.1" in told.stderr
    assert "secret" not in told.stderr


@pytest.mark.parametrize("subtype", ["html", "vnd.pypi.simple.v1+json"])
def test_the_page_of_the_index_may_be_html_or_json(subtype: str, tmp_path: Path) -> None:
    file = f"demo_lib-1.0-py3-none-any.whl#sha256={HEX}"
    as_json = {"filename": "demo_lib-1.0-py3-none-any.whl", "hashes": {"sha256": HEX}}
    page = f'<a href="../{file}">it</a>' if subtype == "html" else json.dumps({"files": [as_json]})
    good, other = f"demo-lib==1.0 --hash=sha256:{HEX}\n", f"demo-lib==1.1 --hash=sha256:{HEX}\n"
    (tmp_path / "good.txt").write_text(good)
    (tmp_path / "other.txt").write_text(other)
    with index(f"text/{subtype}" if subtype == "html" else f"application/{subtype}", page) as url:
        assert check(tmp_path, "good.txt", TRUSTED=url).returncode == 0
        done = check(tmp_path, "other.txt", TRUSTED=url)
    assert done.returncode == 1, "the hash of another release is good"
    assert "demo-lib 1.1 is not at" in done.stderr
