"""compare.py of buildout: which file is the one that the trusted index has."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import runpy
import urllib.request
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest
from tests.recipes.buildout_answering import answering

from mirrorlab.index import Index
from mirrorlab.scenario import File, Project, Release, Scenario

RECIPE = Path(__file__).parents[2] / "recipes" / "buildout"
MAIN = runpy.run_path(str(RECIPE / "compare.py"))["main"]
OURS = Scenario(
    "ours", projects=(Project("demo-lib", releases=(Release("1.0", files=(File(),)),)),)
)
WHEEL = "demo_lib-1.0-py3-none-any.whl"


class Compared(NamedTuple):
    """How a comparison ended."""

    returncode: int
    stderr: str


def _compare(folder: Path, trusted: str, own: str = "") -> Compared:
    told = io.StringIO()
    with (
        patch.dict(os.environ, {"TRUSTED": trusted, "OWN": own}, clear=True),
        contextlib.redirect_stderr(told),
    ):
        return Compared(MAIN([str(folder)]), told.getvalue())


def test_a_folder_that_is_missing_is_one_sentence(tmp_path: Path) -> None:
    done = _compare(tmp_path / "dist", "http://127.0.0.1:9/simple/")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_a_file_is_good_only_where_the_trusted_index_has_just_this_one(tmp_path: Path) -> None:
    file = tmp_path / WHEEL
    with Index(OURS) as index:
        here = f"{index.http_url}/simple"
        (entry,) = (each for each in index.files("demo-lib"))
        plain = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        file.write_bytes(plain.open(f"{index.http_url}{entry.url}").read())
        assert _compare(tmp_path, here).returncode == 0
        index.yank("demo-lib", "1.0")
        done = _compare(tmp_path, here)
        assert (done.returncode, done.stderr.strip()) == (
            1,
            f"compare: {WHEEL} is yanked; pin another version",
        )
        index.unyank("demo-lib", "1.0")
        file.write_bytes(file.read_bytes() + b"\0")
        assert f"{WHEEL} is not the file that" in _compare(tmp_path, here).stderr
        assert _compare(tmp_path, here, own="Demo.Lib").returncode == 0
        file.rename(tmp_path / "demo_lib-2.0-py3-none-any.whl")
        assert "if it is your own project, name it in OWN" in _compare(tmp_path, here).stderr
        index.fault("503")
        assert _compare(tmp_path, here).returncode == 3


@pytest.mark.parametrize("name", ["demo_lib-1.0-py3.13.egg", "demo_lib.whl", "demo.exe", "x"])
def test_what_no_index_could_know_is_not_good(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    done = _compare(tmp_path, "http://127.0.0.1:9/simple/", own="demo-lib demo x")
    assert done.returncode == 1
    assert (
        done.stderr == f"compare: {name} is neither a wheel nor an sdist, and cannot be compared\n"
    )


def test_nothing_is_not_good(tmp_path: Path) -> None:
    done = _compare(tmp_path, "http://127.0.0.1:9/simple/")
    assert (done.returncode, done.stderr) == (1, "compare: there is no file to compare\n")


@pytest.mark.parametrize(
    ("trusted", "code"),
    [
        ("http://index.example/simple/", 2),
        ("index.example", 2),
        ("file:///simple/", 2),
        ("https://[index/", 2),
        ("http://127.0.0.1:9/simple/", 3),
    ],
)
def test_a_trusted_index_is_https_and_answers(tmp_path: Path, trusted: str, code: int) -> None:
    (tmp_path / WHEEL).touch()
    done = _compare(tmp_path, trusted)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)


HTML = f'<a href="/p/{WHEEL}#sha256=HASH"{{}}>it</a>'


@pytest.mark.parametrize(
    ("kind", "page", "code"),
    [
        ("text/html", HTML.format(""), 0),
        ("text/html", HTML.format(' data-yanked=""'), 1),
        ("text/html", HTML.format("").replace("sha256", "md5"), 1),
        ("text/html", "<p>Please log in</p>", 1),
        ("application/json", '{"files": [{"filename": 7, "hashes": null}]}', 3),
        ("application/json", "[" * 100_000, 3),
        ("application/json", "<html>", 3),
    ],
)
def test_a_page_in_html_says_as_much_and_what_is_no_page_tells_nothing(
    tmp_path: Path, kind: str, page: str, code: int
) -> None:
    (tmp_path / WHEEL).write_bytes(b"wheel")
    page = page.replace("HASH", hashlib.sha256(b"wheel").hexdigest())
    with answering(200, {"Content-Type": kind}, page) as url:
        done = _compare(tmp_path, url)
    assert done.returncode == code, done.stderr
    assert done.stderr.count("\n") == (1 if code else 0)


def test_nobody_is_believed_to_whom_the_trusted_index_sends(tmp_path: Path) -> None:
    (tmp_path / WHEEL).touch()
    elsewhere = {"Location": "http://127.0.0.1:9/simple/demo-lib/"}
    with answering(302, elsewhere, "") as url:
        done = _compare(tmp_path, url.replace("//", "//me:secret@"))
    assert done.returncode == 3
    assert "redirects to another server" in done.stderr
    assert "secret" not in done.stderr
