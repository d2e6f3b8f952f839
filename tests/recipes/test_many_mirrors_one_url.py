"""One URL over many mirrors: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from tests.recipes.conftest import Case
from tests.recipes.many_mirrors_scripts import run

from mirrorlab import scenario
from mirrorlab.index import Index

MATRIX = Path(__file__).parents[2] / "results" / "matrix.json"
HAPROXY = "haproxy.cfg.in"

SABOTAGE: list[Case] = [
    ("promise", HAPROXY, "    option redispatch 1\n", "", "an install: failed"),
    (
        "upstream-down",
        "check_mirrors.py",
        "except CouldNotTell as unknown:\n        since",
        "except ZeroDivisionError as unknown:\n        since",
        "b is good healthy: as ever",
    ),
    ("nearest", HAPROXY, "    use-server", "    # use-server", "is not near to"),
    ("by-dns", "dnsmasq.conf.in", "local-ttl=@TTL@\n", "", "keep an address for {0} s"),
    (
        "mirror-fails",
        "check_mirrors.py",
        'Verdict(False, f"unreachable: {late}")',
        'Verdict(True, "slow")',
        "is good slow",
    ),
    ("mirror-lies", "verdict.sh", '[ "$word" = good ]', "true", "a pool of well is wanted"),
    ("between-two-checks", HAPROXY, " empty-response", "", "mend the table: refused,no"),
    ("all-bad", "verdict.sh", "|| exit 1\n[", "|| :\n[", "a pool of nobody is wanted"),
    (
        "lagging",
        "check_mirrors.py",
        'mirror.url, "--upstream", settings.upstream',
        "mirror.url",
        "c is good healthy",
    ),
]


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("MIRRORS", "", "MIRRORS is empty"),
        ("MIRRORS", "http://192.0.2.11/simple/", "is not NAME=URL"),
        ("MIRRORS", "a=ftp://192.0.2.11/simple/", "not an http or https URL"),
        ("MIRRORS", "a=http://192.0.2.11/simple", "each URL ends with /simple/"),
        ("MIRRORS", "a=http://192.0.2.11/simple/?x", "each URL ends with /simple/"),
        ("MIRRORS", "a=http://me:pw@192.0.2.11/simple/", "a login in the URL"),
        ("MIRRORS", "a=http://192.0.2.11:x/simple/", "not an http or https URL"),
        ("MIRRORS", "a=http://h/simple/ a=http://i/simple/", "have the name a"),
        ("MIRRORS", "a=http://h/simple/ b=http://h/simple/", "have the url http://h/simple/"),
        ("WITHIN", "0", "a check needs some seconds"),
        ("WITHIN", "1m", "whole seconds are needed"),
        ("GOOD_FOR", "2592001", "take 2592000 or less"),
        ("UPSTREAM", "", "name the http or https URL"),
        ("UPSTREAM", "pypi.org/simple/", "name the http or https URL"),
        ("CHECK", "--sample '50", "No closing quotation"),
        ("CA", "/no/such/file", "cannot be read"),
        ("VERDICTS", "/dev/null/verdicts", "cannot make the folder /dev/null"),
        ("GOOD_FOR", "180", "take more than EVERY + 2 * WITHIN"),
    ],
)
def test_a_wrong_setting_is_named_and_no_verdict_is_written(
    tmp_path: Path, setting: str, value: str, said: str
) -> None:
    done = run("check.sh", tmp_path, **{setting: value} if value else {setting: " "})
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert said in done.stderr
    assert not (tmp_path / "verdicts").exists()


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("REQUIRE", "uploadtime", "REQUIRE: an index may serve no uploadtime"),
        ("CHECK", "--nonsense", "No such option"),
        ("MIRRORLAB", "/no/such/command", "/no/such/command does not start"),
    ],
)
def test_a_check_that_cannot_be_made_leaves_the_last_verdict(
    tmp_path: Path, setting: str, value: str, said: str
) -> None:
    (tmp_path / "verdicts").mkdir()
    verdict = tmp_path / "verdicts" / "a"
    verdict.write_text("good 12 12 healthy\n")
    with Index(scenario.find("default")) as index:
        url = f"{index.http_url}/simple/"
        mirror = url.replace("127.0.0.1", "localhost")  # else it would be its own upstream
        own = {"MIRRORS": f"a={mirror}", "UPSTREAM": url, "EVERY": "0", setting: value}
        done = run("check.sh", tmp_path, **own)
    assert done.returncode == 3, done
    assert "a: could not tell: " in done.stdout
    assert said in done.stdout
    assert verdict.read_text() == "good 12 12 healthy\n"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "good",
        "good\n",
        "good 9999999999 0 x",
        "GOOD 9999999999 0 x\n",
        "good 12 0 x\n",
        "good -1 0 x\n",
        "good 9999999999 0 x\n",
        "good 9223372036854775808 0 x\n",
        "good 9999999999x 0\n",
        "good 99999999999999999999999 0 x\n",
        "bad 9999999999 0 good\n",
    ],
)
def test_only_a_whole_good_verdict_that_still_counts_lets_a_mirror_in(
    tmp_path: Path, line: str
) -> None:
    (tmp_path / "verdicts").mkdir()
    verdict = tmp_path / "verdicts" / "a"
    verdict.write_text(f"good {int(time.time()) + 2_000_000} 0 x\n")
    assert run("verdict.sh", tmp_path, HAPROXY_SERVER_NAME="a").returncode == 0
    verdict.write_text(line)
    assert run("verdict.sh", tmp_path, HAPROXY_SERVER_NAME="a").returncode != 0
    assert run("verdict.sh", tmp_path, HAPROXY_SERVER_NAME="b").returncode != 0


def test_what_the_page_says_of_dns_is_what_the_matrix_saw() -> None:
    matrix = json.loads(MATRIX.read_text())
    ways = {(c["client"], c["name"]) for c in matrix["configurations"] if c["suite"] == "dns"}
    seen: dict[str, list[str]] = {}
    for cell in matrix["cells"]:
        if (cell["client"], cell["configuration"]) in ways:
            seen.setdefault(cell["trouble"], []).append(cell["outcome"])
    assert {len(outcomes) for outcomes in seen.values()} == {len(ways)}
    assert set(seen["dead-first"]) == set(seen["cut-off-first"]) == {"newest"}
    assert "newest" not in seen["hung-first"]
    assert "newest" not in seen["lagging-first"]
    assert "stale" in seen["lagging-first"]
