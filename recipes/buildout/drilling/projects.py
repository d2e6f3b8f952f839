"""A buildout to build: its folder, how it is built, and what is then installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

WHEEL = "demo_dep-2.0-py3-none-any.whl"
EVIL = "mirrorlab_altered.py"  # what an altered distribution brings along
PATIENCE = 180  # seconds; on a busy machine buildout takes its time


def project_in(
    run: Run,
    name: str,
    *,
    index: str = "",
    eggs: str | None = None,
    pins: str | None = None,
    picked: str = "true",
) -> Path:
    """Make a folder with the recipe's demo.cfg, changed as said."""
    folder = run.tmp / "projects" / name
    folder.mkdir(parents=True, exist_ok=True)
    text = (run.folder / "demo.cfg").read_text()
    if index:
        text = text.replace(f"{run.index.url}/simple/", index)
    if eggs is not None:
        text = text.replace("eggs = demo-dep", f"eggs = {eggs}")
    if pins is not None:
        text = text.partition("[versions]")[0] + f"[versions]\n{pins}\n"
        text = text.replace("allow-picked-versions = false", f"allow-picked-versions = {picked}")
    (folder / "demo.cfg").write_text(text)
    return folder


def buildout(run: Run, project: Path, *words: str, **settings: Any) -> Completed:
    """Run buildout as anybody does, without the recipe's scripts."""
    own: dict[str, Any] = {"PIP_INDEX_URL": f"{run.index.url}/simple/", **settings}
    return run.command("buildout", "-c", project / "demo.cfg", *words, timeout=PATIENCE, **own)


def sh(run: Run, script: str, **settings: Any) -> Completed:
    """Run a script of the recipe."""
    return run.command("sh", script, timeout=PATIENCE, **settings)


def elsewhere(run: Run) -> dict[str, str]:
    """Settings of a machine that name the index."""
    return {"PIP_INDEX_URL": f"{run.index.url}/simple/", "PIP_FIND_LINKS": str(run.tmp)}


def eggs_of(project: Path) -> dict[str, str]:
    """Project -> version of the eggs that are installed, by their folders."""
    names = [egg.name.split("-") for egg in (project / "eggs").glob("v*/*.egg")]
    return {name[0].replace("_", "-"): name[1] for name in names}


def evil(project: Path) -> bool:
    """Whether what was installed is what somebody altered."""
    return any(project.glob(f"eggs/v*/demo_dep*/{EVIL}"))
