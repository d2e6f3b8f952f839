"""A made-up machine: a project, a home and a system below one folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mirrorlab.which import Surroundings

Here = Callable[..., Surroundings]


@pytest.fixture
def here(tmp_path: Path) -> Here:
    """Make surroundings: files by name (``~/`` the user's, ``/`` the system's), variables."""

    def make(
        files: Mapping[str, str] = {},
        variables: Mapping[str, str] = {},
        *,
        folder: str = "",
        platform: str = "linux",
    ) -> Surroundings:
        home, root, project = tmp_path / "home", tmp_path / "root", tmp_path / "project"
        for name, text in files.items():
            above = home if name.startswith("~/") else root if name.startswith("/") else project
            path = above / name.removeprefix("~").removeprefix("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o600)
        (project / folder).mkdir(parents=True, exist_ok=True)
        prefix = tmp_path / "prefix"
        return Surroundings(project / folder, dict(variables), home, prefix, platform, root)

    return make
