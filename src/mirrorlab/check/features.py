"""What an index serves of all that the Simple API has: counted, not judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock

from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.simple import ProjectPage

OF_FILES = (
    "sha256",
    "requires-python",
    "yanked",
    "size",
    "upload-time",
    "core-metadata",
    "core-metadata-hash",
    "provenance",
)
"""What a page may say of a file."""
EVERY_OR_NONE = ("size", "upload-time")
"""What an index says of every file, or of none."""
OF_PAGES = ("html", "json", "versions", "status", "serial")
"""What a page may have."""


_LOCK = Lock()  # of the module, for features go from process to process


@dataclass(slots=True)
class Features:
    """Counts over the pages that were looked at. Threads may count at a time."""

    pages: int = 0
    files: int = 0
    json_files: int = 0
    """How many of the files are on pages of JSON."""
    counts: Counter[str] = field(default_factory=Counter)
    versions: set[str] = field(default_factory=set)
    """The versions of the API that its pages say."""
    without: dict[str, str] = field(default_factory=dict)
    """The first project that lacks something of its files, by what it lacks."""

    def count(self, page: ProjectPage, *, json: bool, html: bool) -> None:
        """Count one page, which came in these forms; it is the JSON one where there is one."""
        sha256 = requires = yanked = size = uploaded = metadata = hashed = provenance = 0
        for file in page.files:
            sha256 += "sha256" in file.hashes
            requires += bool(file.requires_python)
            yanked += file.yanked is not False
            size += file.size is not None
            uploaded += file.upload_time is not None
            metadata += bool(file.core_metadata)
            hashed += isinstance(file.core_metadata, str)
            provenance += file.provenance is not None
        files = len(page.files)
        counted = (sha256, requires, yanked, size, uploaded, metadata, hashed, provenance)
        said = (html, json, bool(page.versions), page.status != "active")
        with _LOCK:
            self.json_files += files if json else 0
            if json and size < files:
                self.without.setdefault("size", page.name)
            if json and uploaded < files:
                self.without.setdefault("upload-time", page.name)
            self.pages += 1
            self.files += files
            for name, many in zip(OF_FILES, counted, strict=True):
                self.counts[name] += many
            for name, is_so in zip(OF_PAGES, (*said, page.last_serial is not None), strict=True):
                self.counts[name] += is_so
            self.versions.add(page.api_version)

    def absorb(self, others: Features) -> None:
        """Take in what another process counted."""
        with _LOCK:
            self.pages += others.pages
            self.files += others.files
            self.json_files += others.json_files
            self.counts.update(others.counts)
            self.versions |= others.versions
            self.without = others.without | self.without

    def here_and_there(self) -> Iterator[Finding]:
        """Yield what some files have and others have not, where all or none should."""
        for name in EVERY_OR_NONE:
            if 0 < self.counts[name] < self.json_files:
                some = f"it for {self.counts[name]} of {self.json_files} files"
                yield Finding(
                    Kind.NOT_CONFORMING,
                    "here-and-there",
                    f"{name} for every file, or for none",
                    f"{some}; {self.without[name]} lacks it",
                    "make these pages again; installers that go by it pass such files over",
                    Severity.WARNING,
                )

    def as_data(self, lost: Mapping[str, int]) -> dict[str, object]:
        """Give it for a script: how many have each; ``lost`` is what upstream has and they lack."""
        return {
            "api_versions": sorted(self.versions),
            "pages": self.pages,
            "files": self.files,
            "of_pages": {name: self.counts[name] for name in OF_PAGES},
            "of_files": {name: self.counts[name] for name in OF_FILES},
            "dropped": {name: count for name, count in sorted(lost.items()) if count},
        }
