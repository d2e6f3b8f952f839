"""Help teaches: every command shows examples, and the main help the exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mirrorlab import __version__
from mirrorlab.cli.ending import EXIT_CODES
from mirrorlab.cli.group import mirrorlab
from mirrorlab.scenario import Fault

from .conftest import Invoke

HEAVY = ("starlette", "uvicorn", "trustme", "packaging", "asyncio", "rich.live", "mirrorlab.recipe")


def test_the_main_help_names_commands_and_exit_codes(invoke: Invoke) -> None:
    said = invoke("--help")
    assert said.exit_code == 0
    for name in mirrorlab.commands:
        assert f" {name} " in said.stdout
    for code, words in EXIT_CODES.items():
        assert f"{int(code)}  {words}" in said.stdout


@pytest.mark.parametrize("name", list(mirrorlab.commands))
def test_every_command_shows_how(invoke: Invoke, name: str) -> None:
    said = invoke(name, "--help")
    assert said.exit_code == 0
    assert f"mirrorlab {name}" in said.stdout.partition("─ ")[0].partition("Usage:")[2]
    assert said.stdout.count(f"mirrorlab {name}") >= 3


def test_the_help_of_fault_explains_every_fault(invoke: Invoke) -> None:
    said = " ".join(invoke("fault", "--help").stdout.split())
    for fault in Fault:
        assert f"{fault} {' '.join(fault.says.split())}" in said


def test_the_version_is_the_packages(invoke: Invoke) -> None:
    assert invoke("--version").stdout == f"mirrorlab {__version__}\n"


def test_help_is_quick_because_it_imports_little() -> None:
    code = (
        "import sys, contextlib, os\n"
        "from mirrorlab.cli.group import mirrorlab\n"
        "sys.stdout = open(os.devnull, 'w')\n"
        "with contextlib.suppress(SystemExit): mirrorlab.main(['--help'])\n"
        "print(*sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stderr.split()
    assert "mirrorlab.cli.running" in loaded
    assert [module for module in HEAVY if module in loaded] == []
