"""What runs the pages is itself tested: an error here would let every page pass."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .console import BadPage, Block, Command, Drift, Shell, follow, matches, read

HEAD = "A page\n======\n\n"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    (tmp_path / "scratch").mkdir()
    (tmp_path / "work").mkdir()
    with Shell(tmp_path / "work", {"PATH": os.defpath}, tmp_path / "scratch") as running:
        yield running


def page(folder: Path, *blocks: str, before: str = "") -> Path:
    """Write a page with these console blocks, each after the comments in ``before``."""
    written = folder / "page.rst"
    body = "".join(
        f"{before}.. code-block:: console\n\n" + "".join(f"   {line}\n" for line in lines) + "\n"
        for lines in (block.splitlines() for block in blocks)
    )
    written.write_text(HEAD + body, encoding="utf-8")
    return written


def run(path: Path, shell: Shell, within: float = 30) -> list[Block]:
    return [block for block, _ in follow(path, shell, within=within)]


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("a\nb", "a\nb"),
        ("...", ""),
        ("...", "a\nb"),
        ("a\n...", "a"),
        ("...\nb", "a\n\nb"),
        ("a\n...\nd", "a\nb\nc\nd"),
        ("took ... s", "took 1.5 s"),
        ("(a|b)* ...", "(a|b)* x"),
    ],
)
def test_these_match(expected: str, got: str) -> None:
    assert matches(tuple(expected.splitlines()), tuple(got.splitlines()))


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ("a", "b"),
        ("a", "a\nb"),
        ("", "a"),
        ("a", ""),
        ("...\nb", "b\na"),
        ("took ... s", "took\n1.5 s"),
        ("a.b", "axb"),
    ],
)
def test_these_do_not(expected: str, got: str) -> None:
    assert not matches(tuple(expected.splitlines()), tuple(got.splitlines()))


def test_a_page_is_read_with_its_lines(tmp_path: Path) -> None:
    text = (
        ".. expect: exit 3\n.. ready: http://127.0.0.1:1/\n\n"
        ".. code-block:: console\n   :caption: one\n\n   $ cat <<END\n   > a\n   >\n   > END\n"
        "   a\n\n   $ false\n\ntext\n"
    )
    path = tmp_path / "page.rst"
    path.write_text(text, encoding="utf-8")
    commands = (Command(7, "cat <<END\na\n\nEND", ("a",)), Command(13, "false", ()))
    assert read(path) == (Block(4, commands, 3, "http://127.0.0.1:1/"),)


def test_what_is_not_run_here_is_not_typed(tmp_path: Path) -> None:
    path = tmp_path / "page.rst"
    path.write_text(
        ".. tab-set::\n\n   .. tab-item:: one\n\n      .. not-run-here:: no such machine\n\n"
        "         .. code-block:: console\n\n            $ hidden\n\n"
        "   .. tab-item:: two\n\n      .. code-block:: console\n\n         $ shown\n\n"
        ".. code-block:: powershell\n\n   $x = other\n",
        encoding="utf-8",
    )
    assert [command.text for block in read(path) for command in block.commands] == ["shown"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (".. code-block:: console\n\n   ls\n", ":3: a console block begins with"),
        (".. code-block:: console\n\ntext\n", ":1: nothing is typed"),
        (".. expect: 1\n\n.. code-block:: console\n\n   $ ls\n", "write '.. expect: exit 1'"),
        (".. expect: exit 1\n\nText.\n\n.. code-block:: console\n\n   $ ls\n", ":3: no console"),
        ("Text.\n\n.. ready: http://127.0.0.1:1/\n", "no console block comes after"),
    ],
)
def test_a_page_that_would_not_be_run_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "page.rst"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadPage) as caught:
        read(path)
    assert problem in str(caught.value)


def test_everything_is_typed_into_one_shell(tmp_path: Path, shell: Shell) -> None:
    path = page(
        tmp_path,
        "$ mkdir inner\n$ cd inner\n$ word=kept",
        "$ echo $word; basename $PWD\nkept\ninner",
        "$ cat <<END\n> $word, and\n>\n> more\n> END\nkept, and\n\nmore\n$ true",
    )
    assert len(run(path, shell)) == 3


def test_a_job_in_the_background_goes_on_and_can_be_stopped(tmp_path: Path, shell: Shell) -> None:
    path = page(
        tmp_path,
        "$ sleep 600 & echo started\nstarted",
        "$ kill %1\n$ wait $! || echo ended with $?\nended with 143",
        "$ sleep 600 &\n$ kill -9 %1; while kill -0 $! 2>/dev/null; do :; done; echo\n...",
        "$ echo nothing beside this\nnothing beside this",
    )
    assert len(run(path, shell)) == 4


def test_a_command_that_reads_its_input_does_not_eat_the_page(tmp_path: Path, shell: Shell) -> None:
    assert len(run(page(tmp_path, "$ cat", "$ echo still here\nstill here"), shell)) == 2


def test_a_line_drawn_over_itself_counts_once(tmp_path: Path, shell: Shell) -> None:
    run(page(tmp_path, r"$ printf '10%%\r100%%\n'" + "\n100%"), shell)


def test_other_output_is_reported_with_its_place(tmp_path: Path, shell: Shell) -> None:
    path = page(tmp_path, "$ echo one\none", "$ echo two\n2", "$ touch never")
    with pytest.raises(Drift) as caught:
        run(path, shell)
    assert str(caught.value) == (
        f"{path}:11: it printed something else\n  $ echo two\nexpected:\n  2\ngot:\n  two"
    )
    assert not (tmp_path / "work" / "never").exists()


def test_a_command_that_shows_nothing_beside_one_that_does_is_compared(
    tmp_path: Path, shell: Shell
) -> None:
    with pytest.raises(Drift, match="printed something else"):
        run(page(tmp_path, "$ echo noise\n$ echo two\ntwo"), shell)


def test_an_exit_code_must_be_announced(tmp_path: Path, shell: Shell) -> None:
    with pytest.raises(Drift, match="it ended with exit code 1, not 0"):
        run(page(tmp_path, "$ false\n$ true"), shell)
    announced = ".. expect: exit 1\n\n"
    run(page(tmp_path, "$ true\n$ false", before=announced), shell)
    with pytest.raises(Drift, match="it ended with exit code 0, not 1"):
        run(page(tmp_path, "$ true", before=announced), shell)


def test_a_mistyped_command_is_an_exit_code_not_the_end(tmp_path: Path, shell: Shell) -> None:
    with pytest.raises(Drift, match="it ended with exit code 2"):
        run(page(tmp_path, "$ echo (oops"), shell)
    assert shell.type("echo alive", 30) == (("alive",), 0)


def test_what_ends_the_shell_or_never_ends_is_named(tmp_path: Path, shell: Shell) -> None:
    with pytest.raises(Drift, match=r"page\.rst:6: it did not end within 0\.5 s"):
        run(page(tmp_path, "$ echo soon; sleep 600"), shell, within=0.5)
    (tmp_path / "scratch2").mkdir()
    with (
        Shell(tmp_path, {"PATH": os.defpath}, tmp_path / "scratch2") as other,
        pytest.raises(Drift, match="it ended the shell"),
    ):
        run(page(tmp_path, "$ exit 0"), other)


def test_a_log_is_awaited_before_it_is_read(tmp_path: Path, shell: Shell) -> None:
    text = (
        ".. code-block:: console\n\n   $ mkdir inner\n   $ cd inner\n"
        "   $ (sleep 0.3; echo up) > server.log &\n\n"
        ".. ready: server.log\n\n.. code-block:: console\n\n   $ cat server.log\n   up\n"
    )
    path = tmp_path / "page.rst"
    path.write_text(text, encoding="utf-8")
    assert len(run(path, shell)) == 2
    path = page(tmp_path, "$ true", before=".. ready: other.log\n\n")
    with pytest.raises(Drift, match=r"nothing is in other\.log within"):
        run(path, shell, within=0.3)


def test_a_server_that_never_answers_is_named(tmp_path: Path, shell: Shell) -> None:
    path = page(tmp_path, "$ true", before=".. ready: http://127.0.0.1:9/\n\n")
    with pytest.raises(Drift, match="nothing answers at http://127"):
        run(path, shell, within=0.3)
