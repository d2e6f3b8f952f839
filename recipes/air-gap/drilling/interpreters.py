"""An interpreter in the bundle: uv checks it when it is packed, and again when it is installed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from drilling.bundle import APP, DEP, LONG, SUMS, install, installed, sha256, write_sums

from mirrorlab.distributions.interpreter import make, pack_again
from mirrorlab.lab import Completed
from mirrorlab.runner import Run


def interpreter(run: Run) -> None:
    """An interpreter comes along, checked by uv when packed and again when installed."""
    asks = "import os, sys; print(sys._base_executable, os.__file__, sep='\\n')"
    program, module = run.command("python3", "-c", asks).output.splitlines()[:2]
    made = make(run.tmp, run.python, Path(program), Path(module).parent)
    bundle = run.tmp / "with-python"
    shutil.copytree(run.folder / "bundle", bundle)
    (bundle / DEP).unlink()  # an old one, and damaged at that; it is replaced as a whole
    targets = run.tmp / "only-laptop.txt"
    targets.write_text("laptop - -\n")
    settings: dict[str, Any] = {
        "INTERPRETERS": "yes",
        "PROJECT": _alone(run),
        "BUNDLE": bundle,
        "TARGETS": targets,
        "PYTHON_MIRROR": made.mirror.as_uri(),
        "PYTHON_LIST": made.listed.as_uri(),
    }
    done = run.command("sh", "pack.sh", timeout=LONG, **settings)
    assert done.exit_code == 0, done.output
    home = run.tmp / "opt"
    done, venv = install(run, bundle, HOME_OF_PYTHON=home)
    assert installed(venv) == APP, done.output
    assert (home / "python/bin/python3").is_file(), "the bundle's interpreter was not unpacked"
    _damaged_or_lost(run, bundle)

    before = sha256(bundle / SUMS)
    (mirrored,) = made.mirror.glob("*/*.tar.gz")
    pack_again(mirrored)
    again = run.command("sh", "pack.sh", timeout=LONG, **settings)
    assert again.exit_code != 0, "an interpreter that the mirror altered was packed"
    assert sha256(bundle / SUMS) == before, "a failed packing changed the bundle"
    assert not list(run.tmp.glob("with-python.*")), "a failed packing left its scraps behind"


def _damaged_or_lost(run: Run, bundle: Path) -> None:
    """The bundle's archive is altered, and then removed."""
    (archive,) = bundle.glob("interpreters/*/*.tar.gz")
    offered = _uv_python(run, bundle)
    assert offered.exit_code == 0, f"uv does not install from the bundle:\n{offered.output}"
    pack_again(archive)
    write_sums(bundle)
    refused = _uv_python(run, bundle)
    assert refused.exit_code != 0, "uv installed a damaged interpreter"
    assert "Hash mismatch" in refused.output, refused.output
    archive.unlink()
    write_sums(bundle)
    check = run.command("sh", "check-bundle.sh", BUNDLE=bundle)
    assert check.exit_code == 1, "a bundle without its interpreter was let go"
    assert "no interpreter for laptop" in check.output, check.output


def _alone(run: Run) -> Path:
    """Return the project without its dependencies."""
    project = run.tmp / "alone"
    shutil.copytree(run.folder / "demo", project)
    info = project / "PKG-INFO"
    info.write_text(info.read_text().partition("Requires-Dist")[0])
    return project


def _uv_python(run: Run, bundle: Path) -> Completed:
    """Install the bundle's interpreter with uv."""
    there = run.tmp / f"managed-{len(list(run.tmp.iterdir()))}"
    return run.command(
        *("uv", "python", "install", "--offline", "--no-bin", "--install-dir", there, run.python),
        UV_PYTHON_INSTALL_MIRROR=(bundle / "interpreters").as_uri(),
        UV_PYTHON_DOWNLOADS_JSON_URL=(bundle / "interpreters" / "list.json").as_uri(),
        UV_PYTHON_DOWNLOADS="automatic",
    )
