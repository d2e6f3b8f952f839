"""The command ``mirrorlab``: parse, call, render, exit code.

One module a command, each light to import: what a command needs of the kit is imported when it
runs. That keeps ``--help`` quick, and ``list``, ``copy`` and ``new`` working with the base
install, without the ``lab`` extra.
"""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the command with this process's arguments, and end the process with its exit code."""
    try:
        from mirrorlab.cli.group import mirrorlab

        mirrorlab.main(prog_name="mirrorlab")
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    raise SystemExit(0)
