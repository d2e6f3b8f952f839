"""What belongs on a server works with the base install; the rest says what to install."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LAB = ("starlette", "uvicorn", "httptools", "trustme", "python_multipart", "multipart")
WITHOUT_LAB = f"""
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {LAB!r}:
            raise ModuleNotFoundError(f'No module named {{name!r}}', name=name)
sys.meta_path.insert(0, Missing())
from mirrorlab.cli import main
sys.argv[0] = 'mirrorlab'
main()
"""


def without_lab(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_LAB, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_list_copy_and_new_work(recipes: Path, tmp_path: Path) -> None:
    for arguments in (
        ("list", "--recipes", recipes),
        ("copy", "served-folder", tmp_path / "copy", "--recipes", recipes),
        ("new", tmp_path / "another-one"),
        ("completion", "zsh"),
        ("fault", "--help"),
    ):
        done = without_lab(*arguments)
        assert (done.returncode, done.stderr) == (0, ""), arguments
    assert (tmp_path / "copy" / "serve.sh").is_file()
    assert (tmp_path / "another-one" / "recipe.toml").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ["index"],
        ["fault", "http://127.0.0.1:9", "503"],
        ["run", "served-folder"],
        ["tutorial", "prepare"],
        ["tutorial", "check", "1"],
    ],
)
def test_the_others_say_what_to_install(recipes: Path, arguments: list[str]) -> None:
    more = ["--recipes", str(recipes)] if arguments[0] == "run" else []
    done = without_lab(*arguments, *more)
    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.endswith('is missing): pip install "mirrorlab[lab]"\n')
    assert done.stderr.count("\n") == 1
