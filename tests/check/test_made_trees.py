"""Trees made for one lie each: what a disk hides, and what is not on it at all."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.check.conftest import checked, code, told

from mirrorlab.check.state import State
from mirrorlab.check.tree import Tree
from mirrorlab.check.upstream import NotTold

CONTENT = b"the bytes of a file"
ALPHA = "alpha-1.0.tar.gz"
META = {"api-version": "1.1"}


def tree(folder: Path, url: str = f"../../packages/aa/{ALPHA}") -> Path:
    """A folder of a web server: one project, as JSON, and its file where the URL is inside."""
    hashes = {"sha256": hashlib.sha256(CONTENT).hexdigest()}
    file = {"filename": ALPHA, "url": url, "hashes": hashes, "size": len(CONTENT)}
    listed = {"meta": META, "projects": [{"name": "alpha"}]}
    page = {"meta": META, "name": "alpha", "versions": ["1.0"], "files": [file]}
    for place, said in (("", listed), ("alpha", page)):
        (folder / "simple" / place).mkdir(parents=True, exist_ok=True)
        (folder / "simple" / place / "index.v1_json").write_text(json.dumps(said))
    if url.startswith(".."):
        (folder / "packages" / "aa").mkdir(parents=True)
        (folder / "packages" / "aa" / ALPHA).write_bytes(CONTENT)
    return folder


def test_a_tree_with_its_files_is_healthy(tmp_path: Path) -> None:
    report = checked(str(tree(tmp_path)))
    assert (list(report.findings), report.doubts, code(report)) == ([], [], 0)
    assert (report.files, report.files_read, report.elsewhere) == (1, 1, 0)


def test_files_on_other_hosts_are_not_said_to_be_read(tmp_path: Path) -> None:
    report = checked(str(tree(tmp_path, f"https://public.example/packages/aa/{ALPHA}")))
    assert (report.files, report.files_read, report.elsewhere) == (0, 0, 1)
    assert "1 files are on other hosts: none was read" in report.statements


def test_projects_that_cannot_be_looked_for_are_a_doubt(tmp_path: Path) -> None:
    tree(tmp_path)
    target = Tree(tmp_path, State(datetime.now(UTC), timedelta(hours=1)))
    (tmp_path / "simple").rename(tmp_path / "gone")
    with pytest.raises(NotTold, match="simple cannot be read: No such file or directory"):
        target.listing()


def test_a_folder_that_cannot_be_read_may_hold_what_is_withdrawn(tmp_path: Path) -> None:
    packages = tree(tmp_path) / "packages"
    (packages / "evil-1.0.tar.gz").write_bytes(CONTENT)
    assert told(checked(str(tmp_path))) == {("orphaned", "file")}
    (packages / "evil-1.0.tar.gz").unlink()
    # Root may read whatever is closed; a path that is too long nobody can open.
    deep = os.open(packages, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=deep)
        above, deep = deep, os.open("d" * 250, os.O_RDONLY, dir_fd=deep)
        os.close(above)
    os.close(deep)
    report = checked(str(tmp_path))
    assert (told(report), code(report)) == ({("unreachable", "folder")}, 1)
    [finding] = report.findings
    assert finding.file.startswith("packages/dddd")
