"""Take a release out of trees of files: bandersnatch's, a copy of it, each of its generations.

Usage: python3 purge_tree.py LIST TREE ...   (TREE is the folder with simple/ and packages/ in it)

Pages first, then files, so that no page ever names a file that is not there. A run that was killed
is finished by the next one.
"""

from __future__ import annotations

import html
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from release import Listed, Refused, canonical, main, read

_ANCHOR = re.compile(r"[ \t]*<a\s[^>]*>([^<]*)</a>[ \t]*(?:<br\s*/?>)?[ \t]*\n?", re.IGNORECASE)


def replace(path: Path, text: str) -> None:
    """Replace a file in one step. A hard link of it in another generation keeps what it had."""
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text, encoding="utf-8")
    aside.chmod(path.stat().st_mode & 0o777)
    aside.replace(path)


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
    found = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    for name in ("json", "pypi"):
        if (tree / name).is_dir():
            each = [p for p in (tree / name).iterdir() if canonical(p.name) == project]
            found += [p for p in each if p.is_file()]
            found += [q for p in each if p.is_dir() for q in p.rglob("json") if q.is_file()]
    # A link is followed; what a killed run has left aside is written anew.
    yield from sorted({path.resolve() for path in found if not path.name.startswith(".")})


def files(listed: Listed, tree: Path) -> Iterator[Path]:
    """Each file of the release, what lies beside it, and what a killed download has left of it."""
    for folder, _, names in os.walk(tree / "packages"):
        for name in names:
            stray = name[1:].rpartition(".")[0] if name.startswith(".") else name
            if listed.names_one(name) or listed.names_one(stray):
                yield Path(folder, name)


def check(tree: Path) -> Path:
    """Refuse what is no tree, before anything is touched."""
    if not (tree / "simple").is_dir() or not (tree / "packages").is_dir():
        raise Refused(f"{tree}: there is no simple/ and packages/ in it; look at TREES", 2)
    return tree.resolve()


def linked_elsewhere(found: list[Path]) -> list[str]:
    """A sentence for each file that has more names on the disk than were found."""
    states = {path: path.stat() for path in found}
    names = Counter((state.st_dev, state.st_ino) for state in states.values())
    told = {}
    for path, state in states.items():
        more = state.st_nlink - names[state.st_dev, state.st_ino]
        if more:
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
    changed = 0
    for tree in trees:
        for page in pages(listed, tree):
            text = page.read_text(encoding="utf-8")
            after = without(listed, page, text)
            if after != text:
                replace(page, after)
                changed += 1
                print(f"purge-tree: took {listed.release} out of {page}", flush=True)
    found = [path for tree in trees for path in files(listed, tree)]
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
