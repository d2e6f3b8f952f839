"""Publish pages that name files of a mirror by the hashes of an index you trust. See pages.sh."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from trusted import NAME, File, Gone, Page, Refused, normalised, page

HOLDS, DOES_NOT, WRONG_USE = range(3)
AT_ONCE = 5
LONGEST = 200
"""Characters of a project's name: a folder has it."""
_URL = re.compile(
    r"https://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::[0-9]+)?/(?:[A-Za-z0-9._~-]+/)*"
)
FORMS = ("index.html", "index.json")


def main(settings: dict[str, str]) -> int:
    """Refresh the site, say what was not taken over, and return the exit code."""
    site = Path(settings["SITE"])
    try:
        names = wanted(Path(settings["PROJECTS"]))
        index, files = settings["UPSTREAM"], settings["FILES"]
        check_settings(index, files, settings["UNREAD"])
    except ValueError as error:
        print(f"pages: {error}", file=sys.stderr)
        return WRONG_USE
    try:
        site.mkdir(parents=True, exist_ok=True)
        with (site / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return refresh(site, index, files, names, unread=settings["UNREAD"] == "publish")
    except BlockingIOError:
        print("pages: another refresh is at work: nothing done", file=sys.stderr)
    except OSError as error:
        print(f"pages: SITE cannot be written: {error}; what is shown stays", file=sys.stderr)
    return DOES_NOT


def wanted(file: Path) -> list[str]:
    """The projects of the list, normalised. Raises ValueError where it is not just names."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"PROJECTS cannot be read: {error}") from None
    names = []
    for number, line in enumerate(lines, 1):
        name = line.partition("#")[0].strip()
        if name and not (NAME.fullmatch(name) and len(name) <= LONGEST):
            raise ValueError(f"{file}, line {number}: {name!r} is no name of a project")
        names += [normalised(name)] if name else []
    if not names:
        raise ValueError(f"{file} names no project")
    return sorted(set(names))


def check_settings(index: str, files: str, unread: str) -> None:
    """Refuse an index that anybody on the way could alter. Raises ValueError."""
    if not _plain(index.rstrip("/") + "/"):
        raise ValueError("UPSTREAM must be https://HOST/PATH/, without a login, ? or #")
    if files != "/packages/" and not (_plain(files) and files.endswith("/packages/")):
        raise ValueError("FILES: it is /packages/ or https://HOST/packages/, without a login")
    if unread not in {"leave-out", "publish"}:
        raise ValueError(f"UNREAD is {unread!r}: it is leave-out or publish")


def _plain(url: str) -> bool:
    """Whether it is https, a host and a folder. What it is not, is not said: it may be a secret."""
    try:
        return _URL.fullmatch(url) is not None and urlsplit(url).port != 0
    except ValueError:  # a port above 65535
        return False


def refresh(site: Path, index: str, files: str, names: list[str], *, unread: bool) -> int:
    """Write all pages aside, then show them in one step. Raises OSError where nothing is shown."""
    new = Path(tempfile.mkdtemp(prefix="pages-", dir=site))
    new.chmod(0o755)
    try:
        return _refresh(site, new, index, files, names, unread=unread)
    except OSError:
        if site.joinpath("current").resolve() != new.resolve():
            shutil.rmtree(new, ignore_errors=True)
        raise


def _refresh(
    site: Path, new: Path, index: str, files: str, names: list[str], *, unread: bool
) -> int:
    """Fill ``new`` and show it. What is refused keeps its old page."""
    shown = site / "current"
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(partial(_try, index), names))
    problems = 0
    for name, answer in zip(names, answers, strict=True):
        old = shown / "simple" / name
        if isinstance(answer, Page):
            taken = answer if unread else without_unread(answer)
            write(new / "simple" / name, as_json(taken, files), as_html(taken, files))
            problems += tell(taken)
            continue
        problems += 1
        if isinstance(answer, Gone):
            print(f"pages: {name}: gone upstream ({answer})")
        elif old.is_dir():
            shutil.copytree(old, new / "simple" / name)
            print(f"pages: {name}: refused: {answer}; the page that was there stays")
        else:
            print(f"pages: {name}: refused: {answer}; there is no page of it")
    if not (new / "simple").is_dir():
        shutil.rmtree(new)
        print("pages: not one page is good: nothing is changed", file=sys.stderr)
        return DOES_NOT
    served = sorted(each.name for each in (new / "simple").iterdir())
    write(new / "simple", list_as_json(served), list_as_html(served))
    if not problems:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ\n")
        (new / "last-modified").write_text(now)
    elif (shown / "last-modified").is_file():
        shutil.copy(shown / "last-modified", new / "last-modified")
    switch(site, new)
    print(f"pages: {len(served)} projects served, {problems} with a problem")
    return DOES_NOT if problems else HOLDS


def _try(index: str, name: str) -> Page | Refused:
    try:
        return page(index, name)
    except Refused as reason:
        return reason


def without_unread(found: Page) -> Page:
    """The page without the wheels that a client would have to read before it knows their hash."""
    kept = tuple(each for each in found.files if each.metadata or not is_wheel(each))
    if len(kept) < len(found.files):
        left = len(found.files) - len(kept)
        print(f"pages: {found.name}: {left} wheels left out: no hash of their core metadata")
    return replace(found, files=kept)


def is_wheel(file: File) -> bool:
    """Whether it is a wheel, by its name."""
    return file.filename.endswith(".whl")


def tell(found: Page) -> int:
    """Say so where nothing can be had of a project; 1 where somebody must look at it."""
    if not found.files:
        status = found.status.get("status", "active")
        print(f"pages: {found.name}: there is no file of it (status {status})")
    return int(not found.files)


def switch(site: Path, new: Path) -> None:
    """Show the new pages to whoever asks from now on; keep those before for who reads them now."""
    shown = site / "current"
    before = shown.readlink().name if shown.is_symlink() else ""
    aside = site / "current.new"
    aside.unlink(missing_ok=True)
    aside.symlink_to(new.name)
    aside.replace(shown)
    for folder in site.glob("pages-*"):
        if folder.name not in {new.name, before}:
            shutil.rmtree(folder)


def write(folder: Path, document: Any, html: list[str]) -> None:
    """Write both forms of a page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FORMS[0]).write_text("\n".join([*html, ""]), encoding="utf-8")
    (folder / FORMS[1]).write_text(json.dumps(document), encoding="utf-8")


