"""A tree on a disk, as bandersnatch makes it, or a web server's folder with ``simple/`` in it."""

from __future__ import annotations

import json
import os
import re
from array import array
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from mirrorlab.check.contents import joined, judge_forms, judge_keys, judge_list, judge_page
from mirrorlab.check.disk import look_at_file, read_whole
from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.check.leftovers import leftovers, path_id
from mirrorlab.check.plain import is_plain, says_the_same
from mirrorlab.check.quick import read_json
from mirrorlab.check.reading import read_list, read_page
from mirrorlab.check.served import ListLook, Look, PageLook, same_names, unread
from mirrorlab.check.state import State
from mirrorlab.check.upstream import NotTold
from mirrorlab.errors import BadPage, NoTarget
from mirrorlab.simple import (
    JSON,
    TEXT_HTML,
    FileEntry,
    ListedProject,
    ProjectList,
    ProjectPage,
)

FORMS = {"index.v1_json": JSON, "index.html": TEXT_HTML, "index.v1_html": TEXT_HTML}
"""The files of a page, and the form of each."""
LARGEST_PAGE = 256 << 20
_PLAIN_NAME = re.compile("[a-z0-9-]+")
_PLAIN_PLACE = re.compile(r"\.\./\.\./(packages/(?:[0-9a-f]+/)+[A-Za-z0-9][A-Za-z0-9._+!-]*)")
_AGAIN = "let bandersnatch make it again: bandersnatch sync NAME"


