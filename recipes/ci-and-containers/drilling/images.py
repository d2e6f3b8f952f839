"""Images: built with buildah from nothing, saved in each way, and damaged."""

from __future__ import annotations

import contextlib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

BASE = "FROM scratch\nADD root /\nENV PATH={}/bin:/usr/bin:/bin\n"
WAYS = {
    "docker.tar": ("docker-archive:{}",),
    "folder": ("oci:{}",),
    "zstd": ("--compression-format", "zstd", "--format", "oci", "dir:{}"),
}
"""How else an image is saved: as docker does it, as a folder, with layers packed with zstd."""


def build(run: Run, **settings: str) -> Completed:
    """Build an image with build.sh; the machine's programs and the tools are mounted into it."""
    tools = run.command("python3", "-c", "import sys; print(sys.prefix, sys.base_prefix)")
    prefix, base = tools.output.split()
    _make_base(run, prefix)
    seen = sorted({prefix, base, "/usr"} - {"/usr/local"})
    volumes = " ".join(f"--volume {folder}:{folder}:ro" for folder in seen)
    flags = f"--pull-never --network host {volumes} {settings.pop('BUILD_FLAGS', '')}"
    given: dict[str, Any] = {"INDEX_TOKEN": run.settings["SECRET"], **settings}
    settings_of_all = _storage(run) | given
    return run.command("sh", "build.sh", timeout=110, BUILD_FLAGS=flags, **settings_of_all)


def saved(run: Run) -> Iterator[Path]:
    """The last image, saved in each of the WAYS."""
    for name, (*options, place) in WAYS.items():
        target = run.tmp / name
        done = _buildah(run, "push", *options, run.settings["IMAGE"], place.format(target))
        assert done.exit_code == 0, done.output
        yield target


def files(archive: Path) -> list[str]:
    """The names of all files in the layers of an image archive."""
    names: list[str] = []
    with tarfile.open(archive) as image:
        for member in image:
            layer = image.extractfile(member) if member.isreg() else None
            if layer is None:
                continue
            with contextlib.suppress(tarfile.ReadError), tarfile.open(fileobj=layer) as inside:
                names += inside.getnames()
    return names


def broken(whole: Path) -> Iterator[tuple[str, bytes]]:
    """Give a half, an empty, an altered archive, and one without each of its layers."""
    content = whole.read_bytes()
    yield "half an archive", content[: len(content) // 1024 * 512]
    yield "an empty archive", b""
    with tarfile.open(whole) as archive:
        layers = [member for member in archive if member.size > 0 and "blobs/" in member.name]
    for layer in layers:
        middle = layer.offset_data + layer.size // 2
        flipped = bytes([content[middle] ^ 1])
        yield f"{layer.name} altered", content[:middle] + flipped + content[middle + 1 :]
        after = layer.offset_data + -(-layer.size // 512) * 512
        yield f"{layer.name} missing", content[: layer.offset] + content[after:]


def _make_base(run: Run, prefix: str) -> None:
    """Make the image to begin with: folders only, over which the build sees the machine's."""
    root = run.tmp / "base" / "root"
    if root.exists():
        return
    for name in ("etc", "proc", "root", "srv", "sys", "tmp", "usr", "var/tmp"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root.parent / "Containerfile").write_text(BASE.format(prefix))
    done = _buildah(run, "build", "--tag", run.settings["BASE"], root.parent)
    assert done.exit_code == 0, done.output


def _buildah(run: Run, command: str, *words: str | Path) -> Completed:
    under = run.settings["UNDER"].split()
    return run.command(*under, "buildah", command, "--quiet", *words, **_storage(run))


def _storage(run: Run) -> dict[str, Any]:
    runtime = run.tmp / "runtime"
    runtime.mkdir(exist_ok=True)
    return {
        "BUILDAH_ISOLATION": "chroot",
        "STORAGE_DRIVER": "vfs",
        "XDG_RUNTIME_DIR": runtime,
    }
