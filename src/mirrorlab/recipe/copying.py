"""Copy a recipe out: what works on a server without the kit.

The folder copy and the zip file hold the same files: everything but what only the kit reads.
"""

from __future__ import annotations

import io
import os
import shutil
import stat
import tempfile
import zipfile
from pathlib import Path

from mirrorlab.errors import CannotWrite, TargetNotEmpty
from mirrorlab.recipe.drillfile import DRILLING, DRILLS
from mirrorlab.recipe.manifest import MANIFEST
from mirrorlab.recipe.model import Recipe

PAGE = "index.rst"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def files(recipe: Recipe) -> tuple[Path, ...]:
    """The files a copy has, relative to the recipe's folder, sorted.

    Left out: ``recipe.toml``, ``drills.py`` and ``drilling``, ``index.rst``, the recipe's own
    scenario, hidden files and ``__pycache__``.
    """
    left_out = {Path(MANIFEST), Path(DRILLS), Path(PAGE)}
    if recipe.scenario_file is not None:
        left_out.add(recipe.scenario_file.relative_to(recipe.folder))
    found = (path.relative_to(recipe.folder) for path in recipe.folder.rglob("*") if path.is_file())
    return tuple(sorted(path for path in found if path not in left_out and not _is_the_kits(path)))


def copy(recipe: Recipe, target: Path) -> tuple[Path, ...]:
    """Copy the recipe's :func:`files` into ``target``, all of them or none.

    ``target`` is made, with its parents, or is an empty folder. Returns the files. Raises
    TargetNotEmpty and CannotWrite.
    """
    wanted = files(recipe)
    # Absolute, because `.` cannot be renamed over; not resolved, so that errors say what you said.
    absolute = Path(os.path.abspath(target))  # noqa: PTH100
    try:
        parent = _parent_for(absolute, target)
        parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".copy-", dir=parent) as aside:
            _fill(recipe.folder, Path(aside) / "recipe", wanted)
            _move(Path(aside) / "recipe", absolute)
    except OSError as error:
        raise CannotWrite(target, error.strerror or str(error)) from None
    return wanted


def zipped(recipe: Recipe) -> bytes:
    """The recipe's :func:`files` as a zip file, in a folder of the recipe's name.

    The same files give the same bytes.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in files(recipe):
            source = recipe.folder / path
            entry = zipfile.ZipInfo(f"{recipe.name}/{path.as_posix()}", _EPOCH)
            entry.create_system = 3  # Unix, on every system: it makes the mode below count
            entry.external_attr = (stat.S_IFREG | _mode(source)) << 16
            archive.writestr(entry, source.read_bytes())
    return content.getvalue()


def _parent_for(absolute: Path, target: Path) -> Path:
    """Where to build the copy aside: in the empty folder itself, or beside the new one."""
    if not os.path.lexists(absolute):
        there = next(parent for parent in absolute.parents if parent.exists())
        if not there.is_dir():
            raise CannotWrite(target, f"{there} is not a folder")
        return absolute.parent
    if not absolute.is_dir() or any(absolute.iterdir()):
        raise TargetNotEmpty(target)
    return absolute


def _is_the_kits(path: Path) -> bool:
    litter = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return litter or path.parts[0] == DRILLING


def _mode(path: Path) -> int:
    return 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644


def _fill(source: Path, target: Path, wanted: tuple[Path, ...]) -> None:
    target.mkdir()
    for path in wanted:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, target / path)
        (target / path).chmod(_mode(source / path))


def _move(filled: Path, target: Path) -> None:
    """Put a filled folder in place: in one rename, or entry by entry into an empty folder."""
    if not target.is_dir():
        filled.rename(target)
        return
    moved: list[Path] = []
    try:
        for entry in sorted(filled.iterdir()):
            entry.rename(target / entry.name)
            moved.append(target / entry.name)
    except OSError:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
