"""Which programs are missing, and what brings them."""

from __future__ import annotations

from pathlib import Path

from mirrorlab.lab import programs
from mirrorlab.lab.programs import Missing


def program(folder: Path, name: str) -> None:
    (folder / name).write_text("#!/bin/sh\n")
    (folder / name).chmod(0o755)


def test_what_is_there_is_not_missing() -> None:
    assert programs.missing(["sh", "sed"]) == ()


def test_what_is_missing_names_its_package(tmp_path: Path) -> None:
    assert programs.missing(["nginx", "flock"], str(tmp_path)) == (
        Missing("nginx", "nginx-light"),
        Missing("flock", "util-linux"),
    )


def test_either_of_two_will_do(tmp_path: Path) -> None:
    need = "nginx|caddy"
    assert programs.missing([need], str(tmp_path)) == (Missing(need, "nginx-light"),)
    program(tmp_path, "caddy")
    assert programs.missing([need], str(tmp_path)) == ()


def test_a_file_that_cannot_be_executed_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "nginx").touch()
    assert programs.missing(["nginx"], str(tmp_path)) == (Missing("nginx", "nginx-light"),)


def test_no_package_is_made_up() -> None:
    assert programs.package("a-program-nobody-knows") == ""


def test_a_name_with_a_slash_is_looked_for_where_it_says(tmp_path: Path) -> None:
    program(tmp_path, "serve.sh")
    assert programs.find("./serve.sh", folder=tmp_path) == str(tmp_path / "serve.sh")
    assert programs.find("./serve.sh", folder=tmp_path.parent) is None
