"""The runbook of an incident: take each safeguard away; then names, versions, lists and logs."""

from __future__ import annotations

import bz2
import csv
import gzip
import hashlib
import importlib
import io
import json
import lzma
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version
from tests.recipes.conftest import Case

RECIPE = Path(__file__).parents[2] / "recipes" / "incident"
sys.path.insert(0, str(RECIPE))
release: Any = importlib.import_module("release")

SABOTAGE: list[Case] = [
    ("promise", "prove.py", "    folders = proof.disk()", "    folders = 0", "all is proven"),
    (
        "killed-half-way",
        "purge_tree.py",
        "    changed = 0\n",
        "    changed = [p.unlink() for tree in trees for p in files(listed, tree)].count(1)\n",
        "a page names demo_lib-2.0",
    ),
    (
        "linked-elsewhere",
        "purge_tree.py",
        "return 1 if left or elsewhere",
        "return 1 if left",
        "a file lives on under another name",
    ),
    (
        "wrong-name",
        "release.py",
        "not Release.parse(asked).is_the_same(listed.release)",
        "False",
        "the list of another release was taken",
    ),
    (
        "comes-back",
        "keep_out.py",
        "if any(len(line.split()) > 1 for line in enabled)",
        "if False",
        "a configuration that enables nothing is taken",
    ),
    (
        "who-has-it",
        "who.py",
        "if not line.forwarded or not is_trusted(line.peer):",
        "if not line.forwarded:",
        "too many: {('198.51.100.1'",
    ),
    (
        "devpi-holds-on",
        "purge_devpi.py",
        'devpi.ask("POST", f"{index}/+simple',
        '(f"{index}/+simple',
        "the whole project is gone",
    ),
    (
        "client-caches",
        "clean-client.sh",
        "$PIP cache purge",
        "$PIP cache info",
        "it is still there",
    ),
]

ITS_FILES = (
    "demo_lib-2.0-py3-none-any.whl",
    "demo_lib-2.0.0-1-py3-none-any.whl",
    "demo_lib-2.0+cu1-py3-none-any.whl",
    "Demo.Lib-2.tar.gz",
    "demo-lib-2.0.zip",
    "demo_lib-2.0-py3.11.egg",
    "demo_lib-2.0.win32-py2.7.exe",
    "demo_lib-2.0.tar.gz.asc",
    "demo_lib-2.0-py3-none-any.whl.metadata",
)
OTHER_FILES = (
    "demo_lib-2.0.1-py3-none-any.whl",
    "demo_lib-2.0.1.tar.gz",
    "demo_lib-2.0.1-py3.11.egg",
    "demo_lib-12.0.tar.gz",
    "demo_lib-2.0rc1.tar.gz",
    "demo_lib-2.0.post1.tar.gz",
    "demo_lib_2-2.0.tar.gz",
    "demo-2.0.tar.gz",
    "xdemo_lib-2.0.tar.gz",
    'demo_lib-2.0-py3-none-any".whl',
    "index.html",
    "demo_lib",
)
VERSIONS = (
    *("1", "1.0", "1.0.0", "v1", "1!1", "1a", "1a0", "1.alpha.0", "1rc1", "1c1", "1-1", "1.post1"),
    *(
        "1.rev1",
        "1.dev0",
        "1dev",
        "1.0+ubuntu.1",
        "1+Ubuntu-1",
        "01.0",
        "1.00",
        "0",
        "0.0",
        "2020.1",
    ),
    *("1.0a1.post2.dev3", "1.0.1", "10", "1.0preview2", "1.0-rc.2"),
)


@pytest.mark.parametrize("name", ITS_FILES)
def test_a_file_of_the_release_is_known(name: str) -> None:
    assert release.Release.parse("Demo_Lib == 2.0").has(name)


@pytest.mark.parametrize("name", OTHER_FILES)
def test_a_file_of_another_release_is_not(name: str) -> None:
    assert not release.Release.parse("demo-lib==2.0").has(name)


@pytest.mark.parametrize("one", VERSIONS)
def test_versions_are_the_same_where_packaging_says_so(one: str) -> None:
    for other in VERSIONS:
        same = release.version_key(one) == release.version_key(other)
        assert same == (Version(one) == Version(other)), f"{one} and {other}"


@pytest.mark.parametrize(
    "text",
    ["", "demo-lib", "demo-lib==", "==2.0", "demo-lib>=2.0", "demo-lib==2.*", "a b==2.0", "*"],
)
def test_what_is_not_one_release_is_refused(text: str) -> None:
    with pytest.raises(release.Refused, match="write one version of one project"):
        release.Release.parse(text)


