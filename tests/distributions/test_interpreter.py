"""The made-up interpreter: what uv reads of it, and that it starts."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from mirrorlab.distributions import interpreter


def test_it_is_listed_with_its_sum_and_starts_the_program(tmp_path: Path) -> None:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    made = interpreter.make(tmp_path, python, Path(sys.executable), Path(os.__file__).parent)
    ((key, entry),) = json.loads(made.listed.read_text()).items()
    assert key.startswith(f"cpython-{python}.0-linux-")
    (archive,) = made.mirror.glob(f"{interpreter.BUILD}/*.tar.gz")
    assert entry["url"].endswith(f"/{interpreter.BUILD}/{archive.name.replace('+', '%2B')}")
    assert entry["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()

    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    program = tmp_path / "unpacked/python/bin/python3"
    says = [str(program), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    assert subprocess.run(says, capture_output=True, text=True, check=True).stdout == f"{python}\n"
    assert list(program.parents[1].glob(f"lib/python{python}/_sysconfigdata_*.py"))

    interpreter.pack_again(archive)
    assert entry["sha256"] != hashlib.sha256(archive.read_bytes()).hexdigest()
    with tarfile.open(archive) as packed:
        assert "python/bin/python3" in packed.getnames()
