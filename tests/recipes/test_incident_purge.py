"""Taking it out: trees, caches, devpi and configurations that the recipe incident finds."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.recipes.incident_scripts import (
    OTHER,
    PROJECT_JSON,
    WHEEL,
    a_list,
    a_tree,
    answering,
    run,
)


@pytest.mark.parametrize(
    "simple",
    ["simple/demo-lib", "simple/d/demo-lib", "simple/Demo_Lib", "simple/demo-lib/versions"],
)
def test_pages_are_found_wherever_bandersnatch_writes_them(tmp_path: Path, simple: str) -> None:
    web = a_tree(tmp_path, simple)
    (web / simple / "index.html").rename(web / simple / "index_1.html")
    (web / simple / "index.html").symlink_to("index_1.html")
    for _ in range(2):
        done = run("purge_tree.py", a_list(tmp_path), web)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (web / simple / "index.html").is_symlink()
    page = (web / simple / "index.html").read_text()
    assert page == f'<html>\n<a href="../../packages/a/b/{OTHER}">{OTHER}</a><br/>\n</html>'
    assert [path.name for path in (web / "packages/a/b").iterdir()] == [OTHER]
    told = json.loads((web / "json/demo-lib").read_text())
    assert set(told["releases"]) == {"1.0"}
    assert told["info"]["version"] == "1.0"
    assert told["info"]["requires_dist"] is None
    assert told["urls"] == PROJECT_JSON["releases"]["1.0"]


def test_a_page_that_is_not_understood_is_not_called_clean(tmp_path: Path) -> None:
    web = a_tree(tmp_path)
    page = web / "simple/demo-lib/index.html"
    page.write_text(f"<a href='../../packages/a/b/{WHEEL}'><b>{WHEEL}</b></a>")
    done = run("purge_tree.py", a_list(tmp_path), web)
    assert done.returncode == 1
    assert "in a way that is not understood" in done.stderr
    assert (web / "packages/a/b" / WHEEL).exists()


@pytest.mark.parametrize(
    "body",
    [gzip.compress(WHEEL.encode()), b"{", b'{"info": 1}', b'{"files": [1]}'],
    ids=["packed-without-links", "cut", "json-api", "no-file"],  # a packed body holds the time
)
def test_before_all_pages_are_understood_nothing_is_touched(tmp_path: Path, body: bytes) -> None:
    web = a_tree(tmp_path)
    (web / "simple/demo-lib/index.html.gz").write_bytes(body)
    before = (web / "simple/demo-lib/index.html").read_bytes()
    done = run("purge_tree.py", a_list(tmp_path), web)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "index.html.gz: it cannot be read as a page" in done.stderr, done.stderr
    assert (web / "simple/demo-lib/index.html").read_bytes() == before
    assert (web / "packages/a/b" / WHEEL).exists()


def test_links_to_folders_are_followed_and_links_to_files_are_told(tmp_path: Path) -> None:
    web, far = a_tree(tmp_path), tmp_path / "far"
    (web / "packages/a").rename(far)
    (web / "packages/a").symlink_to(far)
    (far / "loop").symlink_to(web)
    blob = tmp_path / "blob"
    (far / "b" / WHEEL).rename(blob)
    (far / "b" / WHEEL).symlink_to(blob)
    done = run("purge_tree.py", a_list(tmp_path), web)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"delete {blob} yourself" in done.stderr, done.stderr
    assert [path.name for path in (far / "b").iterdir()] == [OTHER]
    assert blob.exists()


def test_what_is_no_cache_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / WHEEL).write_text("mine")
    done = run("purge_cache.py", a_list(tmp_path), folder)
    assert done.returncode == 3
    assert "not an entry of an nginx cache" in done.stderr
    assert (folder / WHEEL).exists()


@pytest.mark.parametrize(
    ("key", "gone"),
    [
        (f"httpsmirror/p/{WHEEL}", True),
        (f"/p/{WHEEL}text/html", True),
        (f"/p/{WHEEL}?x=1", True),
        (f"/p/{WHEEL}.metadata|gzip", True),
        ("/p/%64emo_lib-2.0.tar.gz", True),
        ("/simple/demo-lib/application/vnd.pypi.simple.v1+json, text/html;q=0.1", True),
        ("/simple/demo-lib/?v=2", True),
        (f"/p/demo-lib/{OTHER}", False),
        ("/simple/demo-lib-2/text/html", False),
        ("/simple/other/text/html", False),
    ],
)
def test_a_cache_is_purged_whatever_its_keys_look_like(
    tmp_path: Path, key: str, gone: bool
) -> None:
    entry = tmp_path / "cache/ab" / hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()
    entry.parent.mkdir(parents=True)
    entry.write_bytes(b"head\nKEY: " + key.encode() + b"\nHTTP/1.1 200 OK\r\n\r\n")
    done = run("purge_cache.py", a_list(tmp_path), tmp_path / "cache")
    assert done.returncode == 0, done.stdout + done.stderr
    assert entry.exists() == (not gone), done.stdout


def test_the_configuration_keeps_its_owner_and_its_mode(tmp_path: Path) -> None:
    conf = tmp_path / "real.conf"
    conf.write_text("[mirror]\nmaster = https://pypi.org\n[plugins]\nenabled =\n    a\n")
    conf.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(conf, 1234, 4321)
    before = conf.stat()
    (tmp_path / "link.conf").symlink_to(conf)
    done = run("keep_out.py", a_list(tmp_path), tmp_path / "link.conf")
    assert done.returncode == 0, done.stderr
    after = conf.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (
        before.st_uid,
        before.st_gid,
        before.st_mode,
    )
    assert "demo-lib==2.0" in conf.read_text()
    assert (tmp_path / "link.conf").is_symlink()


@pytest.mark.parametrize("text", ["{}", "[]", "<h1>nginx</h1>", '{"result": {}}'])
def test_what_is_no_devpi_is_told(tmp_path: Path, text: str) -> None:
    class Other(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    (tmp_path / "password").write_text("x")
    with answering(Other) as there:
        for url in (there, "127.0.0.1:3141"):
            done = run("purge_devpi.py", a_list(tmp_path), url, "root", tmp_path / "password")
            assert done.returncode == 3, done.stdout + done.stderr
            assert "devpi" in done.stderr
