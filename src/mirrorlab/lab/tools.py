"""Phase one: what a lab needs from the outside, installed before its doors close.

Tools are installed by locked, hashed requirements with the machine's own pip settings, here and
only here, and kept in the cache; what several locks name is installed once. A folder in the cache
counts only once it holds its receipt, which is written last, and only one process builds it at a
time.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mirrorlab.errors import BrokenFile, NotPossible, ToolsFailed
from mirrorlab.lab import isolation, places

if sys.platform != "win32":
    import fcntl

_RECEIPT = "complete"
_ANSWER_WITHIN = 20
_MISLEADING = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER")
_WHO = (
    "import os, sys; print('%d.%d' % sys.version_info[:2]); print(sys.version);"
    "print(os.path.realpath(getattr(sys, '_base_executable', sys.executable)))"
)


@dataclass(frozen=True)
class Tools:
    """A virtual environment with locked tools."""

    bin: Path
    """Its folder of programs, for ``PATH``."""
    python: Path
    """Its interpreter."""
    version: str = ""
    """The interpreter's short version, ``3.13``."""

    @property
    def site_packages(self) -> Path:
        """The folder of its installed distributions."""
        return self.bin.parent / "lib" / f"python{self.version}" / "site-packages"


def install(requirements: Path, python: str) -> Tools:
    """Install locked ``requirements`` for the interpreter ``python``, or find them installed.

    What the lock does not name is not there: not even pip.

    ``python`` is a version (``3.13``) or the path of an interpreter. Raises
    :class:`NotPossible` (no such interpreter; not cached, and this process is isolated),
    :class:`BrokenFile` (the lock cannot be read or holds no hashes) and :class:`ToolsFailed`
    (with pip's last line).
    """
    interpreter_path, version, build = _identify(python)
    key = _key("tools without pip", _read_lock(requirements), build)
    folder = places.cache() / "tools" / f"{requirements.stem}-{version}-{key}"
    tools = Tools(folder / "bin", folder / "bin" / "python", version)

    def make() -> None:
        from mirrorlab.lab import store  # a world, which imports this module, never installs

        _make_venv(interpreter_path, folder, "--without-pip")
        pins = store.pins(_read_lock(requirements))
        if pins is None:
            _install(pip, tools, requirements, lock=requirements)
            return
        kept = store.Store(places.cache() / "distributions" / f"{version}-{_key(build)}")
        with _lock(kept.folder):
            missing = kept.missing(pins)
            if missing:
                asked = folder / "missing.txt"
                asked.write_text("".join(f"{pin.line}\n" for pin in missing), encoding="utf-8")
                _install(pip, tools, asked, lock=requirements)
                asked.unlink()
                kept.keep(missing, folder, tools.site_packages)
        kept.lend([pin for pin in pins if pin not in missing], folder)

    pip = _plain(python) if not _complete(folder) else tools.python
    _once(folder, make, what=f"the tools of {requirements.name} for Python {version}")
    return tools


def wheelhouse(requirements: Path, pythons: Sequence[str]) -> Path:
    """Return a folder with the wheels that ``requirements`` lock, for each of ``pythons``.

    They are downloaded once, by hash, without running any of their code. Raises as
    :func:`install` does.
    """
    known = [_identify(python) for python in pythons]
    key = _key("wheels", _read_lock(requirements), *(build for _, _, build in known))
    folder = places.cache() / "wheels" / f"{requirements.stem}-{key}"
    pips = [_plain(python) for python in pythons] if not _complete(folder) else []

    def make() -> None:
        options = ("--require-hashes", "--no-deps", "--only-binary", ":all:")
        for pip in pips:
            target = ("-d", str(folder), "-r", str(requirements))
            _pip(pip, "download", *options, *target, lock=requirements)

    _once(folder, make, what=f"the wheels of {requirements.name}")
    return folder


def wheels_for(requirements: Path, version: str, platforms: Sequence[str]) -> Path:
    """Return a folder with the wheels that ``requirements`` lock, for a machine that is not here.

    ``version`` is its CPython (``3.13``), ``platforms`` are the platform tags it takes. Otherwise
    as :func:`wheelhouse`.
    """
    key = _key("wheels for", _read_lock(requirements), version, *platforms)
    folder = places.cache() / "wheels" / f"{requirements.stem}-{version}-{key}"
    pip = _plain(sys.executable) if not _complete(folder) else None

    def make() -> None:
        if pip is not None:
            machine = ("--implementation", "cp", "--python-version", version)
            takes = [word for tag in platforms for word in ("--platform", tag)]
            options = ("--require-hashes", "--no-deps", "--only-binary", ":all:")
            target = ("-d", str(folder), "-r", str(requirements))
            _pip(pip, "download", *options, *machine, *takes, *target, lock=requirements)

    _once(folder, make, what=f"the wheels of {requirements.name}")
    return folder


