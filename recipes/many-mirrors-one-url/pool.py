"""The mirrors of the pool: read from the setting MIRRORS, and written as HAProxy wants them.

``python3 pool.py`` fills haproxy.cfg.in with the settings of balancer.sh, and writes haproxy.cfg
and state into STATE. What HAProxy would refuse it refuses in a sentence.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
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

    def addresses(self) -> list[str]:
        """Look its addresses up. Raises OSError where there is none."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        return sorted({str(each[4][0]) for each in found})

    def as_host(self) -> str:
        """A line of a hosts file for each of its addresses, for DNS."""
        return "".join(f"{address} {os.environ['NAME']}\n" for address in self.addresses())


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


def check_span(name: str) -> None:
    """Refuse a setting that is no time as HAProxy writes it. Raises :class:`WrongSetting`."""
    given = os.environ[name]
    if not re.fullmatch(r"[1-9][0-9]{0,5}(ms|s|m|h)", given):
        raise WrongSetting(f"{name}={given!r}: a number with its unit is needed, like 2s or 500ms")


def check_ca(path: str) -> None:
    """Refuse a file that holds no CA; empty stands for the machine's. Raises WrongSetting."""
    if not path:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError as error:
        bad = isinstance(error, ssl.SSLError)
        problem = "has no certificate" if bad else f"cannot be read: {error.strerror}"
        reason = f"{problem}; name the file with the CA, or leave CA empty"
        raise WrongSetting(f"CA={path} {reason}") from None


def nearest(path: str, pool: tuple[Mirror, ...]) -> Iterator[str]:
    """Tell of networks whose mirror is not in the pool. Raises :class:`WrongSetting`."""
    try:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not text"
        reason = f"{problem}; name a file of networks, which may be empty"
        raise WrongSetting(f"NEAREST={path} cannot be read: {reason}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        where = f"NEAREST={path} line {number}"
        found = re.fullmatch(r"\s*([0-9A-Fa-f.:]+(?:/[0-9]{1,3})?)\s+(\S+)\s*", line)
        if not found:
            raise WrongSetting(f"{where}: {line!r} is not NETWORK NAME, like 10.1.0.0/16 a")
        try:
            ipaddress.ip_network(found[1])
        except ValueError as error:
            raise WrongSetting(f"{where}: {error}") from None
        if found[2] not in {each.name for each in pool}:
            yield f"{where}: there is no mirror {found[2]}: its network gets another one"


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


def without_address(pool: tuple[Mirror, ...]) -> Iterator[Mirror]:
    """The mirrors that HAProxy cannot ask, as it looks names up when it starts and never again."""
    for each in pool:
        try:
            each.addresses()
        except OSError:
            yield each


def configuration(pool: tuple[Mirror, ...]) -> str:
    """Return haproxy.cfg.in, filled. Raises :class:`WrongSetting`."""
    for name in ("INTER", "ANSWER"):
        check_span(name)
    check_ca(os.environ["CA"])
    filled = {name: os.environ[name] for name in ("STATE", "LISTEN", "NEAREST", "INTER", "ANSWER")}
    filled["SERVERS"] = servers(pool, os.environ["CA"])
    filled["POOL"] = "".join(f"{each.name} %[srv_is_up(mirrors/{each.name})]\\n" for each in pool)
    text = Path("haproxy.cfg.in").read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: filled[found[1]], text)


def main() -> int:
    """Write what HAProxy reads. 2: a setting is wrong; 3: no name has an address yet."""
    try:
        pool = mirrors(os.environ["MIRRORS"])
        text = configuration(pool)
        told = list(nearest(os.environ["NEAREST"], pool))
    except WrongSetting as wrong:
        print(f"balancer: {wrong}", file=sys.stderr)
        return 2
    unknown = list(without_address(pool))
    if len(unknown) == len(pool):
        print("balancer: no host of MIRRORS has an address now: not begun", file=sys.stderr)
        return 3
    for each in unknown:
        told.append(f"{each.name}: {each.host} has no address: it stays out until a restart")
    for line in told:
        print(f"balancer: {line}", file=sys.stderr)
    folder = Path(os.environ["STATE"])
    (folder / "state").write_text(state(pool), encoding="utf-8")
    (folder / "haproxy.cfg").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
