"""The worlds that live at the same time: child processes, heard and given a deadline."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, Self

from mirrorlab.runner import events, nursery
from mirrorlab.runner.order import Order

_START_WITHIN = 60.0
_GRACE = 15.0
"""A world says itself that a deadline is over; so much later it is taken for dead."""
_STOP_WITHIN = 5.0

Listen = Callable[[events.Event], None]


@dataclass(eq=False)
class Member:
    """One world: what it is to do, and what it has said so far."""

    world: events.World
    order: Order
    steps: list[events.StepDone] = field(default_factory=list)
    told: dict[str, events.StoryEnded] = field(default_factory=dict)
    """The verdict on each of its stories, by its name."""
    seconds: float = 0.0
    """From the start of its process to the last of it."""


@dataclass(eq=False)
class _Process:
    member: Member
    child: nursery.Child
    hearing: int
    leash: int
    complaints: IO[bytes]
    began: float
    due: float
    heard: bytes = b""


class Crew:
    """Keeps up to ``jobs`` worlds at work. A context manager: at its end none is left."""

    def __init__(self, jobs: int, listen: Listen) -> None:
        """``listen`` hears all their events, in the calling thread."""
        self._jobs = jobs
        self._listen = listen
        self._selector = selectors.DefaultSelector()
        self._processes: list[_Process] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.child.terminate()
        for process in tuple(self._processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.child.wait(_STOP_WITHIN)
            self._bury(process)
        self._selector.close()

    def work(self, members: Sequence[Member]) -> None:
        """Let every member live its world; returns when the last has ended."""
        waiting = list(members)
        while waiting or self._processes:
            while waiting and len(self._processes) < self._jobs:
                self._start(waiting.pop(0))
            self._hear()

    def _start(self, member: Member) -> None:
        hearing, events_out = os.pipe()
        leash_in, leash = os.pipe()
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the world is buried
        now = time.monotonic()
        try:
            child = nursery.bear(member.order.to_json(), events_out, leash_in, complaints.fileno())
        except BaseException:
            complaints.close()
            os.close(hearing)
            os.close(leash)
            raise
        finally:
            os.close(events_out)
            os.close(leash_in)
        process = _Process(member, child, hearing, leash, complaints, now, now + _START_WITHIN)
        self._processes.append(process)
        self._selector.register(hearing, selectors.EVENT_READ, process)
        self._listen(events.WorldBegan(member.world))

    def _hear(self) -> None:
        soonest = min(process.due for process in self._processes)
        ready = self._selector.select(max(0.0, min(soonest - time.monotonic(), 3600.0)))
        for key, _ in ready:
            self._read(key.data)
        for process in tuple(self._processes):
            if time.monotonic() > process.due:
                self._end(process, "it was not heard of any more, and was ended")

    def _read(self, process: _Process) -> None:
        data = os.read(process.hearing, 65536)
        if not data:
            self._end(process, None)
            return
        *lines, process.heard = (process.heard + data).split(b"\n")
        for line in lines:
            self._note(process, events.from_line(line))

    def _note(self, process: _Process, event: events.Event) -> None:
        within = _GRACE
        match event:
            case events.StepBegan() | events.StoryBegan():
                within += event.within
            case events.StepDone():
                process.member.steps.append(event)
            case events.StoryEnded(world=world):
                process.member.told[world.story] = event
            case events.Kept():
                within = float("inf")
        process.due = time.monotonic() + within
        self._listen(event)

    def _end(self, process: _Process, reason: str | None) -> None:
        code = self._bury(process, kill=reason is not None)
        member = process.member
        untold = [t.story for t in member.order.tales if t.story not in member.told]
        if untold:
            why = reason or f"its process ended with exit code {code}, without a verdict"
            process.complaints.seek(0)
            said = process.complaints.read().decode(errors="replace")
            last = said.strip().rpartition("\n")[2]
            sentence = f"{why}; its last line was: {last}" if last else why
            for story in untold:
                world = replace(member.world, story=story)
                member.told[story] = events.StoryEnded(world, None, sentence, transcript=said)
                self._listen(member.told[story])
        process.complaints.close()

    def _bury(self, process: _Process, *, kill: bool = True) -> int:
        """See the world's process end, with everything below it."""
        if kill and process.child.poll() is None:
            process.child.kill()
        code = process.child.wait()
        process.member.seconds = time.monotonic() - process.began
        self._processes.remove(process)
        self._selector.unregister(process.hearing)
        os.close(process.hearing)
        os.close(process.leash)
        return code
