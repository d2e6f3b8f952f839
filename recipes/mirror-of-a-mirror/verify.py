"""Look at a new generation before it is served: is all there that its pages name, and is it right?

Usage: python3 verify.py NEW [PROJECT ...] [--old OLD] [--shrink PERCENT]

Each page must name the same files in all its forms; each file must be there, with the SHA-256 that
the page names. A file that is the same inode as in OLD, where the page named it with
the same hash, was read when it came, and is not read again. The faults of each PROJECT are told
and do not count. A file with another hash and what cannot be read are removed from NEW: rsync would
hold them to be copied already.

Exit codes: 0 nothing is wrong; 1 something is, a line each.
"""

import argparse
import contextlib
import hashlib
import os
import re
import stat
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from pages import FORMS, BadPage, Page, listed, read_page

AT_ONCE = 1000
"""So many projects are looked at before the next are thought of: memory stays small."""
SHOWN = 30


@dataclass
class Look:
    """What was seen of a project. ``lost`` are the files that OLD names and NEW does not."""

    project: str
    problems: list[str] = field(default_factory=list)
    files: int = 0
    read: int = 0
    lost: int = 0


def forms_in(tree: Path, project: str) -> list[str]:
    """The forms of a project's page that are there."""
    return [form for form in FORMS if os.path.lexists(tree / "simple" / project / form)]


def same_inode(one: Path, other: Path) -> bool:
    """Whether both are one file, with two names."""
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False


def fault_of(path: Path, sha256: str | None) -> str | None:
    """Read a file: what is wrong with it, or None. One with other bytes is removed."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    if sha256 is None or digest.hexdigest() == sha256:
        return None
    path.unlink()
    return f"has SHA-256 {digest.hexdigest()}, and its page names {sha256}"


def look_at(new: Path, old: Path | None, forms: frozenset[str], project: str) -> Look:
    """Look at a project's pages and files, and compare them with those of the old tree."""
    look = Look(project)
    pages: dict[str, Page] = {}
    for form in forms_in(new, project):
        try:
            pages[form] = read_page(new / "simple" / project / form, project)
        except BadPage as bad:  # what its other forms name is served, and so must be read
            bad.path.unlink(missing_ok=True)
            forms -= {form}
            look.problems.append(str(bad))
    before = named_before(old, project)
    for form in sorted(forms - pages.keys()):
        look.problems.append(f"simple/{project}/{form} is not there, and the list has that form")
    if len({frozenset(page.files.items()) for page in pages.values()}) > 1:
        look.problems.append(f"simple/{project}/ names other files in one form than in another")
    files = named(pages)
    look.files = len(files)
    look.lost = len(before.keys() - files.keys())
    for path, sha256 in files.items():
        try:
            problem = look_at_file(look, new, old, path, sha256, before)
        except OSError as error:
            problem = f"cannot be read: {error.strerror}"
            with contextlib.suppress(OSError):
                (new / path).unlink()  # or the next sync takes it for read
        if problem:
            look.problems.append(f"{path} {problem}")
    return look


def look_at_file(
    look: Look,
    new: Path,
    old: Path | None,
    path: str,
    sha256: str | None,
    before: dict[str, str | None],
) -> str | None:
    """What is wrong with a file, or None. Raises OSError."""
    try:
        mode = (new / path).lstat().st_mode
    except FileNotFoundError:
        return "is not there, and its page names it"
    if not stat.S_ISREG(mode):
        return "is no file"
    if old is not None and before.get(path, "") == sha256 and same_inode(new / path, old / path):
        return None
    look.read += 1
    return fault_of(new / path, sha256)


def named(pages: dict[str, Page]) -> dict[str, str | None]:
    """All that the forms of a page name: the path, and its SHA-256 where any form has one."""
    files: dict[str, str | None] = {}
    for page in pages.values():
        known = {path: sha256 for path, sha256 in page.metadata.items() if sha256}
        files = {**page.metadata, **files, **known, **page.files}
    return files


def named_before(old: Path | None, project: str) -> dict[str, str | None]:
    """What the page of the old tree names; nothing where it has none that can be read."""
    if old is None:
        return {}
    folder = old / "simple" / project
    try:
        return named({form: read_page(folder / form, project) for form in forms_in(old, project)})
    except BadPage:
        return {}


def projects_in(tree: Path) -> set[str]:
    """The folders of ``simple/``."""
    with os.scandir(tree / "simple") as entries:
        return {entry.name for entry in entries if entry.is_dir(follow_symlinks=False)}


def look_at_list(
    new: Path, projects: Iterable[str], excepted: Sequence[str]
) -> tuple[frozenset[str], list[str]]:
    """The forms that the list of projects has, and what is wrong with it."""
    names: dict[str, frozenset[str]] = {}
    problems = []
    for form in FORMS:
        path = new / "simple" / form
        if os.path.lexists(path):
            try:
                names[form] = listed(path)
            except BadPage as bad:
                path.unlink()
                problems.append(str(bad))
    if not names:
        return frozenset(), problems or ["simple/ has no list of projects"]
    if len(set(names.values())) > 1:
        problems.append("simple/ lists other projects in one form than in another")
    there = {plain(project) for project in projects}.union(excepted)
    absent = sorted(frozenset().union(*names.values()) - there)
    problems += [f"simple/{name}/ is listed, and not there" for name in absent]
    return frozenset(names), problems


def plain(name: str) -> str:
    """A project's name as it stands in URLs."""
    return re.sub(r"[-_.]+", "-", name).lower()


def verify(new: Path, old: Path | None, shrink: int, excepted: Sequence[str]) -> list[str]:
    """All that is wrong with a tree, and counts."""
    projects = sorted(projects_in(new))
    forms, problems = look_at_list(new, projects, excepted)
    gone = sorted(projects_in(old) - set(projects)) if old is not None else []
    lost = sum(len(named_before(old, project)) for project in gone)
    files = read = 0
    look_at_one = partial(look_at, new, old, forms)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(projects), AT_ONCE):
            for look in pool.map(look_at_one, projects[start : start + AT_ONCE]):
                files, read, lost = files + look.files, read + look.read, lost + look.lost
                if look.project in excepted:
                    tell("verify: excepted: ", look.problems)
                else:
                    problems += [f"{look.project}: {problem}" for problem in look.problems]
    if not files:
        problems.append("no page names a file")
    had = lost + files
    if old is not None and lost * 100 > had * shrink:
        problems.append(f"{lost} files are named no more, more than {shrink} percent")
    print(f"verify: {len(projects)} projects, {files} files, {read} of them read", file=sys.stderr)
    return problems


def tell(prefix: str, problems: Sequence[str]) -> None:
    """Write the first of the problems, and how many more there are."""
    for problem in problems[:SHOWN]:
        line = "".join(char if char.isprintable() else "?" for char in problem)
        print(f"{prefix}{line}", file=sys.stderr)
    if len(problems) > SHOWN:
        print(f"{prefix}and {len(problems) - SHOWN} more", file=sys.stderr)


def main() -> int:
    """Read the command line; 0 where nothing is wrong, 1 where something is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("new", type=Path)
    parser.add_argument("excepted", nargs="*")
    parser.add_argument("--old", default="")
    parser.add_argument("--shrink", type=int, default=10)
    given = parser.parse_args()
    try:
        old = Path(given.old) if given.old else None
        problems = verify(given.new, old, given.shrink, given.excepted)
    except OSError as error:
        problems = [f"{error.filename}: {error.strerror}"]
    tell("verify: ", problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