class Tree:
    """A mirror on a disk."""

    reads_all = True

    def __init__(self, root: Path, state: State, *, deep: bool = False) -> None:
        """``deep``: hold each file against its place too. Raises :class:`NoTarget`."""
        self.root = root
        self.web = root / "web" if (root / "web").is_dir() else root
        self.simple = self.web / "simple"
        if not self.simple.is_dir():
            raise NoTarget(str(root))
        self._state = state
        self._deep = deep
        self._prefix = f"{os.path.abspath(self.web)}{os.sep}"  # noqa: PTH100  links stay links
        self._forms: set[str] = set()
        self._of_pages: set[str] = set()
        self._named: set[int] = set()
        self._unreadable = 0
        self._folders: dict[str, Path] = {}
        self._here = f"{Path(os.path.abspath(self.simple)).as_uri()}/"  # noqa: PTH100
        self._depth = self._here.count("/") + 1
        self._lock = Lock()

    def listing(self) -> ListLook:
        """Look at the list, and at which projects have a folder."""
        look = ListLook()
        bodies = self._read(look, "", self.simple)
        self._forms = set(bodies)
        lists: dict[str, ProjectList] = {}
        for file, body in bodies.items():
            if file == "index.v1_html" and body == bodies.get("index.html"):
                continue
            try:
                lists[file] = read_list(body, FORMS[file])
            except BadPage as problem:
                unread(look, "", FORMS[file], problem)
        self._folders = dict(self._find_folders())
        if not bodies:
            look.findings.append(self._no_file("", "index.html", "the list of projects"))
        elif lists:
            look.findings += judge_list(next(iter(lists.values())))
            look.findings += self._listed_and_there(lists)
        look.findings += _same_lists(lists)
        look.findings += _same_bytes("", bodies)
        if lists or not bodies:
            names: set[str] = set(self._folders)
            for listed in lists.values():
                names |= {canonicalize_name(one.name) for one in listed.projects}
            look.listed = ProjectList(tuple(ListedProject(name) for name in sorted(names)))
        return look

    def project(self, name: str, serial: int | None = None) -> PageLook:  # noqa: ARG002
        """Look at the files of a project's page."""
        folder = self._folders.get(name)
        if folder is None:
            look = PageLook(gone=True)
            look.findings.append(self._no_file(name, "index.html", "the page, which is listed"))
            return look
        look = PageLook(base=self._base(folder))
        bodies = self._read(look, name, folder)
        look.gone = not bodies and not look.unread and not look.findings
        with self._lock:
            self._of_pages |= set(bodies)
        for file in sorted(self._forms - bodies.keys()):
            if not any(finding.file == file for finding in look.findings):
                look.findings.append(self._no_file(name, file, "the page in every form"))
        self._judge(look, name, bodies)
        if look.page is not None:
            self._note(look.page, look.base)
        elif not look.gone:
            with self._lock:
                self._unreadable += 1
        return look

    def file(
        self, name: str, file: FileEntry, base: str, upstream: FileEntry | None
    ) -> Iterator[Finding]:
        """Read a file and its core metadata, and judge both."""
        place = self._place(base, file.url)
        if place is None:
            return iter(())
        if not place.startswith(self._prefix):
            says = "a URL inside the tree"
            return iter([_outside(name, file.filename, says)])
        return look_at_file(name, file, place, upstream, by_place=self._deep)

    def reads(self, file: FileEntry, base: str) -> bool:
        """Tell whether a file should be here: of a mirror of pages alone, none is."""
        return self._place(base, file.url) is not None

    def seen(self) -> object:
        """Hand over which files pages named since, and what else is counted."""
        with self._lock:
            named = array("q", self._named)
            seen = (named.tobytes(), self._of_pages, self._unreadable)
            self._named, self._of_pages, self._unreadable = set(), set(), 0
        return seen

    def take(self, seen: object) -> None:
        """Take in what another process handed over."""
        assert isinstance(seen, tuple)
        named, of_pages, unreadable = seen
        with self._lock:
            self._named.update(array("q", named))
            self._of_pages |= of_pages
            self._unreadable += unreadable

    def around(self, whole: bool, serial: int | None) -> Iterator[Finding]:
        """Judge how syncs went; and what no page names, where every page was read."""
        for file in sorted(self._of_pages - self._forms):
            yield self._no_file("", file, "the list of projects in the forms that pages have")
        if self.web != self.root:
            yield from self._state.judge(self.root, serial)
        if whole and not self._unreadable:
            yield from leftovers(self.web, self._named, set(self._folders))

    def _base(self, folder: Path) -> str:
        """Return what the URLs of a page are relative to."""
        if folder.parent == self.simple and _PLAIN_NAME.fullmatch(folder.name):
            return f"{self._here}{folder.name}/"
        return f"{Path(os.path.abspath(folder)).as_uri()}/"  # noqa: PTH100

    def _read(self, look: Look, name: str, folder: Path) -> dict[str, bytes]:
        """Read the files of a page; what is there and cannot be read is a finding."""
        bodies: dict[str, bytes] = {}
        for file in FORMS:
            try:
                bodies[file] = read_whole(f"{folder}{os.sep}{file}", LARGEST_PAGE)
            except FileNotFoundError:
                continue
            except OverflowError:
                unread(look, name, FORMS[file], BadPage(f"has more than {LARGEST_PAGE} bytes"))
            except OSError as error:
                advice = "let whoever serves the tree read it, and look after the disk"
                found = error.strerror or "an error"
                kind = Kind.UNREACHABLE
                look.findings.append(
                    Finding(kind, "page", "the page", found, advice, project=name, file=file)
                )
        return bodies

    def _judge(self, look: PageLook, name: str, bodies: dict[str, bytes]) -> None:
        if self._is_plain(look, name, bodies):
            return
        pages: dict[str, ProjectPage] = {}
        for file, body in bodies.items():
            if file == "index.v1_html" and body == bodies.get("index.html"):
                continue
            try:
                page = read_page(body, FORMS[file])
            except BadPage as problem:
                unread(look, name, FORMS[file], problem)
                continue
            pages[file] = page
        look.findings += _same_bytes(name, bodies)
        look.html_page = pages.get("index.html") or pages.get("index.v1_html")
        look.page = pages.get("index.v1_json") or look.html_page
        as_json = pages.get("index.v1_json")
        look.is_json = as_json is not None
        if as_json is not None:
            look.findings += judge_keys(name, json.loads(bodies["index.v1_json"]))
            look.findings += self._judged("index.v1_json", name, as_json, look.base)
        for file in ("index.html", "index.v1_html"):
            if file not in pages:
                continue
            differ = (
                []
                if as_json is None
                else list(judge_forms(name, as_json, pages[file], look.base, look.base))
            )
            look.findings += differ
            if differ or as_json is None:  # the same is as right or wrong as the JSON is
                look.findings += self._judged(file, name, pages[file], look.base)
        look.findings = list(dict.fromkeys(look.findings))

    def _is_plain(self, look: PageLook, name: str, bodies: dict[str, bytes]) -> bool:
        """Take in a page whose forms are all as bandersnatch writes them, and say the same."""
        if len(bodies) != len(FORMS) or bodies["index.html"] != bodies["index.v1_html"]:
            return False
        page = read_json(bodies["index.v1_json"])
        if page is None or not is_plain(name, page, look.base, json=True):
            return False
        if not says_the_same(bodies["index.html"], page):
            return False
        look.page = look.html_page = page
        look.is_json = True
        return True

    def _judged(self, file: str, name: str, page: ProjectPage, base: str) -> Iterator[Finding]:
        for one in judge_page(name, page, base, json=FORMS[file] == JSON):
            yield replace(one, file=one.file or file)

    def _note(self, page: ProjectPage, base: str) -> None:
        """Remember which files a page names, for what is left over."""
        named = set()
        for file in page.files:
            place = self._place(base, file.url)
            if place is not None:
                named.add(path_id(place))
        with self._lock:
            self._named |= named

    def _place(self, base: str, url: str) -> str | None:
        """Return where a file lies; None where its URL leads to another host and no place here."""
        plain = _PLAIN_PLACE.fullmatch(url)
        if plain is not None and base.startswith(self._here) and base.count("/") == self._depth:
            return f"{self._prefix}{plain[1]}"
        try:
            parts = urlsplit(joined(base, url))
        except ValueError:
            return None
        path = unquote(parts.path)
        if parts.scheme == "file":
            return os.path.normpath(path)
        inside = path.find("/packages/")
        if inside < 0:
            return None
        place = os.path.normpath(f"{self._prefix}{path[inside + 1 :]}")
        return place if os.path.lexists(self._prefix + "packages") else None

    def _find_folders(self) -> Iterator[tuple[str, Path]]:
        """Yield the projects that have a folder: ``simple/NAME``, or ``simple/N/NAME``."""
        for name in _folders(self.simple):
            folder = self.simple / name
            if len(name) == 1 and not any((folder / file).exists() for file in FORMS):
                for below in _folders(folder):
                    yield canonicalize_name(below), folder / below
            else:
                yield canonicalize_name(name), folder

    def _listed_and_there(self, lists: dict[str, ProjectList]) -> Iterator[Finding]:
        names = {
            canonicalize_name(one.name) for listed in lists.values() for one in listed.projects
        }
        for name in sorted(self._folders.keys() - names):
            yield Finding(
                Kind.ORPHANED,
                "page",
                "the project in the list",
                "a page that is not listed",
                "let bandersnatch make the list again, or remove the page",
                Severity.WARNING,
                name,
            )

    def _no_file(self, name: str, file: str, expected: str) -> Finding:
        found = "no such file"
        return Finding(Kind.MISSING, "page", expected, found, _AGAIN, project=name, file=file)


def _folders(folder: Path) -> list[str]:
    """Return the folders in one; those that cannot be read are found when they are."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except OSError as error:
        raise NotTold(f"{folder} cannot be read: {error.strerror}") from None


def _same_lists(lists: dict[str, ProjectList]) -> Iterator[Finding]:
    as_json = lists.get("index.v1_json")
    for file in ("index.html", "index.v1_html"):
        if as_json is not None and file in lists:
            yield from same_names(as_json, lists[file])


def _same_bytes(name: str, bodies: dict[str, bytes]) -> Iterator[Finding]:
    html, versioned = bodies.get("index.html"), bodies.get("index.v1_html")
    if html is not None and versioned is not None and html != versioned:
        expected = "the same bytes in index.html and index.v1_html"
        kind = Kind.NOT_CONFORMING
        yield Finding(kind, "forms", expected, "others", _AGAIN, project=name)


def _outside(name: str, filename: str, says: str) -> Finding:
    return Finding(
        Kind.NOT_CONFORMING,
        "url",
        says,
        "one that leads out of it",
        _AGAIN,
        project=name,
        file=filename,
    )
