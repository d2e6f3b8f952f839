"""The proof that it is gone: pages in every dress, what is left on a disk, what is not read."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.recipes.incident_scripts import OTHER, RECIPE, WHEEL, a_list, a_tree, answering, run

BASE = f'<base href="/hidden/"><a href="{WHEEL}">x</a><a href="{OTHER}">y</a>'
GT = f'<a data-requires-python=">=3.8" href="/hidden/{WHEEL}">x</a><a href="/o/{OTHER}">y</a>'
BARE = f"<a href=/hidden/{WHEEL}>x</a><a href=/o/{OTHER}>y</a>"
BLOB = json.dumps(
    {
        "files": [
            {"filename": WHEEL, "url": "/hidden/blob", "hashes": {}},
            {"filename": OTHER, "url": f"/o/{OTHER}", "hashes": {}},
        ]
    }
)


Served = tuple[str, dict[str, tuple[str, dict[str, str]]]]


@pytest.fixture
def served() -> Iterator[Served]:
    """An index whose page is what the test puts there; all below /hidden/ and /o/ is served."""
    page: dict[str, tuple[str, dict[str, str]]] = {}

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text, headers = page["simple"] if self.path.startswith("/simple/") else ("file", {})
            if self.path.startswith(("/simple/", "/hidden/", "/o/")):
                self.send_response(200)
            else:
                self.send_response(404)
            for name, value in {"Content-Type": "text/html", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            body = gzip.compress(text.encode()) if headers.get("X-Gz") else text.encode()
            self.wfile.write(body if self.command == "GET" else b"")

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with answering(Index) as url:
        yield url, page


@pytest.mark.parametrize("served", ["http://127.0.0.1:1/simple/", ""])
def test_a_proof_without_an_answer_is_none(tmp_path: Path, served: str) -> None:
    done = run("prove.py", a_list(tmp_path), *served.split())
    assert done.returncode == (3 if served else 2), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "kind", "code", "words"),
    [
        (BASE, "text/html", 1, "SERVED"),
        (GT, "text/html", 1, "SERVED"),
        (BARE, "text/html", 1, "SERVED"),
        (BLOB, "application/vnd.pypi.simple.v1+json", 1, "SERVED"),
        ("<h1>Please log in</h1>", "text/html", 3, "is this a page of an index, or a login?"),
        ("{", "application/vnd.pypi.simple.v1+json", 3, "cannot be read as a page"),
        ("[]", "application/vnd.pypi.simple.v1+json", 3, "cannot be read as a page"),
        ("gz", "text/html", 3, "cannot be read as a page"),
        (BASE, "text/plain", 1, "SERVED"),
        ("nothing", "text/plain", 3, "is this a page of an index, or a login?"),
        (BLOB, "text/html", 1, "SERVED"),
    ],
    ids=[
        "base",
        "gt",
        "unquoted",
        "blob",
        "login",
        "half",
        "list",
        "gzip",
        "plain",
        "words",
        "mislabelled",
    ],
)
def test_a_page_in_another_dress_is_seen(
    tmp_path: Path, served: Served, text: str, kind: str, code: int, words: str
) -> None:
    url, page = served
    page["simple"] = (text, {"Content-Type": kind, "X-Gz": "1" if text == "gz" else ""})
    list_ = a_list(tmp_path)
    list_.write_text(list_.read_text().replace("end\n", f"url {url}/gone/{WHEEL}\nend\n"))
    done = run("prove.py", list_, f"{url}/simple/", HOME=str(tmp_path))
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stdout, done.stdout
    settings = {"RELEASE": "demo-lib==2.0", "INDEXES": f"{url}/simple/", "HOME": str(tmp_path)}
    empty = dict.fromkeys(("TREES", "DEVPI", "CACHES"), "")
    run("find_files.py", tmp_path / "new.txt", **settings, **empty)
    assert (tmp_path / "new.txt").exists() == (code == 1)


@pytest.mark.parametrize("index", ["mirror.example/simple/", "http://[::1/simple/", "//x"])
def test_an_address_that_is_none_is_no_proof(tmp_path: Path, index: str) -> None:
    done = run("prove.py", a_list(tmp_path), index)
    assert done.returncode in (2, 3), done.stdout + done.stderr


def _leave(tmp_path: Path, setting: str, name: str) -> None:
    """Put a file where a folder of this kind has it, but not the file that it lies beside."""
    if setting != "CACHES":
        (tmp_path / setting / "packages" / name).write_text("left")
        return
    key = f"text/html/packages/{name}".encode()
    entry = tmp_path / setting / hashlib.md5(key, usedforsecurity=False).hexdigest()
    entry.write_bytes(b"head\nKEY: " + key + b"\nHTTP/1.1 200 OK\r\n\r\nleft")


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        *((setting, f"{WHEEL}.metadata") for setting in ("TREES", "DEVPI", "CACHES")),
        ("CACHES", "Demo.Lib-2.0.zip.asc"),
        ("TREES", f".{WHEEL}.k2x1"),
    ],
)
def test_what_is_left_beside_a_file_is_seen(
    tmp_path: Path, served: Served, setting: str, name: str
) -> None:
    url, page = served
    page["simple"] = (f'<a href="/o/{OTHER}">{OTHER}</a>', {})
    list_, folder = a_list(tmp_path), tmp_path / setting
    list_.write_text(list_.read_text().replace("end\n", f"url {url}/gone/{WHEEL}\nend\n"))
    for part in ("simple", "packages") if setting != "CACHES" else ("0",):
        (folder / part).mkdir(parents=True)
    settings = {"HOME": str(tmp_path), setting: str(folder)}
    _leave(tmp_path, setting, f"{OTHER}.metadata")
    done = run("prove.py", list_, f"{url}/simple/", **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    _leave(tmp_path, setting, name)
    done = run("prove.py", list_, f"{url}/simple/", **settings)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"prove: SERVED OR STILL HERE: {folder} still holds {name}\n" in done.stdout


@pytest.mark.parametrize("setting", ["TREES", "DEVPI", "CACHES"])
def test_core_metadata_alone_tells_of_its_file(tmp_path: Path, setting: str) -> None:
    (tmp_path / setting / "packages").mkdir(parents=True)
    _leave(tmp_path, setting, f"{WHEEL}.metadata")
    settings = dict.fromkeys(("INDEXES", "TREES", "DEVPI", "CACHES"), "")
    settings |= {"RELEASE": "demo-lib==2.0", setting: str(tmp_path / setting)}
    done = run("find_files.py", tmp_path / "release.txt", **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    expected = f"release demo-lib==2.0\nfile {WHEEL} - -\nend\n"
    assert (tmp_path / "release.txt").read_text() == expected


NOT_ROOT = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--")
"""Root, without what lets root read everything: as somebody is who is not root."""


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("prove.py", ["http://127.0.0.1:1/simple/"]),
        ("purge_tree.py", ["{web}"]),
        ("purge_cache.py", ["{cache}"]),
        ("clean_client.py", ["--", "{web}"]),
    ],
)
def test_a_folder_that_cannot_be_read_is_not_clean(
    tmp_path: Path, script: str, arguments: list[str]
) -> None:
    web, cache = a_tree(tmp_path), tmp_path / "cache"
    cache.mkdir()
    shut = (web / "packages/a", cache / "ab")
    (web / "packages/a/b" / OTHER).unlink()
    shut[1].mkdir()
    for folder in shut:
        folder.chmod(0)
    places = {"web": str(web), "cache": str(cache)}
    done = subprocess.run(
        [
            *(NOT_ROOT if os.geteuid() == 0 else ()),
            *(sys.executable, RECIPE / script, a_list(tmp_path)),
            *(argument.format(**places) for argument in arguments),
        ],
        env={"PATH": os.environ["PATH"], "TREES": str(web), "CACHES": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    for folder in shut:
        folder.chmod(0o755)
    said = done.stdout + done.stderr
    assert done.returncode == 3, said
    for folder in shut[script == "purge_cache.py" :][: 1 + (script == "prove.py")]:
        assert f"Permission denied: '{folder}'" in said, said


def test_caches_of_others_and_folders_called_as_a_file_are_found(tmp_path: Path) -> None:
    body = b"malicious"
    list_ = a_list(tmp_path)
    digest = hashlib.sha256(body).hexdigest()
    list_.write_text(f"release demo-lib==2.0\nfile {WHEEL} {digest} -\nend\n")
    home = tmp_path / "home/bob"
    (home / "demo_lib-2.0-py3.11.egg").mkdir(parents=True)
    (home / ".cache").mkdir()
    (home / ".cache/0f.body").write_bytes(body)
    done = run("clean_client.py", list_, "--", tmp_path / "home")
    assert done.returncode == 1
    assert ".egg" in done.stdout, done.stdout
    assert "0f.body" in done.stdout, done.stdout
