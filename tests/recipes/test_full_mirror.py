"""The mirror of everything: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.recipes.conftest import Case

RECIPE = Path(__file__).parents[2] / "recipes" / "full-mirror"

SABOTAGE: list[Case] = [
    ("promise", "mirror.conf.in", "add_header Vary Accept;", "", "would mix HTML and JSON"),
    ("disk-too-small", "sync.sh", "sh ./preflight.sh || exit $?", ":", "exit 0"),
    ("index-only", "bandersnatch.conf.in", "root_uri = ../..", "", "links leave the mirror"),
    ("left-out", "compare_list.py", "name not in left_out and", "", "is taken for missing"),
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
