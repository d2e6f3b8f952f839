"""Chapter 3: your first mirror."""

from __future__ import annotations

import configparser
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from packaging.utils import canonicalize_name

from mirrorlab.simple import JSON, parse_page
from mirrorlab.tutorial import wheels
from mirrorlab.tutorial.check import Chapter, Check, Finding
from mirrorlab.tutorial.day import Day

URL = "http://127.0.0.1:8003"
TOOLS, APP = "venv3", "app3"
WANTED = "flask"
_CLEAR = "mirrorlab fault http://127.0.0.1:8001 --clear"
_SYNC = f"{TOOLS}/bin/bandersnatch -c mirror.conf mirror"
_AGAIN = f"rm -r mirror, then {_SYNC}"
_INSTALL = f"pip --python {APP} install --index-url {URL}/simple/ {WANTED}"


@dataclass(frozen=True)
class Copied:
    """A file that a page of the mirror names."""

    path: Path
    sha256: str

    @property
    def whole(self) -> bool:
        """Whether it is there, with the hash its page gives."""
        if not self.path.is_file():
            return False
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256


def copied(day: Day, project: str) -> tuple[Copied, ...] | None:
    """Return what the mirror's page of a project names, or None where there is no page.

    Raises :class:`ValueError` where the page cannot be read.
    """
    page = day.path("mirror", "web", "simple", project, "index.v1_json")
    if not page.is_file():
        return None
    files = parse_page(page.read_bytes(), JSON).files
    return tuple(Copied(page.parent / unquote(file.url), file.sha256 or "") for file in files)


def allowed(day: Day) -> tuple[str, ...] | None:
    """Return the projects (normalised) that mirror.conf allows; None without such a file.

    Raises :class:`configparser.Error`.
    """
    text = day.text("mirror.conf")
    if not text:
        return None
    conf = configparser.ConfigParser(interpolation=None)
    conf.read_string(text, source="mirror.conf")
    listed = conf.get("allowlist", "packages", fallback="").split()
    return tuple(canonicalize_name(name) for name in listed)


def _bandersnatch(day: Day) -> Finding:
    installed = day.installed(TOOLS)
    if installed is None:
        return Finding(
            False, f"there is no environment {TOOLS}", f"python -m venv --without-pip {TOOLS}"
        )
    if "bandersnatch" not in installed:
        then = f"pip --python {TOOLS} install --no-index --find-links tools -r mirror.txt"
        return Finding(False, f"{TOOLS} has no bandersnatch", then)
    return Finding(True, f"bandersnatch {installed['bandersnatch']}")


def _allowlist(day: Day) -> Finding:
    names = allowed(day)
    if names is None:
        return Finding(False, "there is no mirror.conf", "write it, as in step 4")
    if not names:
        detail = "mirror.conf allows nothing by name: bandersnatch would copy everything"
        return Finding(False, detail, "name projects under [allowlist] packages")
    if WANTED not in names:
        return Finding(False, f"mirror.conf does not allow {WANTED}", "put it on the list")
    lacking = sorted(set(_needed(day, names)) - set(names))
    if lacking:
        detail = f"what you copied also needs {', '.join(lacking)}"
        return Finding(False, detail, f"put it on the list in mirror.conf, then {_SYNC}")
    return Finding(True, f"{len(names)} projects, with all they need")


def _needed(day: Day, names: tuple[str, ...]) -> Iterator[str]:
    """Give what the wheels on the mirror need, as far as they are there."""
    for name in names:
        for file in copied(day, name) or ():
            if file.path.suffix == ".whl" and file.path.is_file():
                yield from wheels.requires(file.path)


def _synced(day: Day) -> Finding:
    if not day.path("mirror").is_dir():
        return Finding(False, "there is no folder mirror", _SYNC)
    left = _left(day)
    if left:
        detail = f"mirror/todo lists {', '.join(left)}: the last sync could not copy that"
        return Finding(False, detail, f"{_CLEAR}, then {_SYNC}")
    status = day.text("mirror", "status").strip()
    if not status:
        return Finding(False, "mirror/status is not there: no sync came to its end", _SYNC)
    return Finding(True, f"serial {status}, nothing left to do")


