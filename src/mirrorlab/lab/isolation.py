"""Move this very process into a world of its own, from which nothing leaves and nothing survives.

Where the kernel grants user namespaces (Linux, no root needed) the process gets its own users,
mounts, processes and a network of loopback only, in about 50 ms and without any program.
Elsewhere guardians still end every process, and the escape proxy is all that keeps clients in.
:func:`why_not` says which of the two it is, and why.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Literal, NoReturn

from mirrorlab.errors import NotPossible
from mirrorlab.lab import kernel, places
from mirrorlab.lab.guardian import Guardian, hold_signals, release_signals
from mirrorlab.lab.waiting import attempts

_THREADS = Path("/proc/self/task")
_THREADS_END_WITHIN = 10.0


@dataclass
class _State:
    """What this process knows about its own isolation."""

    kind: Literal["none", "namespaces", "guardians"] = "none"
    tried: bool = False
    refusal: str | None = None
    announce: int | None = None


_state = _State()


def isolate(*, network: bool = True, leash: int | None = None, namespaces: bool = True) -> None:
    """Return in an isolated child of this process; this process itself never returns.

    It only waits, forwards SIGINT, SIGTERM and SIGHUP, and exits with the child's exit code
    (128 + n where the signal n ended it). Temporary files go to a file system that vanishes with
    the child. In the child SIGTERM and SIGHUP raise :class:`SystemExit`, so that files are
    cleaned up and ``finally`` runs.

    ``network=False`` keeps the machine's network, for a person who wants to open the URLs.
    ``leash`` is the reading end of a pipe: when its other end closes, everything is killed.
    ``namespaces=False`` goes without namespaces although they are to be had.

    Call it where no thread runs, or once they are joined. Raises :class:`NotPossible` where there
    are threads.
    """
    if _state.kind != "none":
        return
    if threading.active_count() > 1 or not _alone():
        raise NotPossible("an isolated lab", "this process already runs more than one thread")
    leashes = () if leash is None else (leash,)
    if namespaces and why_not() is None:
        _enter_namespaces(network=network, leashes=leashes)
        _state.kind = "namespaces"
    else:
        _enter_guardians(leashes)
        _state.kind = "guardians"


def isolated() -> bool:
    """Tell whether nothing can leave: no network interface but loopback is up."""
    if not sys.platform.startswith("linux"):
        return False
    names = {name for _, name in socket.if_nameindex()}
    return not any(kernel.interface_up(name) for name in names - {"lo"})


def own_namespaces() -> bool:
    """Tell whether this process rules namespaces of its own: only then may it mount or tune."""
    return _state.kind == "namespaces"


def why_not() -> str | None:
    """Say why namespaces are not to be had here, or return None where they are.

    They are tried for real, in a child process, once.
    """
    if not _state.tried:
        _state.refusal = _try_namespaces()
        _state.tried = True
    return _state.refusal


def announce(group: int) -> None:
    """Tell the guardian about a process group to end, where it has no other way to find it."""
    if _state.announce is not None:
        with contextlib.suppress(BrokenPipeError):
            os.write(_state.announce, b"%d\n" % group)


def _alone() -> bool:
    """Tell whether the kernel, too, counts one thread; wait for those that end.

    Up to Python 3.12 ``join`` returns some microseconds before the kernel is done with a thread,
    and until then unshare(2) refuses a new user namespace with EINVAL.
    """
    if not _THREADS.is_dir():
        return True
    return any(len(list(_THREADS.iterdir())) == 1 for _ in attempts(_THREADS_END_WITHIN))


def _enter_namespaces(*, network: bool, leashes: tuple[int, ...]) -> None:
    mount_point = _mount_point()
    _unshare(network=network)
    lifeline, held = os.pipe()
    foreground = _has_terminal()
    hold_signals()
    guardian = os.fork()
    if guardian:
        os.close(lifeline)
        _leave(Guardian(leashes).watch(guardian), foreground)
    os.close(held)
    kernel.die_with_parent(signal.SIGKILL)
    os.setpgid(0, 0)
    _furnish(mount_point, network=network)
    worker = os.fork()
    if worker:
        _leave(Guardian((lifeline,)).watch(worker))
    os.close(lifeline)
    _become_worker(mount_point, foreground)


def _enter_guardians(leashes: tuple[int, ...]) -> None:
    subreapers = sys.platform.startswith("linux")
    lifeline, held = os.pipe()
    heard, told = os.pipe()
    foreground = _has_terminal()
    files = Path(tempfile.mkdtemp(prefix="mirrorlab-"))
    if subreapers:
        kernel.become_subreaper()
    hold_signals()
    guardian = os.fork()
    if guardian:
        for end in (lifeline, heard, told):
            os.close(end)
        code = Guardian(leashes).watch(guardian)
        shutil.rmtree(files, ignore_errors=True)
        _leave(code, foreground)
    os.close(held)
    os.setpgid(0, 0)
    if subreapers:
        kernel.become_subreaper()
    worker = os.fork()
    if worker:
        os.close(told)
        code = Guardian((lifeline,), heard).watch(worker)
        shutil.rmtree(files, ignore_errors=True)
        _leave(code)
    os.close(lifeline)
    os.close(heard)
    _state.announce = told
    _become_worker(files, foreground)


def _become_worker(files: Path, foreground: bool) -> None:
    """Make the process that returns from :func:`isolate` ready for work."""
    os.setpgid(0, 0)
    if foreground:
        _take_terminal()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    release_signals()
    os.environ["TMPDIR"] = str(files)
    tempfile.tempdir = None


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def _unshare(*, network: bool) -> None:
    user, group = os.geteuid(), os.getegid()
    flags = kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS | kernel.CLONE_NEWPID
    kernel.unshare(flags | (kernel.CLONE_NEWNET if network else 0))
    kernel.map_user(user, group)


def _furnish(mount_point: Path, *, network: bool) -> None:
    """Mount what the new namespaces need; bring their loopback up."""
    kernel.make_mounts_private()
    quiet = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", Path("/proc"), flags=quiet)
    kernel.mount("tmpfs", mount_point, flags=kernel.MS_NOSUID, options="mode=700")
    if Path("/dev/shm").is_dir():
        kernel.mount("tmpfs", Path("/dev/shm"), flags=kernel.MS_NOSUID, options="mode=1777")
    if network:
        kernel.loopback_up()


def _mount_point() -> Path:
    """Return the empty folder over which the lab's own temporary files are mounted.

    It is always the same one, so that nothing is left behind. Inside a lab that folder is taken:
    then it is a new one, in the temporary files of that lab.
    """
    folder = places.cache() / "world"
    folder.mkdir(exist_ok=True)
    if os.path.ismount(folder):
        return Path(tempfile.mkdtemp(prefix="world-", dir=folder))
    return folder


def _try_namespaces() -> str | None:
    if not sys.platform.startswith("linux"):
        return "namespaces are a feature of Linux"
    mount_point = _mount_point()
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        # Python warns of a fork where there are threads; this child only calls the kernel.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            os.write(writer, _trial(mount_point).encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as answer:  # noqa: PTH123 - a file descriptor
        refusal = answer.read()
    os.waitpid(child, 0)
    return refusal or None


def _trial(mount_point: Path) -> str:
    """Enter namespaces in this process, which is thrown away; return the sentence of refusal."""
    try:
        _unshare(network=True)
    except OSError as problem:
        return f"the kernel refuses user namespaces ({problem.strerror})"
    child = os.fork()
    if not child:
        try:
            _furnish(mount_point, network=True)
        except OSError as problem:
            os._exit(problem.errno or 255)
        os._exit(0)
    number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if number:
        return f"the kernel refuses to mount inside a user namespace ({os.strerror(number)})"
    return ""


def _has_terminal() -> bool:
    try:
        return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


def _take_terminal() -> None:
    """Make this process group the one that the terminal's keys act on."""
    previous = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, previous)


def _leave(code: int, foreground: bool = False) -> NoReturn:
    """End this guardian, without running anything that belongs to the worker."""
    if foreground:
        _take_terminal()
    os._exit(code)
