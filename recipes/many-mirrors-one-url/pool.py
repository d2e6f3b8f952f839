"""The mirrors of the pool: read from the setting MIRRORS, and written as HAProxy wants them.

``python3 pool.py`` prints the lines of haproxy.cfg that differ from pool to pool.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit


class WrongSetting(Exception):
    """A setting that means nothing; says what, and what to do."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """One mirror: a short name, and its URL, which ends with ``/simple/``."""

    name: str
    url: str

    @property
    def host(self) -> str:
        """Its host: a name or an address."""
        return urlsplit(self.url).hostname or ""

    @property
    def tls(self) -> bool:
        """Whether it is asked by https."""
        return self.url.startswith("https:")

    @property
    def port(self) -> int:
        """Its port."""
        return urlsplit(self.url).port or (443 if self.tls else 80)

    def as_host(self) -> str:
        """A line of a hosts file for each of its addresses, for DNS."""
        name = os.environ["NAME"]
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return "".join(f"{address} {name}\n" for address in sorted({str(f[4][0]) for f in found}))


def mirrors(words: str) -> tuple[Mirror, ...]:
    """Read ``NAME=URL NAME=URL``. Raises :class:`WrongSetting`."""
    found = tuple(_mirror(word) for word in words.split())
    if not found:
        raise WrongSetting("MIRRORS is empty: name each mirror as NAME=URL")
    for what in ("name", "url"):
        values = [getattr(each, what) for each in found]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice:
            raise WrongSetting(f"MIRRORS: two mirrors have the {what} {twice}")
    return found


def _mirror(word: str) -> Mirror:
    name, _, url = word.partition("=")
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise WrongSetting(f"MIRRORS: {word!r} is not NAME=URL, the name in a-z, 0-9, -")
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
        parts = urlsplit("")
    if not sound or not re.fullmatch(r"[!-~]+", url):
        raise WrongSetting(f"MIRRORS: {name}: not an http or https URL")
    if parts.username is not None:
        raise WrongSetting(f"MIRRORS: {name}: a login in the URL would be read by everybody")
    if (parts.path, parts.query, parts.fragment) != ("/simple/", "", ""):
        reason = "the balancer changes no path, so each URL ends with /simple/ and nothing after it"
        raise WrongSetting(f"MIRRORS: {name}: {reason}")
    return Mirror(name, url)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def seconds(name: str) -> int:
    """Read a setting in whole seconds. Raises :class:`WrongSetting`."""
    given = os.environ[name]
    if not re.fullmatch(r"[0-9]{1,8}", given):
        raise WrongSetting(f"{name}={given!r}: whole seconds are needed, like 60")
    return int(given)


def servers(pool: tuple[Mirror, ...], ca: str) -> str:
    """Return the ``server`` lines. Raises :class:`WrongSetting`."""
    lines = []
    for each in pool:
        if each.tls and _is_address(each.host):
            reason = "HAProxy verifies names only; give https a host name"
            raise WrongSetting(f"MIRRORS: {each.name}: {reason}")
        host = f"[{each.host}]" if ":" in each.host else each.host
        line = f"    server {each.name} {host}:{each.port} check"
        if each.tls:
            line += f" ssl verify required ca-file {ca or '@system-ca'} sni str({each.host})"
        lines.append(line)
    return "\n".join(lines)


def state(pool: tuple[Mirror, ...]) -> str:
    """Return a state file in which every server is down: HAProxy would let all in at its start."""
    lines = (
        f"0 mirrors {number} {each.name} {each.host} 0 0 1 1 0 1 0 0 6 0 0 0"
        f" - {each.port} - {int(each.tls)} 0 - - 0"
        for number, each in enumerate(pool, 1)
    )
    return "1\n" + "\n".join(lines) + "\n"


def main() -> int:
    """Print what is asked for: ``servers`` or ``state`` or ``pool``."""
    try:
        pool = mirrors(os.environ["MIRRORS"])
        lines = servers(pool, os.environ["CA"])
    except WrongSetting as wrong:
        print(f"balancer: {wrong}", file=sys.stderr)
        return 2
    up = "".join(f"{each.name} %[srv_is_up(mirrors/{each.name})]\\n" for each in pool)
    asked = {"servers": lines, "state": state(pool), "pool": up}
    print(asked[sys.argv[1]].rstrip("\n"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
