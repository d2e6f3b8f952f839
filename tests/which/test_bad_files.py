"""A file that cannot be read is named, with its line; the rest is said; never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from mirrorlab.cli.group import mirrorlab
from mirrorlab.which import INSTALLERS, Verdict, look

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
    ("requirements.txt", "x\n-r no.txt\n", 2, "names a file that is not there"),
    ("requirements.txt", "-c https://x/c.txt\n", 1, "is not of this machine"),
    ("buildout.cfg", "[buildout]\nindex\n", 2, "is no line of a buildout file"),
    ("buildout.cfg", "[buildout]\nextends = https://x/a.cfg\n", 2, "it is not read here"),
    ("buildout.cfg", "[buildout]\nextends = a.cfg\n", None, "is extended, and is not there"),
    ("buildout.cfg", "[buildout]\nextends = buildout.cfg\n", None, "extends itself"),
    ("buildout.cfg", "[buildout:sys_platform=='x']\nindex = x\n", 1, "has a condition"),
]


READERS = {
    "pyproject.toml": "poetry",
    "uv.toml": "uv",
    "Pipfile": "pipenv",
    "pdm.toml": "pdm",
    "pip.conf": "pip",
    "requirements.txt": "pip",
    "buildout.cfg": "buildout",
}


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
    reader = READERS[name.rpartition("/")[2]]
    concerned = {answer.client.split(" ")[0]: answer for answer in report.answers}[reader]
    assert concerned.problems == (problem,)
    assert concerned.verdict is not Verdict.SAFE


def test_nothing_is_called_safe_by_an_installer_that_reads_a_broken_file(here: Here) -> None:
    files = {"uv.toml": "index = [", "pyproject.toml": "[tool.poetry]\n"}
    report = look(here(files))
    said = {answer.client: answer.verdict for answer in report.answers if not answer.unused}
    assert said == {"pip": Verdict.SAFE, "uv": Verdict.UNKNOWN, "poetry": Verdict.SAFE}
    uv = next(answer for answer in report.answers if answer.client == "uv")
    assert [uv.verdict_of(source) for source in uv.sources] == [Verdict.UNKNOWN]
    assert report.verdict is Verdict.UNKNOWN


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


def test_a_folder_or_file_that_one_may_not_read_is_never_called_safe(tmp_path: Path) -> None:
    """A program of the lab is an ordinary user: the kernel really refuses it."""
    every = set(INSTALLERS) - {"pip-tools"} | {"pip-compile"}
    for mode, name, unknown, says in (
        (0o300, "project", {"pip", "uv"}, "cannot be listed: Permission denied"),
        (0o000, "project", every, "cannot be read: Permission denied"),
        (0o000, "project/uv.toml", {"uv"}, "cannot be read: Permission denied"),
        (0o000, ".config", {"pip", "uv"}, "cannot be read: Permission denied"),
    ):
        home = tmp_path / f"{mode:o}-{name.replace('/', '-')}"
        for made in ("project", ".config/pip"):
            (home / made).mkdir(parents=True)
        (home / "project/uv.toml").touch()
        (home / name).chmod(mode)
        arguments = ["which", "--json", "--project", str(home / "project")]
        environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
        command = [sys.executable, "-m", "mirrorlab", *arguments]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        (home / name).chmod(0o700)
        assert done.returncode == 3, done.stderr
        assert says in done.stderr
        assert "Traceback" not in done.stderr
        told = json.loads(done.stdout)
        assert told["verdict"] == "unknown"
        found = {each["installer"] for each in told["installers"] if each["verdict"] == "unknown"}
        assert found == unknown


def test_a_folder_that_is_gone_or_behind_a_closed_door_is_said(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "project").mkdir(parents=True)
    closed.chmod(0o000)
    command = [sys.executable, "-m", "mirrorlab", "which", "--project", "closed/project"]
    asked = partial(subprocess.run, capture_output=True, text=True, cwd=tmp_path)
    try:
        done = asked(command)
    finally:
        closed.chmod(0o700)
    sentence = "mirrorlab: cannot read the folder closed/project: Permission denied\n"
    assert (done.returncode, done.stdout, done.stderr) == (3, "", sentence)
    script = 'mkdir gone && cd gone && rmdir ../gone && exec "$0" -P -m mirrorlab which'
    done = asked(["sh", "-c", script, sys.executable])
    sentence = "mirrorlab: cannot read the folder .: No such file or directory\n"
    assert (done.returncode, done.stdout, done.stderr) == (3, "", sentence)


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
