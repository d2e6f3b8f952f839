"""At a terminal: a world can be typed to, and Ctrl-C reaches it once."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys

import pytest

from mirrorlab.lab import wait_until

from .conftest import MODES, WORLD

STARTER = "import os, sys; os.login_tty(int(sys.argv[1])); os.execv(sys.executable, sys.argv[2:])"


@pytest.mark.parametrize("mode", MODES)
def test_ctrl_c_arrives_once_and_lines_are_read(mode: str) -> None:
    screen, line = pty.openpty()
    argv = [sys.executable, str(WORLD), "mark", mode, "terminal", "0"]
    starter = [sys.executable, "-c", STARTER, str(line), *argv]
    process = subprocess.Popen(starter, pass_fds=[line], start_new_session=False)
    os.close(line)
    os.set_blocking(screen, False)
    shown = bytearray()

    def shows(text: bytes) -> bool:
        with contextlib.suppress(OSError):
            shown.extend(os.read(screen, 4096))
        return text in shown

    try:
        wait_until(lambda: shows(b'"ready"'), what="the world at a terminal")
        os.write(screen, b"hello\n")
        wait_until(lambda: shows(b'"hello"'), what="the line that was typed")
        os.write(screen, b"\x03")
        wait_until(lambda: shows(b'"times": '), what="the count of Ctrl-C")
        assert b'"times": 1' in shown
        process.wait(20)
    finally:
        process.kill()
        process.wait()
        os.close(screen)
    assert process.returncode == 0
