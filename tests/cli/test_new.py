"""``mirrorlab new``: a recipe that is right from its first minute."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mirrorlab.cli.starting import SKELETON, make
from mirrorlab.recipe import load

from .conftest import Invoke, error_of


def test_it_is_a_whole_recipe_under_its_own_name(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = invoke("new", "./my-first-mirror")
    assert result.exit_code == 0
    assert "  mirrorlab run ./my-first-mirror\n" in result.stdout.replace("run my", "run ./my")
    recipe = load(tmp_path / "my-first-mirror")
    assert recipe.title == "My first mirror"
    assert [step.name for step in recipe.steps] == ["fill", "serve"]
    page = (recipe.folder / "index.rst").read_text()
    assert page.startswith("My first mirror\n===============\n")
    for path in recipe.folder.iterdir():
        assert "@" not in path.read_text(), path


def test_it_goes_where_you_say(invoke: Invoke, tmp_path: Path) -> None:
    assert invoke("new", "one", "--recipes", tmp_path / "mine").exit_code == 0
    assert load(tmp_path / "mine" / "one").name == "one"
    listed = invoke("list", "--recipes", tmp_path / "mine").stdout
    assert listed == "one\tprivate\tready\tOne\n"


def test_what_is_there_is_refused(invoke: Invoke, recipes: Path) -> None:
    before = (recipes / "served-folder" / "fill.sh").stat()
    said = error_of(invoke("new", recipes / "served-folder"), 2)
    assert said.endswith("is already there and not an empty folder; nothing was written")
    assert (recipes / "served-folder" / "fill.sh").stat() == before


def test_a_name_that_is_none_is_refused(invoke: Invoke, tmp_path: Path) -> None:
    said = error_of(invoke("new", tmp_path / "My_Mirror"), 2)
    assert "'My_Mirror' is no name for a recipe: small letters, digits, single hyphens" in said
    assert list(tmp_path.iterdir()) == []


def test_its_scripts_are_clean(recipes: Path) -> None:
    scripts = sorted((recipes / "served-folder").glob("*.sh"))
    assert len(scripts) == 2
    shellcheck = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run(
        [shellcheck, "--shell=sh", *scripts],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


CONF = """extensions = ["mirrorlab.site"]
graphviz_output_format = "svg"
root_doc = "recipes/index"
"""
ROWS = """schema = 1
[[recipe]]
name = "my-mirror"
topic = "private"
components = "pip"
shows = "a folder"
drills = ["a file altered"]
answers = "somebody"
"""


def test_its_page_builds_without_a_warning(tmp_path: Path) -> None:
    source = tmp_path / "guide"
    recipes = source / "recipes"
    make(recipes / "my-mirror")
    (source / "conf.py").write_text(CONF)
    (recipes / "catalogue.toml").write_text(ROWS)
    (recipes / "index.rst").write_text("Recipes\n=======\n\n.. catalogue::\n")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html"]
    done = subprocess.run(
        [*command, str(source), str(tmp_path / "html")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "html" / "recipes" / "my-mirror" / "index.html").read_text()
    assert "sha256sum" in page
    assert "Alter a file in the folder" in page


def test_its_lock_is_the_one_of_the_kits_pip(root: Path) -> None:
    def pins(path: Path) -> list[str]:
        lines = path.read_text().splitlines()
        return [line for line in lines if line and "#" not in line]

    locks = root / "src" / "mirrorlab" / "clients" / "locks"
    assert pins(SKELETON / "requirements.txt") == pins(locks / "pip.txt")


def test_its_drills_are_typed_and_its_page_explains_its_messages(tmp_path: Path) -> None:
    make(tmp_path / "my-mirror")
    drills = tmp_path / "my-mirror" / "drills.py"
    strict = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(drills)]
    done = subprocess.run(strict, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    page = drills.with_name("index.rst").read_text()
    for drill in load(tmp_path / "my-mirror").drills:
        for message in drill.shows:
            assert f".. message:: {message}\n   :drill: my-mirror/{drill.name}\n" in page


def test_where_there_is_a_catalogue_it_asks_for_a_row(invoke: Invoke, recipes: Path) -> None:
    rows = recipes / "catalogue.toml"
    assert str(rows) not in invoke("new", "one", "--recipes", recipes).stdout
    rows.write_text("schema = 1\n")
    assert f" row for it in {rows}\n" in invoke("new", "two", "--recipes", recipes).stdout
