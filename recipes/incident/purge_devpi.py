"""Take a release out of every index of a devpi-server: mirrors and stages alike.

Usage: python3 purge_devpi.py LIST URL USER PASSWORD-FILE

A mirror has no versions to delete, only files it has cached, also of a page that has changed since.
devpi keeps a file at /USER/INDEX/+f/SHA256[:3]/SHA256[3:16]/NAME.
"""

from __future__ import annotations

import base64
import http.client
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from release import Listed, Refused, main, read


class Devpi:
    """A devpi-server, asked as one user."""

    def __init__(self, url: str, user: str, password: Path) -> None:
        """Log in. Raises Refused."""
        self._url = url.rstrip("/")
        self._login: dict[str, str] = {}
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        word = password.read_text(encoding="utf-8").strip() if password.name else ""
        status, said = self.ask("POST", "+login", {"user": user, "password": word})
        if status != 200 or "password" not in said.get("result", {}):
            why = said.get("message", "is this the devpi?")
            raise Refused(f"{url}: no login as {user}: {status} {why}", 3)
        both = f"{user}:{said['result']['password']}".encode()
        self._login = {"X-Devpi-Auth": base64.b64encode(both).decode()}

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """One request: its status, and its answer where that is JSON. Raises Refused."""
        headers = {"Accept": "application/json", "Content-Type": "application/json", **self._login}
        data = None if body is None else json.dumps(body).encode()
        url = f"{self._url}/{path}"
        try:
            request = urllib.request.Request(url, data, headers, method=method)
            with self._opener.open(request, timeout=60) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read()
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise Refused(f"no devpi answers at {self._url}: {reason}", 3) from None
        try:
            said = json.loads(text)
        except ValueError:
            said = None
        return status, said if isinstance(said, dict) else {}

    def delete(self, path: str) -> bool:
        """Delete, volatile or not; whether there was something. Raises Refused."""
        status, said = self.ask("DELETE", f"{quote(path, safe='/+')}?force")
        if status in (200, 201):
            return True
        if status in (404, 410):
            return False
        raise Refused(f"{path} is not deleted: {status} {said.get('message', '')}", 1)


def cached_as(index: str, name: str, sha256: str) -> str:
    """Where an index has a file."""
    return f"{index}/+f/{sha256[:3]}/{sha256[3:16]}/{name}"


def listed_there(devpi: Devpi, index: str, listed: Listed) -> tuple[set[str], set[str]]:
    """The versions that an index itself has of the release, and the paths of their files."""
    status, said = devpi.ask("GET", f"{index}/{listed.release.project}?ignore_bases")
    if status == 404:
        return set(), set()
    if status != 200:
        raise Refused(f"{index}: {status}: what it has cannot be told", 3)
    versions = {v: data for v, data in said["result"].items() if listed.release.is_version(v)}
    links = [link for data in versions.values() for link in data.get("+links", [])]
    paths = {urlsplit(link["href"]).path.lstrip("/") for link in links}
    return set(versions), {path[path.index(f"{index}/") :] for path in paths if f"{index}/" in path}


def purge(devpi: Devpi, index: str, kind: str, listed: Listed) -> int:
    """Take it out of one index; return how many things were deleted. Raises Refused."""
    versions, paths = listed_there(devpi, index, listed)
    known = {cached_as(index, f.name, f.sha256) for f in listed.files if f.sha256 != "-"}
    deleted = 0
    for path in sorted(paths | known):
        if devpi.delete(path):
            print(f"purge-devpi: removed {path}", flush=True)
            deleted += 1
    if kind != "mirror":
        for version in sorted(versions):
            deleted += devpi.delete(f"{index}/{listed.release.project}/{version}")
    elif deleted:
        # With its last cached file devpi forgets the project, and says 404 until its page is old.
        devpi.ask("POST", f"{index}/+simple/{listed.release.project}/refresh")
    return deleted


def work(argv: list[str]) -> int:
    """Go through all indexes; then see that no stage has it any more."""
    listed = read(Path(argv[0]))
    devpi = Devpi(argv[1], argv[2], Path(argv[3]))
    _, said = devpi.ask("GET", "")
    indexes = {
        f"{user}/{name}": config["type"]
        for user, data in said["result"].items()
        for name, config in data.get("indexes", {}).items()
    }
    if not indexes:
        raise Refused(f"{argv[1]} has no index: is this the devpi?", 3)
    deleted = {index: purge(devpi, index, kind, listed) for index, kind in indexes.items()}
    left = {
        index
        for index, kind in indexes.items()
        if kind != "mirror" and listed_there(devpi, index, listed)[0]
    }
    for index in sorted(left):
        print(f"purge-devpi: {index} still has {listed.release}")
    done = sum(deleted.values())
    print(f"purge-devpi: removed {done} from {len(indexes)} indexes; {len(left)} still have it")
    return 1 if left else 0


if __name__ == "__main__":
    main("purge-devpi", work)
