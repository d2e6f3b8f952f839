"""What there is: in a devpi, in a folder, among the backups."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from drilling.uploads import EMMA, JSON, send

from mirrorlab.runner import Run


def everything(run: Run, url: str) -> dict[str, str]:
    """Every user, who may log in, every index with all its settings, every file by its bytes."""
    found: dict[str, str] = {}
    for user, about in run.get(f"{url}/", JSON).json()["result"].items():
        indexes = about.pop("indexes", {})
        found[f"user {user}"] = json.dumps(about, sort_keys=True)
        for name, config in indexes.items():
            found[f"index {user}/{name}"] = json.dumps(config, sort_keys=True)
            if config["type"] != "mirror":
                found.update(_files(run, url, f"{user}/{name}"))
    for user, password in (EMMA, ("otto", "lighthouse")):
        body = json.dumps({"user": user, "password": password}).encode()
        found[f"login {user}"] = str(send("POST", f"{url}/+login", body, {"Content-Type": JSON}))
    return found


def _files(run: Run, url: str, index: str) -> Iterator[tuple[str, str]]:
    """Each file of an index, not of its bases, with its hash."""
    for project in run.get(f"{url}/{index}", JSON).json()["result"]["projects"]:
        page = run.get(f"{url}/{index}/{project}?ignore_bases=", JSON).json()["result"]
        for release in page.values():
            for link in release["+links"]:
                path = link["href"].removeprefix(url)
                yield f"file {path}", hashlib.sha256(run.get(url + path).body).hexdigest()


def difference(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The items that are not the same in both."""
    keys = before.keys() | after.keys()
    return sorted(key for key in keys if before.get(key) != after.get(key))


def backups(run: Run, kind: str) -> list[Path]:
    """The finished backups, oldest first."""
    return sorted(Path(run.settings["BACKUPS"], kind).glob("[0-9]*Z"))


def hashes(folder: Path) -> dict[str, str]:
    """Every file below a folder, by its path in there."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "lock"
    }
