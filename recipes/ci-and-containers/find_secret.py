"""Look for a secret in image archives, folders and logs: ``python find_secret.py PLACE...``.

The secret comes from the environment (SECRET) or a file (SECRET_FILE), never from the command line.
"""

from __future__ import annotations

import netrc
import os
import re
import sys
from pathlib import Path

from looking import Looker
from spellings import Searcher

SHORTEST = 8
"""Characters. What is shorter stands everywhere by chance."""
_WITH_MORE = re.compile(r"""[{\["'<]|\w+[=:][^=]|.*(\s|://)""")
"""It begins as a name, a quotation or a structure does, or holds a blank or a URL."""


class WrongUse(ValueError):
    """A setting, or a file that a setting names, is not as it must be."""


def secrets_of(value: str | None, file: str | None) -> list[bytes]:
    """Give the secrets to look for: the variable's, or those of the file, a netrc file or one line.

    Raises WrongUse where there is none, or one that is too short to look for.
    """
    if bool(value) == bool(file):
        raise WrongUse("set either SECRET_FILE or SECRET")
    found = _in_file(Path(file)) if file else [_alone(value or "", "SECRET")]
    for secret in found:
        if len(secret) < SHORTEST:
            raise WrongUse(f"a secret of less than {SHORTEST} characters would be found anywhere")
    return found


def _in_file(file: Path) -> list[bytes]:
    try:
        content = file.read_bytes().removeprefix(b"\xef\xbb\xbf").decode()
    except OSError as error:
        raise WrongUse(f"SECRET_FILE cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUse("SECRET_FILE must hold one line of text, or be a netrc file") from None
    if content.split()[:1] in (["machine"], ["default"]):
        return _passwords(file, content)
    if len(content.strip().splitlines()) != 1 or "\0" in content:
        raise WrongUse("SECRET_FILE must hold one line of text, or be a netrc file")
    return [_alone(content, "SECRET_FILE")]


def _passwords(file: Path, content: str) -> list[bytes]:
    """Give those of a netrc file; Python keeps the last one of each machine, so count them."""
    try:
        entries = netrc.netrc(str(file)).hosts.values()
    except (netrc.NetrcParseError, UnicodeDecodeError):
        raise WrongUse("SECRET_FILE begins as a netrc file, and is none") from None
    passwords = [password.encode() for _, _, password in entries if password]
    if not passwords:
        raise WrongUse("SECRET_FILE is a netrc file without a password")
    if len(passwords) != content.split().count("password"):
        raise WrongUse("SECRET_FILE must name each machine once, with its password, and no comment")
    return passwords


def _alone(text: str, setting: str) -> bytes:
    """Give a secret that stands alone. What stands beside it would be looked for, too, in vain."""
    if _WITH_MORE.match(text.strip()):
        raise WrongUse(f"{setting} must be the secret alone: no name, blank, quotation mark or URL")
    return text.strip().encode(errors="surrogateescape")


def _places(words: list[str]) -> list[Path]:
    if not words:
        raise WrongUse("LOOK_IN names no place to look in")
    places = [Path(word) for word in words]
    for place in places:
        if not place.exists():
            raise WrongUse(f"{place} is not there")
    return places


def main() -> int:
    """Look, and say what was found: exit code 1 found, 0 not there, 2 wrong use, 3 not all read."""
    try:
        places = _places(sys.argv[1:])
        secrets = secrets_of(os.environ.get("SECRET"), os.environ.get("SECRET_FILE"))
    except WrongUse as problem:
        print(f"find-secret: {problem}", file=sys.stderr)
        return 2
    looker = Looker(Searcher(secrets))
    for place in places:
        looker.look_in(place)
    for where, how in looker.found:
        print(f"FOUND: {where} ({how})")
    for where, why in looker.unread:
        print(f"NOT READ: {where}: {why}")
    looked = f"{looker.files} files, {looker.size} bytes, in {len(places)} places"
    if looker.found:
        print(f"find-secret: the secret is there: make a new one, and revoke this one; {looked}")
        return 1
    if looker.unread:
        print(f"find-secret: could not tell, as not all was read; {looked}")
        return 3
    print(f"find-secret: not there: {looked}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
