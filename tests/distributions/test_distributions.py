"""Wheels and sdists: what they hold, and that they are the same on every machine."""

import csv
import gzip
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import packaging
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.metadata import Metadata
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

import mirrorlab
from mirrorlab.distributions import backend, sdist, wheel
from mirrorlab.distributions.archive import tar_gz

GOLDEN = {
    "demo_lib-1.0-py3-none-any.whl": (
        "33ec3020f89fdcad2a505e1df471139f1376232e4ad1c3d14319000095f21723"
    ),
    "demo_pad-2.0-cp311-cp311-win_amd64.whl": (
        "6b5c7704180c4e5b5e4f16c67198d8ef81bc261c0a14520c23178fcf3f0e240a"
    ),
    "demo_sdist-1.0.tar.gz": "e291425497f57f24f55242b51f9d7d6f9dfeb8749c95808aeefa32ec837aeb93",
}

BUILD = """
from mirrorlab.distributions import sdist, wheel
for built in (
    wheel("demo-lib", "1.0"),
    wheel("demo-pad", "2.0", tag="cp311-cp311-win_amd64", requires=["demo-dep>=1"],
          requires_python=">=3.9", pad=70_000),
    sdist("demo-sdist", "1.0", requires=["demo-dep"], build_requires=["demo-backend"], pad=70_000),
):
    print(built.filename, built.sha256)
"""


