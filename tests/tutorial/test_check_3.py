"""What the checks of chapter 3 see: right, not yet, and what they cannot tell.

The page itself runs the same checks against a real bandersnatch; here each part is taken away or
altered, one at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest
from tests.tutorial.looked_at import (
    FLASK,
    WERKZEUG,
    altered,
    environment,
    gone,
    look,
    moved,
    serve,
    written,
)

from mirrorlab.distributions import Built, wheel
from mirrorlab.simple import FileEntry, ProjectPage, page_to_html, page_to_json
from mirrorlab.tutorial import Day, chapter3, examine

CONF = """
[mirror]
directory = mirror
[allowlist]
packages =
    Flask
    werkzeug
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def copy(mirror: Path, one: Built, *, under: str) -> None:
    """Put a wheel onto the mirror, with the pages bandersnatch writes for it."""
    file = mirror / "web" / "packages" / one.sha256[:2] / one.filename
    file.parent.mkdir(parents=True)
    file.write_bytes(one.content)
    url = f"../../packages/{one.sha256[:2]}/{one.filename}"
    page = ProjectPage(under, (FileEntry(one.filename, url, {"sha256": one.sha256}),), ("3.1",))
    folder = mirror / "web" / "simple" / under
    folder.mkdir(parents=True)
    (folder / "index.v1_json").write_bytes(page_to_json(page))
    (folder / "index.html").write_bytes(page_to_html(page))


@pytest.fixture
def mirrored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    """A folder in which chapter 3 is done, and its web server."""
    (tmp_path / "mirror.conf").write_text(CONF)
    mirror = tmp_path / "mirror"
    copy(mirror, FLASK, under="flask")
    copy(mirror, WERKZEUG, under="werkzeug")
    (mirror / "status").write_text("1021")
    environment(tmp_path / "venv3", wheel("bandersnatch", "8.2"))
    environment(tmp_path / "app3", FLASK, WERKZEUG, wheel("pip", "26.0"))
    for url in serve(partial(_Quiet, directory=str(mirror / "web"))):
        monkeypatch.setattr(chapter3, "URL", url)
        yield Day(tmp_path)


def test_a_mirror_as_it_should_be(mirrored: Day) -> None:
    report = examine(chapter3.CHAPTER, mirrored)
    assert [one.finding.detail for one in report.outcomes if not one.finding.right] == []
    assert report.right is True


def test_a_folder_in_which_chapter_3_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chapter3, "URL", "http://127.0.0.1:9")
    report = examine(chapter3.CHAPTER, Day(tmp_path))
    assert {one.finding.right for one in report.outcomes} == {False}
    assert all(one.finding.next for one in report.outcomes)


NOT_YET_3: dict[str, tuple[Callable[[Path], object], str, str, str]] = {
    "no tools": (moved("venv3"), "bandersnatch", "there is no environment venv3", "-m venv"),
    "other tools": (
        lambda folder: (
            environment(folder / "venv3")
            .joinpath("bandersnatch-8.2.dist-info")
            .rename(folder / "aside")
        ),
        "bandersnatch",
        "venv3 has no bandersnatch",
        "-r mirror.txt",
    ),
    "no configuration": (gone("mirror.conf"), "allowlist", "there is no mirror.conf", "step 4"),
    "no list": (
        written("mirror.conf", "[mirror]\ndirectory = mirror\n"),
        "allowlist",
        "would copy everything",
        "[allowlist] packages",
    ),
    "flask not listed": (
        written("mirror.conf", "[allowlist]\npackages =\n  werkzeug\n"),
        "allowlist",
        "does not allow flask",
        "put it on the list",
    ),
    "a dependency not listed": (
        written("mirror.conf", "[allowlist]\npackages =\n  flask\n"),
        "allowlist",
        "also needs werkzeug",
        "bandersnatch -c mirror.conf mirror",
    ),
    "something left to do": (
        written("mirror/todo", "1021\nJinja2 1010\n"),
        "synced",
        "mirror/todo lists Jinja2",
        "--clear, then",
    ),
    "no mirror": (moved("mirror"), "synced", "there is no folder mirror", "bandersnatch"),
    "no sync to its end": (gone("mirror/status"), "synced", "no sync came to its end", "mirror"),
    "a project without a page": (
        moved("mirror/web/simple/werkzeug"),
        "complete",
        "no page of werkzeug",
        "--force-check",
    ),
    "an altered file": (
        altered("mirror/web/packages/*/werkzeug-*.whl"),
        "complete",
        WERKZEUG.filename,
        "rm -r mirror",
    ),
    "a file gone": (
        lambda folder: next(folder.glob("mirror/web/packages/*/flask-*.whl")).unlink(),
        "complete",
        FLASK.filename,
        "rm -r mirror",
    ),
    "no page to serve": (
        moved("mirror/web/simple/flask"),
        "served",
        "answers 404 where flask should be",
        "mirror/web",
    ),
    "nothing installed": (moved("app3"), "installed", "no environment app3", "-m venv"),
    "flask not installed": (
        lambda folder: next(folder.glob("app3/lib/*/*/flask-*.dist-info")).rename(folder / "aside"),
        "installed",
        "app3 has no flask",
        "pip --python app3 install",
    ),
    "another flask installed": (
        altered("app3/lib/*/*/flask/__init__.py"),
        "installed",
        "not from your mirror: flask",
        "rm -r app3",
    ),
    "from elsewhere": (
        lambda folder: environment(folder / "app3", wheel("rich", "15.0")),
        "installed",
        "not from your mirror: rich",
        "rm -r app3",
    ),
}


