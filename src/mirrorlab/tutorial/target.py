"""Whose laptop: a CPython and an operating system, and which wheels fit there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from packaging.markers import Marker, default_environment
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms, platform_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

_GLIBC = 28
"""The newest minor version of glibc 2 that a wheel may ask for: what Debian 10 has."""
_MACOS = (12, 0)


@dataclass(frozen=True)
class Machine:
    """An operating system on a processor."""

    name: str
    platforms: tuple[str, ...]
    """The platform tags it takes, the best first."""
    markers: tuple[tuple[str, str], ...] = ()
    """What the environment markers of PEP 508 say there."""


@dataclass(frozen=True)
class Target:
    """A laptop that tools are prepared for."""

    machine: Machine
    python: str
    """The short version of its CPython, ``3.13``."""

    def __str__(self) -> str:
        return f"Python {self.python} on {self.machine.name}"

    def takes(self, marker: Marker | None) -> bool:
        """Tell whether a requirement with this environment marker is one there."""
        if marker is None:
            return True
        python = {"python_version": self.python, "python_full_version": f"{self.python}.0"}
        environment = {**default_environment(), **python, **dict(self.machine.markers)}
        return marker.evaluate({name: str(value) for name, value in environment.items()})

    def fits(self, filename: str) -> bool:
        """Tell whether a wheel of this name can be installed there."""
        try:
            return bool(parse_wheel_filename(filename)[3] & self._tags)
        except InvalidWheelFilename:
            return False

    @cached_property
    def _tags(self) -> frozenset[Tag]:
        version = tuple(int(part) for part in self.python.split("."))
        interpreter = f"cp{version[0]}{version[1]}"
        return frozenset(
            [
                *cpython_tags(version, platforms=self.machine.platforms),
                *compatible_tags(version, interpreter, self.machine.platforms),
            ]
        )


def here() -> Machine:
    """Return this very machine."""
    return Machine("this machine", tuple(platform_tags()))


def running() -> str:
    """Return the short version of the Python that runs."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _linux(processor: str) -> Iterator[str]:
    for minor in range(_GLIBC, 16, -1):
        yield f"manylinux_2_{minor}_{processor}"
    yield f"manylinux2014_{processor}"


def _markers(system: str, platform: str, processor: str) -> tuple[tuple[str, str], ...]:
    name = "nt" if platform == "win32" else "posix"
    return (
        ("os_name", name),
        ("sys_platform", platform),
        ("platform_system", system),
        ("platform_machine", processor),
    )


MACHINES = {
    "linux": (
        Machine("Linux (x86_64)", tuple(_linux("x86_64")), _markers("Linux", "linux", "x86_64")),
        Machine("Linux (aarch64)", tuple(_linux("aarch64")), _markers("Linux", "linux", "aarch64")),
    ),
    "macos": (
        Machine(
            "macOS (Apple silicon)",
            tuple(mac_platforms(_MACOS, "arm64")),
            _markers("Darwin", "darwin", "arm64"),
        ),
    ),
    "windows": (Machine("Windows", ("win_amd64",), _markers("Windows", "win32", "AMD64")),),
}
"""What ``--for`` may name, and the machines it stands for.

No Intel Mac: cryptography, which the kit needs, publishes no wheels for it any more.
"""
