"""Reading distributions as they lie in a folder: names, versions and core metadata."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path, PurePosixPath

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from mirrorlab.errors import BadDistribution, FolderNotReadable

SUFFIXES = (".whl", ".tar.gz", ".zip")
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, KeyError)


@dataclass(frozen=True, slots=True)
class Described:
    """What a distribution says of itself."""

    name: str
    version: str
    requires_python: str | None
    metadata: bytes


def read_folder(folder: Path) -> tuple[tuple[Path, Described], ...]:
    """Read every wheel and sdist directly in ``folder``, sorted by name; other files are left out.

    Raises :class:`FolderNotReadable`, or :class:`BadDistribution` naming the first bad file.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIXES))
    except OSError as error:
        raise FolderNotReadable(folder, error.strerror or str(error)) from None
    return tuple((file, describe(file.name, _bytes(file), file)) for file in files)


def describe(filename: str, content: bytes, place: Path | None = None) -> Described:
    """Read the core metadata of a distribution and hold it against its file name.

    Raises :class:`BadDistribution` (of ``place``, or of the bare file name).
    """
    path = place or Path(filename)
    name, version = _named(filename, path)
    try:
        wheel = filename.endswith(".whl")
        metadata = _of_wheel(content) if wheel else _of_sdist(filename, content)
    except _BROKEN as error:
        reason = str(error) or type(error).__name__
        raise BadDistribution(path, f"cannot be read, it may be cut off: {reason}") from None
    if metadata is None:
        raise BadDistribution(path, f"holds no {'METADATA' if wheel else 'PKG-INFO'}")
    headers = BytesHeaderParser().parsebytes(metadata)
    said = (headers["Name"] or "", headers["Version"] or "")
    if canonicalize_name(said[0]) != name or _version(said[1]) != version:
        problem = f"says inside that it is {said[0]} {said[1]}, which is not what it is called"
        raise BadDistribution(path, problem)
    return Described(said[0], said[1], headers["Requires-Python"], metadata)


def project_of(filename: str) -> str | None:
    """Return the normalised name of the project a file name belongs to, if it is well formed."""
    try:
        return _named(filename, Path(filename))[0]
    except BadDistribution:
        return None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadDistribution(file, f"cannot be read: {error.strerror or error}") from None


def _named(filename: str, path: Path) -> tuple[str, Version]:
    try:
        if filename.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(filename)
            return name, version
        return parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion) as error:
        raise BadDistribution(path, f"is not a name of a distribution: {error}") from None


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _of_wheel(content: bytes) -> bytes | None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            parts = PurePosixPath(name).parts
            if len(parts) == 2 and parts[0].endswith(".dist-info") and parts[1] == "METADATA":
                return archive.read(name)
    return None


def _of_sdist(filename: str, content: bytes) -> bytes | None:
    """Read to the very end, so that a cut is noticed."""
    found = None
    if filename.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if len(PurePosixPath(name).parts) == 2 and name.endswith("/PKG-INFO"):
                    found = archive.read(name)
        return found
    # tarfile stops at the end marker; gzip also checks the length and sum that come after it.
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(content)), mode="r:") as archive:
        for member in archive:
            parts = PurePosixPath(member.name).parts
            if len(parts) == 2 and parts[1] == "PKG-INFO" and member.isfile():
                data = archive.extractfile(member)
                found = data.read() if data else None
    return found