GOOD_LIST = "release demo-lib==2.0\nfile demo_lib-2.0.tar.gz - -\nend\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a whole list"),
        (GOOD_LIST.replace("end\n", ""), "not a whole list"),
        (GOOD_LIST.replace("file demo_lib-2.0.tar.gz - -\n", ""), "it names no file"),
        (GOOD_LIST.replace("2.0.tar.gz", "1.0.tar.gz"), "is no file of demo-lib==2.0"),
        (GOOD_LIST.replace("- -", "-"), "neither a file nor a url"),
        (GOOD_LIST.replace("demo-lib==2.0", "demo-lib"), "write one version of one project"),
    ],
)
def test_a_list_that_is_not_whole_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "release.txt"
    path.write_text(text)
    with pytest.raises(release.Refused, match=words):
        release.read(path)
    path.write_bytes(GOOD_LIST.encode("utf-16"))
    with pytest.raises(release.Refused, match="make it again"):
        release.read(path)


def test_a_list_written_by_hand_is_read() -> None:
    listed = release.read(RECIPE / "by-hand.txt")
    assert listed.names == {"demo_lib-2.0-py3-none-any.whl", "demo_lib-2.0.tar.gz"}


def test_the_constraint_is_of_the_release() -> None:
    assert (RECIPE / "constraints.txt").read_text() == "demo-lib!=2.0\n"
    assert "RELEASE=demo-lib==2.0\n" in (RECIPE / "runbook.txt").read_text()


