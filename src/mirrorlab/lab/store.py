"""Distributions that several locks name: installed once for a Python, then lent by hard links.

Most of what locks name stands in many of them, and pip takes a third of a second of a core for
each: it reads the pages of the project, unpacks and compiles. A pin of the same version with the
same hashes, on the same build of Python, is the same files, down to the bytecode.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.utils import canonicalize_name

_FILES = "files"
_SCRIPTS = "scripts"
_LONGEST_HEADING = 127
"""So many bytes the kernel may read of a script's first line."""
_PIN = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)(?P<extras>\[[^]]*\])?==(?P<version>[^\s;]+)"
    r"\s*(?P<marker>;.*?)?(?P<hashes>(\s+--hash=sha256:[0-9a-f]{64})+)"
)


@dataclass(frozen=True)
class Pin:
    """One requirement of a lock, whole on one line."""

    project: str
    """Its normalised name."""
    line: str
    key: str
    """The same for all pins to the same files under the same condition."""


def pins(lock: str) -> tuple[Pin, ...] | None:
    """Read the text of a lock; None where it is more than requirements with ``==`` and hashes."""
    joined = re.sub(r"\\\n", " ", lock)
    lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in joined.splitlines()]
    found = [_PIN.fullmatch(line) for line in lines if line]
    return tuple(_pin(each) for each in found if each) if all(found) else None


def _pin(match: re.Match[str]) -> Pin:
    project = canonicalize_name(match["name"])
    marker = " ".join((match["marker"] or "").split())
    hashes = sorted(match["hashes"].split())
    said = "\0".join((project, match["extras"] or "", match["version"], marker, *hashes))
    digest = hashlib.sha256(said.encode()).hexdigest()[:12]
    return Pin(project, match[0], f"{project}-{match['version']}-{digest}")


@dataclass(frozen=True)
class Store:
    """What is kept for one build of Python, in ``folder``."""

    folder: Path

    def missing(self, wanted: Iterable[Pin]) -> tuple[Pin, ...]:
        """Return the pins of which nothing is kept."""
        return tuple(pin for pin in wanted if not (self.folder / pin.key).is_dir())

    def lend(self, wanted: Iterable[Pin], environment: Path) -> None:
        """Link the files of these pins into a virtual environment; its scripts are its own."""
        heading = _heading(environment / "bin" / "python")
        for pin in wanted:
            kept = self.folder / pin.key
            for file in _below(kept / _FILES):
                _link(file, environment / file.relative_to(kept / _FILES))
            for file in _below(kept / _SCRIPTS):
                script = environment / file.relative_to(kept / _SCRIPTS)
                script.write_bytes(heading + file.read_bytes())
                shutil.copystat(file, script)

    def keep(self, installed: Sequence[Pin], environment: Path, site_packages: Path) -> None:
        """Keep what pip has installed for these pins into a virtual environment.

        A distribution that cannot be told apart stays where it is and is not kept: one of whose
        files another has written its own version, or whose scripts begin in an unknown way.
        """
        found: dict[str, dict[Path, str]] = {
            canonicalize_name(each.name): _files(each, environment)
            for each in distributions(path=[str(site_packages)])
        }
        written: dict[Path, set[str]] = {}
        for files in found.values():
            for path, digest in files.items():
                written.setdefault(path, set()).add(digest)
        for pin in installed:
            paths = found.get(pin.project, {})  # nothing, where its marker rules this Python out
            if all(len(written[path]) == 1 for path in paths):
                self._keep(pin, paths, environment)

    def _keep(self, pin: Pin, paths: Iterable[Path], environment: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        python = environment / "bin" / "python"
        with tempfile.TemporaryDirectory(dir=self.folder) as unfinished:
            new = Path(unfinished, "new")
            new.mkdir()
            for path in paths:
                file = environment / path
                if path.parts[0] != "bin":
                    _link(file, new / _FILES / path)
                elif not _keep_script(file, new, path, python):
                    return
            new.rename(self.folder / pin.key)


def _keep_script(script: Path, new: Path, path: Path, python: Path) -> bool:
    """Keep a program without the lines that name its interpreter; tell whether they were known."""
    content = script.read_bytes()
    for heading in (_heading(python), _plain_heading(python)):
        if content.startswith(heading):
            kept = new / _SCRIPTS / path
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(content.removeprefix(heading))
            shutil.copystat(script, kept)
            return True
    _link(script, new / _FILES / path)
    return os.fsencode(python) not in content[:1024]


def _heading(python: Path) -> bytes:
    """Return how a script begins for this interpreter, also where its path is long."""
    path, heading = os.fsencode(python), _plain_heading(python)
    if len(heading) <= _LONGEST_HEADING and b" " not in path:
        return heading
    quoted = b'"%s"' % path if b" " in path else path
    return b"#!/bin/sh\n'''exec' %s \"$0\" \"$@\"\n' '''\n" % quoted


def _plain_heading(python: Path) -> bytes:
    return b"#!%s\n" % os.fsencode(python)


def _files(distribution: Distribution, environment: Path) -> dict[Path, str]:
    """Return the files of a distribution that are there, with what its RECORD says of each."""
    places = {
        Path(os.path.normpath(str(each.locate()))): each.hash.value if each.hash else ""
        for each in distribution.files or ()
    }
    return {path.relative_to(environment): said for path, said in places.items() if path.is_file()}


def _below(folder: Path) -> Iterable[Path]:
    for here, _, names in os.walk(folder):
        yield from (Path(here, name) for name in names)


def _link(file: Path, target: Path) -> None:
    """Link a file, or copy it to another disk; what is there already stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, target)
    except FileExistsError:
        return
    except OSError:
        shutil.copy2(file, target)