def _left(day: Day) -> list[str]:
    """Return the projects that the last sync could not copy, as mirror/todo spells them."""
    lines = day.text("mirror", "todo").splitlines()[1:]
    return [line.split()[0] for line in lines if line.strip()]


def _complete(day: Day) -> Finding:
    names = allowed(day)
    if not names:
        return Finding(False, "nothing is on the list", "write mirror.conf, as in step 4")
    pages = {name: copied(day, name) for name in names}
    missing = sorted(name for name, files in pages.items() if not files)
    if missing:
        left = {canonicalize_name(name) for name in _left(day)}
        then = "first, what mirror/todo lists" if left & set(missing) else f"{_SYNC} --force-check"
        return Finding(False, f"the mirror has no page of {', '.join(missing)}", then)
    files = [file for page in pages.values() for file in page or ()]
    bad = [file.path.name for file in files if not file.whole]
    if bad:
        return Finding(False, f"missing, or not as the page says: {', '.join(bad)}", _AGAIN)
    return Finding(True, f"{len(files)} files")


def _served(day: Day) -> Finding:
    answer = day.get(f"{URL}/simple/{WANTED}/")
    if answer is None:
        command = "python -m http.server 8003 --bind 127.0.0.1 --directory mirror/web"
        then = f"serve it in the background, as in step 5: {command}"
        return Finding(False, "nothing answers on port 8003", then)
    page = day.path("mirror", "web", "simple", WANTED, "index.html")
    if answer.status != 200 or not page.is_file():
        detail = f"port 8003 answers {answer.status} where {WANTED} should be"
        return Finding(False, detail, "serve the folder mirror/web, and sync first")
    if answer.body != page.read_bytes():
        detail = "port 8003 serves another folder than mirror/web"
        return Finding(False, detail, "stop what runs there, and begin step 5 again")
    return Finding(True, "as it lies in mirror/web")


def _installed(day: Day) -> Finding:
    installed = day.installed(APP)
    if installed is None:
        return Finding(
            False, f"there is no environment {APP}", f"python -m venv --without-pip {APP}"
        )
    if WANTED not in installed:
        return Finding(False, f"{APP} has no {WANTED}", _INSTALL)
    ours = {name: of for name, of in installed.items() if name not in ("pip", "setuptools")}
    missing = [name for name in allowed(day) or () if name in ours and not copied(day, name)]
    if missing:
        detail = f"the mirror has no {', '.join(missing)} to compare with"
        return Finding(None, detail, _SYNC)
    strange = [name for name, of in sorted(ours.items()) if not _is_copy(day, name, of)]
    if strange:
        detail = f"not from your mirror: {', '.join(strange)}"
        return Finding(False, detail, f"rm -r {APP}, and begin step 6 again")
    return Finding(True, f"{len(ours)} projects, byte for byte from your mirror")


def _is_copy(day: Day, name: str, version: str) -> bool:
    files = copied(day, name) or ()
    ours = [file.path for file in files if wheels.is_of(file.path.name, name, version)]
    there = [path for path in ours if path.is_file()]
    return any(not wheels.differing(path, day.path(APP)) for path in there)


CHAPTER = Chapter(
    number=3,
    title="Your first mirror",
    page="3-mirror",
    minutes=25,
    checks=(
        Check("bandersnatch", f"bandersnatch is installed in {TOOLS}", _bandersnatch),
        Check("allowlist", f"mirror.conf allows {WANTED} and all it needs", _allowlist),
        Check("synced", "the last sync left nothing to do", _synced),
        Check("complete", "the mirror has each project, and each file is whole", _complete),
        Check("served", "port 8003 serves your mirror", _served),
        Check("installed", f"{WANTED} in {APP} came from your mirror", _installed),
    ),
)
