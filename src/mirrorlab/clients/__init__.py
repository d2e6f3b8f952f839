"""The installers that recipes are tried with, unmodified, each locked.

Phase one: ``tools = prepare("pip", "3.13")``. In the lab: ``make(lab, tools, "pip")``, a
:class:`Client` with a fresh environment, whose ``install()`` gives an :class:`Attempt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from mirrorlab.clients.base import Attempt, Client
from mirrorlab.clients.pip import Pip
from mirrorlab.clients.uv import Uv
from mirrorlab.errors import NotPossible, UnknownName
from mirrorlab.lab import Lab, Tools, tools

__all__ = ["REQUIREMENTS", "Attempt", "Client", "make", "prepare", "python_for"]

_LOCKS = Path(__file__).with_name("locks")
_KINDS: Mapping[str, type[Client]] = MappingProxyType({"pip": Pip, "pip-22.1": Pip, "uv": Uv})
_NEWEST_PYTHON = MappingProxyType({"pip-22.1": "3.11"})

REQUIREMENTS: Mapping[str, Path] = MappingProxyType(
    {name: _LOCKS / f"{name}.txt" for name in _KINDS}
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


def _lock(name: str) -> Path:
    if name not in REQUIREMENTS:
        raise UnknownName("client", name, tuple(REQUIREMENTS))
    return REQUIREMENTS[name]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
