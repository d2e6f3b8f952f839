"""A check that several processes share finds what one finds, and is not healthy where one dies."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mirrorlab.check.engine import FEWEST
from mirrorlab.index import Index
from mirrorlab.lab.waiting import attempts
from mirrorlab.scenario import EPOCH, Scenario, Synthetic
from mirrorlab.scenario.synthetic import grow
from mirrorlab.simple import (
    ListedProject,
    ProjectList,
    ProjectPage,
    list_to_html,
    list_to_json,
    page_to_html,
    page_to_json,
)

pytestmark = pytest.mark.usefixtures("own_cache")
MANY = FEWEST + 16
SCENARIO = Scenario(name="many", serial=100, projects=grow(Synthetic(MANY, 7), EPOCH))
LAST = f"synthetic-{MANY - 1:06}"


@pytest.fixture(scope="module")
def standing() -> Iterator[Index]:
    with Index(SCENARIO) as index:
        yield index


@pytest.fixture
def many(standing: Index) -> Iterator[Index]:
    standing.clear()
    standing.forget_requests()
    yield standing
    standing.clear()


@pytest.fixture(scope="module")
def tree(standing: Index, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pages and files, as a web server has it."""
    web = tmp_path_factory.mktemp("tree")
    names = list(standing.projects())
    listed = ProjectList(tuple(map(ListedProject, names)))
    (web / "simple").mkdir()
    (web / "simple" / "index.v1_json").write_bytes(list_to_json(listed))
    (web / "simple" / "index.html").write_bytes(list_to_html(listed))
    for name in names:
        files = []
        for file in standing.files(name):
            path = web / file.url.lstrip("/")
            path.parent.mkdir(parents=True)
            with urllib.request.urlopen(f"{standing.http_url}{file.url}") as answer:
                path.write_bytes(answer.read())
            files.append(replace(file, url=f"../..{file.url}", core_metadata=False))
        folder = web / "simple" / name
        folder.mkdir()
        versions = tuple(file.filename.split("-")[1] for file in files)
        page = ProjectPage(name, tuple(files), versions, last_serial=5)
        (folder / "index.v1_json").write_bytes(page_to_json(page))
        (folder / "index.html").write_bytes(page_to_html(page))
    return web


@contextmanager
def running(*arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "mirrorlab", "check", *map(str, arguments), "--json"]
    environ = {**os.environ, "NO_PROXY": "*"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as process:
        yield process


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    output, _ = process.communicate(timeout=60)
    [one] = json.loads(output)["checks"]
    assert one["exit_code"] == process.returncode
    for changing in ("began", "seconds", "delay_seconds"):
        del one[changing]
    return dict(one)


def checked(*arguments: str | Path) -> dict[str, Any]:
    with running(*arguments) as process:
        return told(process)


def children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that it has forked."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(number) for number in listed.read_text().split()]


def test_several_find_what_one_finds(many: Index, tree: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "tree"
    shutil.copytree(tree, damaged)
    wheels = sorted((damaged / "packages").rglob("*.whl"))
    wheels[3].write_bytes(b"!" + wheels[3].read_bytes()[1:])
    wheels[5].write_bytes(wheels[5].read_bytes()[:-9])
    wheels[7].unlink()
    wheels[9].with_name("left-1.0-py3-none-any.whl").write_bytes(b"left")
    (damaged / "simple" / "synthetic-000020" / "index.html").write_text("<html>")
    many.fault("404", "/simple/synthetic-000030/")
    many.fault("stale", "/simple/synthetic-000040/")
    beside = ("--upstream", many.http_url)
    alone = checked(damaged, *beside, "--connections", "1")
    shared = checked(damaged, *beside, "--connections", "2")
    assert shared == alone
    kinds = {"altered", "truncated", "missing", "orphaned", "not conforming", "extra"}
    assert {kind for kind, count in alone["counts"].items() if count} == kinds
    assert alone["exit_code"] == 3
    assert alone["projects_looked_at"] == MANY

    of_url = [checked(many.http_url, "--connections", str(number)) for number in (1, 2)]
    assert of_url[0]["counts"] == of_url[1]["counts"]
    assert of_url[0]["files_read"] == of_url[1]["files_read"] == 200
    assert of_url[0]["requests"] == of_url[1]["requests"]


def test_healthy_ones_are_healthy(many: Index, tree: Path) -> None:
    one = checked(tree, "--upstream", many.http_url, "--connections", "2")
    assert (one["findings"][:2], one["could_not_tell"], one["exit_code"]) == ([], [], 0)
    assert one["files_read"] == one["files"] == one["serves"]["files"]
    assert one["requests"] == MANY + 1


@contextmanager
def held_up(many: Index, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A shared check that waits for an answer which never comes."""
    many.fault("hang", f"/simple/{LAST}/")
    beside = ("--upstream", many.http_url, "--connections", "2", "--timeout", "60")
    with running(*arguments, *beside) as process:
        assert any(many.requests(f"/simple/{LAST}/") for _ in attempts(30))
        yield process


def test_one_that_dies_is_a_doubt(many: Index, tree: Path) -> None:
    with held_up(many, tree) as process:
        here = children(process)
        assert len(here) == 2
        for child in here:
            os.kill(child, signal.SIGKILL)
        one = told(process)
    assert one["exit_code"] == 3
    assert one["could_not_tell"] == [
        "a process of the check has died, and with it what it had found"
    ]


def test_an_interruption_ends_all_of_them_and_keeps_what_was_found(many: Index, tree: Path) -> None:
    with held_up(many, tree) as process:
        here = children(process)
        process.send_signal(signal.SIGINT)
        one = told(process)
    assert (process.returncode, one["findings"]) == (3, [])
    assert "the check was interrupted after" in one["could_not_tell"][-1]
    assert 0 < one["projects_looked_at"] < MANY
    assert [child for child in here if Path(f"/proc/{child}").exists()] == []
    many.clear()
    again = checked(tree, "--upstream", many.http_url, "--connections", "2", "--resume")
    assert again["exit_code"] == 0
    [said] = again["statements"]
    read = re.match(r"(\d+) files were read by the check that was interrupted", said)
    assert read
    assert int(read[1]) > MANY / 2


def test_when_one_is_told_to_wait_all_wait(many: Index, tree: Path) -> None:
    many.fault("429", "/simple/synthetic-*", times=1, retry_after=1)
    one = checked(tree, "--upstream", many.http_url, "--connections", "2")
    assert one["exit_code"] == 0
    asked = many.requests("/simple/synthetic-*")
    [refused] = [number for number, request in enumerate(asked) if request.status == 429]
    # What the other process had asked already may come a moment later.
    later = [request.moment for request in asked[refused + 2 :]]
    assert len(later) > MANY / 2
    assert (min(later) - asked[refused].moment).total_seconds() >= 1
