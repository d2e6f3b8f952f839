"""Where worlds are born: a process that has read the kit, and forks for each of them.

To read the kit and its index takes half a second of a core; a fork takes some milliseconds. One
nursery serves all worlds of a process: see :mod:`mirrorlab.runner.child` for what it does.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from mirrorlab.errors import NotPossible
from mirrorlab.lab import places

_UNKNOWN = -signal.SIGKILL
_ENDS_WITHIN = 5.0


class Child:
    """A world's process, as far as the one that ordered it can see and end it."""

    def __init__(self, pid: int, status: int) -> None:
        """``status`` is a pipe on which its exit code will be told."""
        self._pid = pid
        self._status = status
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return its exit code (-n where the signal n ended it), or None while it runs."""
        return self._told(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code once it has ended. Raises :class:`subprocess.TimeoutExpired`."""
        code = self._told(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("a world", timeout or 0)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)

    def _told(self, timeout: float | None) -> int | None:
        if self._code is None and select.select([self._status], [], [], timeout)[0]:
            self._code = _number(self._status)
            if self._code is None:
                self._code = _UNKNOWN
            os.close(self._status)
        return self._code


@dataclass(frozen=True)
class _Nursery:
    owner: int
    process: subprocess.Popen[bytes]
    control: socket.socket


_known: list[_Nursery] = []
"""The last is that of this process, unless it was forked since."""


def bear(order: str, events_out: int, leash: int, complaints: int) -> Child:
    """Begin a world with this order.

    It says what happens on ``events_out``, prints to ``complaints``, and ends when the other end
    of ``leash`` closes. It has this process's environment and folder as they are now. Raises
    :class:`NotPossible`.
    """
    nursery = _of_this_process()
    status, telling = os.pipe()
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    message = {"order": order, "environment": environment, "folder": os.getcwd()}  # noqa: PTH109
    with tempfile.TemporaryFile() as letter:
        letter.write(json.dumps(message, ensure_ascii=True).encode())
        letter.seek(0)
        sent = [letter.fileno(), events_out, leash, complaints, telling]
        with contextlib.suppress(OSError):  # it has ended; the next line says so
            socket.send_fds(nursery.control, [b"+"], sent)
    os.close(telling)
    pid = _number(status)
    if pid is None:
        os.close(status)
        raise NotPossible("a world", f"the nursery ended with {nursery.process.wait()}")
    return Child(pid, status)


def _of_this_process() -> _Nursery:
    if _known and _known[-1].owner == os.getpid() and _known[-1].process.poll() is None:
        return _known[-1]
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [*_python(), "-m", "mirrorlab.runner.child", str(theirs.fileno())],
            env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    nursery = _Nursery(os.getpid(), process, ours)
    _known.append(nursery)
    atexit.register(_close, nursery)
    return nursery


def _close(nursery: _Nursery) -> None:
    if nursery.owner == os.getpid():
        nursery.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            nursery.process.wait(_ENDS_WITHIN)


def _python() -> list[str]:
    """The interpreter of worlds: this one, whose start is short because it finds bytecode.

    Where none may be written beside the sources, it is kept in the cache.
    """
    command = [sys.executable, "-P"]
    if sys.dont_write_bytecode:
        command += ["-X", f"pycache_prefix={places.cache() / 'bytecode'}"]
    return command


def _number(pipe: int) -> int | None:
    """Read a line with a number; None where the pipe was closed without."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(pipe, 1)
        if not byte:
            return None
        line += byte
    return int(line)
