"""The runbook of an incident: take each safeguard away; then names, versions, lists and logs."""

from __future__ import annotations

import bz2
import csv
import gzip
import importlib
import json
import lzma
import os
import subprocess
import sys
from collections.abc import Callable
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
        "Release.parse(asked) != listed.release",
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
