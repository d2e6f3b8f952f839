"""What every installer under test has in common: a fresh environment, and evidence of what came.

An :class:`Attempt` never repeats the installer's own words about what it installed: it is read
from the environment's folder of distributions, as the specification "Recording installed
projects" lays it out.
"""

from __future__ import annotations

import hashlib
import shlex
import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import ClassVar

from packaging.utils import canonicalize_name

from mirrorlab.clients.configuration import Configuration
from mirrorlab.errors import CouldNotTell, NotPossible, TimedOut
from mirrorlab.lab import Completed, Lab, Tools

_KILLED = 124


@dataclass(frozen=True)
class Attempt:
    """One run of an installer, and what its environment holds afterwards."""

    command: tuple[str, ...]
    exit_code: int
    output: str
    seconds: float
    installed: Mapping[str, str]
    """Normalised project name -> version, of everything in the environment."""
    site_packages: Path
    ended: bool = True
    """False: it was still at work when its time was up, and was killed; ``exit_code`` is 124."""
    locked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Normalised project name -> sha256 of the files that a written lock names.

    Only of clients that write a lock and install nothing; empty for all others.
    """

    def record(self, project: str) -> dict[str, str]:
        """Return path -> sha256 of each installed file of ``project``, computed from the disk.

        The paths are those of its RECORD. Raises KeyError where it is not installed.
        """
        metadata = _metadata_folders(self.site_packages)[canonicalize_name(project)]
        lines = (metadata / "RECORD").read_text(encoding="utf-8").splitlines()
        paths = [line.rsplit(",", 2)[0].strip('"') for line in lines if line]
        files = {path: metadata.parent / path for path in paths}
        return {
            path: hashlib.sha256(file.read_bytes()).hexdigest()
            for path, file in files.items()
            if file.is_file()
        }


class Client(ABC):
    """An installer with a virtual environment, a home and a cache that nobody used before."""

    names: ClassVar[tuple[str, ...]] = ()
    """What it is called in recipes and on the command line; several, where it is of all ages."""
    belongs_to: ClassVar[str] = ""
    """The project that brings it, where that is not its own name: ``pip-tools``."""
    configurations: ClassVar[tuple[Configuration, ...]] = ()
    """Every sensible way to tell it where to look, that is held against every fault."""

    def __init__(self, lab: Lab, tools: Tools, name: str) -> None:
        """Make the environment, on the interpreter of ``tools``, which hold the installer."""
        self.name = name
        self._lab = lab
        self._tools = tools
        self._folder = _unused(lab.tmp / "clients", name)
        self.venv = self._folder / "venv"
        self.project = self._folder / "project"
        """The folder in which typed commands run, and where a configuration's files stand."""
        self.project.mkdir()
        argv: list[str | Path] = [tools.python, "-m", "venv", "--without-pip", self.venv]
        made = lab.run(argv, name=f"{name}-venv", settings=self._own)
        if made.exit_code:
            raise CouldNotTell(f"no fresh environment for {name}: {made.output.strip()}")

    @property
    def python_path(self) -> Path:
        """The environment's interpreter."""
        return self.venv / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """The environment's folder of distributions."""
        return self.venv / "lib" / f"python{self._tools.version}" / "site-packages"

    def install(
        self,
        *args: str | Path,
        index: str | None = None,
        expect: int | None = None,
        env: Mapping[str, object] = {},
        timeout: float = 60,
    ) -> Attempt:
        """Run the installer's ``install`` with ``args`` and the index URL ``index``.

        Without ``index`` no option names one: ``env`` and ``args`` say where files come from,
        and an installer that is told nothing asks the public index, which the lab stops.
        ``expect`` is the exit code without which nothing can be said: another one raises
        AssertionError with what the installer printed.
        """
        options = [] if index is None else ["--index-url", index]
        argv = [str(word) for word in (*self._install_command(), *options, *args)]
        done = self._run(argv, env, timeout)
        if expect is not None and done.exit_code != expect:
            message = f"{self.name} ended with {done.exit_code}, not {expect}:\n{done.output}"
            raise AssertionError(message)
        return Attempt(
            command=tuple(argv),
            exit_code=done.exit_code,
            output=done.output,
            seconds=done.seconds,
            installed=self.installed(),
            site_packages=self.site_packages,
        )

    def follow(self, typed: str, *, env: Mapping[str, object] = {}, timeout: float = 60) -> Attempt:
        """Run a command as a reader types it (``pip install …``), in the project's folder.

        It need not end: after ``timeout`` seconds it is killed, and the attempt says so.
        """
        program, *args = shlex.split(typed)
        argv = [*map(str, self._typed_program(program)), *args]
        ended = True
        try:
            done = self._run(argv, env, timeout, cwd=self.project)
        except TimedOut as late:
            ended = False
            done = Completed(self.name, _KILLED, late.output, timeout)
        return Attempt(
            command=tuple(argv),
            exit_code=done.exit_code,
            output=done.output,
            seconds=done.seconds,
            installed=self.installed(),
            site_packages=self.site_packages,
            ended=ended,
            locked=self._locked(),
        )

    def forget(self) -> None:
        """Empty its cache: what is typed next is typed on another machine, with the same files."""
        shutil.rmtree(self._folder / "cache", ignore_errors=True)

    def python(self, *args: str | Path, timeout: float = 60) -> Completed:
        """Run the environment's Python: ``client.python("-c", "import demo_lib")``."""
        return self._run([str(self.python_path), *map(str, args)], {}, timeout)

    def installed(self) -> dict[str, str]:
        """Return normalised project name -> version of all that is in the environment now."""
        return {
            name: _header(folder, "Version")
            for name, folder in sorted(_metadata_folders(self.site_packages).items())
        }

    @property
    def version(self) -> str:
        """The installer's own version, as it says it."""
        return self._run([*map(str, self._program()), "--version"], {}, 60).output.strip()

    @abstractmethod
    def _program(self) -> Sequence[str | Path]:
        """Return the command that is the installer."""

    def _install_command(self) -> Sequence[str | Path]:
        """Return the command up to and including ``install``, which takes ``--index-url``."""
        reason = "it takes no index on its command line; follow() a configuration instead"
        raise NotPossible(f"{self.name} install", reason)

    def _typed_program(self, word: str) -> Sequence[str | Path]:
        """Return the command that is meant by the first word of a typed one."""
        return self._program() if word == self.name.partition("-")[0] else (self._tools.bin / word,)

    def _locked(self) -> Mapping[str, frozenset[str]]:
        """Return what a lock that it wrote names; see :attr:`Attempt.locked`."""
        return {}

    @property
    def _own(self) -> dict[str, object]:
        caches = dict.fromkeys(("PIP_CACHE_DIR", "UV_CACHE_DIR"), self._folder / "cache")
        return {"HOME": self._folder, "XDG_CACHE_HOME": self._folder / "cache", **caches}

    def _run(
        self,
        argv: Sequence[str],
        env: Mapping[str, object],
        timeout: float,
        cwd: Path | None = None,
    ) -> Completed:
        settings = {**self._own, **env}
        return self._lab.run(argv, name=self.name, cwd=cwd, settings=settings, timeout=timeout)


def _unused(parent: Path, name: str) -> Path:
    """Make and return the first folder ``name``, ``name-2``, … that does not exist."""
    number = 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            number += 1
        else:
            return folder


def _metadata_folders(site_packages: Path) -> dict[str, Path]:
    """Find what is recorded of each project there, also in an egg's folder of its own."""
    folders = (*site_packages.glob("*.dist-info"), *site_packages.glob("*.egg/*.dist-info"))
    return {canonicalize_name(_header(folder, "Name")): folder for folder in folders}


def _header(folder: Path, name: str) -> str:
    with (folder / "METADATA").open("rb") as file:
        return str(BytesHeaderParser().parse(file)[name])
