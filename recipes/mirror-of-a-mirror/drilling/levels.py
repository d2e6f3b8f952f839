"""The two levels: the tree that rsync gives away, and its copy that nginx serves."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

JSON = "application/vnd.pypi.simple.v1+json"
FORMS = ("index.v1_json", "index.html", "index.v1_html")


def first(run: Run) -> Path:
    """The tree of the first level."""
    return Path(run.settings["TREE"])


def web(run: Run) -> Path:
    """The symlink to the generation that is served."""
    return Path(run.settings["MIRROR"], "web")


def generations(run: Run) -> list[Path]:
    """The generations that are whole, the oldest first."""
    return sorted(Path(run.settings["MIRROR"], "generations").glob("2*"))


def server(run: Run) -> str:
    """The URL of the second level."""
    return f"http://{run.settings['LISTEN']}"


def tree(root: Path) -> dict[str, str]:
    """Each file of a tree, with the hash of its bytes."""
    root = root.resolve()
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file()
    }


def wanted(run: Run) -> dict[str, str]:
    """What is to be copied of the first level."""
    parts = ("simple/", "packages/", "last-modified")
    return {name: digest for name, digest in tree(first(run)).items() if name.startswith(parts)}


def copied_whole(run: Run, mirror: Path | None = None) -> None:
    """The second level, or another mirror, has what the first level has, byte by byte."""
    copy = mirror / "web" if mirror else web(run)
    assert tree(copy) == wanted(run), "the second level is not the first"


def versions(run: Run, project: str) -> set[str]:
    """The versions of a project that are served."""
    return set(run.get(f"{server(run)}/simple/{project}/", JSON).json()["versions"])


def fetched(sync: Completed) -> tuple[int, int]:
    """How many files rsync says that it fetched, and how many bytes of them."""
    found = re.search(r"fetched (\d+) files, (\d+) bytes", sync.output)
    assert found, f"the sync does not say what it fetched: {sync.output}"
    return int(found[1]), int(found[2])


def installs(run: Run, client: str, version: str) -> None:
    """A client installs demo-lib from the second level, and this version of what it needs."""
    done = run.client(client).install("demo-lib", index=f"{server(run)}/simple/", expect=0)
    got = done.installed.get("demo-dep")
    assert got == version, f"{client} got demo-dep {got}, not {version}"


def found_by_the_check(run: Run) -> str:
    """What the kit's check says of the second level, in which it must find something."""
    done = run.step("check")
    assert done.exit_code == 1, f"check.sh ended with {done.exit_code}: {done.output}"
    return done.output


@contextlib.contextmanager
def without(run: Run, project: str) -> Iterator[list[str]]:
    """The first level has removed a project: its page, its files, its name in all lists.

    Gives the paths of the files, as URLs have them. At the end all is as it was.
    """
    root, aside = first(run), run.tmp / "aside"
    lists = {root / "simple" / form: (root / "simple" / form).read_text() for form in FORMS}
    files = sorted(root.glob(f"packages/**/{project.replace('-', '_')}*"))
    moved = {path: aside / str(i) for i, path in enumerate((root / "simple" / project, *files))}
    aside.mkdir()
    for path, kept in moved.items():
        path.rename(kept)
    for path, text in lists.items():
        path.write_text(_shorter(text, project))
    try:
        yield [file.relative_to(root).as_posix() for file in files]
    finally:
        for path, kept in moved.items():
            kept.rename(path)
        for path, text in lists.items():
            path.write_text(text)
        shutil.rmtree(aside)


def _shorter(text: str, project: str) -> str:
    """A list of projects without one of them, in HTML or JSON."""
    if text.startswith("{"):
        listed = json.loads(text)
        listed["projects"] = [each for each in listed["projects"] if each["name"] != project]
        return json.dumps(listed)
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if f"{project}/" not in line)
