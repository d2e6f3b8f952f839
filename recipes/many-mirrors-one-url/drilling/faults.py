"""Each fault of the test index in a mirror: after its verdict, and before it."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

from drilling.balanced import Pool, balanced
from drilling.readers import asked, by_installers, readers

from mirrorlab.runner import Run
from mirrorlab.scenario import Fault

GIVEN_UP = (Fault.HANG, Fault.SLOW)
"""A check of these is given up."""
FAILS = (
    *GIVEN_UP,
    Fault.REFUSED,
    Fault.UNTRUSTED_TLS,
    Fault.UNAUTHORIZED,
    Fault.FORBIDDEN,
    Fault.NOT_FOUND,
    Fault.TOO_MANY_REQUESTS,
    Fault.SERVER_ERROR,
    Fault.BAD_GATEWAY,
    Fault.UNAVAILABLE,
    Fault.REDIRECT_LOOP,
    Fault.METADATA_404,
)
LIES = tuple(fault for fault in Fault if fault not in FAILS)
WELL = "well"
"""The mirror without a fault."""
NAMED = {
    **dict.fromkeys(Fault, "unreachable"),
    Fault.TRUNCATED: "truncated",
    **dict.fromkeys((Fault.CORRUPT, Fault.ALTERED_FILE, Fault.ALTERED), "altered"),
    Fault.STALE: "stale",
    Fault.EMPTY: "missing",
    **dict.fromkeys(
        (
            Fault.BAD_GZIP,
            Fault.MALFORMED,
            Fault.LOGIN_PORTAL,
            Fault.WRONG_TYPE,
            Fault.METADATA_404,
            Fault.NO_VARY,
        ),
        "not conforming",
    ),
    Fault.NO_UPLOAD_TIME: "drops upload-time",
}
"""What the verdict calls each."""


def mirror_fails(run: Run) -> None:
    """Mirrors do not answer as they should: named, out, and no install fails."""
    _strike(run, FAILS)


def mirror_lies(run: Run) -> None:
    """Mirrors answer something wrong: named, out, and no install gets it."""
    _strike(run, LIES)


def between_two_checks(run: Run) -> None:
    """Before its verdict, a fault does what between-two-checks.csv says, and nothing worse."""
    _, *rows = (run.folder / "between-two-checks.csv").read_text().splitlines()
    assert len(rows) == len(Fault), "a fault is left out"
    with balanced(run, near="127.0.0.0/8 a\n", ANSWER="4s") as pool:
        uv, pip = readers(pool)
        assert pool.serving() == "a", "127.0.0.0/8 is near to a"
        for fault, row in zip(Fault, rows, strict=True):
            one_page = fault in GIVEN_UP  # all pages would only take longer
            pool.mirrors["a"].fault(fault, "/simple/demo-dep/" if one_page else "*")
            pool.forget()
            outcome = uv.install()
            again = any(by_installers(pool.mirrors[name]) for name in "bc")
            _was_met(pool, "a", fault)
            seen = f"{fault.value},{'yes' if again else 'no'},{outcome}"
            assert seen == row, f"mend the table: {seen}, not {row}"
            if fault in {Fault.ALTERED_FILE, Fault.ALTERED}:
                other = pip.install()
                assert other == outcome, f"{fault}: pip {other}, uv {outcome}"
            pool.mirrors["a"].clear()
    run.measure("failed", uv.counts["failed"], "installs")
    run.measure("stale", uv.counts["stale"], "installs")
    run.measure("altered", uv.counts["altered"], "installs")


def _strike(run: Run, faults: Sequence[Fault]) -> None:
    """Each fault has a mirror of its own: from their verdicts on, none reaches an install."""
    struck = dict(zip(ascii_lowercase, faults, strict=False))
    with balanced(run, [*struck, WELL], near="127.0.0.0/8 a\n") as pool:
        uv, pip = readers(pool)
        _check_struck(pool, struck)
        pool.wait(WELL)
        pool.forget()
        for machine in (uv, pip):
            machine.must_get_the_newest("with one mirror left")
        assert {name for name, times in asked(pool).items() if times} == {WELL}, asked(pool)
        pool.mirrors["a"].clear()
        pool.check("a")
        pool.wait("a", WELL)
        pool.forget()
        uv.must_get_the_newest("with a back")
        assert asked(pool)["a"], f"a is back, and near, and nobody asks it: {asked(pool)}"
        run.measure("faults", len(struck), "faults")
        run.measure("installs", (uv.counts + pip.counts).total(), "installs")


def _check_struck(pool: Pool, struck: dict[str, Fault]) -> None:
    """Strike the mirrors and check them: the verdict names the fault of each."""
    for name, fault in struck.items():
        pool.mirrors[name].fault(fault)
    given_up = [name for name, fault in struck.items() if fault in GIVEN_UP]
    slow = pool.start_check(*given_up, WITHIN="6") if given_up else None
    pool.check(*(name for name in struck if name not in given_up))
    if slow:
        slow.wait()
    for name, fault in struck.items():
        said = pool.verdict(name)
        assert said.startswith(f"bad {NAMED[fault]}"), f"{fault}: {name} is {said}"
        _was_met(pool, name, fault)


def _was_met(pool: Pool, name: str, fault: Fault) -> None:
    """Assert that somebody met the fault; of a certificate that is refused no index hears."""
    met = any(request.fault for request in pool.mirrors[name].requests())
    assert met or fault is Fault.UNTRUSTED_TLS, f"{fault}: nobody met it"
