"""Read the pages of a static tree: which files they name, where in the tree, with which SHA-256."""

import json
import posixpath
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

FORMS = ("index.v1_json", "index.html", "index.v1_html")
"""The files of a page; a tree has some of them."""
SHA256 = re.compile(r"[0-9a-f]{64}")


class BadPage(Exception):
    """A page that cannot be read; its ``path``, and why."""

    def __init__(self, path: Path, why: str) -> None:
        """Keep both."""
        super().__init__(f"simple/{path.parent.name}/{path.name} {why}")
        self.path = path


@dataclass
class Page:
    """What a page names: the path in the tree, and its SHA-256; of metadata it may be unknown."""

    files: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str | None] = field(default_factory=dict)


class Anchors(HTMLParser):
    """The attributes of each ``<a>``, and whether the page comes to its end."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.anchors: list[dict[str, str | None]] = []
        self.ended = self.based = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an anchor, and a ``<base>``, which leads all of them elsewhere."""
        self.based = self.based or tag == "base"
        if tag == "a":
            self.anchors.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        """Note the end."""
        self.ended = self.ended or tag == "html"


def listed(path: Path) -> frozenset[str]:
    """The projects that a list names, as they stand in URLs. Raises BadPage."""
    try:
        if path.suffix == ".v1_json":
            names = [project["name"] for project in read_json(path)["projects"]]
        else:
            names = [unquote((a["href"] or "").rstrip("/")).split("/")[-1] for a in anchors(path)]
        return frozenset(re.sub(r"[-_.]+", "-", name).lower() for name in names)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadPage(path, f"is no list of projects: {error!r}") from None


def read_page(path: Path, project: str) -> Page:
    """What a page names. Raises BadPage."""
    page = Page()
    try:
        if path.suffix == ".v1_json":
            for file in read_json(path)["files"]:
                metadata = file.get("core-metadata", file.get("dist-info-metadata", False))
                if isinstance(metadata, dict):
                    metadata = metadata["sha256"]
                _note(page, project, file["url"], file["hashes"]["sha256"], metadata)
        else:
            for anchor in anchors(path):
                url, _, fragment = (anchor["href"] or "").partition("#")
                said = anchor.get("data-core-metadata", anchor.get("data-dist-info-metadata", ""))
                metadata = (said or "").removeprefix("sha256=")
                _note(page, project, url, fragment.removeprefix("sha256="), metadata)
    except KeyError as error:
        raise BadPage(path, f"names a file without {error}") from None
    except (TypeError, AttributeError, ValueError) as error:
        raise BadPage(path, f"is no page that can be read: {error}") from None
    return page


def read_json(path: Path) -> Any:
    """A page of version 1 in JSON. Raises BadPage, ValueError, KeyError, TypeError."""
    try:
        page = json.loads(_bytes(path))
    except RecursionError:
        raise BadPage(path, "is nested too deep") from None
    if not str(page["meta"]["api-version"]).startswith("1."):
        raise BadPage(path, f"is of version {page['meta']['api-version']}")
    return page


def anchors(path: Path) -> list[dict[str, str | None]]:
    """The anchors of a page in HTML. Raises BadPage, UnicodeDecodeError."""
    parser = Anchors()
    parser.feed(_bytes(path).decode())
    parser.close()
    if not parser.ended:
        raise BadPage(path, "ends too early")
    if parser.based:
        raise BadPage(path, "has a <base>, and its files should be in this tree")
    return parser.anchors


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadPage(path, f"cannot be read: {error.strerror}") from None


def _note(page: Page, project: str, url: str, sha256: str, metadata: str | bool) -> None:
    """Add a file to a page. Raises ValueError for what this tree cannot hold."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        raise ValueError(f"{url} is on another host, and the files should be in this tree")
    path = posixpath.normpath(posixpath.join(f"/simple/{project}/", unquote(parts.path)))
    if not path.startswith("/packages/"):
        raise ValueError(f"{url} leads out of packages/")
    if not path.isprintable():
        raise ValueError(f"{url!r} has characters that no path has")
    if not SHA256.fullmatch(sha256):
        raise ValueError(f"{url} has no SHA-256")
    page.files[path[1:]] = sha256
    if metadata is True or metadata == "true":
        page.metadata.setdefault(f"{path[1:]}.metadata", None)
    elif metadata:
        if not SHA256.fullmatch(metadata):
            raise ValueError(f"the metadata of {url} has no SHA-256")
        page.metadata[f"{path[1:]}.metadata"] = metadata