@pytest.mark.parametrize("case", NOT_YET_3)
def test_a_mirror_that_is_not_right_yet(case: str, mirrored: Day) -> None:
    alter, name, detail, then = NOT_YET_3[case]
    alter(mirrored.folder)
    finding = look(chapter3.CHAPTER, mirrored, name)
    assert finding.right is False
    assert detail in finding.detail
    assert then in finding.next


def test_a_mirror_that_nobody_serves(mirrored: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chapter3, "URL", "http://127.0.0.1:9")
    finding = look(chapter3.CHAPTER, mirrored, "served")
    assert finding.right is False
    assert finding.detail == "nothing answers on port 8003"
    assert "http.server 8003" in finding.next


def test_another_folder_served_than_the_mirror(
    mirrored: Day, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path_factory.mktemp("other")
    copy(other, wheel("flask", "2.0"), under="flask")
    for url in serve(partial(_Quiet, directory=str(other / "web"))):
        monkeypatch.setattr(chapter3, "URL", url)
        finding = look(chapter3.CHAPTER, mirrored, "served")
    assert finding.right is False
    assert "another folder" in finding.detail


def test_what_is_left_to_do_is_said_first(mirrored: Day) -> None:
    moved("mirror/web/simple/werkzeug")(mirrored.folder)
    mirrored.path("mirror", "todo").write_text("1021\nWerkzeug 1010\n")
    finding = look(chapter3.CHAPTER, mirrored, "complete")
    assert finding.detail == "the mirror has no page of werkzeug"
    assert finding.next == "first, what mirror/todo lists"


def test_what_the_mirror_lacks_cannot_be_compared(mirrored: Day) -> None:
    moved("mirror/web/simple/werkzeug")(mirrored.folder)
    finding = look(chapter3.CHAPTER, mirrored, "installed")
    assert finding.right is None
    assert finding.detail == "the mirror has no werkzeug to compare with"
    assert "bandersnatch" in finding.next


def test_a_todo_that_names_no_project_is_none(mirrored: Day) -> None:
    mirrored.path("mirror", "todo").write_text("None\n")  # what `bandersnatch sync` leaves
    assert look(chapter3.CHAPTER, mirrored, "synced").right is True


UNKNOWN_3: dict[str, tuple[Callable[[Path], object], str]] = {
    "a configuration that cannot be read": (written("mirror.conf", "flask\n"), "allowlist"),
    "a page that cannot be read": (
        written("mirror/web/simple/flask/index.v1_json", "<html>"),
        "complete",
    ),
    "a wheel that cannot be read": (
        lambda folder: next(folder.glob("mirror/web/packages/*/flask-*.whl")).write_bytes(b"no"),
        "allowlist",
    ),
}


@pytest.mark.parametrize("case", UNKNOWN_3)
def test_what_cannot_be_told_of_a_mirror(case: str, mirrored: Day) -> None:
    alter, name = UNKNOWN_3[case]
    alter(mirrored.folder)
    finding = look(chapter3.CHAPTER, mirrored, name)
    assert finding.right is None
    assert finding.detail.startswith("could not look: ")
    assert examine(chapter3.CHAPTER, mirrored).right is not True
