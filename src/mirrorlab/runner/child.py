"""``python -m mirrorlab.runner.child EVENTS LEASH``: one world; the runner starts it, nobody else.

The order comes in on stdin, events go out on the file descriptor EVENTS. The world ends, with all
its processes, when the other end of LEASH closes: so it ends with the runner, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import sys

from mirrorlab.lab import isolation
from mirrorlab.runner import events, order


def main() -> None:
    """Isolate this process, then live the world."""
    ordered = order.from_json(sys.stdin.read())
    out, leash = int(sys.argv[1]), int(sys.argv[2])
    isolation.isolate(network=not ordered.keep, leash=leash)

    swift = isolation.why_not() is None and not ordered.keep

    def emit(event: events.Event) -> None:
        with contextlib.suppress(BrokenPipeError):
            _write(out, events.to_line(event))
        if swift and isinstance(event, events.WorldEnded):
            os._exit(0)  # the kernel ends and removes a whole world quicker than we could

    from mirrorlab.runner.world import live  # in the isolated process, which may have threads

    live(ordered, emit)


def _write(out: int, line: bytes) -> None:
    while line:
        line = line[os.write(out, line) :]


if __name__ == "__main__":
    main()
