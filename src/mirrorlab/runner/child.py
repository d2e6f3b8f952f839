"""``python -m mirrorlab.runner.child EVENTS LEASH``: one world; the runner starts it, nobody else.

The order comes in on stdin, events go out on the file descriptor EVENTS. The world ends, with all
its processes, when the other end of LEASH closes: so it ends with the runner, however that ends.
"""

from __future__ import annotations

import os
import sys

from mirrorlab.lab import isolation
from mirrorlab.runner import events, order


def main() -> None:
    """Isolate this process, then live the world."""
    ordered = order.from_json(sys.stdin.read())
    out, leash = int(sys.argv[1]), int(sys.argv[2])
    isolation.isolate(network=not ordered.keep, leash=leash)

    def emit(event: events.Event) -> None:
        os.write(out, events.to_line(event))

    from mirrorlab.runner.world import live  # in the isolated process, which may have threads

    live(ordered, emit)


if __name__ == "__main__":
    main()