@pytest.mark.parametrize("script", sorted(RECIPE.glob("[!f]*.sh")), ids=lambda path: path.name)
def test_without_a_list_no_script_does_anything(tmp_path: Path, script: Path) -> None:
    done = subprocess.run(
        ["sh", script],
        env={
            "PATH": os.environ["PATH"],
            "LIST": str(tmp_path / "none.txt"),
            "RELEASE": "demo-lib==2.0",
            "BLOCKED": str(tmp_path / "blocked"),
            "TREES": str(tmp_path),
            "MIRRORLAB": "false",
            "PIP": "false",
            "UV": "false",
            "NGINX_COMMAND": "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr


WHEEL = "demo_lib-2.0-py3-none-any.whl"
PEER = "127.0.0.2 - some body [21/Nov/2026:03:00:00 +0100]"


def _list(tmp_path: Path) -> Path:
    path = tmp_path / "release.txt"
    path.write_text(f"release demo-lib==2.0\nfile {WHEEL} {'a' * 64} 1000\nend\n")
    return path


def _run(script: str, *arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, RECIPE / script, *map(str, arguments)],
        env={"PATH": os.environ["PATH"], **settings},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f'{PEER} "GET /p/{{w}} HTTP/1.1" 200 1000 "-" "pip"', "whole"),
        (f'{PEER} "GET /p/{{w}} HTTP/1.1" 200 999 "-" "pip"', "part"),
        (f'{PEER} "GET /p/{{w}} HTTP/1.1" 302 0 "-" "pip"', "sent on"),
        (f'{PEER} "GET /p/{{w}} HTTP/1.1" 403 9 "-" "pip"', "refused"),
        (f'{PEER} "GET /p/{{w}}?x=1 HTTP/2.0" 200 1000 "-" "pip" "-"', "whole"),
        (
            '{{"time":"2026-11-21T03:00:00+01:00","client":"127.0.0.2","method":"GET",'
            '"path":"/p/{w}","status":200,"bytes":1000,"agent":"pip"}}',
            "whole",
        ),
        (
            '{{"ts":1795226400.5,"request":{{"remote_ip":"127.0.0.2","method":"GET","uri":"/p/{w}",'
            '"headers":{{"User-Agent":["pip"]}}}},"status":200,"size":1000}}',
            "whole",
        ),
        ("2026-11-21 03:00:00,123 INFO  [req7] GET /root/pypi/+f/0b4/3b2/{w}", "asked"),
    ],
)
def test_each_log_is_read(tmp_path: Path, line: str, told: str) -> None:
    log = tmp_path / "access.log"
    log.write_text(line.format(w=WHEEL) + "\n")
    done = _run("who.py", _list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = csv.DictReader((tmp_path / "who.csv").read_text().splitlines())
    assert (row["outcome"], row["file"]) == (told, WHEEL)
    assert row["address"] == ("-" if told == "asked" else "127.0.0.2")
    hour = "03" if told == "asked" else "02"  # devpi writes the time of its machine
    assert row["time"].startswith(f"2026-11-21T{hour}:00:00")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_packed_log_is_read_and_half_of_it_is_said(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    log = tmp_path / "access.log.1"
    lines = f'{PEER} "GET /p/{WHEEL} HTTP/1.1" 200 1000 "-" "pip"\n' * 3
    log.write_bytes(pack(lines.encode()))
    done = _run("who.py", _list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 requests read" in done.stdout
    log.write_bytes(pack(lines.encode())[:-9])
    done = _run("who.py", _list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 3, done.stdout + done.stderr
    assert str(log) in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (b"nonsense\n", 3, "1 lines, none understood"),
        (b"", 3, "the logs tell nothing"),
        (f"GET {WHEEL}".encode("utf-16"), 3, "the logs tell nothing"),
        (b"\x28\xb5\x2f\xfd....", 3, "packed with zstd"),
    ],
)
def test_logs_that_tell_nothing_do_not_tell_that_nobody_has_it(
    tmp_path: Path, text: bytes, code: int, words: str
) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(text)
    done = _run("who.py", _list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == code
    assert words in done.stderr
    assert not (tmp_path / "who.csv").exists()


OTHER = "demo_lib-1.0.zip"
PROJECT_JSON: dict[str, Any] = {
    "info": {"name": "demo-lib", "version": "2.0", "requires_dist": ["evil"]},
    "releases": {
        "1.0": [{"filename": "demo_lib-1.0.tar.gz", "upload_time_iso_8601": "2026-01-01"}],
        "2.0": [{"filename": WHEEL, "upload_time_iso_8601": "2026-02-01"}],
    },
    "urls": [{"filename": WHEEL}],
}


def _tree(tmp_path: Path, simple: str) -> Path:
    web = tmp_path / "web"
    for folder in (simple, "packages/a/b", "json"):
        (web / folder).mkdir(parents=True)
    names = (WHEEL, OTHER)
    anchors = [f'<a href="../../packages/a/b/{name}">{name}</a><br/>' for name in names]
    (web / simple / "index.html").write_text("\n".join(["<html>", *anchors, "</html>"]))
    (web / "json/demo-lib").write_text(json.dumps(PROJECT_JSON))
    for name in (*names, f"{WHEEL}.metadata", f".{WHEEL}.k2x1"):
        (web / "packages/a/b" / name).write_text(name)
    return web


@pytest.mark.parametrize(
    "simple",
    ["simple/demo-lib", "simple/d/demo-lib", "simple/Demo_Lib", "simple/demo-lib/versions"],
)
def test_pages_are_found_wherever_bandersnatch_writes_them(tmp_path: Path, simple: str) -> None:
    web = _tree(tmp_path, simple)
    (web / simple / "index.html").rename(web / simple / "index_1.html")
    (web / simple / "index.html").symlink_to("index_1.html")
    for _ in range(2):
        done = _run("purge_tree.py", _list(tmp_path), web)
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
    web = _tree(tmp_path, "simple/demo-lib")
    page = web / "simple/demo-lib/index.html"
    page.write_text(f"<a href='../../packages/a/b/{WHEEL}'><b>{WHEEL}</b></a>")
    done = _run("purge_tree.py", _list(tmp_path), web)
    assert done.returncode == 1
    assert "in a way that is not understood" in done.stderr
    assert (web / "packages/a/b" / WHEEL).exists()


def test_what_is_no_cache_is_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / WHEEL).write_text("mine")
    done = _run("purge_cache.py", _list(tmp_path), folder)
    assert done.returncode == 3
    assert "not an entry of an nginx cache" in done.stderr
    assert (folder / WHEEL).exists()


@pytest.mark.parametrize("served", ["http://127.0.0.1:1/simple/", ""])
def test_a_proof_without_an_answer_is_none(tmp_path: Path, served: str) -> None:
    done = _run("prove.py", _list(tmp_path), *served.split())
    assert done.returncode == (3 if served else 2), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f'{PEER} "GET /p/{WHEEL}" 200 1000 "-" "-"', "whole"),  # HTTP/0.9
        ("\0" * 9999 + f'{PEER} "GET /p/{WHEEL} HTTP/1.1" 200 1000 "-" "pip"', "whole"),
        (f'{PEER} "GET /p/demo_lib-2.0-cp311-none-any.whl HTTP/1.1" 206 9 "-" "pip"', "asked"),
        (f'{PEER} "GET /p/{WHEEL} HTTP/1.1" 200 1000 "-" "\\x1b[2J\\x0awho: 0"', "whole"),
    ],
)
def test_nobody_is_left_out(tmp_path: Path, line: str, told: str) -> None:
    log = tmp_path / "access.log"
    log.write_text(line + "\n")
    done = _run("who.py", _list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = csv.DictReader(io.StringIO((tmp_path / "who.csv").read_text()))
    assert (row["address"], row["outcome"]) == ("127.0.0.2", told)
    assert "who: HAS IT" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\nwho: 0" not in done.stdout


def test_parts_that_two_programs_got_are_the_whole(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    parts = [f'{PEER} "GET /p/{WHEEL} HTTP/1.1" 206 500 "-" "{agent}"\n' for agent in "ab"]
    log.write_text("".join(parts))
    done = _run("who.py", _list(tmp_path), tmp_path / "who.csv", log)
    assert "HAS IT in parts" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    "line",
    [
        f'mirror.example:443 {PEER} "GET /p/{WHEEL} HTTP/1.1" 200 1000 "-" "pip"',
        f'{PEER} "GET /p/Demo.Lib-2.0.tar.gz HTTP/1.1" 200 1000 "-" "pip" 0.001',
        f'{{"request": "GET /p/{WHEEL} HTTP/1.1", "status": 200}}',
        f'{{"ts": 1e300, "request": {{"uri": "/{WHEEL}"}}}}',
        f'{{"a":"{WHEEL}","b":' + '{"a":' * 99999,
        f'{{"time":"2026-11-21T03:00:00Z","client":"127.0.0.2","method":"GET","path":["{WHEEL}"],'
        '"status":200,"bytes":1000,"agent":"pip"}',
        "x" * 999999 + WHEEL,
    ],
    ids=["vhost", "more", "json", "moment", "deep", "types", "long"],
)
def test_a_line_of_another_format_is_shown(tmp_path: Path, line: str) -> None:
    log = tmp_path / "access.log"
    log.write_text(f'{line}\n{PEER} "GET / HTTP/1.1" 200 1000 "-" "pip"\n')
    done = _run("who.py", _list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"look yourself: {log}:1" in done.stdout, done.stdout + done.stderr


def test_a_packed_log_with_a_bad_byte_is_said(tmp_path: Path) -> None:
    log = tmp_path / "access.log.1.gz"
    lines = "".join(f'{PEER} "GET /{n * n} HTTP/1.1" 200 {n} "-" "pip"\n' for n in range(9999))
    packed = bytearray(gzip.compress(lines.encode()))
    packed[len(packed) // 2 :] = bytes(len(packed) // 2)
    log.write_bytes(packed)
    done = _run("who.py", _list(tmp_path), tmp_path / "who.csv", log)
    assert done.returncode == 3, done.stdout + done.stderr
    assert f"not read to its end: {log}" in done.stdout, done.stdout + done.stderr


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


@pytest.fixture
def served() -> Iterator[tuple[str, dict[str, tuple[str, dict[str, str]]]]]:
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
            self.wfile.write(gzip.compress(text.encode()) if headers.get("X-Gz") else text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", page
    server.shutdown()
    server.server_close()


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
    tmp_path: Path, served: Any, text: str, kind: str, code: int, words: str
) -> None:
    url, page = served
    page["simple"] = (text, {"Content-Type": kind, "X-Gz": "1" if text == "gz" else ""})
    list_ = _list(tmp_path)
    list_.write_text(list_.read_text().replace("end\n", f"url {url}/gone/{WHEEL}\nend\n"))
    done = _run("prove.py", list_, f"{url}/simple/", HOME=str(tmp_path))
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stdout, done.stdout
    settings = {"RELEASE": "demo-lib==2.0", "INDEXES": f"{url}/simple/", "HOME": str(tmp_path)}
    empty = dict.fromkeys(("TREES", "DEVPI", "CACHES"), "")
    found = _run("find_files.py", tmp_path / "new.txt", **settings, **empty)
    assert "Traceback" not in found.stderr
    assert (tmp_path / "new.txt").exists() == (code == 1)


@pytest.mark.parametrize("index", ["mirror.example/simple/", "http://[::1/simple/", "//x"])
def test_an_address_that_is_none_is_no_proof(tmp_path: Path, index: str) -> None:
    done = _run("prove.py", _list(tmp_path), index)
    assert done.returncode in (2, 3), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


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
    web, cache = _tree(tmp_path, "simple/demo-lib"), tmp_path / "cache"
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
            *(sys.executable, RECIPE / script, _list(tmp_path)),
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


def test_links_to_folders_are_followed_and_links_to_files_are_told(tmp_path: Path) -> None:
    web, far = _tree(tmp_path, "simple/demo-lib"), tmp_path / "far"
    (web / "packages/a").rename(far)
    (web / "packages/a").symlink_to(far)
    (far / "loop").symlink_to(web)
    blob = tmp_path / "blob"
    (far / "b" / WHEEL).rename(blob)
    (far / "b" / WHEEL).symlink_to(blob)
    done = _run("purge_tree.py", _list(tmp_path), web)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"delete {blob} yourself" in done.stderr, done.stderr
    assert [path.name for path in (far / "b").iterdir()] == [OTHER]
    assert blob.exists()


@pytest.mark.parametrize(
    "body",
    [gzip.compress(WHEEL.encode()), b"{", b'{"info": 1}', b'{"files": [1]}'],
    ids=["packed-without-links", "cut", "json-api", "no-file"],  # a packed body holds the time
)
def test_before_all_pages_are_understood_nothing_is_touched(tmp_path: Path, body: bytes) -> None:
    web = _tree(tmp_path, "simple/demo-lib")
    (web / "simple/demo-lib/index.html.gz").write_bytes(body)
    before = (web / "simple/demo-lib/index.html").read_bytes()
    done = _run("purge_tree.py", _list(tmp_path), web)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "index.html.gz: it cannot be read as a page" in done.stderr, done.stderr
    assert (web / "simple/demo-lib/index.html").read_bytes() == before
    assert (web / "packages/a/b" / WHEEL).exists()


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
    done = _run("purge_cache.py", _list(tmp_path), tmp_path / "cache")
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
    done = _run("keep_out.py", _list(tmp_path), tmp_path / "link.conf")
    assert done.returncode == 0, done.stderr
    after = conf.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (
        before.st_uid,
        before.st_gid,
        before.st_mode,
    )
    assert "demo-lib==2.0" in conf.read_text()
    assert (tmp_path / "link.conf").is_symlink()


def test_two_files_of_one_name_are_both_kept() -> None:
    listed = release.Listed(release.Release.parse("demo-lib==2.0"))
    for sha256, size in (("a" * 64, "1"), ("-", "-"), ("b" * 64, "-"), ("-", "2"), ("a" * 64, "-")):
        listed.add(WHEEL, sha256, size)
    assert {(f.sha256[0], f.size) for f in listed.files} == {("a", "1"), ("b", "-")}


@pytest.mark.parametrize("text", ["demo-lib==2.0.0", "Demo.Lib == v2.0", " demo_lib==2 "])
def test_the_list_is_that_of_the_release_in_any_spelling(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("RELEASE", text)
    assert release.read(_list(tmp_path)).release.version == "2.0"
    for wrong in ("demo-lib==2.0.1", "demo-lib==2.0+cu1", "demo==2.0"):
        monkeypatch.setenv("RELEASE", wrong)
        with pytest.raises(release.Refused, match="is the list of"):
            release.read(_list(tmp_path))


def test_caches_of_others_and_folders_called_as_a_file_are_found(tmp_path: Path) -> None:
    body = b"malicious"
    list_ = _list(tmp_path)
    digest = hashlib.sha256(body).hexdigest()
    list_.write_text(f"release demo-lib==2.0\nfile {WHEEL} {digest} -\nend\n")
    home = tmp_path / "home/bob"
    (home / "demo_lib-2.0-py3.11.egg").mkdir(parents=True)
    (home / ".cache").mkdir()
    (home / ".cache/0f.body").write_bytes(body)
    done = _run("clean_client.py", list_, "--", tmp_path / "home")
    assert done.returncode == 1
    assert ".egg" in done.stdout, done.stdout
    assert "0f.body" in done.stdout, done.stdout


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
    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for url in (f"http://127.0.0.1:{server.server_port}", "127.0.0.1:3141"):
        done = _run("purge_devpi.py", _list(tmp_path), url, "root", tmp_path / "password")
        assert done.returncode == 3, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "devpi" in done.stderr
    server.shutdown()
    server.server_close()
