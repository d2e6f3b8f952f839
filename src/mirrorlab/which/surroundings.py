"""Where one stands: the project's folder, the environment, the home, the system; as data.

All that an installer's module reads comes through here, so another machine, or Windows, is a
value. A file that cannot be read is noted, once, and the rest goes on.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mirrorlab.which.model import Problem

_LARGEST = 4_000_000


@dataclass
class Surroundings:
    """The machine, the user and the project that installers are asked about."""

    project: Path
    """The folder in which the installers would be run; absolute."""
    environ: Mapping[str, str]
    home: Path
    prefix: Path
    """The Python environment that pip would install into, where its own settings lie."""
    platform: str = sys.platform
    """As Python names it: ``linux``, ``darwin``, ``win32``."""
    root: Path = Path("/")
    """What ``/`` is; another folder in a test."""
    problems: list[Problem] = field(default_factory=list)
    """The files that could not be read, in the order they were met."""

    def variable(self, name: str) -> str:
        """Return the value of a variable; empty where it is not set."""
        return self.environ.get(name, "")

    def flag(self, name: str) -> bool:
        """Tell whether a variable is set to something that means yes."""
        return self.variable(name).strip().lower() in {"1", "true", "yes", "on", "y", "t"}

    def system(self, path: str) -> Path:
        """Return an absolute path of the system (``/etc``)."""
        return self.root / path.lstrip("/") if self.root != Path("/") else Path(path)

    def folders(self) -> Iterator[Path]:
        """Yield the project's folder and all above it."""
        yield self.project
        yield from self.project.parents

    def text(self, path: Path) -> str | None:
        """Read a file as UTF-8; None where there is none, or it cannot be read (it is noted)."""
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError, RuntimeError) as error:
            return self._unreadable(path, None, f"cannot be read: {_reason(error)}")
        if not stat.S_ISREG(found.st_mode):
            kind = "a directory" if stat.S_ISDIR(found.st_mode) else "no regular file"
            return self._unreadable(path, None, f"is {kind}, where a file of settings is expected")
        if found.st_size > _LARGEST:
            return self._unreadable(path, None, "is too large for a file of settings")
        try:
            content = path.read_bytes()
        except OSError as error:
            return self._unreadable(path, None, f"cannot be read: {_reason(error)}")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            return self._unreadable(path, line, "is not UTF-8 text")
        if "\x00" in text:
            line = text[: text.index("\x00")].count("\n") + 1
            return self._unreadable(path, line, "is not text: it has a zero byte")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def broken(self, path: Path, line: int | None, says: str) -> None:
        """Note that a file could not be read or understood."""
        problem = Problem(path, line, says)
        if problem not in self.problems:
            self.problems.append(problem)

    def _unreadable(self, path: Path, line: int | None, says: str) -> str | None:
        self.broken(path, line, says)
        return None

    def exists(self, path: Path, *, unsure: bool = True) -> bool:
        """Tell whether something is there, of whatever kind, readable or not.

        ``unsure`` is the answer where one may not look: true, so that reading it says why.
        """
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except (OSError, ValueError):
            return unsure
        return True

    def listed(self, folder: Path, *globs: str) -> list[Path]:
        """Return what fits in a folder, sorted; a folder that cannot be listed is noted."""
        try:
            next(folder.iterdir(), None)
        except OSError as error:
            self.broken(folder, None, f"cannot be listed: {_reason(error)}")
            return []
        return sorted({path for glob in globs for path in folder.glob(glob)})

    def read_by_others(self, path: Path) -> bool:
        """Tell whether other users of this machine can read a file."""
        if self.platform == "win32":
            return False
        try:
            return bool(path.stat().st_mode & stat.S_IROTH)
        except (OSError, ValueError, RuntimeError):
            return False

    def inside(self, path: Path) -> bool:
        """Tell whether a file belongs to the project, and so to its history."""
        return path.is_relative_to(self.project)

    def named(self, path: str) -> Path:
        """Return the path that a variable names: no installer takes ``~`` there for the home."""
        return self.project / path

    def expanded(self, path: str) -> Path:
        """Return a path as a shell would: ``~`` is the home, a relative one starts here."""
        if path == "~" or path.startswith(("~/", "~\\")):
            return self.home / path[2:]
        return self.project / path


def here(project: Path, environ: Mapping[str, str] = os.environ) -> Surroundings:
    """Return what surrounds a folder of this machine."""
    home = Path(environ.get("HOME") or Path.home()) if sys.platform != "win32" else Path.home()
    prefix = environ.get("VIRTUAL_ENV") or environ.get("CONDA_PREFIX") or sys.prefix
    return Surroundings(project.absolute(), dict(environ), home, Path(prefix))


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
