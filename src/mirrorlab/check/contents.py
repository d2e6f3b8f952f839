"""Whether a page says what the Simple API wants it to say. Nothing here connects."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import (
    canonicalize_name,
)
from packaging.version import InvalidVersion, Version

from mirrorlab.check.filenames import owner_of, version_of
from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.check.quick import OF_FILE, OF_PAGE
from mirrorlab.simple import FileEntry, ProjectList, ProjectPage

LENGTHS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
"""The hashes a page may give, and how many hexadecimal digits each has."""
STRONG = ("sha256", "sha384", "sha512", "sha224")
_STATUSES = frozenset({"active", "archived", "quarantined", "deprecated"})
_HEX = re.compile(r"[0-9a-f]+")
_ASK_ITS_MAKER = "correct it where the page is made"


def judge_list(listed: ProjectList) -> Iterator[Finding]:
    """Judge the names of the list: each once, each one that a project may have."""
    names = Counter(canonicalize_name(one.name) for one in listed.projects)
    for name, count in names.items():
        if count > 1:
            yield Finding(
                Kind.NOT_CONFORMING,
                "listed-twice",
                "one entry in the list",
                f"{count}",
                _ASK_ITS_MAKER,
                Severity.WARNING,
                name,
            )
        if not _NAME.fullmatch(name):
            yield Finding(
                Kind.NOT_CONFORMING,
                "name",
                "a list of names of projects",
                f"an entry {name[:80]!r}",
                "serve the list that an index program makes, not a listing of a folder",
                Severity.WARNING,
            )


_NAME = re.compile(r"[a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9]")


def judge_page(name: str, page: ProjectPage, base: str, *, json: bool) -> Iterator[Finding]:
    """Judge one form of a project's page; ``base`` is what its URLs are relative to."""
    if json and canonicalize_name(page.name) != name:
        yield _page(name, "name", f"the name {name}", f"{page.name!r}")
    if page.status not in _STATUSES:
        yield _page(name, "status", "a status of PEP 792", f"{page.status!r}", Severity.WARNING)
    if page.status == "quarantined" and page.files:
        yield Finding(
            Kind.EXTRA,
            "quarantined",
            "no file of a quarantined project",
            f"{len(page.files)}",
            "remove its files; nobody is to install them",
            project=name,
        )
    if not page.files and page.status != "quarantined":
        yield Finding(
            Kind.MISSING,
            "empty-page",
            "a page that lists files",
            "none",
            "compare it with upstream (--upstream); a project may have no file",
            Severity.NOTE,
            name,
        )
    counted = Counter(file.filename for file in page.files)
    for filename in (one for one, count in counted.items() if count > 1):
        yield _file(name, filename, "listed-twice", "the file once", f"{counted[filename]} times")
    for file in page.files:
        yield from _judge_file(name, file, base)
    if json and minor(page.api_version) >= 1:
        yield from _promised_by_1_1(name, page)


def _judge_file(name: str, file: FileEntry, base: str) -> Iterator[Finding]:
    if not isinstance(file.filename, str) or not isinstance(file.url, str):
        yield _file(name, str(file.filename), "type", "texts for filename and url", "others")
        return
    yield from _judge_url(name, file, base)
    known = [one for one in file.hashes if one in LENGTHS]
    if not known:
        says = "a hash to hold the file against"
        yield _file(name, file.filename, "no-hash", says, "none", Severity.WARNING)
    elif not any(one in STRONG for one in known):
        says = "a hash that nobody can forge (sha256)"
        yield _file(name, file.filename, "weak-hash", says, ", ".join(known), Severity.NOTE)
    for algorithm in known:
        digest = file.hashes[algorithm]
        if not isinstance(digest, str) or not _is_hex(digest, LENGTHS[algorithm]):
            says = f"{LENGTHS[algorithm]} hexadecimal digits for {algorithm}"
            yield _file(name, file.filename, "hash-form", says, f"{str(digest)[:80]!r}")
    if isinstance(file.core_metadata, str) and not _is_hex(file.core_metadata, 64):
        found = f"{file.core_metadata[:80]!r}"
        yield _file(name, file.filename, "metadata-hash-form", "a sha256 of its metadata", found)
    if not isinstance(file.yanked, bool | str):
        yield _file(name, file.filename, "yanked", "true, false or a reason", f"{file.yanked!r}")
    if file.requires_python is not None and not is_specifier(file.requires_python):
        says, found = "versions in Requires-Python", f"{str(file.requires_python)[:80]!r}"
        yield _file(name, file.filename, "requires-python", says, found, Severity.NOTE)
    owner = owner_of(file.filename, name)
    if owner is not None and owner != name:
        yield _file(name, file.filename, "foreign-file", f"a file of {name}", f"one of {owner}")


