"""Say why projects could not be copied: a line "REASON NAME SERIAL" for each, names normalized.

Usage: python3 why_not_here.py UPSTREAM MAX_SIZE [AT_MOST] <NAMES

gone: upstream has just deleted it. too-large: its files have more than MAX_SIZE bytes together.
owed: nothing explains it. unknown: upstream did not say.

NAMES has one a line. With AT_MOST it ends as soon as more than so many are not too large.
"""

import re
import sys
from collections.abc import Iterable, Iterator
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


def lines(upstream: str, most: int, names: Iterable[str]) -> Iterator[str]:
    """The lines of all, four questions at a time; who stops listening leaves the rest unasked."""
    pool = ThreadPoolExecutor(4)
    try:
        yield from pool.map(partial(why, upstream.rstrip("/"), most), names)
    finally:
        pool.shutdown(cancel_futures=True)


def main(upstream: str, most: int, at_most: float, names: Iterable[str]) -> None:
    """Print the lines."""
    others = 0
    for line in lines(upstream, most, names):
        print(line)
        others += not line.startswith("too-large ")
        if others > at_most:
            break


if __name__ == "__main__":
    given = [re.sub(r"[-_.]+", "-", word).lower() for word in sys.stdin.read().split()]
    main(sys.argv[1], int(sys.argv[2]), float((sys.argv[3:] or ["inf"])[0]), given)
