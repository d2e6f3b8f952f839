"""Making the folder of the day: fetched once, or copied from a stick.

A folder is made aside and renamed when it is whole. One that is there already is mended: only what
was prepared is ever replaced or removed, never what its owner added.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mirrorlab.errors import (
    CannotWrite,
    DamagedFolder,
    NothingFetched,
    NothingForThisPython,
    NoTutorialFolder,
    TargetNotEmpty,
    ToolsFailed,
    UnknownName,
    WrongUse,
)
from mirrorlab.lab import tools
from mirrorlab.tutorial import contents, kitwheel, lockfile, sums
from mirrorlab.tutorial.contents import Part
from mirrorlab.tutorial.target import MACHINES, Machine, Target, here, running

Say = Callable[[str], None]


@dataclass(frozen=True)
class Prepared:
    """What came of a preparation."""

    folder: Path
    made: bool
    """False: all was there already."""
    files: int
    size: int
    """Bytes."""
    kit: str = ""
    """What the kit's own wheel was made from; empty: it was copied or there already."""


def targets(systems: Sequence[str], pythons: Sequence[str]) -> tuple[Target, ...]:
    """Return the laptops that were named: ``linux``, ``macos``, ``windows``, ``all``; ``3.13``.

    Without a system it is this machine, without a Python the running one. Raises
    :class:`UnknownName`.
    """
    machines: list[Machine] = []
    for system in tuple(MACHINES) if "all" in systems else systems:
        if system not in MACHINES:
            raise UnknownName("system", system, (*MACHINES, "all"))
        machines += MACHINES[system]
    chosen = dict.fromkeys(pythons or (running(),))
    return tuple(Target(one, python) for one in machines or [here()] for python in chosen)


def fetch(folder: Path, wanted: Sequence[Target], say: Say = lambda _: None) -> Prepared:
    """Have the folder, enough for each laptop that is ``wanted``; what is missing is fetched.

    Raises :class:`NothingFetched`, :class:`CannotWrite`, :class:`TargetNotEmpty` and what
    :mod:`mirrorlab.lab.tools` raises.
    """
    kit = kitwheel.make()
    known = _known(folder)
    if known is not None and _complete(folder, known, wanted, kit):
        return _told(folder, known, made=False)
    with _aside(folder) as aside:
        _fill(aside, wanted, kit, say)
        _keep(folder, known or {}, aside)
        made = _settle(aside, folder, known or {})
    return _told(folder, made, made=True, kit=kit.origin)


def copy(stick: Path, folder: Path, say: Say = lambda _: None) -> Prepared:
    """Have the folder as it is on a stick, each file compared with its sum.

    Raises :class:`NoTutorialFolder`, :class:`DamagedFolder`, :class:`NothingForThisPython`,
    :class:`CannotWrite` and :class:`TargetNotEmpty`.
    """
    if not (stick / sums.NAME).is_file():
        raise NoTutorialFolder(stick)
    if folder.exists() and stick.samefile(folder):
        raise WrongUse(f"{stick} cannot be copied onto itself; name another folder")
    on_stick, known = sums.read(stick), _known(folder)
    if known == on_stick and not sums.damaged(folder, known):
        return _told(folder, known, made=False)
    say(f"copying {len(on_stick)} files from {stick}")
    if wrong := sums.damaged(stick, on_stick):
        raise DamagedFolder(stick, wrong)
    check_fit(stick, Target(here(), running()))
    with _aside(folder) as aside:
        for name in on_stick:
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(stick / name, aside / name)
        if wrong := sums.damaged(aside, on_stick):
            raise DamagedFolder(stick, wrong)
        sums.write(aside, on_stick)
        made = _settle(aside, folder, known or {})
    return _told(folder, made, made=True)


def check_fit(stick: Path, target: Target) -> None:
    """Raise :class:`NothingForThisPython` where a prepared folder is not enough for a laptop."""
    if missing := contents.lacking(stick, target):
        raise NothingForThisPython(stick, target.python, missing, contents.pythons(stick))


def _known(folder: Path) -> dict[str, str] | None:
    """Return the sums of a folder that was prepared before; None where there is none yet."""
    if (folder / sums.NAME).is_file():
        return sums.read(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TargetNotEmpty(folder)
    return None


def _complete(
    folder: Path, known: Mapping[str, str], wanted: Sequence[Target], kit: kitwheel.KitWheel
) -> bool:
    """Tell whether there is nothing to do."""
    if sums.damaged(folder, known):
        return False
    ours = {f"{contents.TOOLS}/{kit.filename}": kit.content}
    ours |= {name: text.encode() for name, text in contents.texts().items()}
    same = all(name in known and (folder / name).read_bytes() == ours[name] for name in ours)
    return same and not any(contents.lacking(folder, target) for target in wanted)


def _fill(aside: Path, wanted: Sequence[Target], kit: kitwheel.KitWheel, say: Say) -> None:
    work = [(part, target) for part in contents.parts() for target in wanted]
    for number, (part, target) in enumerate(work, 1):
        what = f"{part.says[0].lower()}{part.says[1:]}, for {target}"
        say(f"{number}/{len(work)} {what}")
        place = aside / part.folder
        place.mkdir(exist_ok=True)
        for wheel in _fetched(part, target, what).glob("*.whl"):
            shutil.copyfile(wheel, place / wheel.name)
    (aside / contents.TOOLS / kit.filename).write_bytes(kit.content)
    for name, text in contents.texts().items():
        (aside / name).write_text(text, encoding="utf-8", newline="\n")
    sums.write(aside, sums.taken(aside))


def _fetched(part: Part, target: Target, what: str) -> Path:
    """Return a folder with the wheels of a part for a laptop."""
    needed = [one for one in part.locked if one.needed(target)]
    plain = [lockfile.Locked(one.name, one.version, one.hashes) for one in needed]
    with tempfile.TemporaryDirectory(prefix="mirrorlab-") as folder:
        lock = Path(folder) / part.file
        lock.write_text(lockfile.write(plain, str(target)), encoding="utf-8")
        try:
            return tools.wheels_for(lock, target.python, target.machine.platforms)
        except ToolsFailed as problem:
            raise NothingFetched(what, problem.reason) from None


def _keep(folder: Path, known: Mapping[str, str], aside: Path) -> None:
    """Take over what was prepared for other laptops, and is still right."""
    allowed = contents.hashes()
    for name in set(known) - set(sums.damaged(folder, known)):
        if known[name] in allowed and not (aside / name).exists():
            shutil.copyfile(folder / name, aside / name)
    sums.write(aside, sums.taken(aside))


def _settle(aside: Path, folder: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Put what was made aside in its place; return its sums."""
    made = sums.read(aside)
    if not known:
        if folder.is_dir():
            folder.rmdir()
        aside.rename(folder)
        return made
    for name in (*made, sums.NAME):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(aside / name, folder / name)  # noqa: PTH105  also where the file is there
    for name in set(known) - set(made):
        (folder / name).unlink(missing_ok=True)
    return made


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """Give a folder beside the one to make; it is gone at the end, whatever happens."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{folder.name}-", dir=folder.parent, ignore_cleanup_errors=True
        ) as made:
            inner = Path(made) / folder.name
            inner.mkdir()
            yield inner
    except OSError as problem:
        raise CannotWrite(folder, problem.strerror or str(problem)) from None


def _told(folder: Path, known: Mapping[str, str], *, made: bool, kit: str = "") -> Prepared:
    size = sum((folder / name).stat().st_size for name in known)
    return Prepared(folder, made, len(known), size, kit)
