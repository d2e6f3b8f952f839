"""A page's ``console`` blocks, typed in order into one shell, their output compared.

- ``$ …`` is typed, ``> …`` goes on with it; what follows is what it must print.
- A line ``...`` stands for any lines, ``...`` inside a line for any text.
- A block that shows no output at all may print anything.
- A comment right before a block says what a reader sees for themselves:
  ``.. expect: exit 1`` (its last command ends so; otherwise 0), and what a server that was
  started in the background has done by now: ``.. ready: http://127.0.0.1:8003/`` (it answers
  there) or ``.. ready: index.log`` (it has written a line there).
- What stands under ``not-run-here`` is not typed.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

_DIRECTIVE = re.compile(r"(?P<indent> *)\.\. (?P<name>[\w-]+):: ?(?P<argument>.*)")
_COMMENT = re.compile(r" *\.\. (?P<name>expect|ready): (?P<value>\S.*)")
_JOB_ENDED = re.compile(r"\S+: line \d+: +\d+ (Terminated|Killed|Hangup|Interrupt)\b.*")
"""What bash says by itself of a job in the background, at some moment after it was stopped."""
_EXPECT = re.compile(r"exit (\d+)")


@dataclass(frozen=True)
class Command:
    """Something to type, and what it must print."""

    line: int
    """Of the page, from 1."""
    text: str
    expected: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A ``console`` block."""

    line: int
    commands: tuple[Command, ...]
    exit_code: int = 0
    """What its last command ends with."""
    ready: str | None = None
    """A URL that answers, or a file with a line in it, before it is typed."""

    @property
    def shows_output(self) -> bool:
        return any(command.expected for command in self.commands)


class BadPage(Exception):
    """A page cannot be read as one of ours: file, line, problem."""


@dataclass(eq=False)
class Drift(AssertionError):
    """A page and what really happens are not the same."""

    page: Path
    command: Command
    problem: str
    got: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{self.page}:{self.command.line}: {self.problem}"]
        parts += [f"  $ {self.command.text}".replace("\n", "\n  > ")]
        if self.command.expected:
            parts += ["expected:", *(f"  {line}" for line in self.command.expected)]
        parts += ["got:", *(f"  {line}" for line in self.got)] if self.got else ["got: nothing"]
        return "\n".join(parts)


def read(page: Path) -> tuple[Block, ...]:
    """Return the blocks of a page that are to be run, in order. Raises :class:`BadPage`."""
    return tuple(_blocks(page, page.read_text(encoding="utf-8").splitlines()))


def matches(expected: tuple[str, ...], got: tuple[str, ...]) -> bool:
    """Tell whether ``got`` is what was expected, with ``...`` for anything."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "..." else f"{_line_pattern(line)}\n" for line in expected
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in got)) is not None


def _line_pattern(line: str) -> str:
    return ".*".join(re.escape(part) for part in line.rstrip().split("..."))


class Shell:
    """One bash for a whole page: folder, variables, environments and jobs stay."""

    def __init__(self, folder: Path, environment: Mapping[str, str], scratch: Path) -> None:
        """Start it in ``folder``; ``scratch`` is for what a reader never sees."""
        self._typed = scratch / "typed.sh"
        self._mark = f"-- {uuid4().hex}"
        self._mark_line = re.compile(rf"\n{self._mark} (\d+)\n".encode())
        self._heard = b""
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End it, with everything it left in the background."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def type(self, text: str, within: float) -> tuple[tuple[str, ...], int]:
        """Run what was typed; return the lines it printed and its exit code.

        Raises :class:`TimeoutError` after ``within`` seconds, :class:`EOFError` where the shell
        ended.
        """
        self._typed.write_text(f"{text}\n", encoding="utf-8")
        assert self._process.stdin is not None
        order = f". '{self._typed}' < /dev/null; printf '\\n%s %s\\n' '{self._mark}' \"$?\"\n"
        self._process.stdin.write(order.encode())
        self._process.stdin.flush()
        said, code = self._until_marked(within)
        return tuple(line for line in _lines(said) if not _JOB_ENDED.match(line)), code

    def folder(self) -> Path:
        """Return the folder it is in."""
        (folder,), _ = self.type("pwd", 30)
        return Path(folder)

    def _until_marked(self, within: float) -> tuple[str, int]:
        """Return what was said up to the mark, and the exit code; keep what comes after it."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        until = time.monotonic() + within
        while (found := self._mark_line.search(self._heard)) is None:
            ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError(self._heard.decode(errors="replace"))
            more = os.read(pipe, 65536)
            if not more:
                raise EOFError(self._heard.decode(errors="replace"))
            self._heard += more
        said, self._heard = self._heard[: found.start()], self._heard[found.end() :]
        return said.decode(errors="replace"), int(found[1])


