"""Who one is to an index: from its URL, netrc or keyring. A secret goes to its own host only."""

from __future__ import annotations

import base64
import json
import netrc
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from urllib.parse import unquote, urlsplit, urlunsplit

from mirrorlab.check.exchange import PORTS

_KEYRING_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Login:
    """A user and a password. Its repr shows neither."""

    user: str = field(repr=False)
    password: str | None = field(repr=False)
    """None where only the user is named."""

    @property
    def header(self) -> str:
        """The value of ``Authorization`` (RFC 7617)."""
        pair = f"{self.user}:{self.password or ''}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


def split(url: str) -> tuple[str, Login | None]:
    """Take the login out of a URL: the URL without it, and the login."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, colon, password = userinfo.partition(":")
    login = Login(unquote(user), unquote(password) if colon else None)
    return urlunsplit(parts._replace(netloc=host)), login


@dataclass(slots=True)
class Credentials:
    """Logins by origin, looked up where pip looks: the URL, netrc, then the command ``keyring``."""

    given: Mapping[str, Login] = field(default_factory=dict)
    """Origin (``https://host:port``) to the login that its URL had."""
    indexes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Origin to the URLs of the indexes there, without a login."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    problem: str = ""
    """A sentence: why netrc says nothing, where there is one."""
    _read: dict[str, Login | None] = field(default_factory=dict)
    _asked: dict[str, Login | None] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def at_once(self, origin: str) -> Login | None:
        """Return what to send unasked: from the URL, or a netrc."""
        known = self.given.get(origin)
        if known is not None and known.password is not None:
            return known
        if origin not in self._read:
            self._read[origin] = self._from_netrc(origin)
        return self._read[origin]

    def once_refused(self, origin: str) -> Login | None:
        """Return what keyring knows, after a 401; it is asked once for an origin."""
        with self._lock:
            if origin not in self._asked:
                self._asked[origin] = self._from_keyring(origin)
            return self._asked[origin]

    def _from_netrc(self, origin: str) -> Login | None:
        named = self.environ.get("NETRC")
        try:
            home = Path(self.environ.get("HOME", "~")).expanduser()
        except RuntimeError:  # a user that the system does not know
            home = Path(os.devnull).parent
        path = Path(named) if named else home / ".netrc"
        try:
            held = netrc.netrc(str(path)).authenticators(urlsplit(origin).hostname or "")
        except netrc.NetrcParseError as error:  # its words may be a password
            self.problem = f"{path} was not used: line {error.lineno} of it is not as netrc has it"
        except ValueError:
            self.problem = f"{path} was not used: it is no text"
        except OSError as error:
            if named or not isinstance(error, FileNotFoundError | NotADirectoryError):
                self.problem = f"{path} was not used: {error.strerror}"
        else:
            return Login(held[0], held[2] or "") if held else None
        return None

    def _from_keyring(self, origin: str) -> Login | None:
        """Ask the command, as ``pip --keyring-provider subprocess`` does."""
        program = shutil.which("keyring", path=self.environ.get("PATH"))
        if program is None:
            return None
        known = self.given.get(origin)
        if known is not None and known.password is not None:
            return None
        for service in self._services(origin):
            login = self._held(program, service, known.user if known is not None else None)
            if login is not None:
                return login
        return None

    def _services(self, origin: str) -> Iterator[str]:
        """Yield what a login may be stored for: pip asks for the index and for the host, uv too."""
        parts = urlsplit(origin)
        port = "" if parts.port == PORTS[parts.scheme] else f":{parts.port}"
        host = f"{parts.netloc.rpartition(':')[0]}{port}"
        yield from self.indexes.get(origin, ())
        yield f"{parts.scheme}://{host}"
        yield host

    def _held(self, program: str, service: str, user: str | None) -> Login | None:
        if user is not None:
            said = _run([program, "get", service, user], self.environ)
            return Login(user, said.rstrip("\r\n")) if said else None
        said = _run([program, "--mode", "creds", "--output", "json", "get", service], self.environ)
        try:
            held = json.loads(said or "")
            return Login(str(held["username"]), str(held["password"]))
        except (ValueError, KeyError, TypeError):
            return None


def _run(argv: list[str], environ: Mapping[str, str]) -> str | None:
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_KEYRING_WITHIN,
            check=False,
            env=dict(environ),
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    return done.stdout if done.returncode == 0 else None
