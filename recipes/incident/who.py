"""Say who has downloaded a file of the release, from the logs of all that serve.

Usage: python3 who.py LIST TABLE LOG ...   (TABLE is a .csv that is written: a row for each request)
"""

from __future__ import annotations

import csv
import ipaddress
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from prove import AGENT
from read_logs import Line, Reading, requests
from release import BESIDE, Listed, Refused, bare, canonical, main, read, shown

HAS = ("whole", "had it", "in parts", "sent on", "asked")
"""What makes a machine one that has, or may have, the file. The rest does not."""
MEANS = {
    "whole": "downloaded it",
    "had it": "has it in its cache: it asked whether that is still good, and was told so",
    "in parts": "downloaded it in parts, which together are the whole",
    "sent on": "was sent to another address for it: look there",
    "asked": "asked for it; this log does not say what it got",
    "part": "got a part of it only",
    "looked": "asked whether it is there (HEAD)",
    "metadata": "read what lies beside it, such as its core metadata",
    "refused": "asked for it and was refused: something there still wants it",
}


def outcome(line: Line, name: str, sizes: dict[str, int]) -> str:
    """What a request came to, in one of the words of MEANS."""
    if line.status >= 400:
        return "refused"
    if name.lower().endswith(BESIDE):
        return "metadata"
    if line.method == "HEAD":
        return "looked"
    if line.status == 0:
        return "asked"
    if line.status == 304:
        return "had it"
    if 300 <= line.status < 400:
        return "sent on"
    if line.status == 206 and name not in sizes:
        return "asked"  # all of it or a part: who knows
    if line.status == 206 or line.size < sizes.get(name, 1):
        return "part"
    return "whole"


def client(line: Line, trusted: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> str:
    """Who asked: the peer; or, where the peer is a proxy you trust, whom it asked for."""

    def is_trusted(address: str) -> bool:
        return any(ipaddress.ip_address(address) in network for network in trusted)

    try:
        if not line.forwarded or not is_trusted(line.peer):
            return line.peer
        for address in reversed([part.strip() for part in line.forwarded.split(",")]):
            if not is_trusted(address):
                return address
    except ValueError:  # no address: anybody may write there what they like
        pass
    return line.peer


def table(listed: Listed, lines: Iterable[Line]) -> list[dict[str, str]]:
    """A row for each request for a file of the release."""
    words = os.environ.get("TRUSTED", "").split()
    try:
        trusted = [ipaddress.ip_network(word) for word in words]
    except ValueError as error:
        raise Refused(f"TRUSTED: {error}") from None
    known: dict[str, list[int]] = defaultdict(list)
    for file in listed.files:
        if file.size != "-":
            known[file.name].append(int(file.size))
    sizes = {name: min(each) for name, each in known.items()}
    rows = []
    got: Counter[tuple[str, str]] = Counter()
    for line in lines:
        name = unquote(line.path.partition("?")[0].partition("#")[0]).rpartition("/")[2]
        if line.method not in ("GET", "HEAD") or not listed.names_one(name):
            continue
        who, what = client(line, trusted), outcome(line, name, sizes)
        if what == "refused" and line.agent == AGENT:
            continue
        if what == "part":
            got[who, name] += line.size
            if got[who, name] >= sizes.get(bare(name), sys.maxsize):
                what = "in parts"
        rows.append(
            {
                "time": line.moment,
                "address": who,
                "outcome": what,
                "file": name,
                "status": str(line.status or "-"),
                "bytes": str(line.size) if line.size >= 0 else "-",
                "agent": line.agent,
                "log": line.where,
            }
        )
    return sorted(rows, key=lambda row: (row["time"], row["address"]))


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """Replace the table in one step."""
    aside = path.with_name(f".{path.name}.new")
    with aside.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        names = ["time", "address", "outcome", "file", "status", "bytes", "agent", "log"]
        rows_out = csv.DictWriter(file, names)
        rows_out.writeheader()
        rows_out.writerows(rows)
    aside.replace(path)


def tell(listed: Listed, rows: list[dict[str, str]], reading: Reading) -> int:
    """Print who has it and what could not be read; return the exit code."""
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        groups[row["outcome"]][f"{row['address']}  {row['file']}  {shown(row['agent'])[:60]}"] += 1
    for what in MEANS:
        for who, times in sorted(groups[what].items()):
            mark = "HAS IT" if what in HAS else "      "
            print(f"who: {mark} {what:9} {times:3} x  {who}")
    for what in MEANS:
        if groups[what]:
            print(f"who: {what}: {MEANS[what]}")
    has = {row["address"] for row in rows if row["outcome"] in HAS}
    print(f"who: {len(has)} addresses have or may have {listed.release}: {' '.join(sorted(has))}")
    print(f"who: {reading.lines} requests read, from {reading.first} to {reading.last}")
    for where in reading.cut:
        print(f"who: cut: {where} ends within a line")
    project = listed.release.project
    unsure = [
        (where, text) for where, text in reading.unread if project in canonical(unquote(text))
    ]
    if reading.unread:
        print(
            f"who: {len(reading.unread)} lines are not understood, the first {reading.unread[0][0]}"
        )
    for where, text in unsure:
        print(f"who: look yourself: {where}: {shown(text)[:200]}")
    for sentence in reading.broken:
        print(f"who: not read to its end: {sentence}")
    return 3 if reading.broken or unsure else 0


def work(argv: list[str]) -> int:
    """Read all logs, write the table, tell."""
    listed = read(Path(argv[0]))
    if len(argv) < 3:
        raise Refused("no log is given; set LOGS")
    reading = Reading()
    rows = table(listed, requests([Path(log) for log in argv[2:]], reading))
    if not reading.lines:
        told = "; ".join(reading.broken) or f"{len(reading.unread)} lines, none understood"
        raise Refused(f"the logs tell nothing: {told}", 3)
    write(Path(argv[1]), rows)
    return tell(listed, rows, reading)


if __name__ == "__main__":
    main("who", work)
