"""``mirrorlab run``: what it shows, what it writes, how it ends."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest

from mirrorlab.lab import wait_until

from .conftest import Invoke, Started, error_of


@pytest.fixture
def broken(recipes: Path) -> Path:
    """The same folder, its recipe without the safeguard."""
    script = recipes / "served-folder" / "serve.sh"
    kept = [line for line in script.read_text().splitlines(True) if "--check" not in line]
    assert len(kept) == len(script.read_text().splitlines()) - 1
    script.write_text("".join(kept))
    return recipes


def test_one_recipe_is_told_as_a_story(invoke: Invoke, recipes: Path, tmp_path: Path) -> None:
    result = invoke("run", recipes / "served-folder", "--results", tmp_path / "results")
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.stdout
    lines = result.stdout.splitlines()
    assert lines[0] == "served-folder: Served folder"
    fill = "  step fill: Download one project into a folder, and note the digest of each file. ("
    assert any(line.startswith(fill) for line in lines)
    assert any(line.startswith("  drill altered-file: Alter a file in") for line in lines)
    assert ": holds: 2 steps, promise kept, 1 of 1 drill, " in lines[-1]
    written = json.loads((tmp_path / "results" / "served-folder.json").read_text())
    assert set(written) == {"schema", "date", "machine", "versions", "steps", "drills"}
    assert [drill["holds"] for drill in written["drills"]] == [True, True]
    assert {"python", "pip"} <= set(written["versions"])


def test_two_recipes_of_one_name_are_wrong_use(
    invoke: Invoke, recipes: Path, tmp_path: Path
) -> None:
    recipe = recipes / "served-folder"
    other = shutil.copytree(recipe, tmp_path / "other" / recipe.name)
    result = invoke("run", recipe, other)
    assert result.exit_code == 2
    assert "have one name; run them apart" in " ".join(result.stderr.replace("│", " ").split())


def test_what_does_not_hold_is_1_and_says_why(invoke: Invoke, broken: Path) -> None:
    result = invoke("run", broken / "served-folder", "--drill", "altered-file")
    assert result.exit_code == 1, result.output
    assert "drills.py line 22: the altered file was served and installed" in result.stdout
    assert "    | Successfully installed demo-dep" in result.stdout
    assert "promise" not in result.stdout


def test_many_recipes_in_a_pipe_are_plain_lines(invoke: Invoke, broken: Path) -> None:
    shutil.copytree(broken / "served-folder", broken / "another-one")
    result = invoke("run", "--all", "--recipes", broken, "--drill", "altered-file")
    assert result.exit_code == 1
    assert "\x1b" not in result.stdout
    lines = [line for line in result.stdout.splitlines() if not line.startswith("  ")]
    names = sorted(line.split(" ")[0] for line in lines)
    assert names == ["another-one", "another-one", "served-folder", "served-folder"]


def test_a_script_gets_json(invoke: Invoke, recipes: Path) -> None:
    result = invoke("run", "served-folder", "--recipes", recipes, "--drill", "promise", "--json")
    assert result.exit_code == 0, result.output
    (data,) = json.loads(result.stdout)
    assert data["recipe"] == "served-folder"
    assert data["holds"] is True
    assert [drill["name"] for drill in data["drills"]] == ["promise"]


def test_a_missing_program_is_named_and_could_not_tell(invoke: Invoke, recipes: Path) -> None:
    manifest = recipes / "served-folder" / "recipe.toml"
    manifest.write_text(manifest.read_text().replace('"sha256sum"', '"no-such-program"'))
    result = invoke("run", "served-folder", "--recipes", recipes)
    assert result.exit_code == 3
    assert "served-folder on Python " in result.stdout
    assert ": skipped: " in result.stdout
    assert "no-such-program" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name one recipe or more, or say --all"),
        (["--all", "served-folder"], "name one recipe or more, or say --all"),
        (["served-foldr"], "there is no recipe 'served-foldr'; did you mean 'served-folder'?"),
        (
            ["served-folder", "--drill", "altered-fiel"],
            "served-folder has no drill 'altered-fiel'; did you mean 'altered-file'?",
        ),
        (
            ["served-folder", "--drill", "xyz"],
            "served-folder has no drill 'xyz'; choose one of: promise, altered-file",
        ),
        (["served-folder", "--python", "three"], "Invalid value for '--python': 'three' is no ver"),
        (
            ["served-folder", "--keep", "--python", "3.11", "--python", "3.13"],
            "--keep takes one recipe on one Python",
        ),
        (
            ["served-folder", "--drill", "promise", "--results", "here"],
            "--results records whole runs: leave out --drill and --keep",
        ),
    ],
)
def test_wrong_use_is_2(invoke: Invoke, recipes: Path, arguments: list[str], sentence: str) -> None:
    result = invoke("run", "--recipes", recipes, *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"mirrorlab: {sentence}")
    assert result.stderr.count("\n") == 1


def test_a_run_says_so_where_only_the_proxy_keeps_clients_in(
    invoke: Invoke, recipes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mirrorlab.lab.why_not", lambda: "the kernel refuses user namespaces")
    result = invoke("run", recipes / "served-folder", "--python", "3.99")
    assert result.exit_code == 3
    assert result.stderr.startswith("mirrorlab: warning: only the proxy keeps clients from leaving")


def test_results_that_cannot_be_written_are_said_before_the_run(
    invoke: Invoke, recipes: Path
) -> None:
    file = recipes / "served-folder" / "fill.sh"
    for place in (file, file / "below"):
        result = invoke("run", "--all", "--recipes", recipes, "--results", place)
        assert error_of(result, 3).startswith(f"cannot write {place}: ")
        assert result.stdout == ""


def test_a_broken_manifest_is_a_sentence(invoke: Invoke, recipes: Path) -> None:
    manifest = recipes / "served-folder" / "recipe.toml"
    manifest.write_text(manifest.read_text().replace("{port.web}/", "{port}/"))
    said = error_of(invoke("run", "--all", "--recipes", recipes), 2)
    assert said.startswith(f"{manifest}: step[1].ready: {{port}} is no placeholder")


def test_keep_leaves_the_services_up_until_interrupted(started: Started, recipes: Path) -> None:
    process = started("run", recipes / "served-folder", "--keep")
    assert process.stdout is not None
    urls = {}
    for line in process.stdout:
        if line.startswith("    "):
            name, url = line.split()
            urls[name] = url
        if len(urls) == 2:
            break
    assert set(urls) == {"serve", "index"}
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_an_interrupt_is_130_and_leaves_no_process(started: Started, recipes: Path) -> None:
    script = recipes / "served-folder" / "fill.sh"
    script.write_text(script.read_text().replace("mkdir", "sleep 4711\nmkdir", 1))
    process = started("run", recipes / "served-folder")
    wait_until(lambda: running("4711"), within=30, what="the first step")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    assert not running("4711")


def running(word: str) -> bool:
    """Whether a process here, or in a world of ours, has this word in its command."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode().split("\0")
        except OSError:  # it has just ended
            continue
        if word in words:
            return True
    return False
