"""Say whether a devpi replica has what its primary has: one line a difference.

Usage: python3 compare_replica.py PRIMARY-URL REPLICA-URL

Equal serials prove nothing: a primary restored from a backup counts on from an older one. So this
compares identities (uuid), then every release of every index by its hashes.
"""

import http.client
import json
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

TIMEOUT = 30  # seconds for one answer


def ask(url: str) -> Any:
    """The result of devpi's JSON API for one URL."""
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return json.load(answer)["result"]
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        raise OSError(f"{url}: {error}") from error


def releases(server: str) -> dict[str, str]:
    """Each index, and each file of each index that is no mirror, with what must be equal."""
    found: dict[str, str] = {}
    for user, about in ask(f"{server}/").items():
        for name, config in about.get("indexes", {}).items():
            index = f"{user}/{name}"
            found[f"index {index}"] = json.dumps(config, sort_keys=True)
            if config["type"] != "mirror":
                for project in ask(f"{server}/{index}")["projects"]:
                    found.update(files(server, index, project))
    return found


def files(server: str, index: str, project: str) -> Iterator[tuple[str, str]]:
    """Each file of one project in one index, not of the bases, with its hashes."""
    for version in ask(f"{server}/{index}/{project}?ignore_bases=").values():
        for link in version.get("+links", ()):
            path = link["href"].removeprefix(server).lstrip("/")
            yield f"file {path}", json.dumps(link.get("hashes"), sort_keys=True)


def differences(primary: str, replica: str) -> Iterator[str]:
    """Give a line for each thing that is not as it should be."""
    there, here = ask(f"{primary}/+status"), ask(f"{replica}/+status")
    if here.get("primary-uuid") != there["uuid"]:
        yield f"the replica follows {here.get('primary-uuid')}, the primary is {there['uuid']}"
    if here["serial"] > there["serial"]:
        yield f"the replica is ahead: serial {here['serial']}, the primary has {there['serial']}"
    for error in here.get("replication-errors", {}):
        yield f"the replica could not copy {error}"
    wanted, held = releases(primary), releases(replica)
    for item in sorted(wanted.keys() | held.keys()):
        if item not in held:
            yield f"only the primary has {item}"
        elif item not in wanted:
            yield f"only the replica has {item}"
        elif wanted[item] != held[item]:
            yield f"not the same: {item}"


if __name__ == "__main__":
    try:
        found = list(differences(sys.argv[1].rstrip("/"), sys.argv[2].rstrip("/")))
    except (OSError, ValueError, KeyError) as error:
        print(f"check-replica: could not tell: {error}; set PRIMARY and REPLICA", file=sys.stderr)
        sys.exit(3)
    for line in found:
        print(f"check-replica: {line}")
    sys.exit(1 if found else 0)
