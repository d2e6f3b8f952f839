"""Say why projects could not be copied: a line "REASON NAME SERIAL" for each.

Usage: python3 why_not_here.py UPSTREAM MAX_SIZE NAME ...

gone: upstream has just deleted it. too-large: its files have more than MAX_SIZE bytes together.
owed: nothing explains it. unknown: upstream did not say.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from upstream_list import NoAnswer, fetch


def why(upstream: str, most: int, name: str) -> str:
    """The line of a project."""
    url = f"{upstream}/simple/{name}/"
    try:
        page = fetch(url)
    except NoAnswer as error:
        return f"{'gone' if error.gone else 'unknown'} {name} 0"
    try:
        size = sum(file["size"] for file in page["files"])  # type: ignore[index]
        serial = int(page["meta"]["_last-serial"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        return f"unknown {name} 0"
    return f"{'too-large' if 0 < most < size else 'owed'} {name} {serial}"


def main(upstream: str, most: int, names: list[str]) -> None:
    """Print all lines, four questions at a time."""
    with ThreadPoolExecutor(4) as pool:
        for line in pool.map(partial(why, upstream.rstrip("/"), most), names):
            print(line)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
