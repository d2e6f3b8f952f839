"""pip-tools: ``pip-compile`` writes a lock, ``pip-sync`` installs from one; two clients."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from packaging.utils import canonicalize_name

from mirrorlab.clients.base import Client
from mirrorlab.clients.configuration import MIRROR, PRIVATE, PROJECT, PUBLIC, SECOND, Suite
from mirrorlab.clients.configuration import Configuration as Way
from mirrorlab.clients.pip import Pip

_WANTED: Mapping[str, str] = {"requirements.in": f"{PROJECT}\n"}
_PINNED: Mapping[str, str] = {"requirements.txt": f"{PROJECT}==2.0\n"}
_COMPILE = "pip-compile --generate-hashes"
_LOCK = "requirements.txt"
_NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
_SHA256 = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class PipCompile(Client):
    """pip-compile: it installs nothing, its evidence is the ``requirements.txt`` it wrote."""

    names = ("pip-compile",)
    belongs_to = "pip-tools"
    configurations = (
        Way(
            "mirror",
            Suite.FALLBACK,
            "--index-url is the mirror; there is no other index",
            f"{_COMPILE} --index-url {MIRROR}",
            files=_WANTED,
        ),
        Way(
            "mirror-then-second",
            Suite.FALLBACK,
            "--index-url is the mirror, --extra-index-url the second index",
            f"{_COMPILE} --index-url {MIRROR} --extra-index-url {SECOND}",
            files=_WANTED,
        ),
        Way(
            "private-and-public",
            Suite.CONFUSION,
            "--index-url is the private index, --extra-index-url the public one",
            f"{_COMPILE} --index-url {PRIVATE} --extra-index-url {PUBLIC}",
            files=_WANTED,
        ),
        Way(
            "private-alone",
            Suite.CONFUSION,
            "--index-url is the private index, which passes public projects through",
            f"{_COMPILE} --index-url {PRIVATE}",
            files=_WANTED,
            advised=True,
        ),
        Way(
            "by-name",
            Suite.DNS,
            "--index-url is the mirror; there is no other index",
            f"{_COMPILE} --index-url {MIRROR}",
            files=_WANTED,
        ),
        Way("no-index", Suite.CONTROL, "no option, no file of pip", _COMPILE, files=_WANTED),
    )

    def _program(self) -> Sequence[str | Path]:
        return (self._tools.bin / "pip-compile",)

    def _locked(self) -> Mapping[str, frozenset[str]]:
        lock = self.project / _LOCK
        text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
        _, *parts = _NAME.split(text)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return {canonicalize_name(name): frozenset(_SHA256.findall(rest)) for name, rest in pairs}


class PipSync(Pip):
    """pip-sync, told of the fresh environment, which it fills with the pip that is lent to it."""

    names = ("pip-sync",)
    belongs_to = "pip-tools"
    configurations: ClassVar[tuple[Way, ...]] = (
        Way(
            "hashes",
            Suite.LOCKED,
            "requirements.txt of pip-compile --generate-hashes: hashes and no addresses",
            f"pip-sync --index-url {MIRROR}",
            files=_WANTED,
            prepare=(f"{_COMPILE} --no-emit-index-url --index-url {MIRROR}",),
            advised=True,
        ),
        Way(
            "compiled",
            Suite.LOCKED,
            "requirements.txt as pip-compile writes it unasked: the index's address, no hashes",
            "pip-sync",
            files=_WANTED,
            prepare=(f"pip-compile --index-url {MIRROR}",),
        ),
        Way(
            "by-name",
            Suite.DNS,
            "--index-url is the mirror; there is no other index",
            f"pip-sync --index-url {MIRROR}",
            files=_PINNED,
        ),
        Way("no-index", Suite.CONTROL, "no option, no file of pip", "pip-sync", files=_PINNED),
    )

    @property
    def version(self) -> str:
        """What pip-sync says of itself, not the pip that it calls."""
        return self._run([str(self._tools.bin / "pip-sync"), "--version"], {}, 60).output.strip()

    def _typed_program(self, word: str) -> Sequence[str | Path]:
        program = self._tools.bin / word
        return (
            (program, "--python-executable", self.python_path) if word in self.names else (program,)
        )