def follow(page: Path, shell: Shell, *, within: float = 120) -> Iterator[tuple[Block, float]]:
    """Type each block; give it, with the seconds it took. Raises :class:`Drift` at the first bad.

    ``within`` is what one command may take, in seconds.
    """
    for block in read(page):
        began = time.monotonic()
        if block.ready is not None:
            _wait_for(page, block, block.ready, shell, within)
        for command in block.commands:
            wanted = block.exit_code if command is block.commands[-1] else 0
            _check(page, block, command, shell, wanted, within)
        yield block, time.monotonic() - began


def _check(
    page: Path, block: Block, command: Command, shell: Shell, wanted: int, within: float
) -> None:
    try:
        got, code = shell.type(command.text, within)
    except TimeoutError as late:
        problem = f"it did not end within {within:g} s"
        raise Drift(page, command, problem, _lines(str(late))) from None
    except EOFError as ended:
        raise Drift(page, command, "it ended the shell", _lines(str(ended))) from None
    if code != wanted:
        raise Drift(page, command, f"it ended with exit code {code}, not {wanted}", got)
    if block.shows_output and not matches(command.expected, got):
        raise Drift(page, command, "it printed something else", got)


def _wait_for(page: Path, block: Block, awaited: str, shell: Shell, within: float) -> None:
    until = time.monotonic() + within
    is_url = awaited.startswith("http")
    file = shell.folder() / awaited
    while not (_answers(awaited) if is_url else _has_a_line(file)):
        if time.monotonic() > until:
            where = f"nothing answers at {awaited}" if is_url else f"nothing is in {awaited}"
            raise Drift(page, block.commands[0], f"{where} within {within:g} s")
        time.sleep(0.05)


def _answers(url: str) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        direct.open(url, timeout=5).close()
    except urllib.error.HTTPError as answer:
        answer.close()  # whatever it says, somebody is there
    except OSError:
        return False
    return True


def _has_a_line(path: Path) -> bool:
    return path.is_file() and b"\n" in path.read_bytes()


def _lines(said: str) -> tuple[str, ...]:
    """What a terminal would show: a line drawn over itself counts once."""
    text = said.replace("\r\n", "\n").rstrip()
    return tuple(line.rpartition("\r")[2].rstrip() for line in text.split("\n")) if text else ()


def _blocks(page: Path, lines: list[str]) -> Iterator[Block]:
    number = 0
    hidden: int | None = None  # the indentation of a not-run-here we are in
    said: dict[str, str] = {}
    while number < len(lines):
        line = lines[number]
        number += 1
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        if hidden is not None and indent <= hidden:
            hidden = None
        if comment := _COMMENT.fullmatch(line):
            said[comment["name"]] = comment["value"].strip()
            continue
        directive = _DIRECTIVE.fullmatch(line)
        name = (directive["name"], directive["argument"]) if directive else None
        if name == ("code-block", "console"):
            body = _body(lines, number, indent)
            if hidden is None:
                yield _block(page, number, body, said)
            number, said = number + len(body), {}
        elif said:
            raise BadPage(f"{page}:{number}: no console block comes right after {said}")
        elif name and name[0] == "not-run-here" and hidden is None:
            hidden = indent
    if said:
        raise BadPage(f"{page}: no console block comes after {said}")


def _body(lines: list[str], start: int, indent: int) -> list[str]:
    """Return the lines below a directive that are indented deeper."""
    body: list[str] = []
    for line in lines[start:]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        body.append(line)
    return body


def _block(page: Path, line: int, body: list[str], said: Mapping[str, str]) -> Block:
    margin = min((len(one) - len(one.lstrip()) for one in body if one.strip()), default=0)
    commands: list[Command] = []
    for number, indented in enumerate(body, line + 1):
        text = indented[margin:].rstrip()
        last = commands[-1] if commands else None
        if text.startswith("$ "):
            commands.append(Command(number, text[2:], ()))
        elif last is not None and not last.expected and (text == ">" or text.startswith("> ")):
            commands[-1] = Command(last.line, f"{last.text}\n{text[2:]}", ())
        elif last is not None:
            commands[-1] = Command(last.line, last.text, (*last.expected, text))
        elif text and not text.startswith(":"):
            raise BadPage(f"{page}:{number}: a console block begins with '$ ', not {text!r}")
    if not commands:
        raise BadPage(f"{page}:{line}: nothing is typed in this console block")
    trimmed = tuple(Command(one.line, one.text, _trimmed(one.expected)) for one in commands)
    return Block(line, trimmed, _exit_code(page, line, said), said.get("ready"))


def _trimmed(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out empty lines at the end."""
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines


def _exit_code(page: Path, line: int, said: Mapping[str, str]) -> int:
    if "expect" not in said:
        return 0
    wanted = _EXPECT.fullmatch(said["expect"])
    if wanted is None:
        raise BadPage(f"{page}:{line}: write '.. expect: exit 1', not {said['expect']!r}")
    return int(wanted[1])
