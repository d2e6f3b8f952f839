"""What a mirror alters in files, and what is wrong with pages of an index that lies."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from mirrorlab.runner import Run

Change = Callable[[str, bytes], bytes]
"""Path and bytes of a file -> the bytes that are given."""
Damage = Callable[[bytes], bytes]
_HASHES = rb'"hashes":\{[^}]*\}'


def _put(pattern: bytes, new: bytes, count: int = 0) -> Damage:
    return lambda page: re.sub(pattern, new, page, count=count)


BAD_PAGES: dict[str, tuple[str, Damage]] = {
    "no hash": ("has no sha256", _put(_HASHES, b'"hashes":{}')),
    "one without": ("has no sha256", _put(_HASHES, b'"hashes":{}', 1)),
    "md5 alone": ("has no sha256", _put(rb'\{"sha256"', b'{"md5"')),
    "a short one": ("has no sha256", _put(rb'("hashes":\{"sha256":")..', rb"\1")),
    "another file": ("where no mirror", _put(rb'-2\.0-py3-none-any\.whl"', b'-9.whl"', 1)),
    "outside": ("where no mirror", _put(rb"/packages/", b"/packages/%2e%2e/")),
    "a query": ("where no mirror", _put(rb'\.whl","hashes', b'.whl?x","hashes')),
    "twice a key": ("twice", _put(rb'"hashes"', b'"hashes":{},"hashes"')),
    "twice a file": ("twice", _put(rb'"files":\[(.*)\]', rb'"files":[\1,\1]')),
    "no list": ("is no list", _put(rb'"files":\[', b'"files":{},"x":[')),
    "half a character": ("surrogates", _put(rb'"versions":\[', rb'"versions":["\\ud800",')),
    "another project": ("the page of", _put(rb'"name":"[^"]*"', b'"name":"demo-dep"')),
    "version 2": ("this knows 1.x", _put(rb'"api-version":"1', b'"api-version":"2')),
    "half a page": ("no page of the Simple API", lambda page: page[: len(page) // 2]),
    "HTML": ("text/html instead of", lambda _: b"<!DOCTYPE html>"),
    "nothing": ("no page of the Simple API", lambda _: b""),
}
"""What is wrong with a page -> the words by which it is refused, and how it comes about."""
LIKE = {f"like-{number}": what for number, what in enumerate(BAD_PAGES)}
"""Projects that only the lying index has; each has the page of demo-lib, and one fault in it."""
EVIL = "evil.py"
"""The module that an altered file has more."""


def bad_page(path: str, body: bytes) -> bytes:
    """Put into the page of each project in LIKE the fault that is its own."""
    _, damage = BAD_PAGES[LIKE[path.split("/")[2]]]
    return damage(body)


def as_it_is(_: str, body: bytes) -> bytes:
    """Alter nothing."""
    return body


def altered(run: Run, *suffixes: str) -> Change:
    """Alter each file with one of these suffixes: its code, or what it says that it needs.

    What builds such an sdist leaves a mark: :func:`its_code_ran`. There is none to begin with.
    """
    mark = _mark(run)
    mark.unlink(missing_ok=True)
    return lambda path, body: _altered(mark, suffixes, path, body)


def at_first(change: Change) -> Change:
    """Alter a file for who reads it first, and give it as it is to who comes again."""
    seen: set[str] = set()

    def changed(path: str, body: bytes) -> bytes:
        new = path not in seen
        seen.add(path)
        return change(path, body) if new else body

    return changed


def its_code_ran(run: Run) -> bool:
    """Whether an altered sdist was built since :func:`altered` was called."""
    return _mark(run).exists()


def _mark(run: Run) -> Path:
    return run.tmp / "altered-code-ran"


def _altered(mark: Path, suffixes: tuple[str, ...], path: str, body: bytes) -> bytes:
    if not path.endswith(suffixes) or "demo_python" in path or "demo_backend" in path:
        return body
    if path.endswith(".metadata"):
        return _needs_more(body)
    return _wheel(body) if path.endswith(".whl") else _sdist(mark, body)


def _needs_more(metadata: bytes) -> bytes:
    return metadata.replace(b"\n", b"\nRequires-Dist: demo-python\n", 1)


def _wheel(body: bytes) -> bytes:
    """The wheel with a module more, and with a dependency more."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename.endswith("/METADATA"):
                data = _needs_more(data)
            new.writestr(member, data)
        new.writestr(zipfile.ZipInfo(EVIL), "")  # the same bytes each time
    return out.getvalue()


def _sdist(mark: Path, body: bytes) -> bytes:
    """The sdist with a build backend of its own, which says that it ran."""
    out = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(body)) as old,
        tarfile.open(fileobj=out, mode="w") as new,
    ):
        root = old.getnames()[0].partition("/")[0]
        for member in old.getmembers():
            if not member.name.endswith("/pyproject.toml"):
                new.addfile(member, old.extractfile(member))
        backend = f"open({str(mark)!r}, 'w').close()\nfrom demo_backend import *\n"
        table = '[build-system]\nrequires = ["demo-backend"]\nbuild-backend = "evil"\n'
        more = {"pyproject.toml": f'{table}backend-path = ["."]\n', EVIL: backend}
        for name, text in more.items():
            member = tarfile.TarInfo(f"{root}/{name}")
            member.size = len(text)
            new.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(out.getvalue(), mtime=0)