def list_as_json(names: list[str]) -> dict[str, Any]:
    """The list of projects (PEP 691)."""
    return {"meta": {"api-version": "1.4"}, "projects": [{"name": each} for each in names]}


def list_as_html(names: list[str]) -> list[str]:
    """The list of projects (PEP 503)."""
    return [*_head("Simple index", {}), *(f'<a href="{each}/">{each}</a><br>' for each in names)]


def as_json(found: Page, files: str) -> dict[str, Any]:
    """The page of a project (PEP 691, 700, 714, 740, 792): sha256 is the only hash in it."""
    serial = {} if found.serial is None else {"_last-serial": found.serial}
    return {
        "meta": {"api-version": "1.4", **serial},
        "name": found.name,
        **({"project-status": found.status} if found.status else {}),
        "versions": list(found.versions),
        "files": [
            {
                "filename": each.filename,
                "url": url_of(each, files),
                "hashes": {"sha256": each.sha256},
                **dict.fromkeys(("core-metadata", "data-dist-info-metadata"), hashed(each)),
                **each.more,
            }
            for each in found.files
        ],
    }


def hashed(file: File) -> dict[str, str] | bool:
    """What the page says of the core metadata; without a hash it is as if there were none."""
    return {"sha256": file.metadata} if file.metadata else False


def as_html(found: Page, files: str) -> list[str]:
    """The page of a project for clients that know no JSON (PEP 503, 592, 714, 740)."""
    lines = _head(f"Links for {found.name}", found.status)
    for each in found.files:
        attributes = {"href": f"{url_of(each, files)}#sha256={each.sha256}"}
        if "requires-python" in each.more:
            attributes["data-requires-python"] = each.more["requires-python"]
        if each.more.get("yanked", False) is not False:
            attributes["data-yanked"] = "" if each.more["yanked"] is True else each.more["yanked"]
        if each.metadata:
            for key in ("data-core-metadata", "data-dist-info-metadata"):
                attributes[key] = f"sha256={each.metadata}"
        if "provenance" in each.more:
            attributes["data-provenance"] = each.more["provenance"]
        words = " ".join(f'{key}="{escape(value)}"' for key, value in attributes.items())
        lines.append(f"<a {words}>{escape(each.filename)}</a><br>")
    return lines if found.serial is None else [*lines, f"<!--SERIAL {found.serial}-->"]


def url_of(file: File, files: str) -> str:
    """Where clients get a file: of your own host, which knows the mirrors, or of one mirror."""
    return files + quote(file.path.removeprefix("/packages/"))


def _head(title: str, status: dict[str, str]) -> list[str]:
    lines = ["<!DOCTYPE html>", '<meta name="pypi:repository-version" content="1.4">']
    if "status" in status:
        lines.append(f'<meta name="pypi:project-status" content="{escape(status["status"])}">')
    if "reason" in status:
        reason = escape(status["reason"])
        lines.append(f'<meta name="pypi:project-status-reason" content="{reason}">')
    return [*lines, f"<title>{title}</title>", f"<h1>{title}</h1>"]


if __name__ == "__main__":
    sys.exit(main(dict(os.environ)))
