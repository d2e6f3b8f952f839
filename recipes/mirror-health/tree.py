"""A bandersnatch tree: what a removal would change in it, and the change itself."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

DATA = "index.v1_json"
FORMS = ("index.html", "index.v1_html")
TRASH = ".pruned-"


class Refused(Exception):
    """Nothing was changed; the text says why, in one sentence."""


@dataclass(frozen=True)
class Change:
    """What goes, and what the pages are that stay."""

    projects: frozenset[str]
    files: frozenset[Path]
    """Below web/."""
    pages: dict[Path, str]
    """The new text of each page that changes, the lists of projects first."""


class Tree:
    """The folder that bandersnatch writes to."""

    def __init__(self, folder: Path) -> None:
        """Read its list of projects. Raises Refused where there is none that can be read."""
        self.folder = folder
        self.web = (folder / "web").resolve()
        self._simple = self.web / "simple"
        self._packages = self.web / "packages"
        try:
            self.listed = frozenset(
                str(one["name"]) for one in self._data(self._simple)["projects"]
            )
        except (KeyError, TypeError):
            raise Refused(f"{self._simple / DATA} is no list of projects") from None
        if not self.listed:
            raise Refused(f"{self._simple / DATA} lists no project")

    def count_files(self) -> int:
        """How many files lie below packages/."""
        return sum(len(files) for _, _, files in os.walk(self._packages))

    def change(self, lines: Iterable[str]) -> Change:
        """Work out what removing the lines of the list means. Raises Refused."""
        projects: set[str] = set()
        by_page: dict[str, set[str]] = {}
        files: set[Path] = set()
        for line in lines:
            kind, name, *more = line.split()
            if kind == "project":
                projects.add(name)
            elif kind == "file":
                by_page.setdefault(name, set()).add(more[0])
            else:
                files.add(self._leftover(name))
        pages = dict(self._lists_without(projects)) if projects else {}
        for project, filenames in by_page.items():
            pages |= self._page_without(project, filenames)
        doomed = {
            place
            for project, filenames in [*((one, None) for one in projects), *by_page.items()]
            for place in self._places(project, filenames)
        }
        doomed -= self._named_elsewhere(doomed, projects, by_page)
        for place in doomed:
            files |= {place, place.with_name(f"{place.name}.metadata")}
        for project in projects:
            files |= {self.web / "json" / project, self.web / "pypi" / project / "json"}
        there = frozenset(file for file in files if os.path.lexists(file))
        return Change(frozenset(projects), there, pages)

    def apply(self, change: Change) -> None:
        """Change the tree: first what readers find files by, then the files."""
        for left in self.web.glob(f"{TRASH}*"):
            shutil.rmtree(left)
        for path, text in change.pages.items():
            aside = path.with_name(f".{path.name}.new")
            aside.write_text(text, encoding="utf-8")
            shutil.copymode(path, aside)
            aside.replace(path)
        if change.projects:
            trash = Path(tempfile.mkdtemp(prefix=TRASH, dir=self.web))
            for project in change.projects:
                if (self._simple / project).is_dir():
                    (self._simple / project).rename(trash / project)  # all its forms at once
            shutil.rmtree(trash)
        for file in change.files:
            file.unlink(missing_ok=True)
        for project in change.projects:
            if (self.web / "pypi" / project).is_dir():
                (self.web / "pypi" / project).rmdir()

    def _lists_without(self, projects: set[str]) -> Iterator[tuple[Path, str]]:
        path = self._simple / DATA
        data = self._data(self._simple)
        data["projects"] = [one for one in data["projects"] if one["name"] not in projects]
        yield path, json.dumps(data)
        listed = projects & self.listed
        lines = {one: f'<a href="(?:/simple/)?{re.escape(one)}/">[^<>]*</a>' for one in listed}
        yield from self._html_without(self._simple, lines)

    def _page_without(self, project: str, filenames: set[str]) -> dict[Path, str]:
        folder = self._folder(project)
        data = self._data(folder)
        gone = [one for one in data["files"] if one["filename"] in filenames]
        data["files"] = [one for one in data["files"] if one["filename"] not in filenames]
        if {one["filename"] for one in gone} != filenames:
            raise Refused(f"{folder / DATA} changed while the check ran; run it again")
        data["versions"] = [
            version
            for version in data.get("versions", [])
            if any(_is_of(version, one) for one in data["files"])
            or not any(_is_of(version, one) for one in gone)
        ]
        lines = {one: f"<a [^<>]*>{re.escape(html.escape(one))}</a>" for one in filenames}
        return {folder / DATA: json.dumps(data)} | dict(self._html_without(folder, lines))

    def _html_without(self, folder: Path, lines: dict[str, str]) -> Iterator[tuple[Path, str]]:
        for form in FORMS:
            path = folder / form
            if not path.exists():
                continue
            text = _read(path)
            for what, pattern in lines.items():
                text, count = re.subn(rf"(?m)^[ \t]*{pattern}(?:<br ?/?>)?\n", "", text)
                if count != 1:
                    raise Refused(
                        f"{path} names {what} {count} times and not once on a line of its own; "
                        "let bandersnatch make the page again"
                    )
            yield path, text

    def _places(self, project: str, filenames: set[str] | None) -> Iterator[Path]:
        """Where the files of a page lie, or those of them that are named."""
        folder = self._folder(project)
        if filenames is None and not folder.exists():
            return  # it is in the list, and has no page
        for one in self._data(folder)["files"]:
            if filenames is None or one["filename"] in filenames:
                place = self._place(folder, str(one["url"]))
                if place is not None:
                    yield place

    def _place(self, folder: Path, url: str) -> Path | None:
        """Where a file lies; None where it is on another host. Raises Refused outside the tree."""
        parts = urlsplit(url)
        path = unquote(parts.path)
        if parts.netloc or path.startswith("/"):
            _, found, below = path.partition("/packages/")
            if not found:
                return None
            path = f"{self._packages}/{below}"
        return self._inside(Path(os.path.normpath(folder / path)), f"{folder.name} names {url}")

    def _leftover(self, shown: str) -> Path:
        place = Path(os.path.normpath(self.web / shown))
        if place.parent.parent == self.web and place.parent.name in {"json", "pypi"}:
            inside = place.parent.resolve() == place.parent and not place.is_dir()
            if inside:
                return place
            return place / "json"
        return self._inside(place, shown)

    def _inside(self, place: Path, says: str) -> Path:
        real = place.parent.resolve()
        if not place.is_relative_to(self._packages) or not real.is_relative_to(
            self._packages.resolve()
        ):
            raise Refused(f"{says}, which is outside of packages/")
        return place

    def _named_elsewhere(
        self, doomed: set[Path], projects: set[str], by_page: dict[str, set[str]]
    ) -> set[Path]:
        """Those files that a page names which stays: of another project, or under another name."""
        names = {place.name for place in doomed}
        kept = set()
        folders = self._simple.glob(f"*/{DATA}") if doomed else ()
        for folder in (path.parent for path in folders):
            if folder.name in projects:
                continue
            for one in self._data(folder)["files"]:
                leaving = one["filename"] in by_page.get(folder.name, ())
                if not leaving and unquote(str(one["url"])).rpartition("/")[2] in names:
                    kept.add(self._place(folder, str(one["url"])))
        return {place for place in kept if place is not None}

    def _folder(self, project: str) -> Path:
        folder = self._simple / project
        if folder.is_symlink() or (not folder.exists() and (self._simple / project[0]).exists()):
            raise Refused(f"{folder} is not a folder of bandersnatch without hash-index")
        return folder

    def _data(self, folder: Path) -> dict[str, Any]:
        try:
            data = json.loads(_read(folder / DATA))
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise Refused(f"{folder / DATA} is no JSON object; let bandersnatch make it again")
        return data


def _is_of(version: str, file: dict[str, Any]) -> bool:
    """Whether a file is of a version, as its name has it."""
    return re.search(rf"-{re.escape(version)}(?:-|\.[a-z])", str(file["filename"])) is not None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Refused(f"{path} is not UTF-8") from None
