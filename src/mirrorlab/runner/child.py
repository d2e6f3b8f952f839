"""``python -m mirrorlab.runner.child CONTROL``: the nursery, and in its children one world each.

:mod:`mirrorlab.runner.nursery` starts it, nobody else. It reads the kit once, runs no thread, and
ends when the other end of the socket CONTROL closes. A world ends, with all its processes, when
the other end of its leash closes: so both end with the runner, however that ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator

from mirrorlab.lab import isolation
from mirrorlab.runner import events, order

_READ_BEFORE = ("mirrorlab.clients", "mirrorlab.index", "mirrorlab.runner.world")


def main() -> None:
    """Be the nursery; return in each world, when it has been lived."""
    for name in _READ_BEFORE:
        importlib.import_module(name)
    isolation.why_not()  # is tried once, for all worlds
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever keeps watch over a world just ends
    with socket.socket(fileno=int(sys.argv[1])) as control:
        for letter, events_out, leash, complaints, telling in _asked(control):
            if os.fork() == 0:
                break
            for end in (letter, events_out, leash, complaints, telling):
                os.close(end)
        else:
            return
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    world = os.fork()
    if world:
        os.close(events_out)
        os.close(leash)
        _keep_watch(world, telling)
        os._exit(0)
    os.close(telling)
    _become_world(letter, complaints, events_out, leash)


def _asked(control: socket.socket) -> Iterator[list[int]]:
    """Give the files of each world that is asked for, until nobody can ask any more."""
    while True:
        word, ends, _, _ = socket.recv_fds(control, 1, 5)
        if not word:
            return
        for end in ends:
            os.set_inheritable(end, False)
        yield ends


def _keep_watch(world: int, telling: int) -> None:
    """Tell the number of a world's process, and its exit code when it has ended."""
    os.write(telling, b"%d\n" % world)
    _, ended = os.waitpid(world, 0)
    os.write(telling, b"%d\n" % os.waitstatus_to_exitcode(ended))


def _become_world(letter: int, complaints: int, events_out: int, leash: int) -> None:
    """Take over the runner's environment and folder, isolate this process, and live the world."""
    os.setsid()
    os.dup2(complaints, 1)
    os.dup2(complaints, 2)
    os.close(complaints)
    with os.fdopen(letter, "rb") as file:
        message = json.load(file)
    os.environ.clear()
    os.environ.update(message["environment"])
    os.chdir(message["folder"])
    tempfile.tempdir = None
    _live(order.from_json(message["order"]), events_out, leash)


def _live(ordered: order.Order, out: int, leash: int) -> None:
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
