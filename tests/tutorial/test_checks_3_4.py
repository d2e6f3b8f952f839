"""What the checks of chapters 3 and 4 see: right, not yet, and what they cannot tell.

The pages themselves run the same checks against real bandersnatch and devpi; here each part is
taken away or altered, one at a time.
"""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mirrorlab.distributions import Built, wheel
from mirrorlab.simple import JSON, FileEntry, ProjectPage, page_to_html, page_to_json
from mirrorlab.tutorial import Chapter, Day, Finding, chapter3, chapter4, examine, wheels

FLASK = wheel("flask", "3.1", requires=["werkzeug", "dev-only; extra == 'dev'"])
WERKZEUG = wheel("werkzeug", "3.1")
OURS = wheel("team-greeting", "1.0")
STRANGERS = wheel("team-greeting", "99.0")
CONF = """
[mirror]
directory = mirror
[allowlist]
packages =
    Flask
    werkzeug
"""


def look(chapter: Chapter, day: Day, name: str) -> Finding:
    """What the check of this name finds; the names of checks are for scripts, and stay."""
    found = {one.check.name: one.finding for one in examine(chapter, day).outcomes}
    return found[name]


def environment(home: Path, *installed: Built) -> Path:
    """A virtual environment with these wheels in it, as an installer leaves them."""
    site = home / "lib" / "python3.13" / "site-packages"
    site.mkdir(parents=True, exist_ok=True)
    (home / "pyvenv.cfg").touch()
    for one in installed:
        with zipfile.ZipFile(io.BytesIO(one.content)) as opened:
            opened.extractall(site)
    return site


def serve(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


# Chapter 3


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


def gone(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def moved(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).rename(folder / "elsewhere")


def written(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text)


def altered(name: str) -> Callable[[Path], object]:
    def alter(folder: Path) -> None:
        file = next(folder.glob(name))
        file.write_bytes(file.read_bytes() + b"#")

    return alter


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


# Chapter 4


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
