"""uv, installing into the fresh environment from outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mirrorlab.clients.base import Client


class Uv(Client):
    """uv as ``uv pip install --python ENVIRONMENT``."""

    names = ("uv",)

    def _program(self) -> Sequence[str | Path]:
        return (self._tools.bin / "uv",)

    def _install_command(self) -> Sequence[str | Path]:
        return (*self._program(), "pip", "install", "--python", self.python_path)

    @property
    def _own(self) -> dict[str, object]:
        here = {"VIRTUAL_ENV": self.venv, "UV_PROJECT_ENVIRONMENT": self.venv}
        return {**super()._own, **here}
