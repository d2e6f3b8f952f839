"""Start a program for which setgroups(2) does nothing: ``python one_user.py PROGRAM...``.

Where the kernel grants one user alone (a namespace without /etc/subuid), buildah's chroot isolation
asks for the groups that it has anyhow, and is refused. Linux on x86_64 and aarch64; seccomp(2).
"""

import ctypes
import os
import platform
import struct
import sys

SETGROUPS = {"x86_64": 116, "aarch64": 159}
_NO_NEW_PRIVS, _SECCOMP, _FILTER = 38, 22, 2
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_SUCCEED, _ALLOW = 0x0005_0000, 0x7FFF_0000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def main() -> int:
    """Become the program; 3 where this machine is not known, 2 without a program."""
    if len(sys.argv) < 2:
        print("one_user: name the program to start", file=sys.stderr)
        return 2
    number = SETGROUPS.get(platform.machine()) if sys.platform == "linux" else None
    if number is None:
        print(f"one_user: {platform.machine()} is not known here", file=sys.stderr)
        return 3
    lines = (
        (_LOAD, 0, 0, 0),  # the number of the system call
        (_IF_EQUAL, 0, 1, number),
        (_RETURN, 0, 0, _SUCCEED),
        (_RETURN, 0, 0, _ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = _Program(len(lines), ctypes.addressof(code))
    kernel = ctypes.CDLL(None, use_errno=True)
    refused = kernel.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0)
    if refused or kernel.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0):
        print(f"one_user: seccomp is refused: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
        return 3
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError as error:
        print(f"one_user: {sys.argv[1]} cannot be started: {error.strerror}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
