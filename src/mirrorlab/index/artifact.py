"""A distribution as the index holds it: its bytes, hashes and place, made when first asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from mirrorlab.distributions import Built
from mirrorlab.index.altering import alter


class Artifact:
    """A distribution that ``make`` builds when somebody first looks at it."""

    def __init__(self, make: Callable[[], Built]) -> None:
        """Remember how to build it; nothing is built yet."""
        self._make = make

    @cached_property
    def _built(self) -> Built:
        return self._make()

    @property
    def filename(self) -> str:
        """The file name, as wheels and sdists are named."""
        return self._built.filename

    @property
    def content(self) -> bytes:
        """The file itself."""
        return self._built.content

    @property
    def metadata(self) -> bytes:
        """Its core metadata: ``METADATA`` of a wheel, ``PKG-INFO`` of an sdist."""
        return self._built.metadata

    @cached_property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)

    @cached_property
    def hashes(self) -> dict[str, str]:
        """The digests Warehouse gives, in hexadecimal: md5, sha256, blake2b of 256 bits."""
        content = self.content
        return {
            "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            "sha256": hashlib.sha256(content).hexdigest(),
            "blake2b_256": hashlib.blake2b(content, digest_size=32).hexdigest(),
        }

    @property
    def sha256(self) -> str:
        """The sha256 of the file, in hexadecimal."""
        return self.hashes["sha256"]

    @cached_property
    def metadata_sha256(self) -> str:
        """The sha256 of the core metadata, in hexadecimal."""
        return hashlib.sha256(self.metadata).hexdigest()

    @cached_property
    def path(self) -> str:
        """The path of its URL: ``/packages/xx/yy/<rest of its blake2b>/<file name>``."""
        digest = self.hashes["blake2b_256"]
        return f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{self.filename}"

    @cached_property
    def altered(self) -> Artifact:
        """Another working distribution of the same name, at the same place."""
        other = Artifact(
            lambda: Built(self.filename, alter(self.filename, self.content), self.metadata)
        )
        other.path = self.path
        return other


class ArtifactOnDisk(Artifact):
    """A distribution in a folder, read from there for each request; only its hashes are kept."""

    def __init__(self, file: Path, metadata: bytes) -> None:
        """Take a file and the core metadata already read from it."""
        super().__init__(lambda: Built(file.name, file.read_bytes(), metadata))
        self._file = file
        self._metadata = metadata

    @property
    def filename(self) -> str:
        """The file name."""
        return self._file.name

    @property
    def content(self) -> bytes:
        """The file itself."""
        return self._file.read_bytes()

    @property
    def metadata(self) -> bytes:
        """Its core metadata."""
        return self._metadata
