"""Altering a distribution as an attacker would: other bytes, the same name, and it works."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile

MODULE = "mirrorlab_altered"
"""The module an altered wheel brings along, and the file an altered sdist holds: evidence."""

_SOURCE = b'"""This file was not in the distribution its author uploaded."""\n'
_MOMENT = (2020, 1, 1, 0, 0, 0)


def alter(filename: str, content: bytes) -> bytes:
    """Return a valid distribution that is not ``content``: it holds one file more."""
    return _alter_sdist(content) if filename.endswith(".tar.gz") else _alter_zip(content)


def _alter_zip(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename.endswith(".dist-info/RECORD"):
                data += f"{_recorded()}\n".encode()
            new.writestr(member, data)
        new.writestr(zipfile.ZipInfo(f"{MODULE}.py", _MOMENT), _SOURCE)
    return buffer.getvalue()


def _recorded() -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(_SOURCE).digest()).rstrip(b"=").decode()
    return f"{MODULE}.py,sha256={digest},{len(_SOURCE)}"


def _alter_sdist(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(content)) as old,
        tarfile.open(fileobj=buffer, mode="w:gz") as new,
    ):
        members = old.getmembers()
        for member in members:
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
        root = members[0].name.partition("/")[0]
        extra = tarfile.TarInfo(f"{root}/{MODULE}.py")
        extra.size = len(_SOURCE)
        new.addfile(extra, io.BytesIO(_SOURCE))
    return buffer.getvalue()
