"""The kit's own wheel, made again from the kit that runs: no index need have it.

An installed kit is packed from its ``RECORD``, each file by the hash it was installed with. A kit
that runs from a checkout is packed from the checkout, as its build backend would do it. The same
kit gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import mirrorlab
from mirrorlab.distributions.backend import pack
from mirrorlab.errors import NotPossible

_PROJECT = "mirrorlab"
_TAG = "py3-none-any"
_NOT_OF_THE_KIT = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "METADATA", "WHEEL"}


@dataclass(frozen=True)
class KitWheel:
    """A wheel of the kit."""

    filename: str
    content: bytes
    origin: str
    """What it was made from, for people."""


def make() -> KitWheel:
    """Pack the kit that runs. Raises :class:`NotPossible` where it is not whole."""
    checkout = Path(mirrorlab.__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / "src" / _PROJECT).is_dir():
        return _from_checkout(checkout)
    try:
        return _from_installed(distribution(_PROJECT))
    except PackageNotFoundError:
        raise _not_whole("it is neither installed nor a checkout") from None


def _from_checkout(checkout: Path) -> KitWheel:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    files = {
        **_tree(checkout / "src" / _PROJECT, _PROJECT),
        **_tree(checkout / "recipes", f"{_PROJECT}/recipes"),
    }
    info = f"{_PROJECT}-{project['version']}.dist-info"
    scripts = "".join(f"{name} = {call}\n" for name, call in project["scripts"].items())
    files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{scripts}".encode()
    for name in project["license-files"]:
        files[f"{info}/licenses/{name}"] = (checkout / name).read_bytes()
    metadata = "".join(f"{line}\n" for line in _metadata(project)).encode()
    return _packed(project["version"], metadata, files, f"the checkout in {checkout}")


def _tree(folder: Path, inside: str) -> dict[str, bytes]:
    """Collect a folder as the wheel has it, without what running leaves behind."""
    files = {}
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        left = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not left:
            files[f"{inside}/{'/'.join(parts)}"] = path.read_bytes()
    return files


def _metadata(project: Mapping[str, Any]) -> Iterator[str]:
    """The core metadata that an installer needs."""
    yield "Metadata-Version: 2.4"
    yield f"Name: {project['name']}"
    yield f"Version: {project['version']}"
    yield f"Summary: {project['description']}"
    yield f"License-Expression: {project['license']}"
    yield from (f"License-File: {name}" for name in project["license-files"])
    yield f"Requires-Python: {project['requires-python']}"
    yield from (f"Requires-Dist: {one}" for one in project["dependencies"])
    for extra, requirements in project["optional-dependencies"].items():
        yield f"Provides-Extra: {extra}"
        yield from (f"Requires-Dist: {one}; extra == '{extra}'" for one in requirements)


def _from_installed(installed: Distribution) -> KitWheel:
    """Pack what was installed; an altered file is none of the kit."""
    info = f"{_PROJECT}-{installed.version}.dist-info"
    files = {}
    for path in installed.files or ():
        if path.parts[0] not in {_PROJECT, info} or path.hash is None:
            continue
        content = Path(str(path.locate())).read_bytes()
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        if (path.hash.mode, path.hash.value) != ("sha256", digest):
            raise _not_whole(f"{path} is not as it was installed; install the kit again")
        if path.parts[0] == _PROJECT or path.parts[1] not in _NOT_OF_THE_KIT:
            files[path.as_posix()] = content
    if f"{_PROJECT}/__init__.py" not in files:
        raise _not_whole("its RECORD does not name its files; install the kit again")
    metadata = (installed.read_text("METADATA") or "").encode()
    return _packed(installed.version, metadata, files, "the installed kit")


def _packed(version: str, metadata: bytes, files: Mapping[str, bytes], origin: str) -> KitWheel:
    content = pack(_TAG, metadata, files)
    return KitWheel(f"{_PROJECT}-{version}-{_TAG}.whl", content, origin)


def _not_whole(reason: str) -> NotPossible:
    return NotPossible("a wheel of this kit", reason)
