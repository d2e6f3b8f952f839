"""Every way in which a tree of bandersnatch is damaged here, and what hides behind what.

Each damage writes new files in the place of old ones, so that trees may share what is whole.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.check.conftest import PATIENT

from mirrorlab.check import Asked, Extent, Report, check
from mirrorlab.index import Index

FORMS = ("index.html", "index.v1_html", "index.v1_json")
Rules = frozenset[tuple[str, str]]
"""Kinds and rules of findings."""


@dataclass(frozen=True)
class Mirrored:
    """A tree that bandersnatch has made, and the index it made it from."""

    folder: Path
    upstream: Index

    def check(
        self, *, beside: bool = True, synced: timedelta | None = None, **extent: object
    ) -> Report:
        url = self.upstream.http_url if beside else None
        asked = Extent(**extent)  # type: ignore[arg-type]
        [report] = check(Asked((str(self.folder),), url, asked, PATIENT, synced_within=synced))
        return report

    def file(self, name: str) -> Path:
        [found] = (self.folder / "web" / "packages").rglob(name)
        return found

    def page(self, project: str, form: str = "index.html") -> Path:
        return self.folder / "web" / "simple" / project / form

    def linked(self, folder: Path) -> Mirrored:
        """A tree of the same files, by further names of them."""
        shutil.copytree(self.folder, folder, copy_function=os.link)
        return Mirrored(folder, self.upstream)


@dataclass(frozen=True)
class Whose:
    """The project that is damaged."""

    project: str

    @property
    def stem(self) -> str:
        return self.project.replace("-", "_")

    @property
    def wheel(self) -> str:
        return f"{self.stem}-1.0-py3-none-any.whl"

    @property
    def sdist(self) -> str:
        return f"{self.stem}-1.0.tar.gz"


def put(path: Path, content: bytes | bytearray) -> None:
    """Write a file anew: whoever shares the old one keeps it."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x20
    put(path, content)


def cut(path: Path, by: int = 1) -> None:
    put(path, path.read_bytes()[:-by])


def age(path: Path, hours: float) -> None:
    moment = time.time() - 3600 * hours
    os.utime(path, (moment, moment))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Damage:
    """One thing that goes wrong."""

    do: Callable[[Mirrored, Whose], object]
    found: Rules
    """What is to be found."""
    file: str
    """What is to be named; ``{stem}`` is the project's name in names of files."""
    place: str
    """What is damaged: of two damages of one thing, the later is left."""

    def named(self, whose: Whose) -> str:
        return self.file.format(stem=whose.stem)


def _todo(mirror: Mirrored, _: Whose) -> None:
    todo = mirror.folder / "todo"
    put(todo, b"600\nalpha 505\nbeta-b 509\n")
    age(todo, 2)


def _orphan(mirror: Mirrored, whose: Whose) -> None:
    path = mirror.file(whose.wheel)
    shutil.copy(path, path.with_name(f"{whose.stem}-0.9.tar.gz"))


def _stray(mirror: Mirrored, whose: Whose) -> None:
    put(mirror.file(whose.wheel).with_name(f".{whose.stem}-2.whl.abcd1234"), b"x")


def _folder_for_a_file(mirror: Mirrored, whose: Whose) -> None:
    path = mirror.file(whose.sdist)
    path.unlink()
    path.mkdir()


def another_file(mirror: Mirrored, whose: Whose) -> None:
    """A file and each page that names it, changed by one who knows how."""
    path = mirror.file(whose.sdist)
    before = sha256(path)
    flip(path)
    for form in FORMS:
        page = mirror.page(whose.project, form)
        put(page, page.read_text().replace(before, sha256(path)).encode())


def _without(mirror: Mirrored, whose: Whose) -> None:
    """A page that lacks a wheel, which lies there still."""
    for form in ("index.html", "index.v1_html"):
        page = mirror.page(whose.project, form)
        lines = page.read_text().split("\n")
        put(page, "\n".join(line for line in lines if whose.wheel not in line).encode())


def _no_page(mirror: Mirrored, whose: Whose) -> None:
    for form in FORMS:
        mirror.page(whose.project, form).unlink(missing_ok=True)


def _cut_pages(mirror: Mirrored, whose: Whose) -> None:
    for form in ("index.v1_html", "index.v1_json"):
        page = mirror.page(whose.project, form)
        if page.exists():
            cut(page, 60)
    if mirror.page(whose.project).exists():
        put(mirror.page(whose.project), mirror.page(whose.project, "index.v1_html").read_bytes())


def _write(name: str, text: str) -> Callable[[Mirrored, Whose], object]:
    return lambda mirror, _: put(mirror.folder / name, text.encode())


def _is(*found: str) -> Rules:
    """``kind: rule`` each."""
    return frozenset((kind, rule) for kind, _, rule in (one.partition(": ") for one in found))


