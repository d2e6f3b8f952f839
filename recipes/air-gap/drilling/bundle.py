"""A bundle: signed, damaged, received, and installed from."""

from __future__ import annotations

import hashlib
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

APP = {"demo-app": "1.0"}
DEP = "files/demo_dep-2.0-py3-none-any.whl"
SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
LONG = 300.0  # seconds that no step needs, for a machine with other work


def install(run: Run, bundle: Path, **settings: Any) -> tuple[Completed, Path]:
    """Install where the machine's own settings name other sources, and bytecode is kept."""
    venv = run.tmp / f"fresh-{len(list(run.tmp.iterdir()))}"
    index, folder = run.settings["UPSTREAM"], str(run.tmp / "elsewhere")
    own = {"PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index, "PIP_FIND_LINKS": folder}
    own["PYTHONDONTWRITEBYTECODE"] = ""
    told: dict[str, Any] = {"FROM": bundle, "TARGET": "laptop", "VENV": venv, **own, **settings}
    return run.command("sh", "install.sh", timeout=LONG, **told), venv


def receive(run: Run, bundle: Path, store: Path, **settings: Any) -> Completed:
    """Receive a bundle into a store."""
    return run.command("sh", "receive.sh", FROM=bundle, STORE=store, **settings)


def new_key(run: Run, name: str = "key") -> tuple[Path, Path]:
    """Make a key to sign with; return it, and the file of allowed signers."""
    key, signers = run.tmp / name, run.tmp / f"{name}-signers"
    made = run.command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me", "-f", key)
    assert made.exit_code == 0, made.output
    signers.write_text(f"packer {key.with_suffix('.pub').read_text()}")
    return key, signers


def sign(run: Run, bundle: Path, key: Path) -> None:
    """Sign the sums of a bundle with a key."""
    words = ("-Y", "sign", "-f", key, "-n", "air-gap", bundle / SUMS)
    assert run.command("ssh-keygen", "-q", *words).exit_code == 0


def cut(file: Path) -> None:
    """Leave half of a file."""
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def write_sums(bundle: Path) -> None:
    """Make the sums again, as a forger would."""
    own = {SUMS, SIGNATURE}
    files = sorted(f for f in bundle.rglob("*") if f.is_file() and f.name not in own)
    text = "".join(f"{sha256(file)}  {file.relative_to(bundle)}\n" for file in files)
    (bundle / SUMS).write_text(text)


def installed(venv: Path) -> dict[str, str]:
    """What is in an environment, with its version."""
    paths = [str(path) for path in venv.glob("lib/python*/site-packages")]
    return {found.name: found.version for found in distributions(path=paths)}


def sha256(file: Path) -> str:
    """The hash of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
