"""Find a secret in files, as it is and as programs write it down; see find-secret.sh."""

import base64
import bz2
import gzip
import json
import lzma
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, quote_plus

SHORTEST = 8  # characters; a shorter one is found everywhere by chance
LARGEST = 256_000_000  # bytes of a file, packed or unpacked
DEEPEST = 4  # archives in archives
ZSTANDARD = b"\x28\xb5\x2f\xfd"
UNPACK = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ\x00": lzma.decompress}


class Unreadable(Exception):
    """Something that was to be searched could not be."""


def spellings(secret: str) -> dict[bytes, str]:
    """What is looked for -> how it is called."""
    words: dict[bytes, str] = {}
    for text in (quote(secret, safe=""), quote_plus(secret)):
        words[text.encode()] = "percent-encoded"
        words[re.sub("%..", lambda code: code[0].lower(), text).encode()] = "percent-encoded"
    words[json.dumps(secret)[1:-1].encode()] = "in JSON"
    for coding in ("utf-16-le", "utf-16-be"):
        words[secret.encode(coding)] = "in UTF-16"
    plain = secret.encode()
    for before in range(3):  # in base64 it reads otherwise where one or two bytes stand before it
        first = -(-before * 8 // 6)
        last = (before + len(plain)) * 8 // 6  # the characters that stand for nothing but it
        inner = base64.b64encode(b"\0" * before + plain)[first:last]
        words[inner] = words[inner.translate(bytes.maketrans(b"+/", b"-_"))] = "in base64"
    words[plain] = "as it is"
    return words


def parts(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """A file's bytes, and those of what is packed in it."""
    yield data
    if len(data) > LARGEST or depth > DEEPEST:
        raise Unreadable("is too large, or packed too deep")
    if data.startswith(ZSTANDARD):
        raise Unreadable("is packed by zstd")
    for magic, unpack in UNPACK.items():
        if data.startswith(magic):
            yield from parts(unpack(data), depth + 1)
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for each in archive.infolist():
                if each.file_size > LARGEST:
                    raise Unreadable("has a file that is too large")
                yield from parts(archive.read(each), depth + 1)


def files(places: list[str]) -> Iterator[Path]:
    """Each file of the places, once; links are not followed."""
    for place in map(Path, places):
        if not place.exists():
            raise Unreadable(f"{place} is not there")
        found = [place] if place.is_file() else sorted(place.rglob("*"))
        yield from (file for file in found if file.is_file() and not file.is_symlink())


def main(secret_file: str, places: str, may_have: str) -> int:
    """Search, say where the secret is, return the exit code."""
    try:
        lines = Path(secret_file).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as problem:
        print(f"find-secret: {secret_file} cannot be read: {problem}", file=sys.stderr)
        return 2
    secret = lines[0] if lines else ""
    if len(secret.strip()) < SHORTEST or secret != secret.strip():
        print(
            f"find-secret: the first line of {secret_file} is no secret: it needs {SHORTEST}"
            " characters, and no blank around them",
            file=sys.stderr,
        )
        return 2
    words = spellings(secret)
    allowed = {Path(name).resolve() for name in [secret_file, *may_have.split()]}
    searched, code = 0, 0
    try:
        for file in files(places.split()):
            if file.resolve() in allowed:
                continue
            searched += 1
            how = {name for part in _parts_of(file) for word, name in words.items() if word in part}
            if how:
                print(f"find-secret: {file} HAS IT, {' and '.join(sorted(how))}")
                code = 1
    except Unreadable as problem:
        print(f"find-secret: could not tell: {problem}", file=sys.stderr)
        return 3
    if not searched:
        print("find-secret: could not tell: there is no file to search", file=sys.stderr)
        return 3
    if not code:
        print(f"find-secret: it is in none of {searched} files")
    return code


def _parts_of(file: Path) -> Iterator[bytes]:
    try:
        yield from parts(file.read_bytes())
    except Unreadable as problem:
        raise Unreadable(f"{file} {problem}") from None
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as problem:
        raise Unreadable(f"{file} cannot be read: {problem}") from None
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError) as problem:
        raise Unreadable(f"{file} is a broken archive: {problem}") from None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
