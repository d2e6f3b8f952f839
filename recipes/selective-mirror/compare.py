"""Compare a mirror with its upstream, project by project: one line a difference.

Usage: python3 compare.py /srv/selective-mirror/mirror https://pypi.org

    missing NAME (...)    on the allowlist and upstream, not here
    behind NAME (...)     here, but upstream has changed it since
    withdrawn NAME (...)  here, but upstream has deleted or quarantined it
    unlisted NAME (...)   here, but no longer on the allowlist
    unknown NAME (...)    upstream did not say
"""

import json
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

JSON = "application/vnd.pypi.simple.v1+json"


def held(mirror: Path) -> dict[str, int]:
    """Each project the mirror serves, with the serial its page was made for."""
    pages = (mirror / "web" / "simple").glob("*/index.v1_json")
    return {
        page.parent.name: int(json.loads(page.read_text())["meta"]["_last-serial"])
        for page in pages
    }


def upstream_serial(upstream: str, project: str) -> int | str:
    """The serial upstream has for a project, or in words why it has none."""
    url = f"{upstream}/simple/{project}/"
    request = urllib.request.Request(
        url, headers={"Accept": JSON, "User-Agent": "selective-mirror"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        page = json.load(answer)
    if page.get("project-status", {}).get("status") == "quarantined":
        return "quarantined upstream"
    return int(page["meta"]["_last-serial"])


def difference(upstream: str, here: dict[str, int], listed: set[str], project: str) -> str | None:
    """The line to print for a project, None where there is nothing to say."""
    try:
        serial = upstream_serial(upstream, project)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            return f"unknown {project} (upstream answers HTTP {error.code})"
        serial = "upstream answers HTTP 404"
    except (OSError, ValueError, KeyError) as error:
        return f"unknown {project} (upstream: {type(error).__name__}: {error})"
    if isinstance(serial, str):
        return f"withdrawn {project} ({serial})" if project in here else None
    if project not in here:
        return f"missing {project} (upstream has it, serial {serial})"
    if project not in listed:
        return f"unlisted {project} (nothing on the list needs it)"
    if here[project] < serial:
        return f"behind {project} (serial {here[project]} here, {serial} upstream)"
    return None


def compare(mirror: Path, upstream: str) -> list[str]:
    """All differences, sorted by project."""
    here = held(mirror)
    listed = set((mirror / "allowlist.txt").read_text().split())
    projects = sorted(here.keys() | listed)
    with ThreadPoolExecutor(10) as pool:
        lines = pool.map(partial(difference, upstream, here, listed), projects)
        return [line for line in lines if line is not None]


if __name__ == "__main__":
    for line in compare(Path(sys.argv[1]), sys.argv[2].rstrip("/")):
        print(line)
