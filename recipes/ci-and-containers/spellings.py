"""The ways in which a secret stands in a file: as it is, or encoded for some place.

Each spelling is a run of bytes that stands there word for word; what a URL, JSON or HTML escapes is
made plain first. What is encrypted, cut into pieces, or packed before it was encoded is not found.
"""

from __future__ import annotations

import base64
import html
import io
import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

CHUNK = 1 << 20
"""So many bytes are read at a time."""
_SPACES = b" \t\r\n"
_BREAK = re.compile(rb"\\[rn]")
_TIMES = 3
"""So often may something be escaped, one time around the other."""
_URL_ALPHABET = bytes.maketrans(b"+/", b"-_")
_RUN = re.compile(rb"[0-9A-Za-z]+")
_EACH = ("%{:02x}", "%25{:02x}", "\\x{:02x}", "\\u{:04x}", "&#{};", "&#x{:x};")
_ESCAPED = re.compile(
    rb"%([0-9a-fA-F]{2})|\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\([/\\\"'&=])"
    rb"|(&(?:#[0-9]{2,7}|#[xX][0-9a-fA-F]{2,6}|amp|lt|gt|quot|apos);)"
)


@dataclass(frozen=True)
class Spelling:
    """One way to write a secret."""

    how: str
    """For people: ``base64``."""
    text: bytes
    folded: bool = False
    """It may be broken over lines: white space in the file does not count."""


def spellings(secret: bytes) -> tuple[Spelling, ...]:
    """Give every spelling of a secret, each run of bytes once; the plainest comes first."""
    text = secret.decode("utf-8", "surrogateescape")
    wide = {end: text.encode(f"utf-16-{end}", "surrogatepass") for end in ("le", "be")}
    every = [
        Spelling("as it is", secret),
        Spelling("JSON", json.dumps(text)[1:-1].encode()),
        Spelling("URL-encoded", secret.replace(b" ", b"+")),
        Spelling("hex", secret.hex().encode()),
        Spelling("hex", secret.hex().upper().encode()),
        *(Spelling("UTF-16", each) for each in wide.values()),
    ]
    once = list(_base64(secret))
    every += [Spelling("base64", core, folded=True) for core in once]
    every += [Spelling("base64 twice", core, folded=True) for one in once for core in _base64(one)]
    every += [Spelling("base64 of UTF-16", core, folded=True) for core in _base64(wide["le"])]
    plainest: dict[bytes, Spelling] = {}
    for spelling in every:
        plainest.setdefault(spelling.text, spelling)
    return tuple(plainest.values())


def _base64(secret: bytes) -> Iterator[bytes]:
    """Give what base64 makes of it after 0, 1 or 2 other bytes: ``user:`` may stand before it.

    Characters that also hold bits of a neighbour are left out.
    """
    for before in range(3):
        whole = base64.b64encode(bytes(before) + secret)
        core = whole[math.ceil(before * 8 / 6) : (before + len(secret)) * 8 // 6]
        yield core
        yield core.translate(_URL_ALPHABET)


def _signs(secret: bytes) -> Iterator[bytes]:
    """Give what must stand in a text that has this escaped: one of them at least.

    To undo escapes is slow. Who escapes leaves letters and digits as they are, or escapes all.
    """
    wide = secret.decode("utf-8", "surrogateescape").encode("utf-16-le", "surrogatepass")
    for text in (secret, *_base64(secret), *_base64(wide)):
        yield max(_RUN.findall(text), key=len, default=b"")
    first = max(_RUN.findall(secret), key=len, default=b"")[:2]
    for each in _EACH:
        for form in (each, each.replace("x}", "X}")):
            yield "".join(form.format(byte) for byte in first).encode()


def _plain(escaped: re.Match[bytes]) -> bytes:
    """Undo one escape of a URL, of JSON or of HTML, in upper or lower case."""
    byte, also_byte, character, itself, entity = escaped.groups()
    if entity:
        return html.unescape(entity.decode()).encode("utf-8", "surrogatepass")
    if character:
        return chr(int(character, 16)).encode("utf-8", "surrogatepass")
    return bytes(itself or bytes.fromhex((byte or also_byte).decode()))


def _folded(window: bytes) -> bytes:
    """Leave out what breaks lines, as it is or as JSON writes it."""
    return _BREAK.sub(b"", window).translate(None, _SPACES)


class Searcher:
    """Looks for several secrets at once, in every spelling."""

    def __init__(self, secrets: Iterable[bytes]) -> None:
        """Prepare for these secrets."""
        self.secrets = tuple(secrets)
        self.spellings = tuple(each for secret in self.secrets for each in spellings(secret))
        self._signs = {sign for secret in self.secrets for sign in _signs(secret)}
        self._overlap = 16 * max(len(secret) for secret in self.secrets) + 256

    def search(self, stream: IO[bytes]) -> tuple[set[str], int]:
        """Read a stream to its end; give how the secret stands there, and the bytes read."""
        how: set[str] = set()
        size, window = 0, b""
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            window += chunk
            how |= self._in(window)
            window = window[-self._overlap :]
        return how, size

    def _in(self, window: bytes) -> set[str]:
        """Look into some bytes: as they are, without zeros as in UTF-16, and without escapes."""
        how = self._word_for_word(window)
        thin = window.translate(None, b"\0")
        if thin != window and not how:
            how = self._word_for_word(thin)
        folded = _folded(thin)
        for _ in range(_TIMES if any(sign in folded for sign in self._signs) else 0):
            before, thin = thin, _ESCAPED.sub(_plain, thin)
            if how or thin == before:
                break
            how = {each if "base64" in each else "escaped" for each in self._word_for_word(thin)}
        return how

    def _word_for_word(self, window: bytes) -> set[str]:
        folded = _folded(window)
        return {s.how for s in self.spellings if s.text in (folded if s.folded else window)}

    def of_text(self, text: str) -> set[str]:
        """Give how the secret stands in a short text."""
        return self.search(io.BytesIO(text.encode("utf-8", "surrogateescape")))[0]

    def masked(self, text: str) -> str:
        """Give a text that may be printed: with stars in place of every spelling."""
        raw = text.encode("utf-8", "surrogateescape")
        for spelling in sorted(self.spellings, key=lambda each: -len(each.text)):
            raw = raw.replace(spelling.text, b"***")
        if self._in(raw):
            return "*** (its name holds the secret, escaped)"
        return raw.decode("utf-8", "backslashreplace")
