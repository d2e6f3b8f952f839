"""``mirrorlab tutorial``: what it says of a folder, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mirrorlab.tutorial import Chapter, Check, Finding, chapters

from .conftest import Invoke, error_of


@pytest.fixture
def day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the day, with nothing done in it."""
    folder = tmp_path / "mirroring-day"
    (folder / "packages").mkdir(parents=True)
    (folder / "SHA256SUMS").write_text("")
    monkeypatch.chdir(folder)
    return folder


def invent(monkeypatch: pytest.MonkeyPatch, *found: Finding | Exception) -> None:
    """Have one chapter whose checks find just this."""

    def check(number: int, finding: Finding | Exception) -> Check:
        def look(_: object) -> Finding:
            if isinstance(finding, Exception):
                raise finding
            return finding

        return Check(f"check-{number}", f"number {number} is done", look)

    invented = Chapter(9, "Invented", "9-x", 1, tuple(check(*one) for one in enumerate(found, 1)))
    monkeypatch.setattr("mirrorlab.tutorial.chapter", lambda _: invented)


RIGHT = Finding(True, "seen")
NOT_YET = Finding(False, "nothing is there", "do something")
UNKNOWN = Finding(None, "the door is closed", "open it")


def test_each_check_is_a_line_and_what_to_do_another(
    invoke: Invoke, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invent(monkeypatch, RIGHT, NOT_YET, UNKNOWN)
    result = invoke("tutorial", "check", "9")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "Chapter 9: Invented",
        "  right      number 1 is done",
        "  not yet    number 2 is done",
        "             nothing is there",
        "             next: do something",
        "  not known  number 3 is done",
        "             the door is closed",
        "             next: open it",
        "1 of 3 are right",
    ]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ((RIGHT, RIGHT), 0),
        ((RIGHT, NOT_YET, UNKNOWN), 1),
        ((RIGHT, UNKNOWN), 3),
        ((RIGHT, ZeroDivisionError("oops")), 3),
    ],
)
def test_its_exit_code_is_the_worst(
    invoke: Invoke,
    day: Path,
    monkeypatch: pytest.MonkeyPatch,
    found: tuple[Finding | Exception, ...],
    code: int,
) -> None:
    invent(monkeypatch, *found)
    result = invoke("tutorial", "check", "9")
    assert result.exit_code == code
    assert "Traceback" not in result.output


def test_json_says_the_same(invoke: Invoke, day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    invent(monkeypatch, RIGHT, OSError("oops"))
    result = invoke("tutorial", "check", "9", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout) == {
        "schema": 1,
        "chapter": 9,
        "title": "Invented",
        "right": None,
        "checks": [
            {
                "name": "check-1",
                "says": "number 1 is done",
                "right": True,
                "detail": "seen",
                "next": "",
            },
            {
                "name": "check-2",
                "says": "number 2 is done",
                "right": None,
                "detail": "could not look: oops",
                "next": "mend that, then check again",
            },
        ],
    }


def test_the_folder_is_found_from_beside_it_or_by_its_name(
    invoke: Invoke, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invent(monkeypatch, RIGHT)
    monkeypatch.chdir(day.parent)
    assert invoke("tutorial", "check", "9").exit_code == 0
    monkeypatch.chdir("/")
    assert invoke("tutorial", "check", "9", "--folder", day).exit_code == 0
    said = error_of(invoke("tutorial", "check", "9"), 3)
    assert said.startswith("/ is not the folder of the tutorial day; go into the one with")


def test_beside_the_folder_one_is_told_to_go_there_first(
    invoke: Invoke, day: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    invent(monkeypatch, NOT_YET)
    assert "cd " not in invoke("tutorial", "check", "9").stdout
    monkeypatch.chdir(day.parent)
    assert invoke("tutorial", "check", "9").stdout.endswith(f"first: cd {day}\n")
    json.loads(invoke("tutorial", "check", "9", "--json").stdout)


def test_a_chapter_that_is_none_is_a_sentence(invoke: Invoke, day: Path) -> None:
    known = ", ".join(str(one.number) for one in chapters())
    said = error_of(invoke("tutorial", "check", "77"), 2)
    assert said == f"there is no chapter '77'; choose one of: {known}"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--python", "2.7"), "'2.7' is no Python like 3.13; 3.11 is the oldest"),
        (("--python", "3.10"), "'3.10' is no Python like 3.13"),
        (("--for", "amiga"), "'amiga' is not one of"),
        (("--from", "stick", "--for", "all"), "--from copies all that is there"),
    ],
)
def test_options_that_make_no_sense_are_a_sentence(
    invoke: Invoke, day: Path, arguments: tuple[str, ...], problem: str
) -> None:
    assert problem in error_of(invoke("tutorial", "prepare", *arguments), 2)


def test_a_stick_that_is_none_is_a_sentence(invoke: Invoke, tmp_path: Path) -> None:
    said = error_of(invoke("tutorial", "prepare", tmp_path / "day", "--from", tmp_path), 3)
    assert said.startswith(f"{tmp_path} is not the folder of the tutorial day")
    assert not (tmp_path / "day").exists()
