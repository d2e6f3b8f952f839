"""``mirrorlab matrix``: what it prints, records, goes on from and compares."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mirrorlab.lab import wait_until
from mirrorlab.lab.guardian import descendants
from mirrorlab.matrix import Matrix, Outcome, merging, read, write

CELLS = ("--client", "uv", "--config", "mirror", "--fault", "40?")
IDS = ["uv/mirror/401", "uv/mirror/403", "uv/mirror/404"]


def matrix(*args: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    argv = [sys.executable, "-m", "mirrorlab", "matrix", *map(str, args)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A record of three cells."""
    path = tmp_path_factory.mktemp("record") / "results" / "matrix.json"
    done = matrix(*CELLS, "--results", path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"wrote {path}\n"
    assert [line.split()[0] for line in done.stdout.splitlines()] == IDS
    return path


@pytest.fixture
def record(recorded: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    path = tmp_path / "matrix.json"
    path.write_bytes(recorded.read_bytes())
    return path


def changed(path: Path, **changes: object) -> Matrix:
    """Change the cell of 404 in a record."""
    known = read(path)
    cells = {**known.cells, IDS[2]: replace(known.cells[IDS[2]], **changes)}  # type: ignore[arg-type]
    write(known.with_cells(cells.values()), path)
    return known


def test_the_record_holds_what_was_run(recorded: Path) -> None:
    found = read(recorded)
    assert list(found.cells) == IDS
    assert {cell.outcome for cell in found.cells.values()} == {Outcome.CLEAR}
    assert found.clients == ("uv",)
    assert ("uv", "mirror") in found.configurations
    assert [path.name for path in recorded.parent.iterdir()] == ["matrix.json"]


def test_a_second_run_keeps_the_first_and_shows_what_differs_beside_it(record: Path) -> None:
    before = changed(record, outcome=Outcome.STALE, source="mirror")
    done = matrix(*CELLS, "--results", record)
    assert done.returncode == 0
    after = read(record)
    cell = after.cells[IDS[2]]
    assert (cell.word, cell.unstable) == ("stale from mirror", ("failed clearly",))
    assert [after.cells[name] for name in IDS[:2]] == [before.cells[name] for name in IDS[:2]]
    sentence = f"unstable: {IDS[2]}: stale from mirror, and failed clearly"
    assert sentence in done.stderr
    assert "stale (unstable)" in done.stdout

    checked = matrix(*CELLS, "--check", record)
    assert (checked.returncode, checked.stdout) == (0, "2 the same, 1 unstable, not compared\n")


def test_drift_is_said_so_that_it_can_be_read(record: Path) -> None:
    changed(record, outcome=Outcome.NEWEST, source="mirror")
    before = record.read_bytes()
    done = matrix(*CELLS, "--check", record)
    assert done.returncode == 1
    version = read(record).versions["uv"]
    first, *lines = done.stdout.splitlines()
    assert first == IDS[2]
    assert lines[0] == f"  recorded  newest from mirror (uv {version})"
    assert lines[1] == f"  now       failed clearly (uv {version})"
    assert lines[2].startswith("  command   uv pip install --default-index https://mirror.example/")
    assert lines[3].startswith("  error     ")
    assert lines[-1] == "2 the same, 1 different"
    assert record.read_bytes() == before


def test_cells_that_are_not_on_record_or_no_more_are_drift(record: Path) -> None:
    known = read(record)
    other = replace(known.configurations["uv", "mirror"], name="mirrxr")
    cells = [known.cells[IDS[1]], replace(known.cells[IDS[0]], configuration="mirrxr")]
    configurations = {**known.configurations, ("uv", "mirrxr"): other}
    write(replace(known, configurations=configurations).with_cells(cells), record)
    done = matrix("--client", "uv", "--config", "mirr?r", "--fault", "40[13]", "--check", record)
    assert done.returncode == 1
    assert f"{IDS[0]}\n  recorded  nothing\n  now       not run" in done.stdout
    assert "uv/mirrxr/401\n  recorded  failed clearly\n  now       there is no such" in done.stdout
    assert done.stdout.endswith("1 the same, 2 different\n")


def test_a_run_that_was_killed_is_gone_on_with(record: Path) -> None:
    before = record.read_bytes()
    journal = record.with_name("matrix.json.partial")
    argv = [sys.executable, "-m", "mirrorlab", "matrix", *CELLS, "--fault", "5*", "--jobs", "1"]
    running = subprocess.Popen([*argv, "--results", record], stdout=-3, stderr=-3)
    try:
        wait_until(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 1, within=120)
        below = descendants(running.pid)
        assert below
    finally:
        running.kill()
        running.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), within=30)
    assert record.read_bytes() == before
    with journal.open("ab") as cut:
        cut.write(b'{"key": "cut off in the mid')
    there = journal.read_bytes().count(b"\n")

    done = matrix(*CELLS, "--fault", "5*", "--results", record)
    assert done.returncode == 0
    assert f"{there} cells were done before" in done.stderr
    assert not journal.exists()
    after = read(record)
    assert set(after.cells) > set(IDS)
    assert len(after.cells) == len(done.stdout.splitlines())


def test_several_runs_are_one_cell(record: Path) -> None:
    done = matrix(*CELLS, "--fault", "none", "--runs", "2", "--json")
    assert done.returncode == 0
    content = json.loads(done.stdout)
    assert [cell["trouble"] for cell in content["cells"]] == ["401", "403", "404", "none"]
    assert all(cell["unstable"] == [] for cell in content["cells"])


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (("--client", "pipp"), "no client matches 'pipp'; there are: "),
        (("--client", "uv", "--config", "miror"), "no configuration matches 'miror'; there are: m"),
        (("--client", "uv", "--fault", "504"), "no fault matches '504'; there are: none, refused"),
        (("--suite", "fallbck"), "Invalid value for '--suite': 'fallbck' is not one of"),
        (("--python", "three"), "Invalid value for '--python': 'three' is no version of Python"),
        (("--jobs", "0"), "Invalid value for '--jobs'"),
        (("--check", "no-such.json"), "Invalid value for --check: there is no no-such.json"),
        (("--check", "x", "--results", "x"), "--results writes a file, --check reads one"),
        (("--check", "x", "--runs", "2"), "--check runs each cell once"),
    ],
)
def test_wrong_use_says_what_there_is(args: tuple[str, ...], sentence: str) -> None:
    done = matrix(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"mirrorlab: {sentence}")


def test_a_broken_record_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "matrix.json"
    path.write_text('{"schema": 1, "date": 3}')
    done = matrix(*CELLS, "--results", path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"mirrorlab: {path}: date: must be a text")
    assert path.read_text() == '{"schema": 1, "date": 3}'


def test_a_record_of_another_python_is_not_mixed(record: Path) -> None:
    done = matrix(*CELLS, "--python", "3.11", "--results", record)
    assert done.returncode == 2
    assert "was recorded on Python 3.13, not 3.11" in done.stderr


def test_a_cell_that_would_be_run_otherwise_is_dropped(record: Path) -> None:
    known = read(record)
    again = [known.cells[IDS[0]]]
    told = {"versions": known.versions, "python": known.python, "seconds": 1.0}
    same, gone = merging.merge(known, again, **told)  # type: ignore[arg-type]
    assert (list(same.cells), gone) == (IDS, ())
    told["versions"] = {"uv": "0.0.1"}
    newer, gone = merging.merge(known, again, **told)  # type: ignore[arg-type]
    assert (list(newer.cells), gone) == (IDS[:1], tuple(IDS[1:]))
