"""Hold a lock's hashes of private names against the private index. Python 3.11 or newer.

Usage: python3 check_lock.py LOCK PRIVATE-INDEX "NAMES"
"""

from __future__ import annotations

import http.client
import json
import re
import sys
import tomllib
import urllib.error
import urllib.request
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HASH = re.compile(r"\b[0-9a-f]{64}\b")
ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


def normalised(name: str) -> str:
    """The name as every installer compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: Path) -> dict[str, set[str]]:
    """Project -> every sha256 that the lock has for it. Raises ValueError: it is no lock."""
    text = lock.read_text(encoding="utf-8")
    found: dict[str, set[str]] = {}
    if lock.name == "Pipfile.lock":
        top = json.loads(text)
        groups = [group for key, group in top.items() if not key.startswith("_")]
        entries = [(name, each) for group in groups for name, each in group.items()]
    elif lock.suffix in (".toml", ".lock"):
        top = tomllib.loads(text)
        packages = top.get("package") or top.get("packages") or []
        entries = [(each["name"], each) for each in packages if not _is_the_project(each)]
    else:
        lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
        pins = [line for line in lines if re.match(r"[A-Za-z0-9]", line)]
        entries = [(re.split(r"[^A-Za-z0-9._-]", line)[0], line) for line in pins]
    for name, entry in entries:
        found.setdefault(normalised(name), set()).update(HASH.findall(json.dumps(entry)))
    if not found:
        raise ValueError("it locks nothing")
    return found


def _is_the_project(package: dict[str, Any]) -> bool:
    """uv locks the very project, too; nobody downloads that."""
    source = package.get("source")
    return isinstance(source, dict) and ("virtual" in source or "editable" in source)


def listed(index: str, name: str) -> set[str]:
    """Every sha256 on the private index's page.

    Raises OSError, ValueError or HTTPException where it gives no answer of its own.
    """
    url = f"{index.rstrip('/')}/{name}/"
    request = urllib.request.Request(url, headers={"Accept": ACCEPT})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            if urlsplit(answer.url).netloc != urlsplit(url).netloc:
                raise OSError(f"it passes the question on to {answer.url}")
            return set(HASH.findall(answer.read().decode("utf-8", "replace")))
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 404:
                return set()
        raise


def main(lock: Path, index: str, names: list[str]) -> int:
    """Print a line for each private name of the lock; return the exit code."""
    patterns = [normalised(name) for name in names]
    try:
        entries = locked(lock)
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        print(f"check-lock: {lock}: cannot be read as a lock: {error}", file=sys.stderr)
        return 2
    private = {
        name: hashes
        for name, hashes in sorted(entries.items())
        if any(fnmatchcase(name, pattern) for pattern in patterns)
    }
    if not private:
        print(f"check-lock: {lock} has none of {' '.join(names)}: is it mistyped?", file=sys.stderr)
        return 2
    code = 0
    for name, hashes in private.items():
        try:
            strange = hashes - listed(index, name)
        except (OSError, ValueError, http.client.HTTPException) as error:
            print(f"check-lock: could not tell about {name}: {index}: {error}", file=sys.stderr)
            return 3
        if strange or not hashes:
            why = f"{min(strange)} is not on {index}" if strange else "it has no hash"
            print(f"check-lock: {name} is NOT YOURS: {why}")
            code = 1
        else:
            print(f"check-lock: {name} is yours")
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3].split()))
