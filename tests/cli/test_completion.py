"""Completion: the script, and the words it offers."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from mirrorlab.cli.completing import VARIABLE
from mirrorlab.cli.group import mirrorlab
from mirrorlab.scenario import Fault

from .conftest import Invoke, error_of


def offered(*words: str | Path, start: str = "") -> list[str]:
    complete = ShellComplete(mirrorlab, {}, "mirrorlab", VARIABLE)
    return [item.value for item in complete.get_completions([str(w) for w in words], start)]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(invoke: Invoke, shell: str) -> None:
    result = invoke("completion", shell)
    assert result.exit_code == 0
    assert f"{VARIABLE}={shell}_complete" in result.stdout


def test_an_unknown_shell_is_wrong_use(invoke: Invoke) -> None:
    assert "'bash', 'zsh', 'fish'" in error_of(invoke("completion", "tcsh"), 2)


def test_names_are_offered(recipes: Path) -> None:
    assert offered("run", "--recipes", recipes, start="serv") == ["served-folder"]
    assert offered("copy", "--recipes", recipes) == ["served-folder"]
    assert offered("run", "--recipes", recipes, "served-folder", "--drill") == [
        "promise",
        "altered-file",
    ]
    assert offered("index", "--scenario", start="d") == ["default"]
    assert offered("fault", "http://127.0.0.1:9", start="red") == ["redirect-loop"]
    assert offered("fault", "http://127.0.0.1:9") == [str(fault) for fault in Fault]


def test_what_cannot_be_read_offers_nothing(tmp_path: Path) -> None:
    assert offered("run", "--recipes", tmp_path / "nowhere") == []
