"""Build backend of the demo distributions (PEP 517); standard library only, deterministic.

It runs in three places: the kit packs its wheels with it, an sdist carries it as ``_build.py``,
and the project ``demo-backend`` publishes it as ``demo_backend``. So the wheel that pip builds
from an sdist is, byte for byte, the wheel the index serves.
"""

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

TAG = "py3-none-any"


def build_wheel(
    wheel_directory: str,
    config_settings: object = None,  # noqa: ARG001 (PEP 517 passes it)
    metadata_directory: str | None = None,  # noqa: ARG001
) -> str:
    """Build the wheel of the source tree we stand in (PEP 517)."""
    metadata = Path("PKG-INFO").read_bytes()
    sources = Path("src")
    files = {
        path.relative_to(sources).as_posix(): path.read_bytes()
        for path in sources.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    name = f"{stem(metadata)}-{TAG}.whl"
    Path(wheel_directory, name).write_bytes(pack(TAG, metadata, files))
    return name


def prepare_metadata_for_build_wheel(
    metadata_directory: str,
    config_settings: object = None,  # noqa: ARG001
) -> str:
    """Write the ``.dist-info`` folder of the wheel to come (PEP 517)."""
    metadata = Path("PKG-INFO").read_bytes()
    folder = Path(metadata_directory, f"{stem(metadata)}.dist-info")
    folder.mkdir()
    (folder / "METADATA").write_bytes(metadata)
    (folder / "WHEEL").write_bytes(wheel_file(TAG))
    return folder.name


def stem(metadata: bytes) -> str:
    """Return how file names begin: ``demo_lib-1.0`` for the core metadata of demo-lib 1.0."""
    lines = metadata.decode().splitlines()
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    return f"{re.sub('[-_.]+', '_', fields['Name']).lower()}-{fields['Version']}"


def wheel_file(tag: str) -> bytes:
    """Return the ``WHEEL`` file: a pure wheel, or one for a platform."""
    pythons, abis, platforms = (part.split(".") for part in tag.split("-"))
    pure = "true" if platforms == ["any"] else "false"
    tags = (f"{python}-{abi}-{on}" for python in pythons for abi in abis for on in platforms)
    lines = ["Wheel-Version: 1.0", "Generator: demo-backend", f"Root-Is-Purelib: {pure}"]
    return "".join(f"{line}\n" for line in [*lines, *(f"Tag: {one}" for one in tags)]).encode()


def pack(tag: str, metadata: bytes, files: Mapping[str, bytes]) -> bytes:
    """Return a wheel of ``files``: sorted, stored as they are, without a clock, with RECORD."""
    info = f"{stem(metadata)}.dist-info"
    contents = dict(sorted(files.items()))
    contents[f"{info}/METADATA"] = metadata
    contents[f"{info}/WHEEL"] = wheel_file(tag)
    lines = [f"{name},sha256={digest(data)},{len(data)}\n" for name, data in contents.items()]
    contents[f"{info}/RECORD"] = "".join([*lines, f"{info}/RECORD,,\n"]).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in contents.items():
            entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def digest(data: bytes) -> str:
    """Return the sha256 of ``data`` as RECORD spells it."""
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
