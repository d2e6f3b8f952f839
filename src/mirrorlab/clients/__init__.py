"""The installers that recipes and faults are tried with, unmodified, each locked.

One module an installer: what it is called, how it is run, and every :class:`Configuration` of it.
A module that is put here is known at once.

Phase one: ``tools = prepare("pip", "3.13")``. In the lab: ``make(lab, tools, "pip")``, a
:class:`Client` with a fresh environment, whose ``install()`` gives an :class:`Attempt`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from mirrorlab.clients.base import Attempt, Client
from mirrorlab.clients.configuration import Configuration, Suite
from mirrorlab.errors import NotPossible, UnknownName
from mirrorlab.lab import Lab, Tools, tools

__all__ = [
    "REQUIREMENTS",
    "Attempt",
    "Client",
    "Configuration",
    "Suite",
    "configurations",
    "make",
    "prepare",
    "project_of",
    "python_for",
]

_LOCKS = Path(__file__).with_name("locks")
_NEWEST_PYTHON = MappingProxyType({"pip-22.1": "3.11"})


def _kinds() -> Iterator[tuple[str, type[Client]]]:
    """Find every kind of client in the modules of this package."""
    for info in pkgutil.iter_modules(__path__, f"{__name__}."):
        for kind in vars(importlib.import_module(info.name)).values():
            if isinstance(kind, type) and issubclass(kind, Client) and kind.__module__ == info.name:
                yield from ((name, kind) for name in kind.names)


_KINDS: Mapping[str, type[Client]] = MappingProxyType(dict(sorted(_kinds())))

REQUIREMENTS: Mapping[str, Path] = MappingProxyType(
    {
        name: lock if (lock := _LOCKS / f"{name}.txt").is_file() else _LOCKS / "installers.txt"
        for name in _KINDS
    }
)
"""Client -> the lock of its tools."""


def prepare(name: str, python: str) -> Tools:
    """Install the client ``name`` for Python ``python`` (``3.13``), or the newest it runs on.

    This is phase one: it needs the machine's own index, unless it was done before. Raises
    :class:`UnknownName`, and what :func:`mirrorlab.lab.tools.install` raises.
    """
    return tools.install(_lock(name), python_for(name, python))


def python_for(name: str, python: str) -> str:
    """Return the Python that the client ``name`` runs on where a recipe runs on ``python``.

    It is the same one, save for installers of old: pip 22.1 uses what Python 3.12 removed.
    Raises :class:`UnknownName`, and :class:`NotPossible` where that older Python is missing.
    """
    _lock(name)
    newest = _NEWEST_PYTHON.get(name)
    if newest is None or _number(python) <= _number(newest):
        return python
    if tools.interpreter(newest) is None:
        raise NotPossible(f"the client {name}", f"it needs Python {newest}, which is not on PATH")
    return newest


def make(lab: Lab, prepared: Tools, name: str) -> Client:
    """Return the client ``name`` in a fresh environment of ``lab``. Raises :class:`UnknownName`."""
    _lock(name)
    return _KINDS[name](lab, prepared, name)


def project_of(name: str) -> str:
    """Return the project that brings the client ``name``. Raises :class:`UnknownName`."""
    _lock(name)
    return _KINDS[name].belongs_to or name


def configurations(name: str) -> tuple[Configuration, ...]:
    """Return every configuration of the client ``name``. Raises :class:`UnknownName`."""
    _lock(name)
    return _KINDS[name].configurations


def _lock(name: str) -> Path:
    if name not in REQUIREMENTS:
        raise UnknownName("client", name, tuple(REQUIREMENTS))
    return REQUIREMENTS[name]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
