"""Read access logs: nginx's in its usual formats and as JSON, Caddy's, devpi's; packed ones too."""

from __future__ import annotations

import bz2
import gzip
import ipaddress
import json
import lzma
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_COMBINED = re.compile(
    rf"(\S+) \S+ .*?\[([^\]]+)\] {_QUOTED} (\d{{3}}) (\d+|-) {_QUOTED} {_QUOTED}(?: {_QUOTED})?"
)
_DEVPI = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3} [A-Z]+ +\[req\d+\] ([A-Z]+) (/.*)")
_DEVPI_OTHER = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ ")
_MAGIC: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}


@dataclass(frozen=True)
class Line:
    """One request, as a log tells it."""

    moment: str
    """UTC, ISO 8601; devpi writes the machine's own time, without a zone: then no Z at its end."""
    peer: str
    """The address that asked, `-` where the log has none."""
    forwarded: str
    """X-Forwarded-For, as the peer sent it."""
    method: str
    path: str
    status: int
    """0 where the log has none."""
    size: int
    """Bytes of the body that were sent, -1 where the log does not say."""
    agent: str
    where: str
    """The file and the number of the line."""


@dataclass
class Reading:
    """What became of the logs as such."""

    lines: int = 0
    """Requests that were understood."""
    cut: list[str] = field(default_factory=list)
    """Where a log ends within a line."""
    unread: list[tuple[str, str]] = field(default_factory=list)
    """Lines that are not understood: where, and what they say."""
    broken: list[str] = field(default_factory=list)
    """Logs that could not be read to their end, as sentences."""
    first: str = ""
    last: str = ""


def requests(logs: list[Path], reading: Reading) -> Iterator[Line]:
    """Give each request of all logs, and note in ``reading`` what could not be read."""
    for log in dict.fromkeys(log.resolve() for log in logs):
        number = 0
        try:
            with _open(log) as file:
                for number, raw in enumerate(file, 1):
                    yield from _one(raw, f"{log}:{number}", reading)
        except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
            reading.broken.append(f"{log}: after line {number}: {error}")


def _open(log: Path) -> IO[bytes]:
    with log.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        raise OSError("packed with zstd: unpack it first")
    for magic, opener in _MAGIC.items():
        if head.startswith(magic):
            packed: IO[bytes] = opener(log, "rb")
            return packed
    return log.open("rb")


def _one(raw: bytes, where: str, reading: Reading) -> Iterator[Line]:
    text = raw.decode("utf-8", "backslashreplace")
    if not text.endswith("\n"):
        reading.cut.append(where)
    text = text.strip("\0\r\n")  # a log that was cut while it was written begins with zeros
    if not text or (_DEVPI_OTHER.match(text) and not _DEVPI.fullmatch(text)):
        return
    try:
        line = _parse(text, where)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        line = None
    if line is None:
        reading.unread.append((where, text))
        return
    reading.lines += 1
    reading.first = min(reading.first or line.moment, line.moment)
    reading.last = max(reading.last, line.moment)
    yield line


def _parse(text: str, where: str) -> Line | None:
    if text.startswith("{"):
        return _json(json.loads(text), where)
    devpi = _DEVPI.fullmatch(text)
    if devpi:
        moment, method, path = devpi.groups()
        return Line(moment.replace(" ", "T"), "-", "", method, path, 0, -1, "-", where)
    found = _COMBINED.fullmatch(text)
    if not found:
        return None
    peer, moment, asked, status, size, _, agent, forwarded = found.groups()
    if peer not in ("-", "unix:"):
        ipaddress.ip_address(peer)  # else another format, with something else in front
    method, _, path = asked.partition(" ")
    path = re.sub(r" HTTP/[\d.]+$", "", path)  # HTTP/0.9 has none
    sent = int(size) if size != "-" else 0
    forwarded = "" if forwarded in (None, "-") else forwarded
    when = _utc(datetime.strptime(moment, "%d/%b/%Y:%H:%M:%S %z"))
    return Line(when, peer, forwarded, method, path, int(status), sent, _plain(agent), where)


def _json(data: dict[str, Any], where: str) -> Line:
    line = _of_json(data, where)
    if not all(isinstance(x, str) for x in (line.peer, line.forwarded, line.path, line.agent)):
        raise TypeError("a field that is no text")
    return line


def _of_json(data: dict[str, Any], where: str) -> Line:
    if "request" in data:  # Caddy
        asked = data["request"]
        headers = {name.lower(): values for name, values in asked.get("headers", {}).items()}
        return Line(
            _utc(datetime.fromtimestamp(float(data["ts"]), UTC)),
            asked["remote_ip"],
            ", ".join(headers.get("x-forwarded-for", [])),
            asked["method"],
            asked["uri"],
            int(data["status"]),
            int(data["size"]),
            " ".join(headers.get("user-agent", ["-"])),
            where,
        )
    return Line(
        _utc(datetime.fromisoformat(data["time"])),
        data["client"],
        data.get("forwarded") or "",
        data["method"],
        data["path"],
        int(data["status"]),
        int(data["bytes"]),
        data["agent"] or "-",
        where,
    )


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _plain(quoted: str) -> str:
    """What nginx has written as ``\\x22``."""
    return re.sub(r"\\x([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), quoted)
