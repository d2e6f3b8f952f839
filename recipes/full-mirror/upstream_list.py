"""Print what upstream has: a line "NAME SERIAL" for each project, names normalized.

Usage: python3 upstream_list.py https://pypi.org

The list is one answer (PEP 691), with the serial of each project's last change, which PyPI adds.
Exit codes: 0 the list is printed; 3 there is none that can be relied on, and nothing is printed.
"""

import http.client
import json
import re
import sys
import urllib.error
import urllib.request

JSON = "application/vnd.pypi.simple.v1+json"


class NoAnswer(Exception):
    """Upstream gives nothing that can be relied on; its text is a sentence."""

    def __init__(self, text: str, *, gone: bool = False) -> None:
        """`gone`: it answers 404."""
        super().__init__(text)
        self.gone = gone


def fetch(url: str) -> object:
    """The JSON that upstream gives for a page of the Simple API. Raises NoAnswer."""
    request = urllib.request.Request(url, headers={"Accept": JSON, "User-Agent": "full-mirror"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            if answer.headers.get_content_type() != JSON:
                raise NoAnswer(f"{url} answers {answer.headers.get_content_type()}, not {JSON}")
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise NoAnswer(f"{url} answers HTTP {error.code}", gone=error.code == 404) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NoAnswer(f"{url}: {type(error).__name__}: {error}") from None


def projects(url: str) -> dict[str, int]:
    """The serial of each project by its normalized name, never empty. Raises NoAnswer."""
    page = fetch(url)
    entries = page.get("projects") if isinstance(page, dict) else None
    if not isinstance(entries, list) or not entries:
        raise NoAnswer(f"{url} lists no project")
    serials = {}
    for entry in entries:
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9._-]+", name):
            raise NoAnswer(f"{url} has an entry that is no project: {entry!r:.80}")
        serial = entry.get("_last-serial")
        if not isinstance(serial, int):
            raise NoAnswer(
                f"{url} gives no serial for {name}, so it is a mirror itself: "
                "make it NEIGHBOUR, and UPSTREAM the index that it copies"
            )
        serials[re.sub(r"[-_.]+", "-", name).lower()] = serial
    return serials


def main(upstream: str) -> int:
    """Print the list, return the exit code."""
    try:
        found = projects(f"{upstream.rstrip('/')}/simple/")
    except NoAnswer as error:
        print(f"upstream_list: {error}", file=sys.stderr)
        return 3
    for name, serial in sorted(found.items()):
        print(name, serial)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
