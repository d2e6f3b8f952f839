"""What is in the folder of the day, and whether it is enough for a laptop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mirrorlab import scenario
from mirrorlab.tutorial import lockfile
from mirrorlab.tutorial.lockfile import Locked
from mirrorlab.tutorial.target import Target

TOOLS, PACKAGES = "tools", "packages"
_LOCKS = Path(__file__).parent / "locks"
_SCENARIO = "real"
README = """\
The folder of the tutorial day
==============================

tools/        wheels of the kit, mirrorlab, and of what the chapters run
packages/     what the index on your laptop serves
*.txt         locks: kit.txt, mirror.txt and private.txt for tools/, packages.txt for packages/
SHA256SUMS    a sum of each file

Nothing here needs a network. On a new laptop with Python 3.11 or newer, go to the folder in which
you want to work. In place of STICK write where this folder's parent is.

Linux, macOS:

    python3 -m venv kit
    . kit/bin/activate
    pip install --no-index --find-links STICK/mirroring-day/tools "mirrorlab[lab]"
    mirrorlab tutorial prepare --from STICK/mirroring-day

Windows (PowerShell):

    py -m venv kit
    kit\\Scripts\\Activate.ps1
    pip install --no-index --find-links STICK\\mirroring-day\\tools "mirrorlab[lab]"
    mirrorlab tutorial prepare --from STICK\\mirroring-day

The last command copies this folder, and looks whether each file arrived whole. If pip finds no
httptools, this was prepared for another Python or another system than yours.
"""


@dataclass(frozen=True)
class Part:
    """A lock, and the folder its wheels go to."""

    name: str
    says: str
    folder: str
    locked: tuple[Locked, ...]

    @property
    def file(self) -> str:
        """The name of its lock in the folder."""
        return f"{self.name}.txt"

    @property
    def text(self) -> str:
        """Its lock."""
        return lockfile.write(self.locked, f"{self.says}, locked by hashes.")


def parts() -> tuple[Part, ...]:
    """Return what the folder is made of."""
    requirements = scenario.builtin(_SCENARIO).requirements
    assert requirements is not None, "the scenario has a lock"
    served = {one.name: one for one in (*lockfile.read(requirements), *_lock("packages"))}
    mirror = lockfile.by_python(_lock("mirror"), _lock("mirror-3.11"))
    return (
        Part("kit", "What the kit needs", TOOLS, _lock("kit")),
        Part("mirror", "What chapter 3 runs", TOOLS, mirror),
        Part("private", "What chapter 4 runs", TOOLS, _lock("private")),
        Part("packages", "What your index serves", PACKAGES, tuple(served.values())),
    )


def hashes() -> frozenset[str]:
    """Return every hash that a wheel of the folder may have, but for the kit's own."""
    return frozenset(digest for part in parts() for one in part.locked for digest in one.hashes)


def lacking(folder: Path, target: Target) -> tuple[str, ...]:
    """Return what a prepared folder has no wheel of for a laptop: ``name version``.

    The folder's own locks say what is needed. Raises :class:`BrokenFile`.
    """
    found = []
    for name, place in (
        ("kit", TOOLS),
        ("mirror", TOOLS),
        ("private", TOOLS),
        ("packages", PACKAGES),
    ):
        files = [path.name for path in (folder / place).glob("*.whl")]
        fitting = [file for file in files if target.fits(file)]
        for one in lockfile.read(folder / f"{name}.txt"):
            if one.needed(target) and not any(map(one.is_wheel, fitting)):
                found.append(f"{one.name} {one.version}")
    return tuple(dict.fromkeys(found))


def texts() -> Mapping[str, str]:
    """Return the files that are written, not fetched, by name."""
    return {"README.txt": README, **{part.file: part.text for part in parts()}}


def pythons(folder: Path) -> tuple[str, ...]:
    """Return the versions of Python that a folder has compiled wheels for, the oldest first."""
    tags = {path.name.split("-")[2] for path in (folder / TOOLS).glob("httptools-*.whl")}
    return tuple(f"3.{minor}" for minor in sorted(_minors(tags)))


def _minors(tags: Iterable[str]) -> Iterable[int]:
    return (int(tag[3:]) for tag in tags if tag.startswith("cp3") and tag[3:].isdecimal())


def _lock(name: str) -> tuple[Locked, ...]:
    return lockfile.read(_LOCKS / f"{name}.txt")
