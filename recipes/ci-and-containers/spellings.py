"""The ways in which a secret stands in a file: as it is, or encoded for some place.

No spelling is a pattern with gaps: each is a run of bytes that stands there word for word. What is
encrypted, or cut into pieces, has none.
"""

from __future__ import annotations

import base64
import io
import json
import math
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO

CHUNK = 1 << 20
"""So many bytes are read at a time."""
_SPACES = b" \t\r\n"
_SAFE = ("", "/", "/~", "!$&'()*+,;=:", "!$&'()*+,;=:@/?")
_URL_ALPHABET = bytes.maketrans(b"+/", b"-_")


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
    every = [Spelling("as it is", secret), *_escaped(secret, text)]
    every += [
        Spelling("hex", secret.hex().encode()),
        Spelling("hex", secret.hex().upper().encode()),
    ]
    every += [
        Spelling("UTF-16", text.encode(f"utf-16-{end}", "surrogatepass")) for end in ("le", "be")
    ]
    once = list(_base64(secret))
    every += [Spelling("base64", core, folded=True) for core in once]
    every += [Spelling("base64 twice", core, folded=True) for one in once for core in _base64(one)]
    plainest: dict[bytes, Spelling] = {}
    for spelling in every:
        plainest.setdefault(spelling.text, spelling)
    return tuple(plainest.values())


def _escaped(secret: bytes, text: str) -> Iterator[Spelling]:
    """What URLs, forms and JSON make of it."""
    quoted = [urllib.parse.quote_from_bytes(secret, safe) for safe in _SAFE]
    quoted += [urllib.parse.quote_plus(secret), "".join(f"%{byte:02X}" for byte in secret)]
    for one in quoted:
        for each in (one, _lower_hex(one), urllib.parse.quote(one)):
            yield Spelling("URL-encoded", each.encode())
    for ascii_only in (True, False):
        inside = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        escaped = (inside, inside.replace("/", "\\/"), _unicode_escapes(inside))
        for each in (*escaped, json.dumps(inside)[1:-1]):
            yield Spelling("JSON", each.encode("utf-8", "surrogateescape"))


def _lower_hex(quoted: str) -> str:
    first, *others = quoted.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in others)])


def _unicode_escapes(text: str) -> str:
    r"""Write as ``\u0026`` what some programs write so, to be safe inside HTML."""
    return "".join(f"\\u{ord(c):04x}" if c in "<>&'+=" else c for c in text)


def _base64(secret: bytes) -> Iterator[bytes]:
    """Give what base64 makes of it after 0, 1 or 2 other bytes: ``user:`` may stand before it.

    Characters that also hold bits of a neighbour are left out.
    """
    for before in range(3):
        whole = base64.b64encode(bytes(before) + secret)
        core = whole[math.ceil(before * 8 / 6) : (before + len(secret)) * 8 // 6]
        yield core
        yield core.translate(_URL_ALPHABET)
        yield urllib.parse.quote_from_bytes(core, safe="").encode()


class Searcher:
    """Looks for several secrets at once, in every spelling."""

    def __init__(self, secrets: Iterable[bytes]) -> None:
        """Prepare for these secrets."""
        self.secrets = tuple(secrets)
        self.spellings = tuple(each for secret in self.secrets for each in spellings(secret))
        self._overlap = 4 * max(len(each.text) for each in self.spellings) + 64

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
        """Look into some bytes; once more without each zero byte, as UTF-16 has ASCII text."""
        thin = window.translate(None, b"\0")
        folded = thin.translate(None, _SPACES)
        plain = {s.how for s in self.spellings if s.text in (folded if s.folded else window)}
        wide = {s.how for s in self.spellings if s.text in thin} if thin != window else set()
        return plain | (wide - {"as it is"}) if "UTF-16" in plain else plain | wide

    def of_text(self, text: str) -> set[str]:
        """Give how the secret stands in a short text."""
        return self.search(io.BytesIO(text.encode("utf-8", "surrogateescape")))[0]

    def masked(self, text: str) -> str:
        """Give a text that may be printed: with stars in place of every spelling."""
        raw = text.encode("utf-8", "surrogateescape")
        for spelling in sorted(self.spellings, key=lambda each: -len(each.text)):
            raw = raw.replace(spelling.text, b"***")
        return raw.decode("utf-8", "backslashreplace")
