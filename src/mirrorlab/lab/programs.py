"""The machine's own programs: where they are looked for, and which Debian package brings them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

SYSTEM_PATH = (
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    ":/opt/homebrew/sbin:/opt/homebrew/bin"
)
"""Where a lab looks for the machine's programs. Nothing else of the machine's ``PATH`` counts."""

PACKAGES: Mapping[str, str] = MappingProxyType(
    {
        "buildah": "buildah",
        "chromium": "chromium",
        "curl": "curl",
        "dnsmasq": "dnsmasq-base",
        "dot": "graphviz",
        "flock": "util-linux",
        "haproxy": "haproxy",
        "nginx": "nginx-light",
        "openssl": "openssl",
        "promtool": "prometheus",
        "rsync": "rsync",
        "ssh-keygen": "openssh-client",
        "systemd-analyze": "systemd",
        "unshare": "util-linux",
    }
)
"""Program -> the Debian package that brings it: all that recipes, tests and pages use."""


@dataclass(frozen=True)
class Missing:
    """A program (or ``nginx|caddy``, either of which would do) that is not there."""

    program: str
    package: str


def missing(needs: Iterable[str], path: str = SYSTEM_PATH) -> tuple[Missing, ...]:
    """Return those of ``needs`` that are not on ``path``; ``"nginx|caddy"`` is met by either."""
    return tuple(
        Missing(need, package(need))
        for need in needs
        if not any(find(program, path) for program in need.split("|"))
    )


def package(need: str) -> str:
    """Return the Debian package that brings a program, or an empty string where none is known.

    For ``a|b`` it is that of the first known.
    """
    names = need.split("|")
    known = (PACKAGES[name] for name in names if name in PACKAGES)
    return next(known, "")


def find(program: str, path: str = SYSTEM_PATH, folder: Path | None = None) -> str | None:
    """Return where ``program`` is: on ``path``, or in ``folder`` if it is named with a slash."""
    if "/" in program:
        there = (folder or Path()) / program
        return str(there) if shutil.which(there) else None
    return shutil.which(program, path=path)
