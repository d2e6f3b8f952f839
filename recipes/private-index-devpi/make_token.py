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


def main(url: str, secrets: Path, file: Path) -> None:
    """Ask for the token as root: with --restrict-modify, nobody else may make one."""
    user = os.environ["TOKEN_USER"]
    bounds: dict[str, object] = {
        word: os.environ[f"TOKEN_{word.upper()}"].split()
        for word in ("indexes", "projects", "allowed")
        if os.environ[f"TOKEN_{word.upper()}"]
    }
    bounds["expires"] = int(time.time() + float(os.environ["TOKEN_DAYS"]) * DAY)
    answer = Devpi(url, "root", secrets).ask("POST", f"{user}/+token-create", bounds)
    write_secret(file, answer["result"]["token"])
    print(f"token: wrote {file}, of the user {user}")


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    except Refused as reason:
        stop("token", reason)
