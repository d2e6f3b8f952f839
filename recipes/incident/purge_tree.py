"""Take a release out of trees of files: bandersnatch's, a copy of it, each of its generations.

Usage: python3 purge_tree.py LIST TREE ...   (TREE is the folder with simple/ and packages/ in it)

Pages first, then files, so that no page ever names a file that is not there. A run that was killed
is finished by the next one.
"""

from __future__ import annotations

import html
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from release import Listed, Refused, canonical, main, read, replace, walk

_ANCHOR = re.compile(r"[ \t]*<a\s[^>]*>([^<]*)</a>[ \t]*(?:<br\s*/?>)?[ \t]*\n?", re.IGNORECASE)


def purged(listed: Listed, page: Path) -> tuple[str, str]:
    """The text of a page as it is, and without the release. Raises Refused."""
    try:
        text = page.read_text(encoding="utf-8")
        return text, without(listed, page, text)
    except (UnicodeError, ValueError, LookupError, TypeError, AttributeError):
        said = f"{page}: it cannot be read as a page (packed, or cut off?): delete or mend it"
        raise Refused(said, 1) from None


def without(listed: Listed, page: Path, text: str) -> str:
    """The text of a page without the release. Raises Refused where that cannot be done safely."""
    if text.lstrip().startswith("{"):
        data = json.loads(text)
        left: Any = _without_files(listed, data) if "files" in data else _without(listed, data)
        # The same bytes where there was nothing to take out.
        return text if left == data else json.dumps(left, indent=4 if "\n" in text else None)

    def kept(anchor: re.Match[str]) -> str:
        return "" if listed.names_one(html.unescape(anchor[1]).strip()) else anchor[0]

    after = _ANCHOR.sub(kept, text)
    if any(name in unquote(html.unescape(after)) for name in listed.names):
        raise Refused(f"{page}: it names the release in a way that is not understood: edit it", 1)
    return after


def _without_files(listed: Listed, page: dict[str, Any]) -> dict[str, Any]:
    files = [file for file in page["files"] if not listed.names_one(file["filename"])]
    left = {**page, "files": files}
    if "versions" in page:
        left["versions"] = [v for v in page["versions"] if not listed.release.is_version(v)]
    return left


def _without(listed: Listed, data: dict[str, Any]) -> dict[str, Any]:
    """A project's JSON (`json = true`): what is told of one version is told of that one alone."""
    is_bad = listed.release.is_version
    left = {**data, "releases": {v: f for v, f in data["releases"].items() if not is_bad(v)}}
    if is_bad(data["info"]["version"]):
        rest = sorted(left["releases"], key=lambda v: _uploaded(left["releases"][v]))
        left["info"] = {**data["info"], "version": rest[-1] if rest else "", "requires_dist": None}
        left["urls"] = left["releases"][rest[-1]] if rest else []
    return left


def _uploaded(files: list[dict[str, Any]]) -> str:
    return max((str(file.get("upload_time_iso_8601", "")) for file in files), default="")


def pages(listed: Listed, tree: Path) -> Iterator[Path]:
    """Each page of the project, also older ones that are kept, and those of a hash-index."""
    simple, project = tree / "simple", listed.release.project
    folders = [f for f in simple.iterdir() if f.is_dir() and canonical(f.name) == project]
    hashed = simple / project[0]
    if hashed.is_dir() and len(project) > 1:
        folders += [f for f in hashed.iterdir() if f.is_dir() and canonical(f.name) == project]
    found = [p for folder in folders for p in walk(folder) if p.is_file()]
    found = [p for p in found if not listed.names_one(p.name)]
    for name in ("json", "pypi"):
        if (tree / name).is_dir():
            each = [p for p in (tree / name).iterdir() if canonical(p.name) == project]
            found += [p for p in each if p.is_file()]
            found += [q for p in each if p.is_dir() for q in walk(p) if q.name == "json"]
    # A link is followed; what a killed run has left aside is written anew.
    yield from sorted({path.resolve() for path in found if not path.name.startswith(".")})


def files(listed: Listed, tree: Path) -> Iterator[Path]:
    """Each file of the release, what lies beside it, and what a killed download has left of it."""
    for path in walk(tree):
        name = path.name
        stray = name[1:].rpartition(".")[0] if name.startswith(".") else name
        if (listed.names_one(name) or listed.names_one(stray)) and not path.is_dir():
            yield path


def check(tree: Path) -> Path:
    """Refuse what is no tree, before anything is touched."""
    if not (tree / "simple").is_dir() or not (tree / "packages").is_dir():
        raise Refused(f"{tree}: there is no simple/ and packages/ in it; look at TREES", 2)
    return tree.resolve()


def linked_elsewhere(found: list[Path]) -> list[str]:
    """A sentence for each file that has more names on the disk than were found."""
    states = {path: path.lstat() for path in found if not path.is_symlink()}
    names = Counter((state.st_dev, state.st_ino) for state in states.values())
    told: dict[object, str] = {
        path: f"{path} is a link, and what it leads to stays: delete {path.resolve()} yourself"
        for path in found
        if path.is_symlink() and path.resolve() not in {*found} and path.exists()
    }
    for path, state in states.items():
        more = state.st_nlink - names[state.st_dev, state.st_ino]
        if more > 0:
            told[state.st_dev, state.st_ino] = (
                f"{path.name} has {more} more names on this disk, outside of TREES:"
                f" find them with  find {path.anchor} -xdev -inum {state.st_ino}"
            )
    return list(told.values())


def work(argv: list[str]) -> int:
    """Take it out of each tree, then look again."""
    listed = read(Path(argv[0]))
    if len(argv) < 2:
        raise Refused("no tree is given; set TREES")
    trees = list(dict.fromkeys(check(Path(tree)) for tree in argv[1:]))
    # All pages are understood before the first one is touched.
    each = {page: purged(listed, page) for tree in trees for page in pages(listed, tree)}
    changed = 0
    for page, (before, after) in each.items():
        if after != before:
            replace(page, after)
            changed += 1
            print(f"purge-tree: took {listed.release} out of {page}", flush=True)
    # A tree may lead into another by a link to a folder: each file once.
    every = {p.parent.resolve() / p.name for tree in trees for p in files(listed, tree)}
    found = sorted(every)
    elsewhere = linked_elsewhere(found)
    for sentence in elsewhere:
        print(f"purge-tree: {sentence}", file=sys.stderr, flush=True)
    for path in found:
        path.unlink(missing_ok=True)
        print(f"purge-tree: removed {path}", flush=True)
    left = [path for tree in trees for path in files(listed, tree)]
    done = f"{changed} pages, {len(found)} files in {len(trees)} trees"
    print(f"purge-tree: {done}; {len(left)} left")
    return 1 if left or elsewhere else 0


if __name__ == "__main__":
    main("purge-tree", work)
