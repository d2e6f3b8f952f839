"""Fetch what a ``pylock.toml`` names for a target: of each release the best wheel, else the sdist.

Usage: fetch.py PYLOCK FOLDER LOCK PYTHON PLATFORM FILES, FILES being ``any`` or ``wheels``. Writes
LOCK with the hash of the one file that was fetched. Runs and builds nothing.
"""

import base64
import hashlib
import netrc
import re
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms, sys_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename


def platforms(platform: str) -> Iterator[str]:
    """Give the platform tags that fit a platform as uv names it, best first."""
    machine = platform.partition("-")[0]
    if "manylinux_2_" in platform:
        old = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
        for glibc in range(int(platform.rpartition("_")[2]), 4, -1):
            yield f"manylinux_2_{glibc}_{machine}"
            if glibc in old:
                yield f"{old[glibc]}_{machine}"
        yield f"linux_{machine}"
    elif platform.endswith("-musl"):
        yield from (f"musllinux_1_2_{machine}", f"musllinux_1_1_{machine}")
    elif platform == "aarch64-apple-darwin":
        yield from mac_platforms((13, 0), "arm64")
    elif platform == "x86_64-pc-windows-msvc":
        yield "win_amd64"


def tags(python: str, platform: str) -> list[Tag]:
    """Return all tags of a target, best first; a hyphen is this machine."""
    if platform == "-":
        return list(sys_tags())
    version = tuple(map(int, python.split(".")))
    fits = list(platforms(platform)) or stop(f"there is no platform {platform}")
    same = f"cp{python.replace('.', '')}"
    return [*cpython_tags(version, platforms=fits), *compatible_tags(version, same, fits)]


def choose(package: dict[str, Any], order: list[Tag], *, wheels: bool) -> dict[str, Any]:
    """Return the file of a release to take."""
    rank = {tag: place for place, tag in enumerate(order)}
    found: list[tuple[Any, dict[str, Any]]] = []
    for file in package.get("wheels", []):
        try:
            _, _, build, fits = parse_wheel_filename(filename(file))
        except InvalidWheelFilename:
            continue
        if places := [rank[tag] for tag in fits if tag in rank]:
            found.append(((-min(places), build), file))
    if found:
        return max(found, key=lambda each: each[0])[1]
    release = f"{package['name']} {package.get('version')}"
    if wheels or "sdist" not in package:
        stop(f"{release} has no wheel that fits" + ("" if wheels else ", and no sdist"))
    sdist: dict[str, Any] = package["sdist"]
    if not filename(sdist).endswith(".tar.gz"):
        stop(f"{release} has no wheel that fits, and its sdist is no .tar.gz: {filename(sdist)}")
    return sdist


def filename(file: dict[str, Any]) -> str:
    """Return the name of a file, without any folder."""
    url = file.get("url") or stop(f"{file.get('path')} comes from a folder, not from an index")
    name = Path(unquote(urlsplit(url).path)).name
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._+!-]*", name):
        stop(f"{name!r} is no name of a distribution")  # and verify.sh would refuse it
    return name


def get(file: dict[str, Any], folder: Path) -> str:
    """Have a file in the folder; return its sha256, which is the one of the lock."""
    expected = file.get("hashes", {}).get("sha256") or stop(f"{filename(file)} has no sha256")
    place = folder / filename(file)
    if not place.exists():
        content = asked(file["url"])
        if hashlib.sha256(content).hexdigest() != expected:
            stop(f"{filename(file)} is not the file that the index states: its sha256 differs")
        place.write_bytes(content)
    if hashlib.sha256(place.read_bytes()).hexdigest() != expected:
        stop(f"two files are called {filename(file)}")
    return str(expected)


def asked(url: str) -> bytes:
    """Return what an address answers; a login for its host may stand in ``~/.netrc``."""
    if urlsplit(url).scheme not in ("http", "https"):
        stop(f"{url} is neither http nor https")
    request = urllib.request.Request(url)
    try:
        login = netrc.netrc().authenticators(urlsplit(url).hostname or "")
    except (OSError, netrc.NetrcParseError):
        login = None
    if login:
        both = base64.b64encode(f"{login[0]}:{login[2]}".encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {both}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
    except (OSError, HTTPException) as problem:
        stop(f"{url} cannot be fetched: {problem}")
    return content


def stop(problem: str) -> NoReturn:
    """End with one sentence."""
    sys.exit(f"pack: {problem}")


def main(pylock: str, folder: str, lock: str, python: str, platform: str, files: str) -> None:
    """Fetch all of a lock."""
    order = tags(python, platform)
    lines = []
    try:
        packages = tomllib.loads(Path(pylock).read_text(encoding="utf-8")).get("packages", [])
    except (OSError, ValueError) as problem:
        stop(f"{pylock} is no pylock.toml: {problem}")
    for package in packages:
        if strange := {"vcs", "directory", "archive"} & package.keys():
            stop(f"{package['name']} comes from a {min(strange)}, not from an index")
        digest = get(choose(package, order, wheels=files == "wheels"), Path(folder))
        lines.append(f"{package['name']}=={package['version']} --hash=sha256:{digest}\n")
    Path(lock).write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
