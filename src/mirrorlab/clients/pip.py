"""pip, in any version: run by the fresh environment's own interpreter, from outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mirrorlab.clients.base import Client
from mirrorlab.lab import Lab, Tools


class Pip(Client):
    """pip as ``python -m pip`` of a fresh environment.

    A ``.pth`` file lends the environment the pip of ``tools``, so it need not be installed, and
    does not count as installed.
    """

    def __init__(self, lab: Lab, tools: Tools, name: str = "pip") -> None:
        """Make the environment and lend it the pip that ``tools`` hold."""
        super().__init__(lab, tools, name)
        (self.site_packages / "lent-pip.pth").write_text(f"{tools.site_packages}\n")

    def _program(self) -> Sequence[str | Path]:
        return (self.python_path, "-m", "pip")

    def _install_command(self) -> Sequence[str | Path]:
        return (*self._program(), "install")