def interpreters() -> dict[str, str]:
    """This Python, and every other supported one that answers on PATH, by version."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    for version in ("3.11", "3.12", "3.13"):
        command = [f"python{version}", "-c", "import sys; print(sys.executable)"]
        try:
            answer = subprocess.run(command, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        found.setdefault(version, answer.stdout.strip())
    return found


INTERPRETERS = interpreters()


@pytest.mark.parametrize("python", INTERPRETERS.values(), ids=INTERPRETERS)
def test_every_python_builds_the_same_bytes(python: str) -> None:
    source = Path(mirrorlab.__file__).parents[1]
    needs = Path(packaging.__file__).parents[1]
    output = subprocess.run(
        [python, "-B", "-c", BUILD],
        env={**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{needs}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert dict(line.split() for line in output.splitlines()) == GOLDEN


def test_a_wheel_holds_what_its_record_says() -> None:
    built = wheel("demo-lib", "1.0", pad=1000)
    with zipfile.ZipFile(io.BytesIO(built.content)) as archive:
        assert archive.testzip() is None
        contents = {name: archive.read(name) for name in archive.namelist()}
    rows = list(csv.reader(contents["demo_lib-1.0.dist-info/RECORD"].decode().splitlines()))
    assert [row[0] for row in rows] == list(contents)
    for name, digest, size in rows[:-1]:
        assert digest == f"sha256={backend.digest(contents[name])}"
        assert int(size) == len(contents[name])
    assert rows[-1][1:] == ["", ""]
    assert len(contents["demo_lib/padding.bin"]) == 1000
    assert contents["demo_lib-1.0.dist-info/METADATA"] == built.metadata


def test_metadata_is_valid_and_says_everything() -> None:
    requires = ["demo-dep>=1", "demo-fast; extra == 'fast'"]
    built = wheel("Demo.Name_Mixed", "1.0", requires=requires, requires_python=">=3.9")
    metadata = Metadata.from_email(built.metadata, validate=True)
    assert metadata.name == "Demo.Name_Mixed"
    assert metadata.version == Version("1.0")
    assert str(metadata.requires_python) == ">=3.9"
    assert [str(one) for one in metadata.requires_dist or ()] == [
        "demo-dep>=1",
        'demo-fast; extra == "fast"',
    ]
    assert metadata.provides_extra == ["fast"]


def test_file_names_are_normalised() -> None:
    name, version, _, tags = parse_wheel_filename(wheel("Demo.Name_Mixed", "1.0-rc1").filename)
    assert (name, str(version), [str(tag) for tag in tags]) == (
        "demo-name-mixed",
        "1.0rc1",
        ["py3-none-any"],
    )
    built = sdist("Demo.Name_Mixed", "1.0-rc1")
    assert built.filename == "demo_name_mixed-1.0rc1.tar.gz"
    assert parse_sdist_filename(built.filename) == ("demo-name-mixed", Version("1.0rc1"))


def test_a_wheel_for_platforms_names_each_tag_and_is_not_pure() -> None:
    tag = "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"
    built = wheel("demo-lib", "1.0", tag=tag)
    with zipfile.ZipFile(io.BytesIO(built.content)) as archive:
        message = message_from_bytes(archive.read("demo_lib-1.0.dist-info/WHEEL"))
    assert message["Root-Is-Purelib"] == "false"
    assert message.get_all("Tag") == [
        "cp311-cp311-manylinux_2_17_x86_64",
        "cp311-cp311-manylinux2014_x86_64",
    ]


def test_the_imported_package_says_its_version(tmp_path: Path) -> None:
    path = tmp_path / "demo.whl"
    path.write_bytes(wheel("demo-lib", "2.0").content)
    assert _python("import demo_lib; print(demo_lib.__version__)", path) == "2.0\n"


def test_an_sdist_builds_into_the_very_wheel(tmp_path: Path) -> None:
    built = sdist("demo-lib", "1.0", requires=["demo-dep"], pad=10)
    source = _unpack(built.content, tmp_path)
    assert 'requires = []\nbuild-backend = "_build"' in (source / "pyproject.toml").read_text()
    name = _python("import _build; print(_build.build_wheel('.'))", source, cwd=source).strip()
    expected = wheel("demo-lib", "1.0", requires=["demo-dep"], pad=10)
    assert name == expected.filename
    assert (source / name).read_bytes() == expected.content


def test_demo_backend_builds_an_sdist_that_carries_no_backend(tmp_path: Path) -> None:
    tools = tmp_path / "demo_backend.whl"
    tools.write_bytes(wheel("demo-backend", "1.0").content)
    source = _unpack(sdist("demo-lib", "1.0", build_requires=["Demo_Backend>=1"]).content, tmp_path)
    assert not (source / "_build.py").exists()
    code = "import demo_backend as b; print(b.__version__, b.build_wheel('.'))"
    version, name = _python(code, tools, cwd=source).split()
    assert version == "1.0"
    assert (source / name).read_bytes() == wheel("demo-lib", "1.0").content


def test_the_backend_writes_metadata_without_building(tmp_path: Path) -> None:
    built = sdist("demo-lib", "1.0")
    source = _unpack(built.content, tmp_path)
    code = "import _build; print(_build.prepare_metadata_for_build_wheel('.'))"
    assert _python(code, source, cwd=source) == "demo_lib-1.0.dist-info\n"
    assert (source / "demo_lib-1.0.dist-info" / "METADATA").read_bytes() == built.metadata


@given(
    st.dictionaries(
        st.text("abcdefgh", min_size=1, max_size=20),
        st.one_of(st.binary(max_size=50), st.integers(0, 140_000).map(bytes)),
        max_size=4,
    )
)
def test_an_archive_opens_to_what_was_put_in(files: dict[str, bytes]) -> None:
    content = tar_gz(files)
    assert gzip.decompress(content)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        found = {member.name: archive.extractfile(member) for member in archive}
        assert {name: file.read() for name, file in found.items() if file} == files


def _unpack(content: bytes, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")
    return next(path for path in folder.iterdir() if path.is_dir())


def _python(code: str, path: Path, cwd: Path | None = None) -> str:
    """Run code with one more folder or zip file to import from, and nothing of the kit."""
    return subprocess.run(
        [sys.executable, "-B", "-S", "-c", code],
        env={"PYTHONPATH": str(path)},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
