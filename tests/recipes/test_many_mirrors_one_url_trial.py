"""What the page of many mirrors behind one URL lets you try is typed here, and compared."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bench.ports import free_port
from tests.recipes.many_mirrors_scripts import RECIPE
from tests.tutorial.console import Shell, follow

from mirrorlab.lab.waiting import wait_for_url

PORTS = ("8001", "8002", "8003", "8080")


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    folder = tmp_path / "recipe"
    shutil.copytree(RECIPE, folder)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with Shell(folder, environment, tmp_path) as opened:
        yield opened


def test_the_trial_is_as_the_page_says(shell: Shell, tmp_path: Path) -> None:
    free = {port: str(free_port()) for port in PORTS}
    page = tmp_path / "trial.rst"
    page.write_text(re.sub(r"\b8\d{3}\b", lambda found: free[found[0]], _section()))
    before = sorted(shell.folder().iterdir())
    typed = follow(page, shell)
    next(typed)
    for port in PORTS[:3]:
        wait_for_url(f"http://localhost:{free[port]}/simple/")
    assert len(list(typed)) == 3
    assert sorted(shell.folder().iterdir()) == before, "it leaves something behind"


def _section() -> str:
    """What stands on the page below the title."""
    _, title, after = (RECIPE / "index.rst").read_text().partition("\nTry it without mirrors\n---")
    section, end, _ = after.partition("\nSettings\n---")
    assert title
    assert end
    return section
