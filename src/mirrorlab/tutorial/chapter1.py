"""Chapter 1: an index on your laptop."""

from __future__ import annotations

from typing import Any

from mirrorlab.tutorial.check import Chapter, Check, Finding
from mirrorlab.tutorial.day import Day

URL = "http://127.0.0.1:8001"
JSON = "application/vnd.pypi.simple.v1+json"
START = "mirrorlab index --wheels packages --port 8001 --log > index.log 2>&1 &"
CLEAR = f"mirrorlab fault {URL} --clear"
INSTALL = f"pip --python venv1 install --index-url {URL}/simple/"
_ENVIRONMENT = "venv1"
_ASKED_ANEW = "with --force-reinstall where it is installed already"
_FAILING = {"429", "500", "502", "503"}


def _answers(day: Day) -> Finding:
    html, json = day.get(f"{URL}/simple/", "text/html"), day.get(f"{URL}/simple/", JSON)
    if html is None or json is None:
        return Finding(False, "nothing answers on port 8001", START)
    if html.status != 200 or json.status != 200:
        return Finding(False, f"it answers {html.status} and {json.status}", CLEAR)
    if (html.content_type, json.content_type) != ("text/html", JSON):
        detail = f"it answers {html.content_type} and {json.content_type}"
        return Finding(False, detail, "stop what runs on port 8001, and start your index there")
    return Finding(True, f"{len(json.json()['projects'])} projects")


def _flask(day: Day) -> Finding:
    lacks = _lacking(day, "flask")
    if lacks is not None:
        return lacks
    asked = _asked(day)
    if asked is None:
        return _no_index()
    if not _fetched(asked, "/flask-"):
        detail = "flask is in venv1, but the index that runs now was not asked for it"
        return Finding(None, detail, f"{INSTALL} --force-reinstall flask")
    return Finding(True, "the index served its wheel to pip")


def _refused(day: Day) -> Finding:
    asked = _asked(day)
    if asked is None:
        return _no_index()
    if not any(one.get("fault") == "corrupt" for one in asked):
        detail = "no wrong file was asked for since your index started"
        return Finding(False, detail, _again("corrupt", "*/requests-*.whl", "requests"))
    return Finding(True, "the log has it")


def _failing(day: Day) -> Finding:
    asked = _asked(day)
    if asked is None:
        return _no_index()
    if not any(one.get("fault") in _FAILING for one in asked):
        detail = "no failing page was asked for since your index started"
        return Finding(False, detail, _again("503", "/simple/tqdm/", "tqdm"))
    return Finding(True, "the log has it")


def _well(day: Day) -> Finding:
    answer = day.get(f"{URL}/-/faults")
    if answer is None:
        return _no_index()
    faults = answer.json()["faults"]
    if faults:
        rules = ", ".join(f"{one['fault']} on {one['path']}" for one in faults)
        return Finding(False, f"in force: {rules}", CLEAR)
    return _lacking(day, "requests", "tqdm") or Finding(True, "both are there")


def _exercise(day: Day) -> Finding:
    asked = _asked(day)
    if asked is None:
        return _no_index()
    page = [one for one in asked if one["path"] == "/simple/rich/"]
    failed = sum(one.get("fault") in _FAILING for one in page)
    if failed < 2:
        detail = f"the page of rich failed {failed} times since your index started"
        return Finding(False, detail, f"see the exercise; {_ASKED_ANEW}")
    return _lacking(day, "rich") or Finding(True, f"{failed} failures, and it is installed")


def _again(fault: str, path: str, project: str) -> str:
    """Say how pip meets a fault, also where the project is installed already."""
    break_it = f'mirrorlab fault {URL} {fault} --path "{path}"'
    return f"{break_it}, then {INSTALL} {project}; {_ASKED_ANEW}"


def _lacking(day: Day, *projects: str) -> Finding | None:
    """Say which projects are not in the chapter's environment; None where all are."""
    installed = day.installed(_ENVIRONMENT)
    if installed is None:
        return Finding(False, "there is no venv1", f"python -m venv --without-pip {_ENVIRONMENT}")
    missing = [project for project in projects if project not in installed]
    if not missing:
        return None
    names = " ".join(missing)
    return Finding(False, f"not in venv1: {', '.join(missing)}", f"{INSTALL} {names}")


def _asked(day: Day) -> list[dict[str, Any]] | None:
    return day.requests(URL)


def _fetched(asked: list[dict[str, Any]], part: str) -> bool:
    return any(
        part in one["path"] and one["path"].endswith(".whl") and one["status"] == 200
        for one in asked
    )


def _no_index() -> Finding:
    return Finding(None, "your index does not run, so its log is not there", START)


CHAPTER = Chapter(
    number=1,
    title="An index on your laptop",
    page="1-index",
    minutes=20,
    checks=(
        Check("index", "your index answers on port 8001, in HTML and in JSON", _answers),
        Check("flask", "flask is in venv1, and came from your index", _flask),
        Check("corrupt", "pip met a wrong file, and refused it", _refused),
        Check("failing", "pip met a failing page", _failing),
        Check("well", "your index is well again, and requests and tqdm are in venv1", _well),
        Check("exercise", "exercise: rich is in venv1, after two failures", _exercise),
    ),
)
