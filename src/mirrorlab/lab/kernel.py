"""The few calls of the Linux kernel that a lab needs and Python does not offer.

Each raises :class:`OSError` with the kernel's own reason. The manual pages are unshare(2),
mount(2), prctl(2), netdevice(7) and user_namespaces(7).
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x4_0000
MNT_DETACH = 0x2

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
IFF_RUNNING = 0x40

NOBODY = 65534
"""The ordinary user that root becomes inside a lab; every Linux knows it by name."""


def unshare(flags: int) -> None:
    """Move this process (its next child, for ``CLONE_NEWPID``) into new namespaces."""
    _call("unshare", flags)


def mount(kind: str, target: Path, *, flags: int = 0, options: str = "") -> None:
    """Mount a file system of ``kind`` (``proc``, ``tmpfs``) at ``target``."""
    _call("mount", b"none", bytes(target), kind.encode(), flags, options.encode())


def bind(source: Path, target: Path) -> None:
    """Let ``source`` be seen at ``target``, which must be there: a file over a file."""
    _call("mount", bytes(source), bytes(target), None, MS_BIND, None)


def make_mounts_private() -> None:
    """Keep every later mount of this mount namespace out of all others."""
    _call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)


def unmount(target: Path) -> None:
    """Unmount what is mounted at ``target``, also where somebody still uses it."""
    _call("umount2", bytes(target), MNT_DETACH)


def die_with_parent(number: int) -> None:
    """Ask for the signal ``number`` when the parent of this process ends."""
    _call("prctl", PR_SET_PDEATHSIG, number, 0, 0, 0)


def become_subreaper() -> None:
    """Inherit every orphaned descendant, as process 1 otherwise would."""
    _call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def map_user(user: int, group: int) -> None:
    """Map the one outer ``user`` and ``group`` into this process's new user namespace.

    Root becomes ``nobody``, anybody else stays who they are. A program started from here is then
    an ordinary user: the kernel takes all capabilities away when it executes.
    """
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user or NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group or NOBODY} {group} 1")


def loopback_up() -> None:
    """Bring the loopback interface of this network namespace up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP | IFF_RUNNING))


def interface_up(name: str) -> bool:
    """Tell whether the network interface ``name`` is up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", name.encode(), 0)
        answer = fcntl.ioctl(control, SIOCGIFFLAGS, request)
    return bool(struct.unpack("16sh14x", answer)[1] & IFF_UP)


def _call(name: str, *arguments: int | bytes | None) -> None:
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    converted = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in arguments]
    if function(*converted) == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)