def interpreter(version: str) -> str | None:
    """Return the path of a Python ``version`` (``3.13``) that really runs, or None.

    It is looked for on the machine's whole ``PATH``. A shim that does not answer as that version
    does not count, but one behind it may.
    """
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version == running:
        return str(getattr(sys, "_base_executable", sys.executable))
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        candidate = shutil.which(f"python{version}", path=folder) if folder else None
        answer = _ask(candidate) if candidate else None
        if answer and answer[1] == version:
            return answer[0]
    return None


def _identify(python: str) -> tuple[str, str, str]:
    """Return the path, the short version and the full description of an interpreter."""
    path = python if os.sep in python else interpreter(python)
    answer = _ask(path) if path else None
    if answer is None:
        raise NotPossible(f"Python {python}", f"no python{python} on PATH answers")
    return answer


@functools.cache
def _ask(program: str) -> tuple[str, str, str] | None:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        answer = subprocess.run(
            [program, "-I", "-c", _WHO],
            capture_output=True,
            text=True,
            timeout=_ANSWER_WITHIN,
            check=False,
        )
        lines = answer.stdout.splitlines()
        if answer.returncode == 0 and len(lines) >= 3:
            return lines[-1], lines[0], " ".join(lines[1:])
    return None


def _read_lock(requirements: Path) -> str:
    try:
        text = requirements.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        reason = getattr(problem, "strerror", None) or "it is not UTF-8 text"
        raise BrokenFile(requirements, "", f"cannot be read: {reason}") from problem
    pinned = [
        (number, line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        if line[:1].isalnum()
    ]
    for number, line in pinned:
        if "==" not in line and " @ " not in line:
            problem_text = f"{line.rstrip(chr(92)).strip()!r} is not pinned with =="
            raise BrokenFile(requirements, f"line {number}", problem_text)
    if text.count("--hash=") < len(pinned):
        advice = "make it with pip-compile --generate-hashes"
        raise BrokenFile(requirements, "", f"not every requirement has a hash; {advice}")
    return text


def _plain(python: str) -> Path:
    """Return an interpreter of an environment with nothing but the pip that ``python`` brings."""
    path, version, build = _identify(python)
    folder = places.cache() / "tools" / f"pip-of-{version}-{_key('plain', build)}"
    _once(folder, lambda: _make_venv(path, folder), what=f"pip for Python {version}")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _make_venv(python: str, folder: Path, *options: str) -> None:
    advice = "Debian's package python3-venv brings what it needs"
    result = _outside([python, "-m", "venv", *options, str(folder)])
    if result.returncode:
        raise ToolsFailed(f"a virtual environment of {python}", _last_line(result), advice)


def _install(pip: Path, tools: Tools, asked: Path, *, lock: Path) -> None:
    target = ("--python", str(tools.python), "install")
    options = ("--require-hashes", "--no-deps", "--prefer-binary")
    _pip(pip, *target, *options, "-r", str(asked), lock=lock)


def _pip(python: Path, *arguments: str, lock: Path) -> None:
    options = ("--disable-pip-version-check", "--no-input")
    result = _outside([str(python), "-m", "pip", *options, *arguments])
    if result.returncode:
        raise ToolsFailed(f"pip with {lock}", _last_line(result))


def _outside(argv: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a program with the machine's own environment, save what would misdirect it."""
    environment = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    return subprocess.run(
        argv,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _last_line(result: subprocess.CompletedProcess[str]) -> str:
    """Return the line that says most: the last one pip calls an error, else the last one."""
    lines = [line.strip() for line in result.stdout.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR:")]
    return (errors or lines or [f"exit code {result.returncode}"])[-1]


def _once(folder: Path, make: Callable[[], None], *, what: str) -> None:
    """Have ``folder`` complete: made here, by another process meanwhile, or long ago."""
    if _complete(folder):
        return
    if isolation.isolated():
        reason = "they are not in the cache, and this process is already cut off from the network"
        raise NotPossible(what, reason)
    with _lock(folder):
        if _complete(folder):
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            make()
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        (folder / _RECEIPT).touch()


def _complete(folder: Path) -> bool:
    return (folder / _RECEIPT).exists()


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Let one process at a time in; the kernel unlocks when it ends, in whatever way."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as held:
        if sys.platform != "win32":
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
