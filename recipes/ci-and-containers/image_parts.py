"""What an image archive says of itself: which of its files are layers, and whether all are there.

OCI image layout (``index.json``) and the archive of ``docker save`` (``manifest.json``); one file
may be both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from typing import Any

Read = Callable[[str], bytes]
"""Gives the content of a file of the archive by its name."""
_DEEPEST = 4


class NoImage(ValueError):
    """It says that it is an image, and is none that can be read to the end."""


@dataclass
class Parts:
    """The files of an image, by their names in the archive."""

    labels: dict[str, str] = field(default_factory=dict)
    """Name -> what it is: ``layer 2 of 3``, ``config``."""
    digests: dict[str, str] = field(default_factory=dict)
    """Name -> the SHA-256 that it must have."""
    missing: list[str] = field(default_factory=list)
    """What the image names and the archive does not have, each as a sentence."""

    @property
    def configs(self) -> tuple[str, ...]:
        """The names of the image configurations."""
        return tuple(name for name, label in self.labels.items() if label == "config")


def parts_of(names: Container[str], read: Read) -> Parts:
    """Read the manifests of an archive of these names; without any there are no parts.

    Raises NoImage where a manifest cannot be understood.
    """
    parts = Parts()
    try:
        if "index.json" in names and "oci-layout" in names:
            _oci(names, read, parts, json.loads(read("index.json")), _DEEPEST)
        if "manifest.json" in names and _saved(images := json.loads(read("manifest.json"))):
            _docker(names, parts, images)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NoImage(f"its manifest is not one of an image ({type(error).__name__})") from None
    if parts.labels and not any("layer" in label for label in parts.labels.values()):
        raise NoImage("it names no layer")
    return parts


def _oci(names: Container[str], read: Read, parts: Parts, manifest: Any, deepest: int) -> None:
    """Follow an index to its manifests, and a manifest to its config and layers."""
    if deepest == 0:
        raise ValueError("an index within an index within an index")
    for entry in manifest.get("manifests", ()):
        name = _part(names, parts, entry, "manifest")
        if name in names:
            _oci(names, read, parts, json.loads(read(name)), deepest - 1)
    if "layers" in manifest:
        _part(names, parts, manifest["config"], "config")
        for number, layer in enumerate(manifest["layers"], 1):
            _part(names, parts, layer, f"layer {number} of {len(manifest['layers'])}")
    elif "manifests" not in manifest:
        raise ValueError("neither an index nor a manifest")


def _part(names: Container[str], parts: Parts, descriptor: Any, label: str) -> str:
    """Note one file that a manifest names, by its digest."""
    kind, _, digest = descriptor["digest"].partition(":")
    name = f"blobs/{kind}/{digest}"
    parts.labels[name] = label
    if kind == "sha256":
        parts.digests[name] = digest
    if name not in names:
        parts.missing.append(f"{label} is not there ({kind}:{digest[:12]})")
    return name


def _saved(manifest: Any) -> bool:
    """Tell the list that ``docker save`` writes from a file of the same name."""
    return isinstance(manifest, list) and all("Layers" in image for image in manifest)


def _docker(names: Container[str], parts: Parts, images: Any) -> None:
    for image in images:
        for name, label in _named(image):
            parts.labels.setdefault(name, label)
            if name not in names:
                parts.missing.append(f"{label} is not there ({name})")


def _named(image: Any) -> Iterator[tuple[str, str]]:
    yield image["Config"], "config"
    for number, layer in enumerate(image["Layers"], 1):
        yield layer, f"layer {number} of {len(image['Layers'])}"


def strings(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give each text of a JSON value with the path to it: ``history[2].created_by``."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}".lstrip("."), str(key)
            yield from strings(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from strings(inner, f"{path}[{number}]")
    elif isinstance(value, str):
        yield path, value
