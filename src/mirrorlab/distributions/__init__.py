"""Wheels and sdists made in memory: small, installable, byte-identical on every machine.

Each wheel has a package that can be imported (``demo-lib`` gives ``demo_lib``) and says its
``__version__``. Each sdist really builds: with the backend it carries, or with ``demo-backend``
from the index where that is among its build requirements. In :mod:`.interpreter` there is a
made-up CPython, which runs one of this machine.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from mirrorlab.distributions import backend
from mirrorlab.distributions.archive import tar_gz

__all__ = ["BACKEND", "Built", "sdist", "wheel"]

BACKEND = "demo-backend"
"""The project whose wheel is a build backend, able to build every sdist made here."""

_BACKEND_SOURCE = Path(backend.__file__)
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")


@dataclass(frozen=True, slots=True)
class Built:
    """A distribution: its file name, its bytes, and its core metadata."""

    filename: str
    content: bytes
    metadata: bytes

    @property
    def sha256(self) -> str:
        """The sha256 of the file, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def wheel(
    project: str,
    version: str,
    *,
    tag: str = backend.TAG,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    pad: int = 0,
) -> Built:
    """Build a wheel (PEP 427) of ``project`` whose package holds ``pad`` bytes of padding.

    ``requires`` are its dependencies (PEP 508), ``tag`` its compatibility tag (PEP 425).
    """
    metadata = _metadata(project, version, requires, requires_python)
    content = backend.pack(tag, metadata, _package(project, version, pad))
    return Built(f"{backend.stem(metadata)}-{tag}.whl", content, metadata)


def sdist(
    project: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    build_requires: Sequence[str] = (),
    pad: int = 0,
) -> Built:
    """Build an sdist (PEP 625) that builds to the very bytes of :func:`wheel`.

    ``build_requires`` are fetched by the installer before it builds (PEP 518).
    """
    metadata = _metadata(project, version, requires, requires_python)
    stem = backend.stem(metadata)
    files = {f"src/{name}": data for name, data in _package(project, version, pad).items()}
    files["PKG-INFO"] = metadata
    lines = ["[build-system]", f"requires = {json.dumps(list(build_requires))}"]
    if BACKEND in map(_name, build_requires):
        lines += ['build-backend = "demo_backend"']
    else:
        lines += ['build-backend = "_build"', 'backend-path = ["."]']
        files["_build.py"] = _BACKEND_SOURCE.read_bytes()
    files["pyproject.toml"] = "".join(f"{line}\n" for line in lines).encode()
    content = tar_gz({f"{stem}/{name}": data for name, data in files.items()})
    return Built(f"{stem}.tar.gz", content, metadata)


def _metadata(
    project: str, version: str, requires: Sequence[str], requires_python: str | None
) -> bytes:
    """Return the core metadata; 2.2, so that an sdist's can be read without building (PEP 643)."""
    lines = [
        "Metadata-Version: 2.2",
        f"Name: {project}",
        f"Version: {Version(version)}",
        f"Summary: {project}, made for a test",
    ]
    if requires_python is not None:
        lines.append(f"Requires-Python: {requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    extras = sorted({extra for requirement in requires for extra in _EXTRA.findall(requirement)})
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    return "".join(f"{line}\n" for line in lines).encode()


def _package(project: str, version: str, pad: int) -> dict[str, bytes]:
    """Return the files of the importable package."""
    folder = canonicalize_name(project).replace("-", "_")
    module = f'__version__ = "{Version(version)}"\n'.encode()
    if canonicalize_name(project) == BACKEND:
        module = _BACKEND_SOURCE.read_bytes() + b"\n\n" + module
    files = {f"{folder}/__init__.py": module}
    if pad:
        seed = f"{project} {Version(version)}".encode()
        files[f"{folder}/padding.bin"] = hashlib.shake_256(seed).digest(pad)
    return files


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return canonicalize_name(match.group()) if match else ""
