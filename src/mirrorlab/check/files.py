"""Files over HTTP: fetched whole, and held against what their page and their place say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from mirrorlab.check.contents import LENGTHS
from mirrorlab.check.endings import Ending
from mirrorlab.check.exchange import NoAnswer
from mirrorlab.check.fetching import Digest, Fetcher
from mirrorlab.check.findings import Finding, Kind, Severity
from mirrorlab.check.hashing import BLAKE
from mirrorlab.simple import FileEntry

PLACE = re.compile(r"/packages/([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{60})/[^/]+\Z")
"""Where the public index, and mirrors of it, put a file: by the blake2b of its bytes."""
_PROVENANCE = "application/vnd.pypi.integrity.v1+json"
_LOOK = "ask again; where it goes on, look into the log of the server"
_AGAIN = "fetch it from upstream again, and look for what changed it"
_WHOLE = "fetch it from upstream again; a disk that was full or a copy that was killed leaves such"


def by_place(path: str) -> str | None:
    """Return the blake2b that a path names, in hexadecimal; None where it names none."""
    found = PLACE.search(path)
    return "".join(found.groups()) if found else None


def look_at_file(
    fetcher: Fetcher,
    name: str,
    file: FileEntry,
    base: str,
    upstream: FileEntry | None = None,
) -> Iterator[Finding]:
    """Fetch a file and its core metadata, and judge both; ``upstream`` is what upstream says."""
    try:
        url = urljoin(base, file.url).partition("#")[0]
        named = by_place(unquote(urlsplit(url).path))
    except ValueError:
        yield not_had(Kind.UNREACHABLE, name, file.filename, "a URL that is none")
        return
    wanted = {algorithm for algorithm in file.hashes if algorithm in LENGTHS}
    wanted |= {
        algorithm for algorithm in (upstream.hashes if upstream else ()) if algorithm in LENGTHS
    }
    sums = sorted(wanted | ({BLAKE} if named else set()))
    try:
        digest = fetcher.file(url, sums)
        if could_be_cut(file, digest, named, upstream):  # a second look, to tell what it is
            digest = fetcher.file(url, sums, Ending(file.filename))
    except NoAnswer as problem:
        yield _unanswered(name, file.filename, problem)
    else:
        yield from judge_file(name, file, digest, named, upstream)
    if file.core_metadata:
        yield from _look_at_metadata(fetcher, name, file, url)
    if isinstance(file.provenance, str):
        yield from _look_at_provenance(fetcher, name, file, base)


def judge_file(
    name: str,
    file: FileEntry,
    digest: Digest,
    named: str | None,
    upstream: FileEntry | None,
) -> Iterator[Finding]:
    """Judge what came when a file was asked for."""
    if digest.status != 200:
        yield _refused(name, file.filename, digest.status)
        return
    if encoding := digest.head.header("Content-Encoding").strip().lower().replace("identity", ""):
        yield Finding(
            Kind.NOT_CONFORMING,
            "encoding",
            "the bytes of the file as they are",
            f"Content-Encoding: {encoding}",
            "let the server not compress files",
            project=name,
            file=file.filename,
        )
    wrong = any(differences(file, digest.hashes, named, upstream))
    if wrong and digest.head.media == "text/html":
        found = "a page of HTML: a proxy or a login portal may stand in between"
        yield not_had(Kind.UNREACHABLE, name, file.filename, found)
        return
    yield from judge_bytes(
        name, file, Bytes(digest.size, digest.hashes, digest.is_cut), named, upstream
    )


@dataclass(frozen=True, slots=True)
class Bytes:
    """What is known of a file that was read to its end."""

    size: int
    hashes: Mapping[str, str]
    is_cut: bool = False
    """Whether its archive lacks its end; looked at only where it could."""


def judge_bytes(
    name: str, file: FileEntry, got: Bytes, named: str | None, upstream: FileEntry | None
) -> Iterator[Finding]:
    """Judge the bytes of a file by what its page, its place and upstream say."""
    wrong = list(differences(file, got.hashes, named, upstream))
    size = size_of(file, upstream)
    if got.is_cut and could_be_cut(file, got, named, upstream):
        yield truncated(name, file.filename, size, got.size)
    elif wrong:
        yield altered(name, file.filename, *wrong[0])
    elif size not in (None, got.size):
        yield altered(name, file.filename, f"{size} bytes", f"{got.size}", "size")


def size_of(file: FileEntry, upstream: FileEntry | None) -> int | None:
    """Return the bytes a file should have, as its page says, or upstream."""
    sizes = (file.size, upstream.size if upstream else None)
    return next((size for size in sizes if isinstance(size, int)), None)


def shorter(found: int, file: FileEntry, upstream: FileEntry | None) -> bool:
    """Tell whether a file has fewer bytes than it should have."""
    size = size_of(file, upstream)
    return size is not None and found < size


def could_be_cut(
    file: FileEntry, got: Digest | Bytes, named: str | None, upstream: FileEntry | None
) -> bool:
    """Tell whether a file may be cut off: it is too short, or wrong and of unknown length."""
    if size_of(file, upstream) is not None:
        return shorter(got.size, file, upstream)
    return any(differences(file, got.hashes, named, upstream))


def differences(
    file: FileEntry,
    hashes: Mapping[str, str],
    named: str | None,
    upstream: FileEntry | None,
) -> Iterator[tuple[str, str]]:
    """Yield what was expected of a hash, and what it is."""
    for algorithm, digest in sorted(hashes.items(), key=lambda pair: pair[0] == BLAKE):
        said = (
            (file.hashes.get(algorithm), "its page"),
            (named if algorithm == BLAKE else None, "its place"),
            (upstream.hashes.get(algorithm) if upstream else None, "upstream"),
        )
        for wanted, who in said:
            if wanted is not None and wanted.lower() != digest:
                yield f"{algorithm} {wanted} as {who} says", digest


def _look_at_metadata(fetcher: Fetcher, name: str, file: FileEntry, url: str) -> Iterator[Finding]:
    parts = urlsplit(url)
    place = urlunsplit(parts._replace(path=f"{parts.path}.metadata"))
    shown = f"{file.filename}.metadata"
    try:
        digest = fetcher.file(place, ["sha256"])
    except NoAnswer as problem:
        yield _unanswered(name, shown, problem)
        return
    if digest.status in {404, 410}:
        yield no_metadata(name, shown, f"status {digest.status}")
    elif digest.status != 200:
        yield _refused(name, shown, digest.status)
    elif isinstance(file.core_metadata, str):
        found = digest.hashes["sha256"]
        if found != file.core_metadata.lower():
            expected = f"sha256 {file.core_metadata} as its page says"
            yield altered(name, shown, expected, found, "metadata-hash")
    elif digest.head.media == "text/html" or not digest.size:
        yield no_metadata(name, shown, "a page of HTML" if digest.size else "an empty file")


def _look_at_provenance(
    fetcher: Fetcher, name: str, file: FileEntry, base: str
) -> Iterator[Finding]:
    """Judge whether the provenance document is there and is one (PEP 740); not who signed it."""
    found, kind = "", Kind.NOT_CONFORMING
    try:
        url = urljoin(base, file.provenance or "")
        answer = fetcher.page(url, {"Accept": _PROVENANCE})
        if answer.status != 200:
            found = f"status {answer.status}"
        else:
            bundles = json.loads(answer.body)["attestation_bundles"]
            found = "" if isinstance(bundles, list) else "no attestation bundles"
    except NoAnswer as problem:
        found, kind = problem.reason, Kind.UNREACHABLE
    except (ValueError, KeyError, TypeError, RecursionError):
        found = "another document"
    if found:
        yield Finding(
            kind,
            "provenance",
            "the provenance that its page announces",
            found,
            "serve it, or do not announce it",
            Severity.WARNING,
            name,
            file.filename,
        )


def no_metadata(name: str, filename: str, found: str) -> Finding:
    """Say that core metadata is announced and not there."""
    return Finding(
        Kind.NOT_CONFORMING,
        "metadata",
        "its core metadata, as its page announces",
        found,
        "serve it beside the file, or do not announce it; installers give up on this",
        project=name,
        file=filename,
    )


def truncated(name: str, filename: str, expected: int | None, found: int) -> Finding:
    """Say that a file is too short."""
    says = "the whole file" if expected is None else f"{expected} bytes"
    return Finding(
        Kind.TRUNCATED, "size", says, f"{found} bytes", _WHOLE, project=name, file=filename
    )


def altered(name: str, filename: str, expected: str, found: str, rule: str = "hash") -> Finding:
    """Say that a file has other bytes."""
    return Finding(Kind.ALTERED, rule, expected, found, _AGAIN, project=name, file=filename)


def _unanswered(name: str, filename: str, problem: NoAnswer) -> Finding:
    kind = Kind.TRUNCATED if problem.cut else Kind.UNREACHABLE
    rule = "cut" if problem.cut else "file"
    advice = _WHOLE if problem.cut else _LOOK
    return Finding(kind, rule, "the file", problem.reason, advice, project=name, file=filename)


def _refused(name: str, filename: str, status: int) -> Finding:
    kind = Kind.MISSING if status in {404, 410} else Kind.UNREACHABLE
    return not_had(kind, name, filename, f"status {status}")


def not_had(kind: Kind, name: str, filename: str, found: str) -> Finding:
    """Say that a file was asked for, and not had."""
    advice = (
        _LOOK if kind is Kind.UNREACHABLE else "fetch it from upstream, or take it off its page"
    )
    expected = "the file that its page names"
    return Finding(kind, "file", expected, found, advice, project=name, file=filename)
