"""devpi's REST interface, as much of it as this recipe needs."""

from __future__ import annotations

import json
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any


class Refused(Exception):
    """It cannot be done; the sentence says what, why and, where that is known, what to do."""


class Unreachable(Refused):
    """Nobody answers."""


class Devpi:
    """A devpi-server at `url`, asked as `user`, whose password lies in the folder `passwords`."""

    def __init__(self, url: str, user: str, passwords: Path) -> None:
        """Log in; what is sent afterwards is not the password. Raises Refused, OSError."""
        self._url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        file = passwords / f"{user}.password"
        login = {"user": user, "password": file.read_text().strip()}
        try:
            given = self.ask("POST", "+login", login)["result"]["password"]
        except Unreachable:
            raise
        except Refused as reason:
            raise Refused(f"{reason} (the password of {user} is read from {file})") from None
        passwords_manager = urllib.request.HTTPPasswordMgrWithPriorAuth()
        passwords_manager.add_password(None, self._url, user, given, is_authenticated=True)
        self._opener.add_handler(urllib.request.HTTPBasicAuthHandler(passwords_manager))

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send one request and return the JSON of its answer. Raises Refused."""
        data = None if body is None else json.dumps(body).encode()
        answer = self._send(method, path, data, "application/json")
        try:
            return json.loads(answer)
        except ValueError:
            raise Refused(f"{method} /{path}: no JSON: {answer[:300]!r}") from None

    def register(self, index: str, project: str) -> None:
        """Make a project known in an index, without a file. Raises Refused."""
        form = {":action": "submit", "name": project, "version": "0"}
        data = urllib.parse.urlencode(form).encode()
        self._send("POST", f"{index}/", data, "application/x-www-form-urlencoded")

    def _send(self, method: str, path: str, data: bytes | None, kind: str) -> bytes:
        headers = {"Accept": "application/json", "Content-Type": kind}
        request = urllib.request.Request(
            f"{self._url}/{path}", data, headers=headers, method=method
        )
        try:
            with self._opener.open(request, timeout=60) as answer:
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")
            raise Refused(f"{method} /{path}: {error.code}: {sentence(said)}") from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            there = f"no devpi answers at {self._url}: {reason}"
            raise Unreachable(f"{there}; start devpi.sh, or set DEVPI_LISTEN") from None


def password(folder: Path, user: str) -> str:
    """The password of a user, from its file; made up where there is no file yet."""
    file = folder / f"{user}.password"
    if not file.exists():
        write_secret(file, secrets.token_urlsafe(24))
    return file.read_text().strip()


def sentence(said: str) -> str:
    """What devpi gives as the reason, on one line."""
    try:
        answer = json.loads(said)
        words = [str(answer.get(key, "")).split() for key in ("message", "title")]
    except (ValueError, AttributeError):
        words = [said[:300].split()]
    return " ".join(next(filter(None, words), ["it gives no reason"]))


def write_secret(file: Path, secret: str) -> None:
    """Write a secret that only its owner can read, whole or not at all."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.new")
    aside.touch(mode=0o600)
    aside.write_text(f"{secret}\n")
    aside.replace(file)


def stop(program: str, reason: object) -> None:
    """End with exit code 1 and one sentence."""
    sys.exit(f"{program}: {reason}")
