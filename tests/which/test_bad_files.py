"""A file that cannot be read is named, with its line; the rest is said; never a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from mirrorlab.cli.group import mirrorlab
from mirrorlab.which import INSTALLERS, look

from .conftest import Here

BROKEN = [
    ("pyproject.toml", "[tool.uv]\nindex = [\n", 3, "is not TOML from here on"),
    ("pyproject.toml", "[tool]\n[tool]\n", 2, "is not TOML from here on"),
    ("pyproject.toml", "x = " + "[" * 5000, None, "is not TOML that can be read"),
    ("uv.toml", "a = 1\nb = \\\n", 2, "is not TOML from here on"),
    ("Pipfile", "[[source]\n", 1, "is not TOML from here on"),
    ("pdm.toml", "[pypi\n", 1, "is not TOML from here on"),
    ("~/.config/pip/pip.conf", "index-url = x\n", 1, "has a line before the first [section]"),
    ("~/.config/pip/pip.conf", "[global]\n\nno line of it\n", 3, "is no line of a settings file"),
    ("~/.config/pip/pip.conf", "[global]\na=1\na=2\n", 3, "says a section or a key twice"),
    ("/etc/pip.conf", "[global]\na=1\n[global]\n", 3, "says a section or a key twice"),
    ("requirements.txt", "demo-lib\n--no-such-option x\n", 2, "is no line of requirements"),
    ("requirements.txt", '-i "https://x\n', 1, "is no line of requirements"),
    ("buildout.cfg", "[buildout]\nindex\n", 2, "is no line of a buildout file"),
    ("buildout.cfg", "[buildout]\nextends = https://x/a.cfg\n", 2, "it is not read here"),
    ("buildout.cfg", "[buildout]\nextends = a.cfg\n", None, "is extended, and is not there"),
    ("buildout.cfg", "[buildout]\nextends = buildout.cfg\n", None, "extends itself"),
    ("buildout.cfg", "[buildout:sys_platform=='x']\nindex = x\n", 1, "has a condition"),
]


@pytest.mark.parametrize(("name", "text", "line", "says"), BROKEN)
def test_what_cannot_be_parsed_is_named_with_its_line(
    here: Here, name: str, text: str, line: int | None, says: str
) -> None:
    beside = {"pyproject.toml": "[tool.pdm]\n"} if name == "pdm.toml" else {}
    report = look(here({**beside, name: text}, {"UV_INDEX": "https://private.example/simple/"}))
    [problem] = report.problems
    assert problem.line == line
    assert says in problem.says
    assert {answer.client.split(" ")[0] for answer in report.answers} >= {"pip", "uv", "poetry"}


@pytest.mark.parametrize(
    "content",
    [
        b"[tool.uv]\n# M\xfcller\n",
        b"\xff\xfe[\x00t\x00",
        b"a = 1\n\x00",
    ],
)
def test_what_is_no_text_is_named(here: Here, content: bytes) -> None:
    around = here()
    (around.project / "pyproject.toml").write_bytes(content)
    [problem] = look(around).problems
    assert "text" in problem.says
    assert problem.line


def test_a_mark_at_the_beginning_and_windows_lines_are_no_problem(here: Here) -> None:
    around = here()
    text = '\ufeff[[index]]\r\nurl = "https://private.example/simple/"\r\ndefault = true\r\n'
    (around.project / "uv.toml").write_bytes(text.encode())
    report = look(around, ["uv"])
    assert report.problems == ()
    [source] = report.answers[0].sources
    assert (source.shown, source.origin.line) == ("https://private.example/simple/", 2)


NAMES = ["pyproject.toml", "uv.toml", "Pipfile", "buildout.cfg", "requirements.txt", "hatch.toml"]


@pytest.mark.parametrize("name", NAMES)
def test_a_directory_a_loop_and_an_unreadable_file_are_named(here: Here, name: str) -> None:
    around = here()
    path = around.project / name
    path.mkdir()
    assert "is a directory" in look(around).problems[0].says
    for target, says in ((path, "cannot be read"), (Path("/proc/self/mem"), "cannot be read")):
        around = here()
        path.unlink() if path.is_symlink() else path.rmdir()
        path.symlink_to(target)
        assert says in look(around).problems[0].says
    around = here()
    path.unlink()
    os.mkfifo(path)
    assert "is no regular file" in look(around).problems[0].says


def test_the_command_ends_with_3_and_says_the_rest(tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text("index = [")
    environ = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    done = CliRunner().invoke(mirrorlab, ["which", "--project", str(tmp_path)], env=environ)
    assert done.exit_code == 3
    assert done.stderr == f"mirrorlab: {tmp_path}/uv.toml:1: is not TOML from here on\n"
    assert all(f"{name}\t" in done.stdout for name in INSTALLERS)


ODD = [
    "tool = 1\n",
    "[tool]\nuv = 1\npoetry = 1\npdm = 1\nhatch = 1\npip-tools = 1\n",
    "[tool.uv]\nindex = 1\nsources = 1\nextra-index-url = 'x'\nworkspace = 1\n",
    "[tool.uv]\nindex = [1, 'x']\nsources = {a = 1, b = [1]}\nworkspace = {members = [1, '']}\n",
    "[tool.poetry]\nsource = 1\ndependencies = 1\ngroup = {a = 1}\n",
    "[tool.poetry]\nsource = [1]\ngroup = 1\n",
    "[[tool.poetry.source]]\nname = 1\nurl = 2\npriority = 3\n",
    "[tool.pdm]\nsource = [1]\nresolution = 1\n",
    "[[tool.pdm.source]]\nname = 1\nurl = 2\ninclude_packages = 3\n",
    "[tool.hatch]\nenvs = 1\nsources = 1\n",
    "[tool.hatch.envs]\ndefault = 1\nx = {template = 1, env-vars = 1}\n",
    "[tool.hatch.envs.a]\ntemplate = 'b'\n[tool.hatch.envs.b]\ntemplate = 'a'\n",
    "[tool.pip-tools]\nindex-url = 1\nextra-index-url = 2\npip-args = '--x'\ncompile = 1\n",
]


@pytest.mark.parametrize("text", ODD)
def test_values_of_another_type_are_no_traceback(here: Here, text: str) -> None:
    names = {"pyproject.toml": text, "requirements.in": "x\n", "uv.toml": "index = 1\n"}
    assert look(here(names)).answers
    assert look(here({"pyproject.toml": text, "Pipfile": text})).answers
    (here().project / "uv.toml").unlink()
    assert look(here({"pyproject.toml": text})).answers
