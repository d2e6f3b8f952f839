"""The Simple API as HTML (PEP 503, 592, 629, 658, 714, 740, 792); frozen at 1.4 (PEP 833)."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from packaging.utils import canonicalize_name

from mirrorlab.simple.model import FileEntry, ProjectList, ProjectPage


def list_to_html(projects: ProjectList) -> bytes:
    """Render the list of projects; links are relative to ``/simple/``."""
    anchors = (
        f'    <a href="{escape(canonicalize_name(project.name))}/">{escape(project.name)}</a><br>'
        for project in projects.projects
    )
    head = _meta("repository-version", projects.api_version)
    return _document("Simple index", [head], anchors, projects.last_serial)


def page_to_html(page: ProjectPage) -> bytes:
    """Render the files of one project. Size, upload time and versions have no place in HTML."""
    head = [_meta("repository-version", page.api_version), _meta("project-status", page.status)]
    if page.status_reason is not None:
        head.append(_meta("project-status-reason", page.status_reason))
    anchors = (f"    {_anchor(file)}<br>" for file in page.files)
    return _document(f"Links for {page.name}", head, anchors, page.last_serial)


def _anchor(file: FileEntry) -> str:
    fragment = ""
    if file.hashes:
        algorithm = "sha256" if "sha256" in file.hashes else next(iter(file.hashes))
        fragment = f"#{algorithm}={file.hashes[algorithm]}"
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in _attributes(file))
    href = escape(f"{file.url}{fragment}")
    return f'<a href="{href}"{attributes}>{escape(file.filename)}</a>'


def _attributes(file: FileEntry) -> Iterator[tuple[str, str]]:
    if file.requires_python is not None:
        yield "data-requires-python", file.requires_python
    if file.core_metadata:
        value = "true" if file.core_metadata is True else f"sha256={file.core_metadata}"
        yield "data-dist-info-metadata", value
        yield "data-core-metadata", value
    if file.yanked is not False:
        yield "data-yanked", "" if file.yanked is True else file.yanked
    if file.provenance is not None:
        yield "data-provenance", file.provenance


def _meta(name: str, content: str) -> str:
    return f'    <meta name="pypi:{name}" content="{escape(content)}">'


def _document(title: str, head: list[str], body: Iterator[str], last_serial: int | None) -> bytes:
    lines = ["<!DOCTYPE html>", "<html>", "  <head>", *head]
    lines += [f"    <title>{escape(title)}</title>", "  </head>", "  <body>"]
    lines += [f"    <h1>{escape(title)}</h1>", *body, "  </body>", "</html>"]
    if last_serial is not None:
        lines.append(f"<!--SERIAL {last_serial}-->")
    return "".join(f"{line}\n" for line in lines).encode()
