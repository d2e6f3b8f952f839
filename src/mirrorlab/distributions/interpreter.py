"""A made-up release of python-build-standalone, which runs a Python of this machine."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import sysconfig
import tarfile
from dataclasses import dataclass
from pathlib import Path

BUILD = "20260101"
_RELEASES = "https://github.com/astral-sh/python-build-standalone/releases/download"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What ``uv python install`` takes it from."""

    mirror: Path
    """A folder for UV_PYTHON_INSTALL_MIRROR; its one archive lies in ``BUILD``."""
    listed: Path
    """A file for UV_PYTHON_DOWNLOADS_JSON_URL."""


def make(folder: Path, python: str, program: Path, stdlib: Path) -> Interpreter:
    """Make a CPython ``python`` (``3.13``) in ``folder``, which starts ``program``.

    ``stdlib`` is the program's own standard library: uv reads its ``_sysconfigdata``.
    """
    machine = sysconfig.get_platform().rsplit("-", 1)[1]
    tree = folder / "python"
    lib = tree / "lib" / f"python{python}"
    (tree / "bin").mkdir(parents=True)
    lib.mkdir(parents=True)
    for data in stdlib.glob("_sysconfigdata_*.py"):
        shutil.copyfile(data, lib / data.name)
    start = tree / "bin" / f"python{python}"
    start.write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    start.chmod(0o755)
    (tree / "bin" / "python3").symlink_to(start.name)
    name = f"cpython-{python}.0+{BUILD}-{machine}-unknown-linux-gnu-install_only_stripped.tar.gz"
    archive = folder / "python-mirror" / BUILD / name
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(tree, "python")
    major, minor = map(int, python.split("."))
    entry = {
        "name": "cpython",
        "arch": {"family": machine, "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": major,
        "minor": minor,
        "patch": 0,
        "prerelease": "",
        "url": f"{_RELEASES}/{BUILD}/{name.replace('+', '%2B')}",
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
        "variant": None,
        "build": BUILD,
    }
    listed = folder / "known-pythons.json"
    listed.write_text(json.dumps({f"cpython-{python}.0-linux-{machine}-gnu": entry}))
    return Interpreter(archive.parents[1], listed)


def pack_again(archive: Path) -> None:
    """Make another archive of the same files: it unpacks, and only its sum tells."""
    archive.write_bytes(gzip.compress(gzip.decompress(archive.read_bytes()) + bytes(512)))
