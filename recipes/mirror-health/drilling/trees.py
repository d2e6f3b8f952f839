"""The tree that bandersnatch writes, and what is done to it behind its back."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mirrorlab.lab import Completed
from mirrorlab.runner import Run


def tree_of(run: Run) -> Path:
    """The tree that is watched."""
    return Path(run.settings["MIRROR"])


def sync(run: Run, tree: Path) -> Completed:
    """bandersnatch alone, as many run it from cron."""
    conf = run.tmp / "bandersnatch.conf"
    conf.write_text(
        f"[mirror]\ndirectory = {tree}\nmaster = {run.index.url}\nworkers = 10\njson = true\n"
    )
    argv = ("bandersnatch", "-c", conf, "mirror")
    return run.command(*argv, http_proxy="", https_proxy="", all_proxy="")  # it ignores no_proxy


def fresh_tree(run: Run, base: Path | None = None) -> Path:
    """A copy of ``base``, or else a mirror of the index as it was at first."""
    base, tree = base or run.tmp / "base", tree_of(run)
    if not base.exists():
        sync(run, base)
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(base, tree)  # copy2 keeps the times
    return tree


@contextmanager
def published(run: Run, project: str, version: str, **more: Any) -> Iterator[None]:
    """Upstream has a release, and deletes it afterwards."""
    run.index.publish(project, version, **more)
    try:
        yield
    finally:
        run.index.delete(project, version)


def file_in(tree: Path, name: str) -> Path:
    """A file that the tree serves, by its name."""
    (path,) = (tree / "web" / "packages").rglob(name)
    return path


def flip(path: Path) -> None:
    """Change one byte."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x20
    path.write_bytes(content)


def cut(path: Path) -> None:
    """Take the last byte away."""
    path.write_bytes(path.read_bytes()[:-1])


def state(tree: Path) -> dict[str, tuple[str, int, int]]:
    """Of each file that is served: its bytes, when it was written, and its inode."""
    web = tree / "web"
    files = [path for path in web.rglob("*") if path.is_file()]
    assert files, "the tree is empty"
    return {
        str(path.relative_to(web)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
            path.stat().st_ino,
        )
        for path in files
    }
