"""The file of the matrix: what is written is read again, and what is broken is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mirrorlab.clients import Configuration, Suite
from mirrorlab.errors import BrokenFile, CannotWrite
from mirrorlab.matrix import TROUBLES, Cell, Matrix, Outcome, read, write
from mirrorlab.matrix.record import to_text

CELL = Cell(
    client="pip",
    configuration="mirror",
    trouble="503",
    outcome=Outcome.NEWEST,
    source="second",
    exit_code=0,
    seconds=1.25,
    requests={"second": 2, "mirror": 3},
    met=3,
    line="",
    unstable=("stale",),
)
CLEAR = Cell("pip", "mirror", "401", Outcome.CLEAR, None, 1, 0.5, {"mirror": 1}, 1, "ERROR: 401")
MATRIX = Matrix(
    date="2026-11-21",
    machine="Linux x86_64, 2 cores",
    python="3.13",
    versions={"uv": "0.1", "pip": "26.3"},
    seconds=12.34,
    configurations={
        ("pip", "mirror"): Configuration(
            "mirror",
            Suite.FALLBACK,
            "the mirror alone",
            "pip install demo-lib",
            files={"pip.conf": "[global]\n"},
            prepare=("pip --version",),
            environment={"PIP_RETRIES": "1"},
            advised=True,
        )
    },
    troubles={name: TROUBLES[name] for name in ("none", "401", "503", "503-first")},
).with_cells([CELL, CLEAR])


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "results" / "matrix.json"
    write(MATRIX, path)
    again = read(path)
    assert again.configurations == MATRIX.configurations
    assert again.troubles == MATRIX.troubles
    assert list(again.cells) == ["pip/mirror/401", "pip/mirror/503"]
    assert again.cells["pip/mirror/401"] == CLEAR
    assert to_text(again) == path.read_text(encoding="utf-8")
    assert list(path.parent.iterdir()) == [path]


def test_the_order_of_the_runs_does_not_show() -> None:
    assert to_text(MATRIX.with_cells([CLEAR, CELL])) == to_text(MATRIX.with_cells([CELL, CLEAR]))


def test_each_cell_is_one_line() -> None:
    lines = to_text(MATRIX).splitlines()
    [line] = [each for each in lines if '"trouble": "503"' in each]
    assert json.loads(line.strip().rstrip(","))["requests"] == {"mirror": 3, "second": 2}


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (CELL, "newest from second"),
        (CLEAR, "failed clearly"),
        (Cell("a", "b", "c", Outcome.GAVE_UP, None, 1, 75.4, {}), "gave up after 75 s"),
        (Cell("a", "b", "c", Outcome.WAITING, None, 124, 300, {}), "still waiting after 300 s"),
        (Cell("a", "b", "c", Outcome.STALE, "mirror", 0, 1, {}), "stale"),
    ],
)
def test_a_cell_says_its_outcome(cell: Cell, says: str) -> None:
    assert cell.says == says


def _cell(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["cells"][1].update(changes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (_cell(outcome="newst"), "cells[1].outcome: 'newst' is not known; did you mean 'newest'?"),
        (_cell(seconds="many"), "cells[1].seconds: must be a number, not a text ('many')"),
        (_cell(seconds=-1), "cells[1].seconds: must be 0 or more, not -1"),
        (_cell(exit_code=None), "cells[1].exit_code: is missing"),
        (_cell(requests={"mirror": "1"}), "cells[1].requests.mirror: must be a whole number"),
        (_cell(excuse="x"), "cells[1].excuse: is not a known key"),
        (_cell(trouble="504"), "cells[1].trouble: there is no '504' here"),
        (_cell(configuration="x"), "cells[1].configuration: pip has no 'x' here"),
        (_cell(trouble="401"), "cells[1]: pip/mirror/401 is there twice"),
        (lambda content: content.update(schema=2), "schema: must be 1"),
        (lambda content: content["troubles"][1].update(fault="40"), "troubles[1].fault: '40' is"),
        (lambda content: content.update(cells={}), "cells: must be a list of tables, not a table"),
    ],
)
def test_a_broken_file_names_the_place(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], sentence: str
) -> None:
    content = json.loads(to_text(MATRIX))
    change(content)
    path = tmp_path / "matrix.json"
    path.write_text(json.dumps(content))
    with pytest.raises(BrokenFile) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {sentence}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "line 1, column 2: is not JSON"),
        ("[]", "must be an object"),
        ("[" * 100_000, "is not JSON the kit can read: nested too deeply"),
    ],
)
def test_a_file_that_is_no_record_is_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "matrix.json"
    path.write_text(text)
    with pytest.raises(BrokenFile) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {sentence}")


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="there is no such file"):
        read(tmp_path / "no.json")


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "matrix.json").mkdir()
    with pytest.raises(CannotWrite):
        write(MATRIX, tmp_path / "matrix.json")
    assert [path.name for path in tmp_path.iterdir()] == ["matrix.json"]
