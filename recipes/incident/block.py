"""What block.sh needs of the list: a name, a map for nginx, addresses, and their state.

Usage: python3 block.py LIST name|map|wheels|wait
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

from prove import REFUSED, ask
from release import BESIDE, Listed, Refused, main, read

PATIENCE = 15
"""Seconds in which nginx must have taken up its new configuration."""


def lines(listed: Listed) -> list[str]:
    """A line of the map for each file: its last part of the path, with what may lie beside it."""
    beside = "|".join(re.escape(end) for end in BESIDE)
    return [f'"~*/{re.escape(name)}({beside})?$" 1;' for name in sorted(listed.names)]


def still_served(urls: list[str]) -> list[str]:
    """The addresses that are not refused."""
    return [url for url in urls if ask(url, "HEAD").status not in REFUSED]


def ours(listed: Listed) -> list[str]:
    """The addresses of the list that are on the hosts of SERVED."""
    hosts = {urlsplit(index).netloc for index in os.environ.get("SERVED", "").split()}
    return sorted(url for url in listed.urls if urlsplit(url).netloc in hosts)


def wait(listed: Listed) -> int:
    """Wait until all addresses on the hosts of SERVED are refused: 0, or 1 where they are not."""
    urls = ours(listed)
    if not urls:
        raise Refused("no address of the list is on a host of SERVED: what was blocked, then?", 1)
    end = time.monotonic() + PATIENCE
    left = still_served(urls)
    while left and time.monotonic() < end:
        time.sleep(0.1)
        left = still_served(left)
    for url in left:
        print(f"block: STILL SERVED: {url}; has its server the two lines for nginx?")
    print(f"block: {len(urls) - len(left)} of {len(urls)} addresses are refused")
    return 1 if left else 0


def work(argv: list[str]) -> int:
    """Print what is asked for."""
    listed = read(Path(argv[0]))
    if argv[1] == "wait":
        return wait(listed)
    wheels = [url for url in ours(listed) if urlsplit(url).path.endswith(".whl")]
    said = {"name": [str(listed.release)], "map": lines(listed), "wheels": wheels}
    print("\n".join(said[argv[1]]))
    return 0


if __name__ == "__main__":
    main("block", work)
