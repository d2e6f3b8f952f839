"""``results/NAME.json``: what was measured, on which machine, with which versions, and when."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from mirrorlab.errors import CannotWrite
from mirrorlab.lab import programs
from mirrorlab.recipe import PROMISE, Recipe
from mirrorlab.runner.result import Result

SCHEMA = 1


def write(results: Iterable[Result], recipes: Iterable[Recipe], folder: Path) -> tuple[Path, ...]:
    """Write one file a recipe into ``folder``, of the first Python that it was run on.

    A recipe that was skipped, does not hold, or was run in part (some drills, not every step)
    keeps the file it has: a figure on a page comes from a whole run in which all was well.
    Returns the paths. Raises CannotWrite.
    """
    by_name = {recipe.name: recipe for recipe in recipes}
    written: dict[str, Path] = {}
    for result in results:
        if result.recipe not in written and _is_whole(result, by_name[result.recipe]):
            path = folder / f"{result.recipe}.json"
            text = json.dumps(record(result, by_name[result.recipe]), indent=2) + "\n"
            _write(path, text)
            written[result.recipe] = path
    return tuple(written.values())


def _is_whole(result: Result, recipe: Recipe) -> bool:
    """Whether all of the recipe was run, and holds."""
    told = {drill.name for drill in result.drills}
    everything = {PROMISE, *(drill.name for drill in recipe.drills)} <= told
    return bool(result.holds) and everything and not any(step.skipped for step in result.steps)


def record(result: Result, recipe: Recipe) -> dict[str, Any]:
    """One result as the content of its file, made on this machine today (UTC)."""
    known = result.to_json()
    return {
        "schema": SCHEMA,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(),
        "versions": versions(recipe, result.python),
        "steps": known["steps"],
        "drills": [
            {key: drill[key] for key in ("name", "holds", "seconds", "measures")}
            for drill in known["drills"]
        ],
    }


def machine() -> str:
    """What kind of machine this is; nothing that says whose."""
    cores = os.cpu_count() or 1
    return f"{platform.system()} {platform.machine()}, {cores} core{'s' * (cores != 1)}"


def versions(recipe: Recipe, python: str) -> dict[str, str]:
    """The versions of Python, of the tools the recipe asks for, and of Debian's programs."""
    found = {"python": python, **_locked(recipe, python)}
    needs = {*recipe.needs.programs, *(need for step in recipe.steps for need in step.needs)}
    for program in sorted({each for need in needs for each in need.split("|")}):
        version = _debian(program)
        if version:
            found[program] = version
    return found


def _locked(recipe: Recipe, python: str) -> dict[str, str]:
    """The locked versions of what requirements.in names (not of what those need in turn)."""
    lock, asked = recipe.requirements(python), recipe.folder / "requirements.in"
    if lock is None or not asked.is_file():
        return {}
    names = {name for line in asked.read_text().splitlines() if (name := _name(line))}
    pins = (line.split()[0] for line in lock.read_text().splitlines() if "==" in line[:120])
    pairs = (pin.split("==", 1) for pin in pins if "==" in pin)
    return {name: version for name, version in pairs if canonicalize_name(name) in names}


def _name(line: str) -> str | None:
    try:
        return canonicalize_name(Requirement(line.partition("#")[0].strip()).name)
    except InvalidRequirement:
        return None


def _debian(program: str) -> str | None:
    if programs.find(program) is None or shutil.which("dpkg-query") is None:
        return None
    package = programs.package(program)
    answer = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or None


def _write(path: Path, text: str) -> None:
    """Replace the file as a whole, or leave it as it is."""
    aside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        raise CannotWrite(path, error.strerror or str(error)) from None
