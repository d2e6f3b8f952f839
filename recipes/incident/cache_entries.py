"""What lies in an nginx cache: each entry is one file, named by the MD5 of its key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from release import Refused, walk

_HEAD = 64 << 10
"""The key stands before the answer's headers, within so many bytes."""


@dataclass(frozen=True)
class Entry:
    """One cached answer."""

    path: Path
    key: str
    """What `proxy_cache_key` made of the request."""

    def names(self) -> list[str]:
        """What may be a name in its path; a key may have a media type right after the path."""
        path = unquote(self.key[self.key.find("/") :])
        parts = re.split(r"[^A-Za-z0-9._+!~-]", path)
        return [re.sub(r"(?:text|application)$", "", part) for part in parts if part]


def entries(folder: Path) -> Iterator[Entry]:
    """Give each entry. Raises Refused where the folder is no nginx cache."""
    if not folder.is_dir():
        raise Refused(f"{folder}: there is no such folder; look at proxy_cache_path", 3)
    for path in sorted(walk(folder)):
        if not re.fullmatch(r"[0-9a-f]{32}", path.name):
            if path.is_file() and not re.fullmatch(r"[0-9a-f]{32}\.\d+|\d{10}", path.name):
                raise Refused(f"{path}: not an entry of an nginx cache; is CACHES right?", 3)
            continue
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD)
        except FileNotFoundError:  # nginx has thrown it out meanwhile
            continue
        found = re.search(rb"\nKEY: ([^\n]*)\n", head)
        if not found or hashlib.md5(found[1], usedforsecurity=False).hexdigest() != path.name:
            raise Refused(f"{path}: its key cannot be read; is CACHES the folder of a cache?", 3)
        yield Entry(path, found[1].decode("utf-8", "surrogateescape"))
