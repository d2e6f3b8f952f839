"""Bundles that are neither received nor installed, and say why."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drilling.bundle import DEP, SIGNATURE, cut, install, new_key, receive, sign, write_sums

from mirrorlab.runner import Run


def damaged(run: Run) -> None:
    """A broken disk is named; a forger who makes the sums again is refused by the signature."""
    stick = run.tmp / "stick"
    key, signers = new_key(run)
    sign(run, run.folder / "bundle", key)
    for what, harm, said in (
        ("cut short", lambda: cut(stick / DEP), f"verify: damaged: {DEP}"),
        ("missing", (stick / DEP).unlink, f"verify: missing: {DEP}"),
    ):
        _refused(run, stick, what, harm, said)

    forger, _ = new_key(run, "forger")

    def forge() -> None:
        cut(stick / DEP)
        write_sums(stick)

    def forge_and_sign() -> None:
        forge()
        (stick / SIGNATURE).unlink()
        sign(run, stick, forger)

    refused = "the signature is not that of packer"
    _refused(run, stick, "sums made again", forge, refused, SIGNERS=signers)
    _refused(run, stick, "signed by another", forge_and_sign, refused, SIGNERS=signers)
    unsigned = (stick / SIGNATURE).unlink
    _refused(run, stick, "unsigned", unsigned, "the bundle is not signed", SIGNERS=signers)
    (run.folder / "bundle" / SIGNATURE).unlink()


def wrong_target(run: Run) -> None:
    """What is packed for another machine is not installed on this one, and that is said."""
    bundle = run.folder / "bundle"
    other = run.tmp / "other"
    shutil.copytree(bundle, other)
    targets = other / "targets.txt"
    text = targets.read_text().replace("windows 3.11", f"windows {run.python}")
    targets.write_text(text.replace(f"laptop {run.python}", "laptop 3.99"))
    write_sums(other)
    for target, code, said in (
        ("", 2, "say in TARGET which of these you are: laptop windows"),
        ("nobody", 2, "the bundle has nothing for nobody, only for laptop windows"),
        ("laptop", 1, "laptop is Python 3.99 on linux-"),
        ("windows", 1, f"windows is Python {run.python} on win32-AMD64; this is"),
    ):
        done, venv = install(run, other, TARGET=target)
        assert done.exit_code == code, f"as {target!r} it ended with {done.exit_code}"
        assert said in done.output, f"as {target!r} it does not say {said!r}:\n{done.output}"
        assert not venv.exists(), f"as {target!r} it left a half-made environment behind"


def _refused(
    run: Run, stick: Path, what: str, harm: Callable[[], object], said: str, **settings: Any
) -> None:
    """Damage a copy of the bundle: it is neither received nor installed, and that is said."""
    shutil.rmtree(stick, ignore_errors=True)
    shutil.copytree(run.folder / "bundle", stick)
    harm()
    store = run.tmp / "received"
    done = receive(run, stick, store, **settings)
    assert done.exit_code == 1, f"{what}, and it was received: {done.exit_code}"
    assert said in done.output, f"{what}: it does not say {said!r}:\n{done.output}"
    assert not store.exists(), f"{what}: half a bundle was left behind"
    done, venv = install(run, stick, **settings)
    assert done.exit_code == 1, f"{what}, and it was installed: {done.exit_code}"
    assert not venv.exists(), f"{what}: a half-made environment was left behind"
