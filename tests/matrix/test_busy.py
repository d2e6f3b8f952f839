"""Who computes and who waits, of processes that do nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from mirrorlab.lab import wait_until
from mirrorlab.matrix.busy import at_work

COMPUTE = "import itertools\nfor _ in itertools.count(): pass"
WAIT = "import sys; sys.stdin.read()"


@pytest.fixture
def started() -> Iterator[dict[str, int]]:
    """Two shells by what the program below each does: their process ids."""
    both = {
        name: subprocess.Popen(
            ["sh", "-c", '"$0" -c "$1"; :', sys.executable, program],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        for name, program in {"computes": COMPUTE, "waits": WAIT}.items()
    }
    yield {name: popen.pid for name, popen in both.items()}
    for popen in both.values():
        os.killpg(popen.pid, 9)
        popen.communicate()


def test_work_below_a_process_counts_as_its_own(started: dict[str, int]) -> None:
    both = frozenset(started.values())
    wait_until(
        lambda: at_work(both) == frozenset({started["computes"]}), what="one at work, one waiting"
    )
    waits = [started["waits"]]
    wait_until(lambda: at_work(waits) == frozenset(), what="one that has started and waits")
    assert at_work([]) == frozenset()
