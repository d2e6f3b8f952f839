"""Chapter 2: a folder instead of an index."""

from __future__ import annotations

from packaging.utils import canonicalize_name

from mirrorlab.tutorial.check import Chapter, Check, Finding
from mirrorlab.tutorial.day import Day

FOLDER, ENVIRONMENT, LOCK = "wheels", "venv2", "one.txt"
_SERVED = "packages"
_FLASK = ("blinker", "click", "flask", "itsdangerous", "jinja2", "markupsafe", "werkzeug")
_LOCKED = "itsdangerous"
_INSTALL = f"pip --python {ENVIRONMENT} install --no-index --find-links {FOLDER}"
_DOWNLOAD = f"pip download --dest {FOLDER} --no-index --find-links {_SERVED}"


def _collected(day: Day) -> Finding:
    missing = [name for name in _FLASK if not _wheels(day, FOLDER, name)]
    if missing:
        detail = f"{FOLDER} has no wheel of {', '.join(missing)}"
        return Finding(False, detail, f"{_DOWNLOAD} flask")
    return Finding(True, f"{len(_FLASK)} projects")


def _unaltered(day: Day) -> Finding:
    names = day.wheels(FOLDER)
    if not names:
        return Finding(False, f"no wheel is in {FOLDER}", f"{_DOWNLOAD} flask")
    unknown = [name for name in names if not day.path(_SERVED, name).is_file()]
    known = [name for name in names if name not in unknown]
    altered = [name for name in known if day.sha256(FOLDER, name) != day.sha256(_SERVED, name)]
    if altered:
        detail = f"not as in {_SERVED}: {', '.join(altered)}"
        return Finding(False, detail, f"copy it again from {_SERVED} into {FOLDER}")
    if unknown:
        detail = f"{_SERVED} has nothing to compare with for {', '.join(unknown)}"
        return Finding(None, detail, f"take them out of {FOLDER}")
    return Finding(True, f"{len(known)} files")


def _installed(day: Day) -> Finding:
    return _lacking(day, "flask") or Finding(True, "flask is there")


def _locked(day: Day) -> Finding:
    (served,) = _wheels(day, _SERVED, _LOCKED) or ("",)
    if not served:
        return Finding(None, f"{_SERVED} has no {_LOCKED}", "mirrorlab tutorial prepare")
    if not day.path(LOCK).is_file():
        return Finding(False, f"there is no {LOCK}", f"pip hash {FOLDER}/{served}")
    said = day.text(LOCK) if b"\0" not in day.path(LOCK).read_bytes() else _utf16(day)
    if f"--hash=sha256:{day.sha256(_SERVED, served)}" not in said or f"{_LOCKED}==" not in said:
        return Finding(False, f"{LOCK} does not have its hash", f"pip hash {_SERVED}/{served}")
    return Finding(True, "the hash is right")


def _exercise(day: Day) -> Finding:
    if not _wheels(day, FOLDER, "requests"):
        return Finding(False, f"{FOLDER} has no wheel of requests", "see the exercise")
    return _lacking(day, "requests") or Finding(True, "it is in both")


def _lacking(day: Day, project: str) -> Finding | None:
    """Say that a project is not in the chapter's environment; None where it is."""
    installed = day.installed(ENVIRONMENT)
    if installed is None:
        return Finding(
            False, f"there is no {ENVIRONMENT}", f"python -m venv --without-pip {ENVIRONMENT}"
        )
    if project in installed:
        return None
    return Finding(False, f"{project} is not in {ENVIRONMENT}", f"{_INSTALL} {project}")


def _wheels(day: Day, folder: str, project: str) -> tuple[str, ...]:
    """Return the names of the wheels of a project in a folder."""
    names = day.wheels(folder)
    return tuple(name for name in names if canonicalize_name(name.partition("-")[0]) == project)


def _utf16(day: Day) -> str:
    """Read the lock as Windows PowerShell 5 writes it."""
    return day.path(LOCK).read_text(encoding="utf-16")


CHAPTER = Chapter(
    number=2,
    title="A folder instead of an index",
    page="2-folder",
    minutes=15,
    checks=(
        Check("collected", "wheels has flask and all that it needs", _collected),
        Check("unaltered", "each file in wheels is as it was collected", _unaltered),
        Check("installed", "flask is in venv2", _installed),
        Check("locked", "one.txt locks itsdangerous with its hash", _locked),
        Check("exercise", "exercise: requests is in wheels and in venv2", _exercise),
    ),
)
