"""Run a command where it can reach the mirror and nothing else, and say what else it asked for.

Usage: python3 closed.py COMMAND [ARGUMENT...], with the settings of check-build.sh.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from door import PORTS, Address, Book, Door, Knock

HERE = Path(__file__).resolve().parent
NO_COMMAND = 127
BAD = "an address in MIRROR or ALLOW is not http(s), or has no good host or port"
FRESH = ("XDG_CACHE_HOME", "POETRY_CACHE_DIR", "PDM_CACHE_DIR", "HATCH_CACHE_DIR", "HATCH_DATA_DIR")
ONCE = {
    "PIP_NO_CACHE_DIR": "1",
    "UV_NO_CACHE": "1",
    "PIP_RETRIES": "0",
    "UV_HTTP_RETRIES": "0",
    "POETRY_REQUESTS_MAX_RETRIES": "0",
    "PIP_ROOT_USER_ACTION": "ignore",
}


class WrongUse(Exception):
    """A setting that means nothing."""


def address(text: str) -> Address:
    """Return host and port of a URL, of ``host:port`` or of ``host``, which is https."""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host, port = parts.hostname, parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise WrongUse(BAD) from None
    if (
        len(text.split()) != 1
        or not host
        or set(host) - set("abcdefghijklmnopqrstuvwxyz0123456789._-:")
    ):
        raise WrongUse(BAD)
    return host, port


def ways() -> list[list[str]]:
    """Return the commands that close a network here, of those that are known."""
    known = [["unshare", "--net", "--mount"]] if os.geteuid() == 0 else []
    known.append(["unshare", "--user", "--map-root-user", "--net", "--mount"])
    return [way for way in known if _works([*way, "true"])]


def _works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def surroundings(folder: Path, port: int) -> dict[str, str]:
    """Return the environment of the command: the proxy, no cache, and else what it was."""
    proxy = f"http://127.0.0.1:{port}"
    names = ("http_proxy", "https_proxy", "all_proxy")
    proxies = {each: proxy for name in names for each in (name, name.upper())}
    fresh = {name: str(folder / name.lower()) for name in FRESH}
    proxies |= {"PIP_PROXY": proxy, "no_proxy": "", "NO_PROXY": ""}
    return {**os.environ, **fresh, **ONCE, **proxies}


@dataclass(frozen=True)
class Seen:
    """What the command did, as far as the door does not know it."""

    code: int
    """Its exit code; 127: there is no such command."""
    names: tuple[str, ...] = ()
    """Every name that it wanted an address of, which the proxy would have found for it."""
    lost: int = 0
    """How often it wanted to reach an address to which no way leads."""
    refused: int = 0
    """How often it wanted a port of this machine, which the closed network does not have."""


def run(command: Sequence[str], book: Book, way: Sequence[str]) -> Seen | None:
    """Run the command by a way, empty for a proxy alone; None: nothing is known of it."""
    with tempfile.TemporaryDirectory(prefix="check-build-") as name:
        folder = Path(name)
        door = Door(book, folder / "door" if way else None)
        door.start()
        if not way:
            seen = Seen(call(command, surroundings(folder, door.port)))
            return seen if door.settle() else None
        inside = [sys.executable, str(HERE / "inside.py"), name, *command]
        subprocess.run([*way, *inside], check=False)
        try:
            seen = json.loads((folder / "seen").read_text())
        except (OSError, ValueError):
            return None
        return Seen(seen["code"], tuple(seen["names"]), seen["lost"], seen["refused"])


def call(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command and return its exit code, 127 where there is none."""
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except OSError:
        return NO_COMMAND


def verdict(book: Book, seen: Seen | None, way: Sequence[str], quiet: bool) -> int:
    """Print what is to be said, and return the exit code."""
    hosts = {host for host, _ in book.allowed}
    wanted = [_place(knock) for knock in book.knocks]
    wanted += (
        [f"{name}, past the proxy" for name in seen.names if name not in hosts] if seen else []
    )
    if seen and seen.lost:
        wanted.append("an address, by its number, past the proxy")
    for each in dict.fromkeys(wanted):
        print(f"check-build: WANTED {each}", file=sys.stderr)
    if wanted:
        return 1
    if seen is None:
        return _unsure("the closed network could not be made, or what it started does not end")
    if seen.code == NO_COMMAND:
        print("check-build: there is no such command", file=sys.stderr)
        return 2
    if book.silent:
        return _unsure(f"the mirror does not answer: {book.silent}")
    if seen.names:
        return _unsure(f"it asked for {seen.names[0]} past the proxy, which is closed to it")
    if seen.refused:
        return _unsure("it wanted a port of this machine itself, which is closed to it")
    if seen.code:
        print("check-build: it failed, and asked for nobody but the mirror", file=sys.stderr)
        return 1
    if not way:
        return _unsure("nobody asked the proxy for more, but what ignores a proxy is not seen")
    if not book.asked and not quiet:
        return _unsure("it asked no index at all, so there is nothing to judge")
    print("check-build: good: it asked for nobody but the mirror")
    return 0


def _place(knock: Knock) -> str:
    port = f":{knock.port}" if knock.port else ""
    return f"{knock.host}{port}, for `{knock.who}`" if knock.who else f"{knock.host}{port}"


def _unsure(why: str) -> int:
    print(f"check-build: could not tell: {why}", file=sys.stderr)
    return 3


def main(command: Sequence[str]) -> int:
    """Do it; return the exit code."""
    told = os.environ
    try:
        wanted = [told.get("MIRROR", ""), *told.get("ALLOW", "").split()]
        book = Book(frozenset(address(each) for each in wanted))
    except WrongUse as error:
        print(f"check-build: {error}", file=sys.stderr)
        return 2
    found = ways() if told.get("WAY", "auto") != "proxy" else [[]]
    if not found and told.get("WAY") == "namespace":
        return _unsure("this machine makes no closed network: see unshare(1)")
    way = found[0] if found else []
    return verdict(book, run(command, book, way), way, told.get("MAY_ASK_NOBODY") == "yes")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
