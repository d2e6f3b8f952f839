"""Finding scenarios: the builtin ones by name, others by path."""

from __future__ import annotations

from pathlib import Path

from mirrorlab.errors import UnknownName
from mirrorlab.scenario.model import Scenario
from mirrorlab.scenario.reading import load

_BUILTIN = Path(__file__).parent / "builtin"


def names() -> tuple[str, ...]:
    """Return the names of the builtin scenarios, sorted."""
    return tuple(sorted(path.stem for path in _BUILTIN.glob("*.toml")))


def builtin(name: str) -> Scenario:
    """Return the builtin scenario of that name, or raise :class:`UnknownName`."""
    if name not in names():
        raise UnknownName("builtin scenario", name, names())
    return load(_BUILTIN / f"{name}.toml")


def find(name_or_path: str | Path) -> Scenario:
    """Return a builtin scenario by name, or the scenario of a file (or of a folder's file).

    What looks like a path (has a separator or ends in ``.toml``) is one. Raises
    :class:`UnknownName` for a mistyped name, :class:`~mirrorlab.errors.BrokenFile` for a bad file.
    """
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and len(path.parts) == 1 and path.suffix != ".toml":
        return builtin(name_or_path)
    return load(path / "scenario.toml" if path.is_dir() else path)
