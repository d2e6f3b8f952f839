"""morgan: a mirror of what the targets need, served inside."""

from __future__ import annotations

from typing import Any

from drilling.bundle import cut

from mirrorlab.runner import Run


def morgan(run: Run) -> None:
    """Morgan's mirror serves inside; what it passes over in silence is named before it leaves."""
    _what_it_could_not_have_is_named(run)
    assert run.step("morgan").exit_code == 0
    assert run.step("serve-morgan").exit_code == 0
    _serves_inside(run)


def _what_it_could_not_have_is_named(run: Run) -> None:
    run.index.fault("login-portal")
    done = run.step("morgan", MIRROR=run.tmp / "gap")
    assert done.exit_code == 1, "a login page was taken for an index"
    assert "/simple/ has no JSON (PEP 691)" in done.output, done.output
    run.index.clear()
    run.index.fault("404", "/simple/demo-win-dep/")
    done = run.step("morgan", MIRROR=run.tmp / "gap")
    assert "Copying server script" in done.output, "morgan now stops at what it cannot have"
    assert done.exit_code == 1, "an incomplete mirror was let go"
    assert "it is not enough for windows" in done.output, done.output
    assert "demo-win-dep" in done.output, "what is missing is not named"
    run.index.clear()


def _serves_inside(run: Run) -> None:
    """To pip and uv; neither takes a file that was cut on the way."""
    inside: dict[str, Any] = {"index": f"http://127.0.0.1:{run.port('morgan')}/"}
    run.index.forget_requests()
    clients = {name: run.client(name) for name in ("pip", "uv")}
    for name, client in clients.items():
        came = client.install("demo-lib", "demo-sdist", "demo-platform", **inside)
        assert came.exit_code == 0, f"{name} does not install from morgan:\n{came.output}"
    assert not run.index.requests(), "an installer asked the index outside"
    (wheel,) = (run.tmp / "mirror").glob("demo-win-dep/*.whl")
    cut(wheel)
    for name, client in clients.items():
        came = client.install("demo-win-dep", **inside)
        assert "demo-win-dep" not in came.installed, f"{name} installed a file that was cut"
