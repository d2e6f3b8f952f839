"""What "check yourself" says of evidence: nothing there, something wrong, all right."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mirrorlab.index import Index
from mirrorlab.scenario import Scenario
from mirrorlab.tutorial import Chapter, Day, Report, chapter, chapters, examine


@pytest.fixture
def day(tmp_path: Path, stick: Path, ports: None) -> Day:
    """A prepared folder in which nothing was done."""
    shutil.copytree(stick / "packages", tmp_path / "packages")
    return Day(tmp_path)


@pytest.fixture
def index(day: Day) -> Iterator[Index]:
    """The index of chapter 1, on its port."""
    with Index(Scenario(name="wheels"), port=8001, wheels=day.path("packages")) as running:
        yield running


def found(report: Report) -> dict[str, bool | None]:
    return {outcome.check.name: outcome.finding.right for outcome in report.outcomes}


def says(report: Report, name: str) -> str:
    return next(one.finding.detail for one in report.outcomes if one.check.name == name)


@pytest.mark.parametrize("one", chapters(), ids=lambda one: one.page)
def test_in_a_new_folder_nothing_is_right_and_each_check_says_what_to_do(
    one: Chapter, day: Day
) -> None:
    report = examine(one, day)
    assert report.right is False
    assert [outcome.check.name for outcome in report.outcomes if outcome.finding.right] == []
    assert all(outcome.finding.detail and outcome.finding.next for outcome in report.outcomes)


def test_chapter_1_looks_at_the_index_and_its_log(day: Day, index: Index) -> None:
    one = chapter(1)
    assert found(examine(one, day)) == {
        "index": True,
        "flask": False,
        "corrupt": False,
        "failing": False,
        "well": False,
        "exercise": False,
    }
    advice = {seen.check.name: seen.finding.next for seen in examine(one, day).outcomes}
    for name in ("corrupt", "failing", "exercise"):
        assert "--force-reinstall" in advice[name]
    index.fault("corrupt", "*/requests-*.whl")
    (requests,) = index.files("requests")
    day.get(f"http://127.0.0.1:8001{requests.url}")
    index.fault("503", "/simple/tqdm/")
    day.get("http://127.0.0.1:8001/simple/tqdm/")
    report = examine(one, day)
    assert found(report)["corrupt"]
    assert found(report)["failing"]
    assert says(report, "well") == "in force: corrupt on */requests-*.whl, 503 on /simple/tqdm/"
    index.fault("500", "/simple/")
    assert says(examine(one, day), "index") == "it answers 500 and 500"


def test_chapter_2_names_a_file_that_is_not_as_it_was(day: Day) -> None:
    two = chapter(2)
    shutil.copytree(day.path("packages"), day.path("wheels"))
    right = {"collected": True, "unaltered": True, "installed": False, "locked": False}
    assert found(examine(two, day)) == {**right, "exercise": False}
    (name,) = (one for one in day.wheels("wheels") if one.startswith("itsdangerous-"))
    day.path("wheels", name).write_bytes(b"damage")
    report = examine(two, day)
    assert found(report)["unaltered"] is False
    assert says(report, "unaltered") == f"not as in packages: {name}"
    shutil.copyfile(day.path("packages", name), day.path("wheels", "stranger-1.0-py3-none-any.whl"))
    shutil.copyfile(day.path("packages", name), day.path("wheels", name))
    assert found(examine(two, day))["unaltered"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_chapter_2_reads_a_lock_as_bash_or_powershell_writes_it(day: Day, encoding: str) -> None:
    (name,) = (one for one in day.wheels("packages") if one.startswith("itsdangerous-"))
    lock = day.path("one.txt")
    wrong = f"itsdangerous==2.2.0 --hash=sha256:{'0' * 64}\n"
    lock.write_text(wrong, encoding=encoding)
    assert says(examine(chapter(2), day), "locked") == "one.txt does not have its hash"
    lock.write_text(wrong.replace("0" * 64, day.sha256("packages", name)), encoding=encoding)
    assert found(examine(chapter(2), day))["locked"]