def _judge_url(name: str, file: FileEntry, base: str) -> Iterator[Finding]:
    try:
        parts = urlsplit(joined(base, file.url))
        last = unquote(parts.path.rpartition("/")[2])
        userinfo, scheme = "@" in parts.netloc, parts.scheme
    except ValueError:
        yield _file(name, file.filename, "url", "a URL of the file", "no URL")
        return
    if scheme not in {"http", "https", "file"}:
        yield _file(name, file.filename, "url", "a URL of http or https", f"one of {scheme!r}")
    elif last != file.filename:
        yield _file(name, file.filename, "url", "its name at the end of its URL", f"{last!r}")
    if userinfo:
        says = "a URL without a login"
        yield _file(name, file.filename, "login-in-url", says, "one with it", Severity.WARNING)
    if scheme == "http" and urlsplit(base).scheme == "https":
        says = "https, as the page has it"
        yield _file(name, file.filename, "downgrade", says, "a URL of http", Severity.WARNING)


def _promised_by_1_1(name: str, page: ProjectPage) -> Iterator[Finding]:
    """PEP 700: a page that says 1.1 or later has sizes, and every version."""
    versions = {_version(str(one)) for one in page.versions}
    for file in page.files:
        size = file.size
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            found = "none" if size is None else f"{size!r}"
            says = f"a size, as API version {page.api_version} has it"
            yield _file(name, file.filename, "size", says, found, Severity.WARNING)
        version = version_of(str(file.filename))
        if version is not None and version not in versions:
            says = f"{version} among the versions of the page"
            yield _file(name, file.filename, "versions", says, "none", Severity.WARNING)


def judge_forms(
    name: str, json: ProjectPage, html: ProjectPage, json_base: str, html_base: str
) -> Iterator[Finding]:
    """Judge whether the two forms of a page say the same."""
    one = {file.filename: file for file in json.files}
    other = {file.filename: file for file in html.files}
    for filename in sorted(one.keys() ^ other.keys()):
        has, lacks = ("JSON", "HTML") if filename in one else ("HTML", "JSON")
        says = "the same files in JSON and HTML"
        yield _file(name, filename, "forms", says, f"it in the {has} only, not in the {lacks}")
    for filename in sorted(one.keys() & other.keys()):
        a, b = one[filename], other[filename]
        for what, left, right in (
            ("URL", _joined(json_base, a.url), _joined(html_base, b.url)),
            ("Requires-Python", a.requires_python or "", b.requires_python or ""),
            ("yank", bool(a.yanked or a.yanked == ""), bool(b.yanked or b.yanked == "")),
            *((f"{one} hash", a.hashes[one], b.hashes[one]) for one in _both(a, b)),
            ("hash", bool(a.hashes), bool(b.hashes)),
            ("core metadata", a.core_metadata, b.core_metadata),
        ):
            if left != right:
                says = f"the same {what} in JSON and HTML"
                yield _file(name, filename, "forms", says, f"{left!s:.80} and {right!s:.80}")
    if len(json.files) != len(html.files) and one.keys() == other.keys():
        says = f"{len(json.files)} files in both forms"
        yield _page(name, "forms", says, f"{len(html.files)} in the HTML")
    if json.last_serial != html.last_serial:
        says, found = f"serial {json.last_serial} in both forms", f"{html.last_serial} in the HTML"
        one_alone = None in (json.last_serial, html.last_serial)
        yield _page(name, "forms", says, found, Severity.NOTE if one_alone else Severity.WARNING)
    if json.status != html.status and html.status != "active":
        yield _page(name, "forms", f"the status {json.status} in both", f"{html.status} in HTML")


def judge_keys(name: str, page: dict[str, Any]) -> Iterator[Finding]:
    """Judge the keys of a page of JSON: what no reader knows was perhaps meant to be another."""
    files = page.get("files")
    places = [(page, OF_PAGE, "")]
    places += [(file, OF_FILE, str(file.get("filename", ""))) for file in files or ()]
    for table, known, file in places:
        for key in table.keys() - known:
            if not key.startswith("_"):
                says, found = "keys of the Simple API, or private ones (_)", f"{key[:80]!r}"
                yield _file(name, file, "unknown-key", says, found, Severity.NOTE)


def _both(one: FileEntry, other: FileEntry) -> Iterable[str]:
    return sorted(one.hashes.keys() & other.hashes.keys())


def _joined(base: str, url: str) -> str:
    try:
        return joined(base, url)
    except ValueError:
        return url


@lru_cache(1 << 12)
def joined(base: str, url: str) -> str:
    """Return what a URL of a page leads to; each is asked for several times. Raises ValueError."""
    return urljoin(base, url)


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and _HEX.fullmatch(text.lower()) is not None


@lru_cache(4096)
def is_specifier(text: str) -> bool:
    """Tell whether a text is one of ``Requires-Python``."""
    try:
        SpecifierSet(text)
    except (InvalidSpecifier, TypeError, AttributeError):
        return False
    return True


@lru_cache(4096)
def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def minor(api_version: str) -> int:
    """Return the minor of a version of the API; 0 where it says none."""
    minor = api_version.partition(".")[2]
    return int(minor) if minor.isdecimal() else 0


def _page(
    name: str, rule: str, expected: str, found: str, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(Kind.NOT_CONFORMING, rule, expected, found, _ASK_ITS_MAKER, severity, name)


def _file(
    name: str,
    filename: str,
    rule: str,
    expected: str,
    found: str,
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(
        Kind.NOT_CONFORMING, rule, expected, found, _ASK_ITS_MAKER, severity, name, filename
    )
