"""``mirrorlab check``: its exit codes, its forms, its bad input, and how it is interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mirrorlab.cli.group import mirrorlab
from mirrorlab.index import Index
from mirrorlab.lab.waiting import attempts

pytestmark = pytest.mark.usefixtures("own_cache")
QUICK = ("--project", "demo-lib")


def check(*arguments: str | Path) -> Result:
    return CliRunner().invoke(mirrorlab, ["check", *map(str, arguments)])


def test_a_healthy_index_ends_with_0(index: Index) -> None:
    done = check(index.http_url)
    assert (done.exit_code, done.stderr) == (0, "")
    last = done.stdout.splitlines()[-1]
    assert last == (
        f"{index.http_url}: healthy: no findings; 7 projects, 35 files, 35 of them read"
    )


def test_a_finding_ends_with_1_and_says_what_to_do(index: Index) -> None:
    index.fault("404", "/simple/demo-lib/")
    done = check(index.http_url, *QUICK)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == (
        "error: missing: demo-lib: expected the page in JSON, found status 404 (page); "
        "make the page, or take the project from the list"
    )
    assert "not healthy: 2 errors" in done.stdout.splitlines()[-1]
    index.clear()
    index.fault("missing-vary", "/simple/demo-lib/")
    assert check(index.http_url, *QUICK).exit_code == 1
    assert check(index.http_url, *QUICK, "--fail-on", "error").exit_code == 0


def test_what_cannot_be_told_ends_with_3(index: Index) -> None:
    index.fault("malformed", "/simple/demo-lib/")
    done = check(index.http_url, *QUICK)
    assert done.exit_code == 3
    assert "could not tell: the JSON page of demo-lib cannot be read" in done.stdout
    gone = check("http://127.0.0.1:9/simple/", "--timeout", "1")
    assert gone.exit_code == 3
    assert "Connection refused" in gone.stdout


def test_a_target_is_checked_once_however_often_it_is_named(index: Index, tmp_path: Path) -> None:
    metrics = tmp_path / "check.prom"
    done = check(index.http_url, index.http_url, *QUICK, "--prometheus", metrics)
    assert (done.exit_code, done.stdout.count(": healthy: ")) == (0, 1)
    # Prometheus refuses a file that has a line twice.
    lines = [line.rpartition(" ")[0] for line in metrics.read_text().splitlines()]
    assert len(lines) == len(set(lines))


def test_a_script_gets_json(index: Index) -> None:
    index.fault("corrupt", "/packages/*/demo_dep-1.0.tar.gz")
    done = check(index.http_url, "--project", "demo-dep", "--json")
    told = json.loads(done.stdout)
    assert (told["verdict"], told["exit_code"], done.exit_code) == ("not healthy", 1, 1)
    [one] = told["checks"]
    [finding] = one["findings"]
    assert (finding["kind"], finding["rule"], finding["project"], finding["file"]) == (
        "altered",
        "hash",
        "demo-dep",
        "demo_dep-1.0.tar.gz",
    )
    assert index.sha256("demo_dep-1.0.tar.gz") in finding["expected"]
    assert one["counts"]["altered"] == 1
    assert one["serves"]["api_versions"] == ["1.4"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ftp://mirror.example/"], "is no index and no mirror"),
        (["nothing-here"], "is no index and no mirror"),
        (["http://[::1/"], "is no index and no mirror"),
        (["http://x:port/"], "is no index and no mirror"),
        (["http://x/", "--upstream", "upstream"], "is no index and no mirror"),
        (["http://x/", "--upstream", "http://x/simple"], "is its own upstream"),
        (["http://bücher.example/", "--upstream", "http://xn--bcher-kva.example/"], "its own"),
        (["http://x/?token=abc"], "has a query"),
        (["http://a:b@x/one/", "http://c:d@x/two/"], "has another login"),
        (["http://x/", "--max-age", "1 hour"], "is no time span"),
        (["http://x/", "--sample", "0"], "--sample"),
        (["http://x/", "--sample", "5", "--deep"], "contradict each other"),
        (["http://x/", "--fail-on", "worst"], "--fail-on"),
        (["http://x/", "--project", "a/b"], "is no name of a project"),
        (["http://x/", "--projects", "no-such-file"], "cannot be read"),
        ([], "Missing argument"),
    ],
)
def test_wrong_use_ends_with_2_and_one_sentence(arguments: list[str], says: str) -> None:
    done = check(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("text", ["", "# none\n", "a b c\n", "\xff", "https://x/y.whl\n"])
def test_a_list_of_projects_that_is_none_is_wrong_use(tmp_path: Path, text: str) -> None:
    listed = tmp_path / "projects.txt"
    listed.write_text(text, encoding="latin-1")
    done = check("http://127.0.0.1:9/", "--projects", listed)
    assert done.exit_code == 2, done.output


def test_secrets_are_not_shown_and_reach_their_host_only(index: Index) -> None:
    url = index.http_url.replace("//", "//me:hunter2@")
    for more in ((), ("--json",)):
        done = check(url, *QUICK, *more)
        assert done.exit_code == 0
        assert "hunter2" not in done.output
    wrong = check("https://me:hunter2@host:port/")
    assert (wrong.exit_code, "hunter2" in wrong.output) == (2, False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_check_is_never_healthy(index: Index, number: signal.Signals) -> None:
    index.fault("hang", "/packages/*")
    command = [sys.executable, "-m", "mirrorlab", "check", index.http_url, "--json"]
    environ = {**os.environ, "NO_PROXY": "*"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        asked = any(index.requests("/packages/*") for _ in attempts(30))
        begin = time.monotonic()
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)
        assert time.monotonic() - begin < 15, "it waited for what hangs"
    assert asked, "it asked for no file before it was interrupted"
    assert process.returncode == 3
    told = json.loads(output)
    assert told["verdict"] == "could not tell"
    [one] = told["checks"]
    assert "interrupted" in one["could_not_tell"][-1]
    assert one["findings"] == []
