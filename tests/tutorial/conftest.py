"""Laptops for the pages: a prepared folder, a Python, and nothing of this machine's settings."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mirrorlab.lab import Lab, tools
from mirrorlab.lab.programs import SYSTEM_PATH
from mirrorlab.runner import running_python
from mirrorlab.tutorial import FOLDER, preparing

from .console import Shell, follow

PYTHONS = ("3.11", "3.13")
ON_THE_STICK = tuple(
    dict.fromkeys((*(one for one in PYTHONS if tools.interpreter(one)), running_python()))
)
"""What phase one fetches for: the laptops of the chapters, and the Python of these tests."""
PAGES = Path(__file__).parents[2] / "tutorial"
_OF_A_LAPTOP = ("LANG", "TERM", "TZ", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class Laptop:
    """A folder to work in, and a shell that knows nothing but a home and a Python."""

    folder: Path
    environment: dict[str, str]

    @contextmanager
    def shell(self, folder: Path | None = None) -> Iterator[Shell]:
        """Open a terminal, in its folder or another."""
        scratch = self.folder / ".scratch"
        scratch.mkdir(exist_ok=True)
        with Shell(folder or self.folder, self.environment, scratch) as opened:
            yield opened

    def follow(self, page: Path) -> float:
        """Follow a page to its end; return the seconds it took."""
        with self.shell() as opened:
            return sum(seconds for _, seconds in follow(page, opened))


Buy = Callable[[str], Laptop]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run have in common."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def stick(shared: Path) -> Path:
    """A prepared folder, as on a stick: made once, from what phase one fetched."""
    with _once(shared / "stick") as made:
        if made is not None:
            preparing.fetch(made / FOLDER, preparing.targets((), ON_THE_STICK))
    return shared / "stick" / FOLDER


@pytest.fixture
def ports(shared: Path) -> Iterator[None]:
    """Have the tutorial's fixed ports to oneself; another worker waits."""
    with _alone(shared / "ports"):
        yield


@pytest.fixture
def laptop(lab: Lab) -> Buy:
    """A laptop with this Python and nothing else on it, in a folder of its own."""

    def buy(python: str) -> Laptop:
        made = lab.tmp / f"laptop-{python}"
        return _laptop(made, python, lab)

    return buy


@pytest.fixture
def prepared(laptop: Buy, lab: Lab, shared: Path, stick: Path) -> Buy:
    """A laptop on which ``prepare.rst`` was followed; that is done once a Python."""

    def buy(python: str) -> Laptop:
        with _once(shared / f"prepared-{python}") as made:
            if made is not None:
                first = _laptop(made, python, lab)
                (made / "stick").symlink_to(stick.parent)
                first.follow(PAGES / "prepare.rst")
        new = laptop(python)
        (new.folder / "kit").symlink_to(shared / f"prepared-{python}" / "kit")
        (new.folder / "stick").symlink_to(stick.parent)
        shutil.copytree(shared / f"prepared-{python}" / FOLDER, new.folder / FOLDER)
        return new

    return buy


def _laptop(folder: Path, python: str, lab: Lab) -> Laptop:
    programs, home = folder / "programs", folder / "home"
    for made in (programs, home, folder / "tmp"):
        made.mkdir(parents=True, exist_ok=True)
    interpreter = tools.interpreter(python)
    assert interpreter is not None, f"Python {python} is not installed"
    (programs / "python3").write_text(f'#!/bin/sh\nexec "{interpreter}" "$@"\n', encoding="utf-8")
    (programs / "python3").chmod(0o755)
    inside = lab.environment()
    environment = {name: inside[name] for name in _OF_A_LAPTOP}
    environment |= {
        "PATH": f"{programs}:{SYSTEM_PATH}",
        "HOME": str(home),
        "TMPDIR": str(folder / "tmp"),
        "PIP_COMPILE": "0",  # bytecode comes with the first import: less to write
    }
    return Laptop(folder, environment)


@contextmanager
def _once(folder: Path) -> Iterator[Path | None]:
    """Give a folder to fill, to the first worker only; a failed one leaves none."""
    with _alone(folder):
        if folder.exists():
            yield None
            return
        folder.mkdir()
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one worker at a time in."""
    with path.with_name(f"{path.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
