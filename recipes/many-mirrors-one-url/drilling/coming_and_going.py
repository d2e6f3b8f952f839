"""Mirrors come and go, and those who install do not notice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from drilling.balanced import PROJECT, Pool, balanced
from drilling.readers import asked, by_installers, install_until, reader, readers

from mirrorlab.runner import Run


def promise(run: Run) -> None:
    """While pip and uv install without a break, a mirror fails, leaves, recovers and comes back."""
    with balanced(run, known=False) as pool:
        watching = pool.start_check(EVERY="3")
        run.wait(lambda: pool.up() == {"a", "b", "c"}, "a pool of healthy mirrors")
        _serves(pool)
        uv, pip = readers(pool)
        machines = [pip, uv, uv, uv, uv]
        bad = pool.serving()
        others = {"a", "b", "c"} - {bad}
        pool.mirrors[bad].fault("500")
        install_until(machines, lambda: pool.up() == others, f"{bad} out of the pool")
        pool.must_be(bad, "bad unreachable: ")
        pool.forget()
        for machine in machines:
            machine.must_get_the_newest("an install")
        assert not asked(pool)[bad], f"{bad} is out, and was asked"
        pool.mirrors[bad].clear()
        install_until(machines, lambda: by_installers(pool.mirrors[bad]) > 0, f"{bad} back")
        watching.kill()
        run.measure("installs", (uv.counts + pip.counts).total(), "installs")
        told = Path(run.tmp, "told").read_text()
        assert f"check: {bad} is OUT: unreachable" in told, told
        assert f"check: {bad} is IN: healthy" in told, told


def all_bad(run: Run) -> None:
    """Nobody is served where no verdict is good: bad, missing, cut off or too old."""
    with balanced(run, "abcd") as pool:
        machine = reader(pool)
        pool.mirrors["d"].fault("altered")
        pool.check("d")
        pool.wait("a", "b", "c")
        machine.must_get_the_newest()
        missing, cut_off, too_old = map(pool.verdict_file, "abc")
        missing.unlink()
        cut_off.write_text(cut_off.read_text().rstrip("\n"))
        too_old.write_text("good 1 1 old\n")
        pool.wait()
        answer = pool.get(f"/simple/{PROJECT}/")
        assert answer.status == 503, f"no verdict is good: {answer.status}"
        assert "no mirror passes its check" in answer.text
        assert machine.install() == "failed", "something was installed that nobody looks at"
        pool.call_good("a")
        pool.wait("a")


def lagging(run: Run) -> None:
    """What is younger than --max-age may lack; an older release on some alone is stale, and out."""
    with balanced(run, near="127.0.0.0/8 c\n") as pool:
        then = datetime.now(UTC) - timedelta(hours=2)
        for index in (run.index, pool.mirrors["a"], pool.mirrors["b"]):
            index.publish(PROJECT, "3.0", requires=["demo-dep"], uploaded=then)
        machine = reader(pool)
        assert pool.check("c", CHECK="--max-age 3h").exit_code == 0, "c may lag three hours"
        pool.wait("a", "b", "c")
        assert machine.install() == "stale", "c has not got it, and c is near"
        pool.check("c", CHECK="--max-age 1h")
        pool.must_be("c", "bad stale: ")
        pool.wait("a", "b")
        machine.must_get_the_newest("a page of c was given though c is out")


def nearest(run: Run) -> None:
    """Each network gets the mirror near to it, and while that is out always the same other one."""
    near = {"127.1.0.7": "a", "127.2.0.7": "b", "127.3.0.7": "c"}
    lines = "127.1.0.0/16 a\n127.2.0.0/16 b\n127.3.0.0/16 c\n127.9.0.0/16 nobody\n"
    with balanced(run, near=lines) as pool:
        for source, name in near.items():
            assert pool.asked_by(source) == {name}, f"{source} is not near to {name}"
        elsewhere = {source: pool.asked_by(source) for source in ("127.8.0.1", "127.9.0.1")}
        for source, names in elsewhere.items():
            assert len(names) == 1, f"{source} gets pages of {names}"
        pool.mirrors["b"].fault("stale")
        pool.check("b")
        pool.wait("a", "c")
        instead = pool.asked_by("127.2.0.7")
        assert len(instead) == 1, f"while b is out, its network gets pages of {instead}"
        assert instead < {"a", "c"}, f"b is out, and is asked: {instead}"
        assert pool.asked_by("127.1.0.7") == {"a"}, "another network changed its mirror"
        pool.mirrors["b"].clear()
        pool.check("b")
        pool.wait("a", "b", "c")
        assert pool.asked_by("127.2.0.7") == {"b"}, "b is back, and its network does not get it"


def _serves(pool: Pool) -> None:
    """Through the one URL comes what a mirror has; nothing is written to it."""
    page = pool.get(f"/simple/{PROJECT}/", "application/vnd.pypi.simple.v1+json")
    assert page.status == 200, page.text
    assert page.headers["Vary"] == "Accept"
    assert {file["filename"] for file in page.json()["files"]} == {
        file.filename for file in pool.run.index.files(PROJECT)
    }
    assert pool.get("/simple/no-such-project/").status == 404
