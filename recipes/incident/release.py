"""Which release it is, which files it has, and the list of them that all scripts share.

The list is a file of lines: `release demo-lib==2.0`, then `file NAME SHA256 SIZE` and `url URL`,
with `-` for what is not known, and `end` last, so that half of a list is not taken for a list.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<pre>a|b|c|rc|alpha|beta|pre|preview)[-_.]?(?P<pren>\d*))?"
    r"(?:-(?P<post1>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<postn>\d*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<devn>\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.IGNORECASE,
)
_PRE = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}
_SDISTS = (".tar.gz", ".tar.bz2", ".tar.xz", ".tar.z", ".tgz", ".tar", ".zip")
_OTHERS = (".egg", ".exe", ".msi", ".dmg", ".rpm", ".deb")
BESIDE = (".metadata", ".provenance", ".asc", ".sig")
"""What may lie beside a file, under its name with this at the end."""
_ONE_FILE = re.compile(
    r"file (?P<name>[A-Za-z0-9._+!~-]+) (?P<sha256>[0-9a-f]{64}|-) (?P<size>\d+|-)"
)


class Refused(Exception):
    """It cannot be done; the sentence says what, where and what to do."""

    def __init__(self, sentence: str, code: int = 2) -> None:
        """Take the sentence, and the exit code that says the same."""
        super().__init__(sentence)
        self.code = code


def canonical(project: str) -> str:
    """The name as all indexes compare it."""
    return re.sub(r"[-_.]+", "-", project).lower()


def version_key(text: str) -> tuple[object, ...] | None:
    """What all spellings of a version have in common, its local part last; None for none."""
    found = _VERSION.fullmatch(text.strip())
    if not found:
        return None
    part = {name: (value or "").lower() for name, value in found.groupdict().items()}
    numbers = [int(number) for number in part["release"].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    pre = (_PRE.get(part["pre"], part["pre"]), int(part["pren"] or 0)) if part["pre"] else None
    post = int(part["post1"] or part["postn"] or 0) if part["post"] or part["post1"] else None
    dev = int(part["devn"] or 0) if part["dev"] else None
    local = tuple(int(p) if p.isdigit() else p for p in re.split(r"[-_.]", part["local"]))
    return int(part["epoch"] or 0), tuple(numbers), pre, post, dev, local


@dataclass(frozen=True)
class Release:
    """One version of one project."""

    project: str
    """As indexes compare it: `demo-lib`."""
    version: str
    """As it was given."""

    def __str__(self) -> str:
        """As a requirement."""
        return f"{self.project}=={self.version}"

    @classmethod
    def parse(cls, text: str) -> Release:
        """Read `demo-lib==2.0`. Raises Refused for whatever is not one version of one project."""
        project, equals, version = (part.strip() for part in text.strip().partition("=="))
        name = re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", project)
        if not equals or not name or version_key(version) is None:
            raise Refused(f"RELEASE is {text!r}; write one version of one project: demo-lib==2.0")
        return cls(canonical(project), version)

    def is_the_same(self, other: Release) -> bool:
        """Whether the other is this release, maybe spelled in another way."""
        keys = version_key(self.version), version_key(other.version)
        return self.project == other.project and keys[0] == keys[1]

    def is_version(self, text: str) -> bool:
        """Whether this is a spelling of its version; a local version (`2.0+cu12`) is one too."""
        theirs, ours = version_key(text), version_key(self.version)
        if theirs is None or ours is None:
            return False
        return theirs == ours or (ours[-1] == ("",) and theirs[:-1] == ours[:-1])

    def has(self, filename: str) -> bool:
        """Whether a file of this name belongs to it, or lies beside one that does."""
        name = bare(filename)
        lower = name.lower()
        if not re.fullmatch(r"[A-Za-z0-9._+!~-]+", name):
            return False
        if lower.endswith(".whl"):
            parts = name[:-4].split("-")
            right = len(parts) in (5, 6) and canonical(parts[0]) == self.project
            return right and self.is_version(parts[1].replace("_", "+", 1))
        ends = [end for end in (*_SDISTS, *_OTHERS) if lower.endswith(end)]
        if not ends:
            return False
        stem = name[: -len(ends[0])]
        cuts = [at for at, letter in enumerate(stem) if letter == "-"]
        for at in cuts:
            if canonical(stem[:at]) == self.project and self._begins(stem[at + 1 :], ends[0]):
                return True
        return False

    def _begins(self, rest: str, end: str) -> bool:
        if end in _SDISTS:
            return self.is_version(rest)
        starts = [rest[:at] for at in range(1, len(rest) + 1)]
        versions = [start for start in starts if version_key(start) is not None]
        return bool(versions) and self.is_version(versions[-1])


def bare(filename: str) -> str:
    """The name of the file itself, of one that may lie beside it."""
    for end in BESIDE:
        if filename.lower().endswith(end):
            return filename[: -len(end)]
    return filename


@dataclass(frozen=True)
class BadFile:
    """A file of the release."""

    name: str
    sha256: str = "-"
    size: str = "-"


@dataclass
class Listed:
    """The list: the release, its files by name and hash, and where they were offered."""

    release: Release
    files: set[BadFile] = field(default_factory=set)
    urls: set[str] = field(default_factory=set)

    def add(self, name: str, sha256: str = "-", size: str = "-") -> None:
        """Note a file; what was not known of it and now is, is filled in."""
        others = {known for known in self.files if known.name == name}
        if sha256 == "-" and any(known.sha256 != "-" for known in others):
            return  # it may be any of these: nothing is learned, and none must be lost
        same = {known for known in others if known.sha256 in (sha256, "-")}
        for known in same:
            size = known.size if size == "-" else size
        self.files = (self.files - same) | {BadFile(name, sha256, size)}

    @property
    def names(self) -> set[str]:
        """The names of its files."""
        return {file.name for file in self.files}

    def names_one(self, filename: str) -> bool:
        """Whether this is one of its files, or lies beside one."""
        return bare(filename) in self.names or self.release.has(filename)

    def write(self, path: Path) -> None:
        """Replace the list in one step."""
        lines = [f"release {self.release}"]
        lines += [
            f"file {f.name} {f.sha256} {f.size}"
            for f in sorted(self.files, key=lambda f: (f.name, f.sha256))
        ]
        lines += [f"url {url}" for url in sorted(self.urls)]
        replace(path, "\n".join([*lines, "end", ""]))


def read(path: Path) -> Listed:
    """Read a list. Raises Refused for one that is not whole, or that names no file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise Refused(f"{path}: there is no list; run find-files.sh first") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: {error}; make it again with find-files.sh") from None
    if len(lines) < 2 or lines[-1] != "end" or not lines[0].startswith("release "):
        raise Refused(f"{path}: not a whole list; make it again with find-files.sh")
    listed = Listed(Release.parse(lines[0].removeprefix("release ")))
    for number, line in enumerate(lines[1:-1], 2):
        found = _ONE_FILE.fullmatch(line)
        if found:
            name = found["name"]
            if not listed.release.has(name):
                raise Refused(f"{path}, line {number}: {name} is no file of {listed.release}")
            listed.files.add(BadFile(name, found["sha256"], found["size"]))
        elif line.startswith("url http"):
            listed.urls.add(line.removeprefix("url "))
        else:
            raise Refused(f"{path}, line {number}: {line!r} is neither a file nor a url")
    if not listed.files:
        raise Refused(f"{path}: it names no file; make it again with find-files.sh")
    asked = os.environ.get("RELEASE", "")
    if asked and not Release.parse(asked).is_the_same(listed.release):
        raise Refused(f"{path} is the list of {listed.release}, and RELEASE is {asked}")
    return listed


