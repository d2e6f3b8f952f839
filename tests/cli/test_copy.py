"""``mirrorlab copy``: what you get, and what it refuses."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .conftest import Invoke, error_of


def test_it_says_what_to_do_next(invoke: Invoke, recipes: Path, tmp_path: Path) -> None:
    result = invoke("copy", "served-folder", tmp_path / "out", "--recipes", recipes)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"4 files are in {tmp_path / 'out'}"
    assert "  PORT     the port to listen on (8080)" in lines
    assert lines[-2].startswith("  sh fill.sh   # Download one project")
    assert lines[-1].startswith("  sh serve.sh  # Serve the folder")
    assert lines[-1].endswith(" Serves until you stop it.")
    for script in (tmp_path / "out").glob("*.sh"):
        subprocess.run(["sh", "-n", script], check=True)


def test_an_unknown_name_comes_with_the_one_meant(invoke: Invoke, recipes: Path) -> None:
    said = error_of(invoke("copy", "served-foldr", "x", "--recipes", recipes), 2)
    assert said == "there is no recipe 'served-foldr'; did you mean 'served-folder'?"


def test_a_folder_with_something_in_it_is_refused(invoke: Invoke, recipes: Path) -> None:
    result = invoke("copy", recipes / "served-folder", recipes)
    assert error_of(result, 2) == f"{recipes} is already there and not an empty folder; " + (
        "nothing was written"
    )


def test_a_place_that_cannot_be_written_is_a_sentence(invoke: Invoke, recipes: Path) -> None:
    target = recipes / "served-folder" / "fill.sh" / "x"
    said = error_of(invoke("copy", recipes / "served-folder", target), 3)
    assert said == f"cannot write {target}: {target.parent} is not a folder; nothing was written"


def test_a_broken_manifest_is_a_sentence(invoke: Invoke, recipes: Path, tmp_path: Path) -> None:
    manifest = recipes / "served-folder" / "recipe.toml"
    manifest.write_text(manifest.read_text().replace("[[drill]]", "[[dril]]"))
    said = error_of(invoke("copy", recipes / "served-folder", tmp_path / "out"), 2)
    assert said == f"{manifest}: dril: is not a known key; did you mean 'drill'?"
    assert not (tmp_path / "out").exists()


def test_it_names_the_page_the_tools_and_what_a_step_needs(
    invoke: Invoke, recipes: Path, tmp_path: Path
) -> None:
    folder = recipes / "served-folder"
    for name in ("requirements.txt", "requirements-3.11.txt"):
        (folder / name).write_text("# tools\n")
    manifest = folder / "recipe.toml"
    ready = "ready = "
    manifest.write_text(manifest.read_text().replace(ready, f'needs = ["nginx|caddy"]\n{ready}'))
    lines = invoke("copy", folder, tmp_path / "out").stdout.splitlines()
    assert lines[1] == f"Its page: {folder / 'index.rst'}"
    assert lines[2].endswith(": requirements.txt; on Python 3.11 requirements-3.11.txt")
    assert lines[-1].endswith(" Needs nginx or caddy. Serves until you stop it.")
