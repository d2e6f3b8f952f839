"""A copy has what a server needs, all of it or nothing."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from pathlib import Path

import pytest

from mirrorlab.errors import CannotWrite, TargetNotEmpty
from mirrorlab.recipe import copy, files, load, zipped

KEPT = [
    "conf/web.conf.in",
    "fill.sh",
    "requirements-3.11.txt",
    "requirements.txt",
    "serve.sh",
]


def listing(folder: Path) -> list[str]:
    found = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return sorted(found)


def test_only_what_the_kit_alone_reads_is_left_out(folder: Path) -> None:
    assert [path.as_posix() for path in files(load(folder))] == KEPT


def test_the_recipes_own_scenario_is_left_out(folder: Path) -> None:
    (folder / "small.toml").write_text("schema = 1\n")
    assert Path("small.toml") in files(load(folder))
    manifest = folder / "recipe.toml"
    manifest.write_text('scenario = "small.toml"\n' + manifest.read_text())
    assert Path("small.toml") not in files(load(folder))


def test_the_copy_and_the_zip_are_the_same_files(folder: Path, tmp_path: Path) -> None:
    recipe = load(folder)
    target = tmp_path / "a" / "b"
    assert [path.as_posix() for path in copy(recipe, target)] == KEPT
    assert listing(target) == KEPT
    assert os.access(target / "fill.sh", os.X_OK)
    with zipfile.ZipFile(io.BytesIO(zipped(recipe))) as archive:
        archive.extractall(tmp_path / "zip")
        modes = {i.filename: i.external_attr >> 16 & 0o777 for i in archive.infolist()}
    assert modes["served-folder/fill.sh"] == 0o755
    assert modes["served-folder/serve.sh"] == 0o644
    for name in KEPT:
        unpacked = tmp_path / "zip" / "served-folder" / name
        assert unpacked.read_bytes() == (target / name).read_bytes() == (folder / name).read_bytes()
    assert zipped(recipe) == zipped(load(folder))


def test_an_empty_folder_is_filled_in_place(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "empty"
    target.mkdir()
    inode = target.stat().st_ino
    monkeypatch.chdir(target)
    copy(load(folder), Path())
    assert target.stat().st_ino == inode
    assert listing(target) == KEPT


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_there_is_never_touched(folder: Path, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "target"
    if kind == "file":
        target.write_text("mine")
    elif kind == "folder":
        target.mkdir()
        (target / "mine").write_text("mine")
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(TargetNotEmpty, match="nothing was written"):
        copy(load(folder), target)
    if kind == "folder":
        assert listing(target) == ["mine"]
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("exists", [False, True])
def test_nothing_is_half_copied(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    target = tmp_path / "out" / "target"
    (target if exists else target.parent).mkdir(parents=True)
    recipe = load(folder)
    copyfile = shutil.copyfile

    def full(source: Path, to: Path) -> None:
        if source.name == "serve.sh":
            raise OSError(28, "No space left on device")
        copyfile(source, to)

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(CannotWrite, match="No space left on device; nothing was written"):
        copy(recipe, target)
    assert target.exists() == exists
    assert listing(tmp_path / "out") == []


def test_a_move_that_stops_midway_is_taken_back(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    recipe = load(folder)
    rename = Path.rename

    def torn(self: Path, to: Path) -> Path:
        if self.name == "serve.sh":
            raise OSError(5, "Input/output error")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", torn)
    with pytest.raises(CannotWrite, match="Input/output error"):
        copy(recipe, target)
    assert list(target.iterdir()) == []


def test_a_place_that_cannot_be_written_is_a_sentence(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWrite, match="file is not a folder; nothing was written"):
        copy(load(folder), tmp_path / "file" / "target")