def replace(path: Path, text: str) -> None:
    """Replace a file in one step; it keeps its mode and its owner. Links to it are followed.

    A hard link of it, as another generation has one, keeps what it had.
    """
    path = path.resolve()
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text, encoding="utf-8", newline="")
    if path.exists():
        state = path.stat()
        os.chown(aside, state.st_uid, state.st_gid)
        aside.chmod(state.st_mode & 0o7777)
    aside.replace(path)


def walk(top: Path) -> Iterator[Path]:
    """Give all files and folders below one, also behind links to folders, each folder once.

    Raises OSError where a folder cannot be read: what was not looked at is not clean.
    """
    seen: set[Path] = set()
    for place, folders, names in os.walk(top, onerror=_stop, followlinks=True):
        here = Path(place).resolve()
        if here in seen:
            folders.clear()
            continue
        seen.add(here)
        yield from (Path(place, name) for name in sorted([*folders, *names]))


def _stop(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # deleted meanwhile
        raise error


def shown(text: str) -> str:
    """A text from outside, as it can be printed: nothing in it moves the cursor or ends a line."""
    plain = (c if " " <= c <= "~" else c.encode("unicode_escape").decode() for c in text)
    return "".join(plain)


def main(name: str, work: Callable[[list[str]], int]) -> None:
    """Run a script's work with its arguments; end with its code, or a sentence where it refuses."""
    try:
        sys.exit(work(sys.argv[1:]))
    except Refused as reason:
        print(f"{name}: {reason}", file=sys.stderr)
        sys.exit(reason.code)
    except (OSError, ValueError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        sys.exit(3)
