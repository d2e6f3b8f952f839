"""Upstream is away: its mirrors are held against it no more, and yet one of them goes bad."""

from __future__ import annotations

from drilling.balanced import Pool, balanced
from drilling.readers import reader

from mirrorlab.index import Index
from mirrorlab.runner import Run


def upstream_down(run: Run) -> None:
    """While upstream is away good mirrors stay in; one that is bad leaves, and stays out."""
    with balanced(run) as pool, Index(run.index.scenario) as hanging:
        hanging.fault("hang")  # longer than a check may take
        slow = pool.start_check("a", UPSTREAM=f"{hanging.http_url}/simple/", WITHIN="8", CHECK="")
        machine = reader(pool)
        run.index.fault("500")
        pool.mirrors["c"].fault("altered-file")
        pool.check("b", "c")
        pool.must_be("b", "good good by itself, not compared with upstream: ")
        pool.must_be("c", "bad altered: ")
        pool.wait("a", "b")
        machine.must_get_the_newest("upstream fails")
        pool.mirrors["c"].clear()
        at_once = pool.start_check("b", UNCOMPARED="0")
        pool.check("c")
        at_once.wait()
        pool.must_be("b", "bad not compared with upstream for too long: ")
        pool.must_be("c", "bad not compared with upstream for too long: ")  # who knows how it is
        assert slow.wait().exit_code == 0, f"upstream hangs: {slow.output()}"
        pool.must_be("a", "good good by itself, not compared with upstream: ")
        pool.wait("a")
        run.index.clear()
        assert pool.check("b", "c").exit_code == 0
        pool.wait("a", "b", "c")
        _without_the_command_the_verdict_stands(pool)


def _without_the_command_the_verdict_stands(pool: Pool) -> None:
    before = pool.verdict("a")
    broken = pool.check(MIRRORLAB="/no/such/command")
    assert "could not tell: /no/such/command does not start" in broken.output
    assert (broken.exit_code, pool.verdict("a")) == (3, before), "a verdict without a check"
