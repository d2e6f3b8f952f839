"""The folder of the day: whole or not there, the same on a stick, and never a loss."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import parse_email

from mirrorlab.errors import (
    BrokenFile,
    CannotWrite,
    DamagedFolder,
    NothingFetched,
    NothingForThisPython,
    NotPossible,
    NoTutorialFolder,
    TargetNotEmpty,
    UnknownName,
    WrongUse,
)
from mirrorlab.lab import Lab, isolation
from mirrorlab.tutorial import FOLDER, contents, kitwheel, preparing, sums
from mirrorlab.tutorial.lockfile import Locked, by_python, read
from mirrorlab.tutorial.target import MACHINES, Target, here

from .conftest import ON_THE_STICK, Buy


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def own(stick: Path, tmp_path: Path) -> Path:
    """A copy of the stick, to spoil."""
    return Path(shutil.copytree(stick, tmp_path / "own" / FOLDER))


def test_it_holds_what_it_says(stick: Path) -> None:
    names = set(tree(stick)) - {"SHA256SUMS"}
    assert names == set(sums.read(stick))
    assert sums.damaged(stick, sums.read(stick)) == {}
    assert {name.partition("/")[0] for name in names} == {
        "README.txt",
        "kit.txt",
        "mirror.txt",
        "packages",
        "packages.txt",
        "private.txt",
        "tools",
    }
    assert len({name.split("-")[0] for name in names if name.startswith("packages/")}) == 21


def test_it_is_copied_whole_and_a_second_time_it_is_there(stick: Path, tmp_path: Path) -> None:
    day = tmp_path / "day"
    first = preparing.copy(stick, day)
    assert first.made
    assert tree(day) == tree(stick)
    mine = day / "venv1" / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    assert not preparing.copy(stick, day).made
    assert mine.read_text() == "mine"


def test_what_was_damaged_is_mended_and_nothing_else_is_touched(
    stick: Path, tmp_path: Path
) -> None:
    day = tmp_path / "day"
    preparing.copy(stick, day)
    (day / "mine.txt").write_text("mine")
    (day / "kit.txt").write_text("spoilt")
    next((day / "tools").glob("rich-*.whl")).unlink()
    assert preparing.copy(stick, day).made
    assert tree(day) == {**tree(stick), "mine.txt": b"mine"}


def test_a_damaged_stick_is_named_file_by_file(own: Path, tmp_path: Path) -> None:
    altered = next((own / "packages").glob("flask-*.whl"))
    altered.write_bytes(altered.read_bytes()[:-1])
    missing = next((own / "tools").glob("rich-*.whl"))
    missing.unlink()
    with pytest.raises(DamagedFolder) as caught:
        preparing.copy(own, tmp_path / "day")
    assert caught.value.damaged == {
        f"packages/{altered.name}": "altered",
        f"tools/{missing.name}": "missing",
    }
    assert altered.name in str(caught.value)
    assert list(tmp_path.iterdir()) == [tmp_path / "own"]


def test_a_stick_without_tools_for_this_python_says_for_which_it_has_them(
    own: Path, tmp_path: Path
) -> None:
    for wheel in (own / "tools").glob("*-cp311-*.whl"):
        wheel.unlink()
    sums.write(own, sums.taken(own))
    with pytest.raises(NothingForThisPython) as caught:
        preparing.check_fit(own, Target(here(), "3.11"))
    assert caught.value.known == tuple(sorted(set(ON_THE_STICK) - {"3.11"}))
    assert "httptools" in "".join(caught.value.missing)
    assert list(tmp_path.iterdir()) == [tmp_path / "own"]


def test_no_folder_of_ours_is_refused(stick: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(NoTutorialFolder):
        preparing.copy(tmp_path / "full", tmp_path / "day")
    for taken in ("full", "file"):
        with pytest.raises(TargetNotEmpty):
            preparing.copy(stick, tmp_path / taken)
    with pytest.raises(CannotWrite):
        preparing.copy(stick, tmp_path / "file" / "day")
    with pytest.raises(WrongUse, match="onto itself"):
        preparing.copy(stick, stick)


FULL = """
import sys
from pathlib import Path
from mirrorlab.errors import CannotWrite
from mirrorlab.lab import Lab, isolate
from mirrorlab.tutorial import preparing
isolate()
with Lab() as lab:
    disk = lab.tmp / "disk"
    disk.mkdir()
    lab.small_disk(disk, 2_000_000)
    try:
        preparing.copy(Path(sys.argv[1]), disk / "day")
    except CannotWrite as error:
        print(error.reason, list(disk.iterdir()))
