"""Reading pages of the Simple API, of any index, in any form."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from mirrorlab.errors import BadPage
from mirrorlab.simple.model import FileEntry, ListedProject, ProjectList, ProjectPage
from mirrorlab.simple.negotiation import HTML, JSON, TEXT_HTML

_SERIAL = re.compile(r"SERIAL (\d+)")


def parse_list(content: bytes, content_type: str) -> ProjectList:
    """Read the list of projects. Raises :class:`~mirrorlab.errors.BadPage`."""
    if _is_json(content_type):
        document = _load(content)
        with _Expect("list of projects"):
            return ProjectList(
                projects=tuple(
                    ListedProject(one["name"], one.get("_last-serial"))
                    for one in document["projects"]
                ),
                last_serial=document["meta"].get("_last-serial"),
                api_version=_known(document["meta"]["api-version"]),
            )
    page = _read_html(content)
    return ProjectList(
        projects=tuple(ListedProject(anchor.text.strip()) for anchor in page.anchors),
        last_serial=page.last_serial,
        api_version=_known(page.meta.get("repository-version", "1.0")),
    )


def parse_page(content: bytes, content_type: str) -> ProjectPage:
    """Read the page of one project. Raises :class:`~mirrorlab.errors.BadPage`."""
    if _is_json(content_type):
        document = _load(content)
        with _Expect("project page"):
            status = document.get("project-status", {})
            return ProjectPage(
                name=document["name"],
                files=tuple(_file(one) for one in document["files"]),
                versions=tuple(document.get("versions", ())),
                status=status.get("status", "active"),
                status_reason=status.get("reason"),
                last_serial=document["meta"].get("_last-serial"),
                api_version=_known(document["meta"]["api-version"]),
            )
    page = _read_html(content)
    return ProjectPage(
        name=page.title.strip().removeprefix("Links for "),
        files=tuple(_anchored(anchor, page.base) for anchor in page.anchors),
        status=page.meta.get("project-status", "active"),
        status_reason=page.meta.get("project-status-reason"),
        last_serial=page.last_serial,
        api_version=_known(page.meta.get("repository-version", "1.0")),
    )


class _Expect:
    """Turn what goes wrong while a JSON document is read into :class:`BadPage`."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, KeyError):
            raise BadPage(f"is not a {self.what}: the key {error} is missing") from error
        if isinstance(error, AttributeError | TypeError | ValueError):
            raise BadPage(f"is not a {self.what}: {error}") from error


def _is_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    if media in (JSON, "application/json"):
        return True
    if media in (HTML, TEXT_HTML):
        return False
    raise BadPage(f"has the content type {content_type!r}, which the Simple API does not know")


def _known(api_version: str) -> str:
    """Refuse a major version nobody here knows (PEP 629)."""
    if str(api_version).partition(".")[0] != "1":
        raise BadPage(f"speaks version {api_version} of the Simple API; 1.x is understood")
    return str(api_version)


def _load(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise BadPage(f"is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadPage("is not a JSON object")
    return document


def _file(entry: dict[str, Any]) -> FileEntry:
    metadata = entry.get("core-metadata", entry.get("data-dist-info-metadata", False))
    moment = entry.get("upload-time")
    return FileEntry(
        filename=entry["filename"],
        url=entry["url"],
        hashes=dict(entry["hashes"]),
        requires_python=entry.get("requires-python"),
        size=entry.get("size"),
        upload_time=datetime.fromisoformat(moment) if moment else None,
        yanked=entry.get("yanked", False),
        core_metadata=metadata.get("sha256", True) if isinstance(metadata, dict) else metadata,
        provenance=entry.get("provenance"),
    )


@dataclass(slots=True)
class _Anchor:
    attributes: dict[str, str]
    text: str = ""


@dataclass(slots=True)
class _Html:
    title: str = ""
    base: str | None = None
    """What URLs are relative to instead of the page: the first ``base`` says it."""
    meta: dict[str, str] = field(default_factory=dict)
    anchors: list[_Anchor] = field(default_factory=list)
    last_serial: int | None = None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = _Html()
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._inside = tag
        if tag == "meta" and attributes.get("name", "").startswith("pypi:"):
            name = attributes["name"].removeprefix("pypi:")
            self.page.meta[name] = attributes.get("content", "")
        elif tag == "base" and "href" in attributes and self.page.base is None:
            self.page.base = attributes["href"]
        elif tag == "a" and "href" in attributes:
            self.page.anchors.append(_Anchor(attributes))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 (the base class names it)
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "a" and self.page.anchors:
            self.page.anchors[-1].text += data
        elif self._inside == "title":
            self.page.title += data

    def handle_comment(self, data: str) -> None:
        if match := _SERIAL.search(data):
            self.page.last_serial = int(match[1])


def _read_html(content: bytes) -> _Html:
    reader = _Reader()
    try:
        reader.feed(content.decode())
    except UnicodeDecodeError as error:
        raise BadPage(f"is not UTF-8: {error}") from None
    reader.close()
    return reader.page


def _anchored(anchor: _Anchor, base: str | None) -> FileEntry:
    attributes = anchor.attributes
    url, _, fragment = attributes["href"].partition("#")
    algorithm, _, digest = fragment.partition("=")
    yanked = attributes.get("data-yanked")
    metadata = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata", ""))
    return FileEntry(
        filename=anchor.text.strip(),
        url=url if base is None else _joined(base, url),
        hashes={algorithm: digest} if digest else {},
        requires_python=attributes.get("data-requires-python"),
        yanked=False if yanked is None else yanked or True,
        core_metadata=metadata.removeprefix("sha256=") if "=" in metadata else metadata == "true",
        provenance=attributes.get("data-provenance"),
    )


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        raise BadPage(f"has a base that is no URL: {base!r:.80}") from None
