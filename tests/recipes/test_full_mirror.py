"""The mirror of everything: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bench.ports import free_port
from tests.recipes.conftest import Case

from mirrorlab.lab.waiting import wait_until
from mirrorlab.runner.answer import get

RECIPE = Path(__file__).parents[2] / "recipes" / "full-mirror"

SABOTAGE: list[Case] = [
    ("promise", "mirror.conf.in", 'Vary "Accept, Accept-', 'Vary "', "would mix HTML and JSON"),
    ("disk-too-small", "sync.sh", "sh ./preflight.sh || code=$?", ":", "exit 0"),
    ("index-only", "bandersnatch.conf.in", "root_uri = ../..", "", "links leave the mirror"),
    ("index-only", "compare_list.py", "old | bare", "old", "files are missing"),
    ("left-out", "compare_list.py", "name not in left_out and", "", "is taken for missing"),
    ("left-out", "sync.sh", '&& [ "$MAX_SIZE" -gt 0 ]', "&& false", "is taken for failed"),
    ("missing-at-exit-0", "repair.sh", "-n 200 bandersnatch", "-n 200 true", "not mended"),
    ("missing-at-exit-0", "sync.sh", 'if [ -n "$lagging" ]', "if false", "missing for good"),
    ("first-sync-broken-off", "sync.sh", '"$MIRROR/status" ] || sed', '"" ] && sed', "begin anew"),
    ("neighbour-stale", "bandersnatch.conf.in", "method = hash", "method = stat", "was asked for"),
    (
        "removed-upstream",
        "bandersnatch.conf.in",
        "json = true",
        "json = true\ndelete_missing_packages = true",
        "a 404 deleted what upstream lists",
    ),
    ("removed-upstream", "sync.sh", '-gt "$REMOVE_AT_MOST"', "-gt 99", "two are withdrawn"),
    ("abuser-limited", "mirror.conf.in", "limit_req zone=requests", "#", "is not limited"),
    ("too-many-requests", "mirror.conf.in", "add_header Retry-After", "#", "pip gave up"),
    ("too-many-requests", "mirror.conf.in", "limit_conn connections", "#", "a second answer"),
]


def _run(*command: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", **settings}
    return subprocess.run(
        [str(word) for word in command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"NEED": "10 TB"}, "NEED=10 TB is no size"),
        ({"NEED": "1e12"}, "is no size"),
        ({"NEED": "T"}, "is no size"),
        ({"NEED": "010T"}, "is no size"),
        ({"NEED": "999999999T"}, "is no size"),
        ({"NEED": "10t"}, "is no size"),
        ({"NEED": "1K"}, "preflight: room for"),
        ({"NEED": "1K", "SPARE": "-1"}, "SPARE=-1 is no size"),
        ({}, "say how much the mirror will take"),
    ],
)
def test_space_is_a_size_or_refused(settings: dict[str, str], said: str, tmp_path: Path) -> None:
    mirror = {"SPARE": "0", "MIRROR": str(tmp_path / "mirror")}
    done = _run("sh", RECIPE / "preflight.sh", **mirror | settings)
    assert said in done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("\n") == 1
    assert done.returncode == (0 if said.endswith("room for") else 2)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"MAX_SIZE": "10G"}, "MAX_SIZE=10G is no whole number"),
        ({"REMOVE_AT_MOST": "99999999999999999999"}, "is no whole number"),
        ({"WORKERS": "many"}, "WORKERS=many is no whole number"),
        ({"WORKERS": "0"}, "WORKERS=0 is not between 1 and 10"),
        ({"WORKERS": "11"}, "WORKERS=11 is not between 1 and 10"),
        ({"UPSTREAM": "https://x.example/simple/"}, "x.example/simple: write it without /simple"),
        ({"UPSTREAM": "x.example"}, "UPSTREAM=x.example is no address of an index"),
        ({"FILES": "No"}, "FILES=No is neither yes nor no"),
        ({"NEIGHBOUR": "rsync://public.example/pypi"}, "is no address of a mirror"),
        ({"LEFT_OUT": "absent.txt"}, "there is no file absent.txt"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(
    settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = _run("sh", RECIPE / "sync.sh", MIRROR=str(tmp_path / "mirror"), **settings)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "mirror").exists()


@pytest.mark.parametrize(
    ("status", "had", "code"),
    [
        ("", "yes", 0),  # a first sync that was broken off
        ("7", "yes", 2),
        ("7", None, 2),
        ("7", "no", 0),
    ],
)
def test_a_neighbour_overwrites_nothing(
    status: str, had: str | None, code: int, tmp_path: Path
) -> None:
    here, there = tmp_path / "mirror", tmp_path / "neighbour"
    for folder, text in ((here / "web/packages/aa", "verified"), (there / "aa", "altered!")):
        folder.mkdir(parents=True)
        (folder / "a-1.tar.gz").write_text(text)
    os.utime(there / "aa" / "a-1.tar.gz", (1, 1))
    (there / "aa" / "b-1.tar.gz").write_text("b")
    (there / "aa" / ".c-1.tar.gz.x").write_text("half")
    (here / "status").write_text(status)
    if had is not None:
        (here / "files").write_text(f"{had}\n")
    settings = {"MIRROR": str(here), "NEIGHBOUR_FILES": str(there), "NEED": "1K", "SPARE": "0"}
    done = _run("sh", RECIPE / "neighbour.sh", **settings)
    assert done.returncode == code, done.stderr
    assert (here / "web/packages/aa/a-1.tar.gz").read_text() == "verified"
    names = {path.name for path in (here / "web/packages/aa").iterdir()}
    assert names == ({"a-1.tar.gz"} if code else {"a-1.tar.gz", "b-1.tar.gz"})


@pytest.mark.parametrize(
    ("files", "code", "said"),
    [
        ("", 3, "upstream gives no list"),  # as before: pages alone
        ("no", 3, "upstream gives no list"),
        ("yes", 2, "say how much the mirror will take"),
    ],
)
def test_pages_alone_stay_so_until_there_is_room(
    files: str, code: int, said: str, tmp_path: Path
) -> None:
    (tmp_path / "files").write_text("no\n")
    (tmp_path / "status").write_text("7")
    settings = {"UPSTREAM": f"http://127.0.0.1:{free_port()}", "FILES": files, "SPARE": "0"}
    done = _run("sh", RECIPE / "sync.sh", MIRROR=str(tmp_path), **settings)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert (tmp_path / "files").read_text() == "no\n"
    assert (tmp_path / "status").read_text() == "7"


def test_of_pages_alone_nothing_is_repaired(tmp_path: Path) -> None:
    (tmp_path / "wanted.txt").write_text("demo-lib\n")
    (tmp_path / "files").write_text("no\n")
    done = _run("sh", RECIPE / "repair.sh", MIRROR=str(tmp_path))
    assert done.returncode == 2
    assert "has pages alone" in done.stderr


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[str]:
    """An empty mirror at two requests a minute; X-From says from where a client comes."""
    recipe, port = tmp_path / "recipe", free_port()
    shutil.copytree(RECIPE, recipe)
    conf = recipe / "mirror.conf.in"
    told = "server {\n    set_real_ip_from 127.0.0.1;\n    real_ip_header X-From;"
    conf.write_text(conf.read_text().replace("server {", told))
    settings = {"LISTEN": f"127.0.0.1:{port}", "RATE": "1r/m", "BURST": "1"}
    serving = subprocess.Popen(
        ["sh", str(recipe / "serve.sh")],
        env={"PATH": os.defpath, "MIRROR": str(tmp_path / "mirror")} | settings,
    )
    try:
        wait_until(lambda: _status(f"http://127.0.0.1:{port}/", "192.0.2.250"), within=30)
        yield f"http://127.0.0.1:{port}/packages/absent"
    finally:
        serving.terminate()
        serving.wait()


def _status(url: str, origin: str) -> int:
    """The status of an answer; 0 where none comes."""
    return get(url, headers={"X-From": origin}).status


def test_ipv6_is_counted_by_its_64(limited: str) -> None:
    for addresses, statuses in (
        (("2001:db8:0:1::1", "2001:db8:0:1:a::2", "2001:db8:0:1:ffff::3"), [404, 404, 429]),
        (("2001:db8:0:2::1", "2001:db8:0:3::1", "2001:db8:0:4::1"), [404, 404, 404]),
        (("192.0.2.1", "192.0.2.1", "192.0.2.1"), [404, 404, 429]),
        (("192.0.2.2", "192.0.2.3", "192.0.2.4"), [404, 404, 404]),
        (("::ffff:192.0.2.5", "::ffff:192.0.2.6", "::ffff:192.0.2.7"), [404, 404, 404]),
    ):
        assert [_status(limited, address) for address in addresses] == statuses, addresses


@pytest.mark.parametrize(
    "address", ["ftp://x", "mirror.example", "https://x/simple/", "http://a;b"]
)
def test_a_file_host_that_is_no_address_is_refused(address: str, tmp_path: Path) -> None:
    done = _run("sh", RECIPE / "serve.sh", FILE_HOST=address, STATE=str(tmp_path / "nginx"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "nginx").exists()


@pytest.mark.parametrize(
    "report",
    [
        "",
        "{",
        "[]",
        json.dumps({"checks": []}),
        json.dumps({"checks": [{"findings": [], "findings_left_out": 3}]}),
        json.dumps({"checks": [{"findings": [{"kind": "missing"}], "findings_left_out": 0}]}),
    ],
)
def test_a_report_that_is_not_understood_is_no_clean_bill(report: str, tmp_path: Path) -> None:
    path = tmp_path / "check.json"
    path.write_text(report)
    done = _run(sys.executable, RECIPE / "findings.py", path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("findings: ")
    assert done.stderr.count("\n") == 1
