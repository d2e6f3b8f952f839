"""Make a token with devpi-tokens and write it to a file, with the bounds it has.

Usage: python3 make_token.py URL SECRETS FILE, with the settings of token.sh in the environment.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from api import Devpi, Refused, stop, write_secret

DAY = 24 * 60 * 60


def days(word: str) -> float:
    """The number in TOKEN_DAYS. Raises Refused."""
    try:
        return float(word)
    except ValueError:
        raise Refused(f"TOKEN_DAYS: {word!r} is no number") from None


def main(url: str, secrets: Path, file: Path) -> None:
    """Ask for the token as root: with --restrict-modify, nobody else may make one."""
    user = os.environ["TOKEN_USER"]
    bounds: dict[str, object] = {
        word: os.environ[f"TOKEN_{word.upper()}"].split()
        for word in ("indexes", "projects", "allowed")
        if os.environ[f"TOKEN_{word.upper()}"]
    }
    bounds["expires"] = int(time.time() + days(os.environ["TOKEN_DAYS"]) * DAY)
    devpi = Devpi(url, "root", secrets)
    for index in os.environ["TOKEN_INDEXES"].split():
        devpi.ask("GET", f"{index}?no_projects=")
    answer = devpi.ask("POST", f"{user}/+token-create", bounds)
    write_secret(file, answer["result"]["token"])
    print(f"token: wrote {file}, of the user {user}")


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    except (Refused, OSError) as reason:
        stop("token", reason)
