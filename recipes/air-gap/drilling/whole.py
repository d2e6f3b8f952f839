"""What is in a bundle: all that all targets need, or all that is new."""

from __future__ import annotations

import shutil
from typing import Any

from drilling.bundle import (
    APP,
    DEP,
    LONG,
    SIGNATURE,
    SUMS,
    install,
    installed,
    new_key,
    receive,
    sha256,
    write_sums,
)

from mirrorlab.runner import Run

SET = {**APP, "demo-dep": "2.0", "demo-lib": "2.0", "demo-platform": "1.0", "demo-sdist": "1.0"}
"""On Linux and Python 3.12 or newer; :func:`_packed` adds what else there is."""
NEWER = "files/demo_dep-2.1-py3-none-any.whl"
WINDOWS = "demo_platform-1.0-cp311-cp311-win_amd64.whl"


def promise(run: Run) -> None:
    """All targets' files are in the bundle, and the project is installed from nothing else."""
    bundle = run.folder / "bundle"
    files = {file.name for file in (bundle / "files").iterdir()}
    for name in ("demo_win-1.0", "demo_win_dep-1.0", "demo_old-1.0"):
        assert f"{name}-py3-none-any.whl" in files, f"what only Windows or 3.11 needs: no {name}"
    assert WINDOWS in files, f"no wheel for Windows in {files}"
    for name in files - {"demo_app-1.0-py3-none-any.whl"}:
        assert sha256(bundle / "files" / name) == run.index.sha256(name), f"{name} was changed"
    assert installed(run.tmp / "venv") == _packed(run), "the step installed something else"

    key, signers = new_key(run)
    done = run.step("check", KEY=key)
    assert done.exit_code == 0, done.output
    assert run.step("receive").exit_code == 0
    run.index.forget_requests()
    done, venv = install(run, run.tmp / "store", SIGNERS=signers)
    assert done.exit_code == 0, f"the installation failed:\n{done.output}"
    assert installed(venv) == _packed(run), f"it installed {installed(venv)}"
    assert not run.index.requests(), "an installer asked the index"
    (bundle / SIGNATURE).unlink()


def incomplete(run: Run) -> None:
    """pip passes over what another platform needs; each gap is named before the bundle leaves."""
    bundle = run.folder / "bundle"
    for pattern, said in (
        ("demo_win_dep-*", "demo-win-dep"),
        ("demo_platform-*-win_amd64.whl", "demo-platform"),
        ("demo_backend-*", "demo-backend"),
        ("pip-*", "pip"),
    ):
        (gone,) = (bundle / "files").glob(pattern)
        gone.rename(run.tmp / gone.name)
        write_sums(bundle)
        check = run.command("sh", "check-bundle.sh", timeout=LONG)
        assert check.exit_code == 1, f"the bundle was let go without {gone.name}"
        assert said in check.output, f"the check does not name {said}:\n{check.output}"
        (run.tmp / gone.name).rename(gone)
    write_sums(bundle)
    _pip_alone_passes_over_it(run)


def _pip_alone_passes_over_it(run: Run) -> None:
    index: dict[str, Any] = {"PIP_INDEX_URL": run.settings["UPSTREAM"], "timeout": LONG}
    windows = ("--only-binary", ":all:", "--platform", "win_amd64", "--python-version", "3.11")
    plain, pip = run.tmp / "plain", ("python3", "-m", "pip")
    naive = run.command(*pip, "download", "--dest", plain, *windows, "demo-lib", **index)
    assert naive.exit_code == 0, naive.output
    assert not list(plain.glob("demo_win*")), "pip download judges markers by the target now"
    built = run.command(*pip, "wheel", "--wheel-dir", plain, "demo-sdist", **index)
    assert built.exit_code == 0, built.output
    assert not list(plain.glob("demo_backend*")), "pip wheel keeps build dependencies now"


def only_what_is_new(run: Run) -> None:
    """A small bundle is whole with the earlier one, and is nothing without it."""
    bundle, small, store = run.folder / "bundle", run.tmp / "small", run.tmp / "kept"
    assert receive(run, bundle, store).exit_code == 0
    earlier = run.tmp / "earlier"
    shutil.copyfile(store / SUMS, earlier)
    newer = run.tmp / "newer"
    shutil.copytree(bundle, newer)
    (newer / DEP).rename(newer / NEWER)
    (newer / NEWER).write_bytes(b"of January")
    write_sums(newer)
    done = run.command("sh", "only-new.sh", BUNDLE=newer, SINCE=earlier, SMALL=small)
    assert done.exit_code == 0, done.output
    carried = list((small / "files").iterdir())
    assert carried == [small / NEWER], f"it carries {carried}"

    alone = receive(run, small, run.tmp / "empty")
    assert alone.exit_code == 1, "half a bundle was received as a whole one"
    assert "verify: missing: files/" in alone.output, alone.output
    assert not (run.tmp / "empty").exists(), "half a bundle was left behind"
    assert receive(run, small, store).exit_code == 0
    assert sha256(store / SUMS) == sha256(newer / SUMS), "the two together are not the new bundle"


def _packed(run: Run) -> dict[str, str]:
    return SET | ({"demo-old": "1.0"} if run.python == "3.11" else {})