WHEEL, SDIST = "{stem}-1.0-py3-none-any.whl", "{stem}-1.0.tar.gz"
DAMAGES: dict[str, Damage] = {
    "a byte of a wheel": Damage(
        lambda m, w: flip(m.file(w.wheel)), _is("altered: hash"), WHEEL, "wheel"
    ),
    "the last byte of a wheel": Damage(
        lambda m, w: cut(m.file(w.wheel)), _is("truncated: size"), WHEEL, "wheel"
    ),
    "half of an sdist": Damage(
        lambda m, w: cut(m.file(w.sdist), 3000), _is("truncated: size"), SDIST, "sdist"
    ),
    "an empty file": Damage(
        lambda m, w: put(m.file(w.sdist), b""), _is("truncated: size"), SDIST, "sdist"
    ),
    "bytes at the end": Damage(
        lambda m, w: put(m.file(w.sdist), m.file(w.sdist).read_bytes() + b"!"),
        _is("altered: hash"),
        SDIST,
        "sdist",
    ),
    "no file": Damage(lambda m, w: m.file(w.sdist).unlink(), _is("missing: file"), SDIST, "sdist"),
    "a folder for a file": Damage(_folder_for_a_file, _is("unreachable: file"), SDIST, "sdist"),
    "a file with its pages": Damage(
        another_file, _is("altered: page-hash", "altered: hash"), SDIST, "sdist"
    ),
    "a file too many": Damage(_orphan, _is("orphaned: file"), "{stem}-0.9.tar.gz", "orphan"),
    "a file that was killed": Damage(
        _stray, _is("orphaned: stray"), ".{stem}-2.whl.abcd1234", "stray"
    ),
    "HTML without a file": Damage(_without, _is("not conforming: forms"), WHEEL, "html"),
    "JSON that is cut off": Damage(
        lambda m, w: cut(m.page(w.project, "index.v1_json"), 9),
        _is("not conforming: unreadable"),
        "",
        "json",
    ),
    "HTML that is cut off": Damage(
        lambda m, w: cut(m.page(w.project), 60),
        _is("not conforming: unreadable", "not conforming: forms"),
        "",
        "html",
    ),
    "no JSON": Damage(
        lambda m, w: m.page(w.project, "index.v1_json").unlink(),
        _is("missing: page"),
        "index.v1_json",
        "json",
    ),
    "every form cut off": Damage(_cut_pages, _is("not conforming: unreadable"), "", "every form"),
    "no page": Damage(
        _no_page,
        _is("missing: page", "missing: project", "orphaned: file"),
        "index.v1_json",
        "all pages",
    ),
    "no folder of a page": Damage(
        lambda m, w: shutil.rmtree(m.page(w.project).parent),
        _is("missing: page", "missing: project", "orphaned: file", "orphaned: json"),
        "index.html",
        "all pages",
    ),
    "todo that stands still": Damage(_todo, _is("frozen: todo"), "todo", "todo"),
    "a serial of the future": Damage(
        _write("status", "99999"), _is("frozen: serial"), "status", "status"
    ),
    "no status": Damage(
        lambda m, _: (m.folder / "status").unlink(), _is("missing: status"), "status", "status"
    ),
    "another generation": Damage(
        _write("generation", "6"), _is("frozen: generation"), "generation", "generation"
    ),
    "no moment": Damage(
        _write("web/last-modified", "yesterday"),
        _is("not conforming: last-modified"),
        "web/last-modified",
        "last-modified",
    ),
}


@dataclass(frozen=True)
class Hidden:
    """What two damages together do not show, though one of them alone does."""

    rules: Rules
    why: str
    instead: Rules = frozenset()


TREE = frozenset(("todo", "status", "generation", "last-modified"))
"""What a tree has once, and not once for each project."""
_OF_PROJECT = frozenset(("wheel", "sdist", "html", "json", "every form"))
WHY = {
    "one thing": "both damage one thing: the later is what is left of it",
    "no pages": "no page names these files any more: they are orphaned, which is found",
    "every form": "no page can be read, so nobody knows which files it names: could not tell",
    "no JSON": "without the JSON, what the HTML lacks is told by upstream, and by what lies there",
}
"""Each reason why a finding may be hidden; there is no other."""


def hidden(one: Damage, two: Damage, *, together: bool) -> Hidden | None:
    """Return what is hidden where the second damage follows the first; None for nothing.

    ``together``: both are of one project.
    """
    if one.place == two.place and (together or one.place in TREE):
        return Hidden(one.found - two.found, WHY["one thing"])
    places = {one.place, two.place}
    if "every form" in places and (other := (places - {"every form"})) <= {"orphan", "stray"}:
        other_one = one if one.place in other else two
        return Hidden(other_one.found, WHY["every form"])
    if not together:
        if "every form" in places and "all pages" in places:
            orphans = _is("orphaned: file", "orphaned: json")
            return Hidden((one.found | two.found) & orphans, WHY["every form"])
        return None
    if two.place == "all pages" and one.place in _OF_PROJECT:
        return Hidden(one.found - two.found, WHY["no pages"])
    if two.place == "every form" and one.place in _OF_PROJECT:
        return Hidden(one.found - two.found - _is("missing: page"), WHY["every form"])
    if one is DAMAGES["HTML without a file"] and two.place == "json":
        forms, instead = _is("not conforming: forms"), _is("missing: file", "orphaned: file")
        return Hidden(forms, WHY["no JSON"], instead)
    return None
