"""Phase one: the machine's own pip settings, locks with hashes, a cache that is whole or absent."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from mirrorlab import distributions
from mirrorlab.errors import BrokenFile, NotPossible, ToolsFailed
from mirrorlab.lab import isolation, tools

_PADS = itertools.count()
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that begins empty; it comes to hold a pip, and what each test installs."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def machine(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose own pip settings name a folder of wheels."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    (tmp_path / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {wheels}\n")
    monkeypatch.setenv("MIRRORLAB_CACHE", str(cache))
    monkeypatch.setattr(isolation, "isolated", lambda: False)
    return wheels


@pytest.fixture
def lock(machine: Path) -> Path:
    """A lock of one wheel, unlike any other test's, that the machine's settings lead to."""
    wheel = distributions.wheel("demo-tool", "1.0", pad=next(_PADS))
    (machine / wheel.filename).write_bytes(wheel.content)
    path = machine.parent / f"demo-{uuid.uuid4().hex[:8]}.txt"
    path.write_text(f"# {path}\ndemo-tool==1.0 \\\n    --hash=sha256:{wheel.sha256}\n")
    return path


def version_in(installed: tools.Tools) -> str:
    code = "import demo_tool; print(demo_tool.__version__)"
    return subprocess.check_output([installed.python, "-c", code], text=True).strip()


def test_tools_are_installed_with_the_machines_own_settings(lock: Path) -> None:
    installed = tools.install(lock, PYTHON)
    assert version_in(installed) == "1.0"
    assert (installed.site_packages / "demo_tool").is_dir()
    assert not list(installed.site_packages.glob("pip*"))
    assert not list(installed.site_packages.glob("setuptools*"))


def test_the_second_time_nothing_is_run(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tools.install(lock, PYTHON)
    monkeypatch.setattr(tools, "_outside", None)
    assert tools.install(lock, PYTHON) == first


def test_another_lock_is_another_folder(lock: Path, machine: Path) -> None:
    first = tools.install(lock, PYTHON)
    lock.write_text(lock.read_text() + "# another line\n")
    assert tools.install(lock, PYTHON) != first


def test_two_at_once_build_it_once(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Path] = []
    make = tools._make_venv

    def counted(python: str, folder: Path, *options: str) -> None:
        built.append(folder)
        make(python, folder, *options)

    tools._plain(PYTHON)
    monkeypatch.setattr(tools, "_make_venv", counted)
    results: list[str] = []
    both = [
        threading.Thread(target=lambda: results.append(version_in(tools.install(lock, PYTHON))))
        for _ in range(2)
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert results == ["1.0", "1.0"]
    assert len(built) == 1


def test_what_was_left_half_built_is_built_again(lock: Path) -> None:
    installed = tools.install(lock, PYTHON)
    folder = installed.bin.parent
    (folder / "complete").unlink()
    (folder / "half").touch()
    assert version_in(tools.install(lock, PYTHON)) == "1.0"
    assert not (folder / "half").exists()


def test_a_wrong_hash_is_pips_last_line_and_leaves_nothing(
    lock: Path, machine: Path, cache: Path
) -> None:
    [wheel] = machine.iterdir()
    wheel.write_bytes(distributions.wheel("demo-tool", "1.0", pad=9999).content)
    with pytest.raises(ToolsFailed) as caught:
        tools.install(lock, PYTHON)
    assert "DO NOT MATCH THE HASHES" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not list((cache / "tools").glob(f"{lock.stem}-*/"))


def test_what_is_not_to_be_had_is_pips_last_line(lock: Path, machine: Path) -> None:
    [wheel] = machine.iterdir()
    wheel.unlink()
    with pytest.raises(ToolsFailed, match=r"No matching distribution found for demo-tool==1\.0"):
        tools.install(lock, PYTHON)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"demo-tool==1.0\n", "not every requirement has a hash; make it with pip-compile"),
        (b"demo-tool>=1.0 \\\n    --hash=sha256:00\n", "line 1: 'demo-tool>=1.0' is not pinned"),
        (b"\xff\xfe\n", "cannot be read: it is not UTF-8 text"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_broken_lock_is_one_sentence(tmp_path: Path, text: bytes | None, problem: str) -> None:
    broken = tmp_path / "broken.txt"
    if text is not None:
        broken.write_bytes(text)
    with pytest.raises(BrokenFile) as caught:
        tools.install(broken, PYTHON)
    assert str(caught.value).startswith(f"{broken}: ")
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_isolated_process_does_not_try(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "isolated", lambda: True)
    with pytest.raises(NotPossible, match="already cut off from the network"):
        tools.install(lock, PYTHON)


def test_a_wheelhouse_holds_what_the_lock_names(lock: Path) -> None:
    folder = tools.wheelhouse(lock, [PYTHON])
    assert [wheel.name for wheel in folder.glob("*.whl")] == ["demo_tool-1.0-py3-none-any.whl"]
    assert tools.wheelhouse(lock, [PYTHON]) == folder


def test_a_shim_that_does_not_answer_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shims, real = tmp_path / "shims", tmp_path / "real"
    for folder, script in ((shims, "exit 127"), (real, "echo 3.99; echo build; echo /real/3.99")):
        folder.mkdir()
        (folder / "python3.99").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "python3.99").chmod(0o755)
    monkeypatch.setenv("PATH", str(shims))
    assert tools.interpreter("3.99") is None
    monkeypatch.setenv("PATH", f"{shims}:{real}")
    assert tools.interpreter("3.99") == "/real/3.99"


def test_a_python_that_is_not_there_is_one_sentence(lock: Path) -> None:
    with pytest.raises(NotPossible) as caught:
        tools.install(lock, "3.98")
    assert str(caught.value) == "Python 3.98 is not possible here: no python3.98 on PATH answers"
