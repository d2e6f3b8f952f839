"""What the checks of chapter 4 see: right, not yet, and what they cannot tell.

The page itself runs the same checks against a real devpi; here each part is taken away or
altered, one at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from tests.tutorial.looked_at import (
    FLASK,
    OURS,
    STRANGERS,
    WERKZEUG,
    environment,
    look,
    serve,
)

from mirrorlab.distributions import Built, wheel
from mirrorlab.simple import JSON, FileEntry, ProjectPage, page_to_json
from mirrorlab.tutorial import Day, chapter4, examine, wheels


@dataclass
class Devpi:
    """What a devpi answers, path by path, in its own words."""

    indexes: dict[str, dict[str, object]] = field(
        default_factory=lambda: {
            "root/public": {
                "type": "mirror",
                "mirror_url": "http://127.0.0.1:8001/simple/",
                "mirror_no_project_list": True,
            },
            "alice/team": {"type": "stage", "bases": ["root/public"], "volatile": False},
        }
    )
    pages: dict[str, list[Built]] = field(
        default_factory=lambda: {"team-greeting": [OURS], "flask": [FLASK]}
    )
    instead: tuple[int, bytes] | None = None
    """What is answered to anything, where another server has its port."""

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        if self.instead is not None:
            status, body = self.instead
            return status, "text/html", body
        if path in self.indexes:
            return 200, "application/json", json.dumps({"result": self.indexes[path]}).encode()
        project = path.removeprefix("alice/team/+simple/").rstrip("/")
        if path.startswith("alice/team/+simple/") and project in self.pages:
            files = [(one.filename, {"sha256": one.sha256}) for one in self.pages[project]]
            page = ProjectPage(project, tuple(FileEntry(n, f"../{n}", h) for n, h in files))
            return 200, JSON, page_to_json(replace(page, api_version="1.0"))
        return 404, "application/json", b'{"message": "not found"}'


@pytest.fixture
def devpi(monkeypatch: pytest.MonkeyPatch) -> Iterator[Devpi]:
    said = Devpi()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, content_type, body = said.answer(self.path.strip("/"))
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            if said.instead is None:
                self.send_header("X-Devpi-Api-Version", "2")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    for url in serve(Handler):
        monkeypatch.setattr(chapter4, "SERVER", url)
        yield said


@pytest.fixture
def private(tmp_path: Path, devpi: Devpi) -> Day:
    """A folder in which chapter 4 is done."""
    tools = [wheel(name, "1.0") for name in ("devpi-server", "devpi-client", "twine")]
    environment(tmp_path / "venv4", *tools)
    environment(tmp_path / "app4", OURS, FLASK, WERKZEUG)
    build(tmp_path, OURS)
    return Day(tmp_path)


def build(folder: Path, one: Built) -> None:
    place = folder / "team-greeting" / "dist"
    place.mkdir(parents=True, exist_ok=True)
    (place / one.filename).write_bytes(one.content)


def test_a_private_index_as_it_should_be(private: Day) -> None:
    report = examine(chapter4.CHAPTER, private)
    assert [one.finding.detail for one in report.outcomes if not one.finding.right] == []
    assert report.right is True


def test_a_folder_in_which_chapter_4_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapter4, "SERVER", "http://127.0.0.1:9")
    report = examine(chapter4.CHAPTER, Day(tmp_path))
    assert {one.finding.right for one in report.outcomes} == {False}
    assert all(one.finding.next for one in report.outcomes)


Change = Callable[[Path, Devpi], object]
NOT_YET_4: dict[str, tuple[Change, str, str, str]] = {
    "no tools": (
        lambda folder, _: (folder / "venv4").rename(folder / "aside"),
        "tools",
        "there is no environment venv4",
        "-m venv",
    ),
    "no twine": (
        lambda folder, _: next(folder.glob("venv4/lib/*/*/twine-*.dist-info")).rename(
            folder / "aside"
        ),
        "tools",
        "venv4 has no twine",
        "-r private.txt",
    ),
    "no team index": (
        lambda _, devpi: devpi.indexes.pop("alice/team"),
        "index",
        "there is no index alice/team",
        "step 5",
    ),
    "no mirror": (
        lambda _, devpi: devpi.indexes.pop("root/public"),
        "index",
        "there is no index root/public",
        "step 5",
    ),
    "no base": (
        lambda _, devpi: devpi.indexes["alice/team"].update(bases=[]),
        "index",
        "not based on root/public",
        "bases=root/public",
    ),
    "a list of names that ages": (
        lambda _, devpi: devpi.indexes["root/public"].pop("mirror_no_project_list"),
        "index",
        "keeps a list of all names",
        "mirror_no_project_list=True",
    ),
    "releases may be replaced": (
        lambda _, devpi: devpi.indexes["alice/team"].update(volatile=True),
        "index",
        "replace a release",
        "volatile=False",
    ),
    "nothing built": (
        lambda folder, _: (folder / "team-greeting").rename(folder / "aside"),
        "private",
        "team-greeting/dist has no wheel",
        "step 4",
    ),
    "nothing uploaded": (
        lambda _, devpi: devpi.pages.pop("team-greeting"),
        "private",
        "alice/team has no team-greeting",
        "twine upload",
    ),
    "another file uploaded": (
        lambda folder, _: build(folder, Built(OURS.filename, STRANGERS.content, b"")),
        "private",
        "not what lies in team-greeting/dist",
        "raise the version",
    ),
    "the stranger's comes through": (
        lambda _, devpi: devpi.pages["team-greeting"].append(STRANGERS),
        "private",
        STRANGERS.filename,
        "raise the version",
    ),
    "flask unknown": (
        lambda _, devpi: devpi.pages.pop("flask"),
        "public",
        "lists no file of flask",
        "port 8001",
    ),
    "flask without a file": (  # what a stage answers where its mirror's upstream is down
        lambda _, devpi: devpi.pages["flask"].clear(),
        "public",
        "lists no file of flask",
        "port 8001",
    ),
    "nothing installed": (
        lambda folder, _: (folder / "app4").rename(folder / "aside"),
        "installed",
        "no environment app4",
        "-m venv",
    ),
    "flask not installed": (
        lambda folder, _: next(folder.glob("app4/lib/*/*/flask-*.dist-info")).rename(
            folder / "aside"
        ),
        "installed",
        "app4 has no flask",
        "pip --python app4 install",
    ),
    "the stranger's installed": (
        lambda folder, _: (
            next(folder.glob("app4/lib/*/*/team_greeting-1.0.dist-info")).rename(folder / "aside"),
            environment(folder / "app4", STRANGERS),
        ),
        "installed",
        "team-greeting 99.0, which you never built",
        "--force-reinstall",
    ),
    "the stranger's bytes under your version": (
        lambda folder, _: next(folder.glob("app4/lib/*/*/team_greeting/__init__.py")).write_text(
            'WHO = "a stranger"\n'
        ),
        "installed",
        "another than your wheel",
        "--force-reinstall",
    ),
}


@pytest.mark.parametrize("case", NOT_YET_4)
def test_a_private_index_that_is_not_right_yet(case: str, private: Day, devpi: Devpi) -> None:
    alter, name, detail, then = NOT_YET_4[case]
    alter(private.folder, devpi)
    finding = look(chapter4.CHAPTER, private, name)
    assert finding.right is False
    assert detail in finding.detail
    assert then in finding.next


@pytest.mark.parametrize("name", ["index", "private", "public"])
def test_a_devpi_that_does_not_run(
    name: str, private: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapter4, "SERVER", "http://127.0.0.1:9")
    finding = look(chapter4.CHAPTER, private, name)
    assert finding.right is False
    assert finding.detail == "nothing answers on port 8004"
    assert "there is no folder devpi" in finding.next
    private.path("devpi").mkdir()
    assert "devpi-server --serverdir devpi" in look(chapter4.CHAPTER, private, name).next


@pytest.mark.parametrize("name", ["index", "private", "public"])
@pytest.mark.parametrize("status", [200, 404])
def test_another_server_in_the_place_of_devpi(
    status: int, name: str, private: Day, devpi: Devpi
) -> None:
    devpi.instead = (status, b"<html>hello</html>")
    finding = look(chapter4.CHAPTER, private, name)
    assert finding.right is None
    assert finding.detail == f"port 8004 answers {status}, and not as devpi does"
    assert finding.next.startswith("stop what runs there")


def test_a_newer_release_of_yours_is_right_too(private: Day, devpi: Devpi) -> None:
    newer = wheel("team-greeting", "1.1")
    build(private.folder, newer)
    devpi.pages["team-greeting"].append(newer)
    assert examine(chapter4.CHAPTER, private).right is True


def test_an_environment_that_is_none_cannot_be_compared(tmp_path: Path) -> None:
    build(tmp_path, OURS)
    with pytest.raises(FileNotFoundError, match="is no virtual environment"):
        wheels.differing(tmp_path / "team-greeting" / "dist" / OURS.filename, tmp_path / "none")
