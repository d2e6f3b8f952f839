"""Chapter 4: a private index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mirrorlab.simple import JSON, ProjectPage, parse_page
from mirrorlab.tutorial import wheels
from mirrorlab.tutorial.check import Chapter, Check, Finding
from mirrorlab.tutorial.day import Answer, Day

SERVER = "http://127.0.0.1:8004"
INDEX = "alice/team"
TOOLS, APP = "venv4", "app4"
PRIVATE, PUBLIC = "team-greeting", "flask"
_SIMPLE = f"{SERVER}/{INDEX}/+simple/"
_START = f"{TOOLS}/bin/devpi-server --serverdir devpi --port 8004 --restrict-modify root"
_UPLOAD = f"{TOOLS}/bin/twine upload --repository-url {SERVER}/{INDEX}/ {PRIVATE}/dist/*"


class _Strange(Exception):
    """A server answers what devpi would not."""


def _asked(day: Day, path: str, accept: str) -> Answer:
    """Return what devpi answers.

    Raises :class:`ConnectionError` where nothing answers, and :class:`_Strange`.
    """
    answer = day.get(f"{SERVER}/{path}", accept)
    if answer is None:
        raise ConnectionError
    if "x-devpi-api-version" not in answer.headers:
        raise _Strange(f"port 8004 answers {answer.status}, and not as devpi does")
    return answer


def _unanswered(day: Day, error: Exception) -> Finding:
    """Say what to do where devpi cannot be asked."""
    if isinstance(error, _Strange):
        then = "stop what runs there, and start devpi-server, as in step 3"
        return Finding(None, str(error), then)
    detail = "nothing answers on port 8004"
    if not day.path("devpi").is_dir():
        return Finding(False, detail, "there is no folder devpi either: go on with step 3")
    then = f"start it in the background, as in step 3: {_START}; it takes a while"
    return Finding(False, detail, then)


def _devpi(day: Day, path: str) -> dict[str, Any] | None:
    """Return what devpi says of a user or an index; None where there is no such one.

    Raises :class:`ConnectionError` where nothing answers, and :class:`_Strange`.
    """
    answer = _asked(day, path, "application/json")
    if answer.status == 404:
        return None
    try:
        said = answer.json()["result"]
    except (ValueError, KeyError, TypeError):
        raise _Strange(f"port 8004 answers {answer.status}, and not as devpi does") from None
    return said if isinstance(said, dict) else {}


def _page(day: Day, project: str) -> ProjectPage | None:
    """Return the page of a project on the team's index; None where there is none.

    Raises :class:`ConnectionError` where nothing answers, and :class:`_Strange`.
    """
    answer = _asked(day, f"{INDEX}/+simple/{project}/", JSON)
    return parse_page(answer.body, answer.content_type) if answer.status == 200 else None


def _built(day: Day) -> dict[str, Path]:
    """Return the private wheels you built, by their sha256."""
    place = (PRIVATE, "dist")
    return {day.sha256(*place, name): day.path(*place, name) for name in day.wheels(*place)}


def _tools(day: Day) -> Finding:
    installed = day.installed(TOOLS)
    if installed is None:
        return Finding(
            False, f"there is no environment {TOOLS}", f"python -m venv --without-pip {TOOLS}"
        )
    lacking = [name for name in ("devpi-server", "devpi-client", "twine") if name not in installed]
    if lacking:
        then = f"pip --python {TOOLS} install --no-index --find-links tools -r private.txt"
        return Finding(False, f"{TOOLS} has no {', '.join(lacking)}", then)
    return Finding(True, f"devpi-server {installed['devpi-server']}")


def _index(day: Day) -> Finding:
    try:
        team, public = _devpi(day, INDEX), _devpi(day, "root/public")
    except (ConnectionError, _Strange) as error:
        return _unanswered(day, error)
    if team is None or public is None:
        missing = INDEX if team is None else "root/public"
        return Finding(False, f"there is no index {missing}", "create it, as in step 5")
    if list(team.get("bases", [])) != ["root/public"]:
        then = f"{TOOLS}/bin/devpi index {INDEX} bases=root/public"
        return Finding(False, f"{INDEX} is not based on root/public", then)
    if team.get("volatile"):
        then = f"{TOOLS}/bin/devpi index {INDEX} volatile=False"
        return Finding(False, f"{INDEX} lets anybody who may upload replace a release", then)
    if not public.get("mirror_no_project_list"):
        then = f"{TOOLS}/bin/devpi index root/public mirror_no_project_list=True"
        return Finding(False, "root/public keeps a list of all names, which ages", then)
    return Finding(True, f"based on {public.get('mirror_url', '')}")


def _private(day: Day) -> Finding:
    built = _built(day)
    if not built:
        return Finding(False, f"{PRIVATE}/dist has no wheel", "build it, as in step 4")
    try:
        page = _page(day, PRIVATE)
    except (ConnectionError, _Strange) as error:
        return _unanswered(day, error)
    there = {file.sha256: file.filename for file in page.files} if page else {}
    if not there:
        return Finding(False, f"{INDEX} has no {PRIVATE}", _UPLOAD)
    others = sorted(name for sha256, name in there.items() if sha256 not in built)
    if others:
        detail = f"{INDEX} has {', '.join(others)}, which is not what lies in {PRIVATE}/dist"
        return Finding(False, detail, "a release never changes: raise the version, build, upload")
    return Finding(True, ", ".join(sorted(there.values())))


def _through(day: Day) -> Finding:
    try:
        page = _page(day, PUBLIC)
    except (ConnectionError, _Strange) as error:
        return _unanswered(day, error)
    if page is None or not page.files:
        then = "start your index on port 8001, as in step 1, and ask again"
        return Finding(False, f"{INDEX} lists no file of {PUBLIC}", then)
    return Finding(True, f"{len(page.files)} files")


def _installed(day: Day) -> Finding:
    installed = day.installed(APP)
    if installed is None:
        return Finding(
            False, f"there is no environment {APP}", f"python -m venv --without-pip {APP}"
        )
    then = f"pip --python {APP} install --force-reinstall --index-url {_SIMPLE} {PRIVATE}"
    lacking = [name for name in (PRIVATE, PUBLIC) if name not in installed]
    if lacking:
        return Finding(False, f"{APP} has no {', '.join(lacking)}", f"{then} {PUBLIC}")
    version = installed[PRIVATE]
    of = [wheel for wheel in _built(day).values() if wheels.is_of(wheel.name, PRIVATE, version)]
    if not of:
        return Finding(False, f"{APP} has {PRIVATE} {version}, which you never built", then)
    if all(wheels.differing(wheel, day.path(APP)) for wheel in of):
        return Finding(False, f"{PRIVATE} {version} in {APP} is another than your wheel", then)
    return Finding(True, f"{PRIVATE} {version}, byte for byte your wheel")


CHAPTER = Chapter(
    number=4,
    title="A private index",
    page="4-private",
    minutes=35,
    checks=(
        Check("tools", f"devpi and twine are installed in {TOOLS}", _tools),
        Check("index", f"{INDEX} is a private index based on the public one", _index),
        Check("private", f"{INDEX} has {PRIVATE}, exactly as you built it", _private),
        Check("public", f"{PUBLIC} comes through the same URL", _through),
        Check("installed", f"{PRIVATE} in {APP} is yours, beside {PUBLIC}", _installed),
    ),
)