"""


def test_a_full_disk_leaves_nothing(stick: Path) -> None:
    command = [sys.executable, "-c", FULL, str(stick)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "No space left on device []\n"


def test_a_folder_can_be_made_again_from_what_was_fetched(stick: Path, tmp_path: Path) -> None:
    day = tmp_path / "day"
    heard: list[str] = []
    preparing.fetch(day, preparing.targets((), ON_THE_STICK), heard.append)
    assert len(heard) == len(contents.parts()) * len(ON_THE_STICK)
    assert sums.read(day).keys() == sums.read(stick).keys()


def test_what_was_prepared_for_others_stays(own: Path) -> None:
    before = set(sums.read(own))
    (own / "README.txt").write_text("spoilt")
    preparing.fetch(own, preparing.targets((), ON_THE_STICK[:1]))
    assert set(sums.read(own)) == before
    assert sums.damaged(own, sums.read(own)) == {}


def test_in_a_lab_nothing_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRRORLAB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(NotPossible, match="not in the cache"):
        preparing.fetch(tmp_path / "day", preparing.targets((), ()))
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_without_a_network_what_is_missing_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRRORLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setattr(isolation, "isolated", lambda: False)
    with pytest.raises(NothingFetched, match="this needs the network once, or a stick") as caught:
        preparing.fetch(tmp_path / "day", preparing.targets((), ()))
    assert "No matching distribution found for anyio" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_a_system_is_one_of_the_known() -> None:
    everything = preparing.targets(("all",), ("3.11", "3.13"))
    assert len(everything) == 2 * sum(map(len, MACHINES.values()))
    with pytest.raises(UnknownName):
        preparing.targets(("amiga",), ())


def test_sums_that_point_outside_are_refused(own: Path, tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "/etc/passwd"):
        (own / sums.NAME).write_text(f"{'0' * 64}  {name}\n")
        with pytest.raises(BrokenFile, match="line 1"):
            preparing.copy(own, tmp_path / "day")


def test_the_kits_wheel_is_the_build_backends(root: Path, lab: Lab) -> None:
    built = lab.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", lab.tmp, root],
        settings={"PYTHONPATH": str(root / "src")},
    )
    assert built.exit_code == 0, built.output
    (theirs,) = lab.tmp.glob("*.whl")
    ours = kitwheel.make()
    assert theirs.name == ours.filename
    made = lab.tmp / "ours.whl"
    made.write_bytes(ours.content)
    expected, got = content(theirs), content(made)
    assert got.keys() == expected.keys()
    packed = [name for name in got if ".dist-info/" not in name or "licenses" in name]
    assert {name: got[name] for name in packed} == {name: expected[name] for name in packed}
    info = ours.filename.replace("-py3-none-any.whl", ".dist-info")
    said, _ = parse_email(expected[f"{info}/METADATA"])
    mine, _ = parse_email(got[f"{info}/METADATA"])
    assert {key: sorted(map(str, mine[key])) for key in ("requires_dist", "provides_extra")} == {
        key: sorted(map(str, said[key])) for key in ("requires_dist", "provides_extra")
    }
    assert mine["requires_python"] == said["requires_python"]
    assert kitwheel.make() == ours


PACK = """python - <<'END'
import sys
from pathlib import Path
from mirrorlab.errors import NotPossible
from mirrorlab.tutorial import kitwheel
try:
    made = kitwheel.make()
    Path(made.filename).write_bytes(made.content)
    print(made.origin)
except NotPossible as error:
    print(error)
END"""


def test_an_installed_kit_makes_the_wheel_it_came_from(prepared: Buy, stick: Path) -> None:
    laptop = prepared(ON_THE_STICK[0])
    kit = (laptop.folder / "kit").resolve()
    (laptop.folder / "kit").unlink()
    shutil.copytree(kit, laptop.folder / "kit", symlinks=True)
    with laptop.shell() as shell:
        shell.type("export PATH=$PWD/kit/bin:$PATH", 30)
        assert shell.type(PACK, 60) == (("the installed kit",), 0)
        (wheel,) = laptop.folder.glob("mirrorlab-*.whl")
        assert wheel.read_bytes() == (stick / "tools" / wheel.name).read_bytes()
        (module,) = (laptop.folder / "kit").glob("lib/*/site-packages/mirrorlab/errors.py")
        module.write_bytes(module.read_bytes() + b"# mine")
        (said,), _ = shell.type(PACK, 60)
    assert "mirrorlab/errors.py is not as it was installed; install the kit again" in said


def content(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_two_locks_become_one(tmp_path: Path) -> None:
    same = Locked("same", "1.0", ("a" * 64,))
    joined = by_python(
        [same, Locked("other", "2.0", ("b" * 64,))], [same, Locked("other", "1.0", ("c" * 64,))]
    )
    lock = tmp_path / "lock.txt"
    lock.write_text("".join(f"{one}\n" for one in joined))
    assert read(lock) == joined
    for python, version in (("3.11", "1.0"), ("3.13", "2.0")):
        target = Target(MACHINES["windows"][0], python)
        needed = [(one.name, one.version) for one in joined if one.needed(target)]
        assert needed == [("other", version), ("same", "1.0")]


def test_a_wheel_fits_its_system() -> None:
    windows = Target(MACHINES["windows"][0], "3.13")
    linux = Target(MACHINES["linux"][0], "3.11")
    assert windows.fits("x-1.0-py3-none-any.whl")
    assert windows.fits("x-1.0-cp311-abi3-win_amd64.whl")
    assert not windows.fits("x-1.0-cp311-cp311-win_amd64.whl")
    assert linux.fits("x-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
    assert not linux.fits("x-1.0-cp311-cp311-manylinux_2_39_x86_64.whl")
    assert not linux.fits("no wheel")


def test_a_disk_that_reads_badly_is_named(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = next((own / "tools").glob("rich-*.whl"))
    real = sums.of

    def of(path: Path) -> str:
        if path == bad:
            raise OSError(errno.EIO, "Input/output error")
        return real(path)

    monkeypatch.setattr(sums, "of", of)
    with pytest.raises(DamagedFolder, match=f"{bad.name} .unreadable: Input/output error"):
        preparing.copy(own, tmp_path / "day")
