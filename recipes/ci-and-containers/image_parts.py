"""What an image says of itself: which of its files are layers, and whether all are there.

OCI image layout (``index.json``), what ``docker save`` writes (``manifest.json``, a list) and the
plain folder of ``skopeo copy`` (``manifest.json``, an object). One folder may be two of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

Read = Callable[[str], bytes]
"""Gives the content of a file of the archive by its name."""
_DEEPEST = 4
_SIGN = re.compile(
    r"(?P<root>(?:.*/)?)(?:oci-layout|manifest\.json|blobs/sha256/(?P<digest>[0-9a-f]{64}))"
)
_KINDS = ("sha256", "sha384", "sha512")


class NoImage(ValueError):
    """It says that it is an image, and is none that can be read to the end."""


@dataclass
class Parts:
    """The files of all images in an archive or folder, by their names there."""

    labels: dict[str, str] = field(default_factory=dict)
    """Name -> what it is: ``layer 2 of 3``, ``config``."""
    digests: dict[str, str] = field(default_factory=dict)
    """Name -> the digest that it must have, as ``sha256:0123``."""
    missing: list[str] = field(default_factory=list)
    """What an image names and the archive does not have, each as a sentence."""

    @property
    def configs(self) -> tuple[str, ...]:
        """The names of the image configurations."""
        return tuple(name for name, label in self.labels.items() if label == "config")


def parts_of(names: Collection[str], read: Read) -> Parts:
    """Read the manifests among these names; without any there are no parts.

    Raises NoImage where a manifest cannot be understood.
    """
    parts = Parts()
    roots: dict[str, bool] = {}
    for name in names:
        if sign := _SIGN.fullmatch(name):
            roots[sign["root"]] = roots.get(sign["root"], False) or bool(sign["digest"])
            if sign["digest"]:
                parts.digests[name] = f"sha256:{sign['digest']}"
    for root, blobs in roots.items():
        _Image(root, names, read, parts).note(blobs)
    return parts


@dataclass
class _Image:
    """One folder with an image in it."""

    root: str
    names: Collection[str]
    read: Read
    parts: Parts

    def note(self, blobs: bool) -> None:
        """Note all that its manifests name. ``blobs`` are there: so it is an image, or was one."""
        before = len(self.parts.labels)
        layout = self._has("oci-layout")
        if layout and not self._has("index.json"):
            raise NoImage(f"{self.root}index.json is not there, which names its layers")
        try:
            if layout or (blobs and self._has("index.json")):
                self._oci(self._json("index.json"), _DEEPEST)
            if self._has("manifest.json"):
                self._manifest(is_image=blobs or layout or not self.root)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            what = f"{self.root or 'its manifest'} is not one of an image"
            raise NoImage(f"{what} ({type(error).__name__})") from None
        noted = list(self.parts.labels.values())[before:]
        if noted and not any("layer" in label for label in noted):
            raise NoImage("it names no layer")

    def _manifest(self, *, is_image: bool) -> None:
        """Many programs have a file ``manifest.json``, some with comments in it."""
        try:
            manifest = self._json("manifest.json")
        except ValueError:
            if is_image:
                raise
            return
        if isinstance(manifest, list) and all("Layers" in image for image in manifest):
            for image in manifest:
                self._named(image["Config"], "config")
                for number, layer in enumerate(image["Layers"], 1):
                    self._named(layer, f"layer {number} of {len(image['Layers'])}")
        elif isinstance(manifest, dict) and {"layers", "config"} <= manifest.keys():
            self._layers(manifest, "")

    def _oci(self, manifest: Any, deepest: int) -> None:
        """Follow an index to its manifests, and a manifest to its config and layers."""
        if deepest == 0:
            raise ValueError("an index within an index within an index")
        for entry in manifest.get("manifests", ()):
            name = self._part(entry, "manifest", "blobs/")
            if self._has(name):
                self._oci(self._json(name), deepest - 1)
        if "layers" in manifest:
            self._layers(manifest, "blobs/")
        elif "manifests" not in manifest:
            raise ValueError("neither an index nor a manifest")

    def _layers(self, manifest: Any, folder: str) -> None:
        self._part(manifest["config"], "config", folder)
        for number, layer in enumerate(manifest["layers"], 1):
            self._part(layer, f"layer {number} of {len(manifest['layers'])}", folder)

    def _part(self, descriptor: Any, label: str, folder: str) -> str:
        """Note one file that a manifest names, by its digest."""
        kind, _, digest = descriptor["digest"].partition(":")
        if kind not in _KINDS:
            raise ValueError("a digest of a kind that this does not know")
        name = f"{folder}{kind}/{digest}" if folder else str(digest)
        self.parts.labels[self.root + name] = label
        self.parts.digests[self.root + name] = f"{kind}:{digest}"
        if not self._has(name):
            self.parts.missing.append(f"{label} is not there ({kind}:{digest[:12]})")
        return name

    def _named(self, name: str, label: str) -> None:
        self.parts.labels.setdefault(self.root + name, label)
        if not self._has(name):
            self.parts.missing.append(f"{label} is not there ({name})")

    def _has(self, name: str) -> bool:
        return self.root + name in self.names

    def _json(self, name: str) -> Any:
        return json.loads(self.read(self.root + name))


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
