"""What several locks name is installed once; each environment has it as if pip had put it there."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from mirrorlab.distributions import backend
from mirrorlab.lab import isolation, store, tools

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
MAIN = b"import sys\ndef main():\n    print(sys.executable, main.__code__.co_filename)\n"
A, B = (f"--hash=sha256:{digit * 64}" for digit in "ab")
_numbers = itertools.count(1)


class Machine:
    """A machine whose pip settings name a folder of wheels, and locks of what is in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wheels = folder / "wheels"
        self.wheels.mkdir()

    def wheel(self, project: str, files: Mapping[str, bytes] = {}) -> str:
        """Put a wheel there that no other test has, with a command; return its line in a lock."""
        name, version = project.replace("-", "_"), f"1.{next(_numbers)}"
        command = f"[console_scripts]\n{project} = {name}:main\n".encode()
        content = backend.pack(
            backend.TAG,
            f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n".encode(),
            {
                f"{name}/__init__.py": MAIN,
                f"{name}-{version}.dist-info/entry_points.txt": command,
                **{file.format(version=version): content for file, content in files.items()},
            },
        )
        (self.wheels / f"{name}-{version}-{backend.TAG}.whl").write_bytes(content)
        return f"{project}=={version} --hash=sha256:{hashlib.sha256(content).hexdigest()}"

    def lock(self, *lines: str) -> Path:
        """Write a lock, unlike any other."""
        path = self.folder / f"demo-{next(_numbers)}.txt"
        path.write_text("".join(f"{line}\n" for line in (*lines, f"# {path}")))
        return path

    def install(self, *lines: str) -> tools.Tools:
        """Install such a lock."""
        return tools.install(self.lock(*lines), PYTHON)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that begins empty."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def machine(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine that is not the one this runs on."""
    made = Machine(tmp_path)
    pip = tools._plain(PYTHON)  # which phase one has put into the cache of this machine
    monkeypatch.setattr(tools, "_plain", lambda _: pip)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    (tmp_path / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {made.wheels}\n")
    monkeypatch.setenv("MIRRORLAB_CACHE", str(cache))
    monkeypatch.setattr(isolation, "isolated", lambda: False)
    return made


def files(installed: tools.Tools) -> dict[str, bytes]:
    """What the environment holds; bytecode names the place where it was compiled, and is one."""
    root = installed.bin.parent
    return {
        str(path.relative_to(root)): b""
        if path.suffix == ".pyc"
        else path.read_bytes().replace(os.fsencode(root), b"ROOT")
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
        if path.name != "pyvenv.cfg" and path.stem != "activate"
    }


def said(installed: tools.Tools, command: str) -> str:
    return subprocess.check_output([installed.bin / command], text=True).strip()


def test_the_second_time_it_is_the_same_without_pip(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = (machine.wheel(f"demo-{name}") for name in ("one", "two", "three"))
    never = three.replace(" --hash", " ; python_version < '3' --hash")
    by_pip = machine.install(one, two, never)
    monkeypatch.setattr(tools, "_pip", None)
    lent = machine.install(two, never, one)
    assert lent != by_pip
    assert not list(lent.site_packages.glob("demo_three*"))
    assert files(lent) == files(by_pip)
    module = "demo_two/__init__.py"
    assert (lent.site_packages / module).samefile(by_pip.site_packages / module)
    assert list((lent.site_packages / "demo_two" / "__pycache__").iterdir())


def test_pip_installs_only_what_no_lock_has_named_before(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = machine.wheel("demo-old"), machine.wheel("demo-new")
    machine.install(old)
    asked: list[str] = []
    by_pip = tools._install

    def read(pip: Path, environment: tools.Tools, lock_now: Path, *, lock: Path) -> None:
        asked.extend(lock_now.read_text().splitlines())
        by_pip(pip, environment, lock_now, lock=lock)

    monkeypatch.setattr(tools, "_install", read)
    both = machine.install(old, new)
    assert asked == [new]
    assert {"demo_old", "demo_new"} <= {path.name for path in both.site_packages.iterdir()}
    alone = machine.install(new)
    assert not list(alone.site_packages.glob("demo_old*"))
    assert not (alone.bin / "demo-old").exists()


@pytest.mark.parametrize("folder", ["a cache", "long-" * 30])
def test_a_command_runs_on_its_own_environment(
    machine: Machine, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIRRORLAB_CACHE", str(machine.folder / folder))
    line = machine.wheel("demo-tool", {"demo_tool-{version}.data/scripts/more": b"#!python\n1/0\n"})
    by_pip = machine.install(line)
    monkeypatch.setattr(tools, "_pip", None)
    lent = machine.install(line)
    for each in (by_pip, lent):
        module = each.site_packages / "demo_tool" / "__init__.py"
        assert said(each, "demo-tool") == f"{each.python} {module}"
    more = subprocess.run(["sh", lent.bin / "more"], capture_output=True, check=False)
    assert b"ZeroDivisionError" in more.stderr


def test_what_cannot_be_told_apart_is_left_to_pip(machine: Machine) -> None:
    """Two that write one file, and a program that names its interpreter in a way of its own."""
    shared = {"demo_shared.py": b"first = 1\n"}
    first = machine.wheel("demo-first", shared)
    second = machine.wheel("demo-second", {"demo_shared.py": b"second = 2\n"})
    odd = machine.wheel("demo-odd", {"demo_odd-{version}.data/scripts/odd": b"#!python -E\n1/1\n"})
    machine.install(first, second, odd)
    for line in (first, odd):
        alone = machine.install(line)
        assert said(alone, line.partition("==")[0]).startswith(str(alone.python))
    assert (machine.install(first).site_packages / "demo_shared.py").read_bytes() == b"first = 1\n"


def test_pins_are_the_same_whatever_their_order_and_line_breaks() -> None:
    (one,) = store.pins(f"# a comment\n\nDemo.Lib[extra]==1 {A} {B}\n") or ()
    (two,) = store.pins(f"demo-lib[extra]==1 \\\n    {B} \\\n    {A}\n    # via -r demo.in\n") or ()
    assert one.key == two.key
    others = ("demo-lib==1", "demo-lib[extra]==2", "demo-lib[extra]==1 ; python_version<'4'")
    keys = {pin.key for other in others for pin in store.pins(f"{other} {A} {B}") or ()}
    keys |= {pin.key for pin in store.pins(f"demo-lib[extra]==1 {A}") or ()}
    assert len(keys | {one.key}) == len(others) + 2


@pytest.mark.parametrize(
    "more",
    [
        "--find-links wheels",
        "-c more.txt",
        f"demo-lib @ file:///demo_lib.whl {A}",
        f"demo-lib==1 --config-settings=a=b {A}",
        "demo-lib==1",
        "demo-lib==1 --hash=md5:0",
    ],
)
def test_what_is_more_than_pins_is_no_matter_for_the_store(more: str) -> None:
    assert store.pins(f"demo-tool==1 {A}\n{more}\n") is None
