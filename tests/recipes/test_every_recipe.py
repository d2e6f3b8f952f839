"""What is asked of every recipe alike: safeguards that matter, clean scripts, units that start."""

from __future__ import annotations

import importlib
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest
from tests.recipes.conftest import Case, Sabotage
from tests.recipes.one_world import World, told_in_one_world

from mirrorlab import recipe as recipes

RECIPES = {recipe.name: recipe for recipe in recipes.all_recipes()}
SCRIPTS = [script for each in RECIPES.values() for script in sorted(each.folder.glob("*.sh"))]
UNITS = {
    name: sorted(each.folder.glob("systemd/*.*"))
    for name, each in RECIPES.items()
    if (each.folder / "systemd").is_dir()
}


def cases(name: str) -> tuple[Case, ...]:
    """Give the table SABOTAGE of a recipe's own test file: each case has a world of its own."""
    table: Iterable[Case] = _module(name).SABOTAGE
    return tuple(table)


def worlds(name: str) -> tuple[World, ...]:
    """Give the worlds that cases share, where there are such."""
    table: Iterable[World] = getattr(_module(name), "WORLDS", ())
    return tuple(table)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"tests.recipes.test_{name.replace('-', '_')}")


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, id=f"{name}: {case[0]}: {case[4]}")
        for name in RECIPES
        for case in cases(name)
    ],
)
def test_without_its_safeguard_a_drill_does_not_hold(
    sabotage: Sabotage, name: str, case: Case
) -> None:
    drill, file, old, new, reason = case
    result = sabotage(recipe=name, drill=drill, edit={file: (old, new)})
    assert result.holds is False, result.reason
    assert reason in str(result.reason)


@pytest.mark.parametrize(
    ("name", "world"),
    [
        pytest.param(name, world, id=f"{name}: after {world.after}: {world.cases[0][0]}")
        for name in RECIPES
        for world in worlds(name)
    ],
)
def test_in_one_world_each_safeguard_is_missed(name: str, world: World, tmp_path: Path) -> None:
    result = told_in_one_world(RECIPES[name], world, tmp_path)
    assert result.holds, result.reason


@pytest.mark.parametrize("name", RECIPES)
def test_the_promise_and_every_drill_are_sabotaged(name: str) -> None:
    stories = {recipes.PROMISE, *(drill.name for drill in RECIPES[name].drills)}
    shared = (case for world in worlds(name) for case in world.cases)
    assert {drill for drill, *_ in (*cases(name), *shared)} == stories


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_scripts_are_clean_posix_shell(script: Path) -> None:
    subprocess.run(["dash", "-n", script], check=True)
    subprocess.run(["shellcheck", "--shell=sh", script], check=True)


@pytest.mark.parametrize("name", UNITS)
def test_the_units_have_no_fault(name: str, tmp_path: Path) -> None:
    done = _verify(_instances(name, tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", UNITS)
def test_a_fault_in_a_unit_would_be_found(name: str, tmp_path: Path) -> None:
    units = _instances(name, tmp_path)
    for unit in units:
        unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHouse="))
    done = _verify(units)
    assert done.returncode == 1
    assert "Unknown key 'ProtectHouse'" in done.stderr


@pytest.mark.parametrize("name", UNITS)
def test_units_start_scripts_of_the_recipe(name: str) -> None:
    text = "".join(unit.read_text() for unit in UNITS[name])
    started = set(re.findall(rf"/bin/sh /srv/{name}/(\S+)", text))
    assert started, "the pattern finds nothing"
    for script in started:  # %i is the instance of a template
        assert list(RECIPES[name].folder.glob(script.replace("%i", "*"))), script


def _instances(name: str, folder: Path) -> list[Path]:
    """Copy the units of a recipe, of a template one instance, as systemd would start it."""
    for unit in UNITS[name]:
        (folder / unit.name.replace("@.", "@one.")).write_text(unit.read_text())
    return sorted(folder.iterdir())


def _verify(units: Iterable[Path]) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "verify", "--recursive-errors=yes", *map(str, units)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
