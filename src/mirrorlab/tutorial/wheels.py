"""Is what is installed what a wheel holds? Both are looked at, byte for byte."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename


def is_of(filename: str, project: str, version: str) -> bool:
    """Tell whether a file is called like a wheel of this release; ``project`` is normalised."""
    try:
        name, of, _, _ = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return False
    return (name, str(of)) == (project, version)


def differing(wheel: Path, environment: Path) -> tuple[str, ...]:
    """Return the files of a wheel that a virtual environment lacks or has otherwise.

    What an installer writes itself (RECORD) or puts elsewhere (``.data``) is left out. Raises
    :class:`OSError` and :class:`zipfile.BadZipFile`.
    """
    places = [
        *environment.glob("lib/python3*/site-packages"),
        *environment.glob("Lib/site-packages"),
    ]
    if not places:
        raise FileNotFoundError(f"{environment} is no virtual environment")
    return tuple(_differing(wheel, places[0]))


def requires(wheel: Path) -> tuple[str, ...]:
    """Return the projects (normalised) that a wheel needs on this machine, without extras.

    Raises :class:`OSError` and :class:`zipfile.BadZipFile`.
    """
    with zipfile.ZipFile(wheel) as opened:
        names = (name for name in opened.namelist() if name.endswith(".dist-info/METADATA"))
        text = opened.read(next(names)).decode(errors="replace")
    needed = (_needed(line) for line in HeaderParser().parsestr(text).get_all("Requires-Dist", []))
    return tuple(name for name in needed if name is not None)


def _differing(wheel: Path, place: Path) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as opened:
        for entry in opened.infolist():
            top = entry.filename.partition("/")[0]
            written_anew = entry.filename == f"{top}/RECORD" and top.endswith(".dist-info")
            if entry.is_dir() or written_anew or top.endswith(".data"):
                continue
            installed = place / entry.filename
            if not installed.is_file() or installed.read_bytes() != opened.read(entry):
                yield entry.filename


def _needed(line: str) -> str | None:
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return None
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return None
    return str(canonicalize_name(requirement.name))
