"""The Simple API as JSON (PEP 691, 700, 714, 740, 792), with the serials mirrors need."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from mirrorlab.simple.model import FileEntry, ProjectList, ProjectPage


def list_to_json(projects: ProjectList) -> bytes:
    """Render the list of projects."""
    return _dump(
        {
            "meta": _meta(projects.api_version, projects.last_serial),
            "projects": [
                _with_serial({"name": project.name}, project.last_serial)
                for project in projects.projects
            ],
        }
    )


def page_to_json(page: ProjectPage) -> bytes:
    """Render the files of one project."""
    status = {"status": page.status}
    if page.status_reason is not None:
        status["reason"] = page.status_reason
    return _dump(
        {
            "meta": _meta(page.api_version, page.last_serial),
            "name": page.name,
            "project-status": status,
            "versions": list(page.versions),
            "files": [_file(file) for file in page.files],
        }
    )


def _file(file: FileEntry) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "filename": file.filename,
        "url": file.url,
        "hashes": dict(file.hashes),
        "requires-python": file.requires_python,
        "yanked": file.yanked,
    }
    if file.size is not None:
        entry["size"] = file.size
    if file.upload_time is not None:
        entry["upload-time"] = _moment(file.upload_time)
    metadata = file.core_metadata
    known: bool | dict[str, str] = {"sha256": metadata} if isinstance(metadata, str) else metadata
    entry["core-metadata"] = entry["data-dist-info-metadata"] = known
    entry["provenance"] = file.provenance
    return entry


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _meta(api_version: str, last_serial: int | None) -> dict[str, Any]:
    return _with_serial({"api-version": api_version}, last_serial)


def _with_serial(entry: dict[str, Any], last_serial: int | None) -> dict[str, Any]:
    if last_serial is not None:
        entry["_last-serial"] = last_serial
    return entry


def _dump(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
