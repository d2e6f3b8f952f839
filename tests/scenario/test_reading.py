"""scenario.toml: what it means, and the place every mistake is named by."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mirrorlab.errors import BrokenFile
from mirrorlab.scenario import Fault, FaultRule, File, Project, Release, Status, User, load

EXAMPLE = """
schema = 1
description = "A library with a history"
epoch = 2026-01-05T13:00:00+01:00
serial = 7
[users.alice]
password = "wonder"
projects = ["Demo_Lib", "*"]
[projects.demo-lib]
status = "archived"
[[projects.demo-lib.releases]]
version = "1.0"
requires = ["demo-dep>=1"]
requires-python = ">=3.9"
[[projects.demo-lib.releases]]
version = "2.0"
yanked = "breaks on 32-bit"
uploaded = 2026-02-01T09:00:00Z
files = [
  { tag = "cp311-cp311-manylinux_2_28_x86_64" },
  { tag = "py3-none-any", pad = 5_000_000, metadata = false, provenance = true },
  { sdist = true, build-requires = ["demo-backend"] },
]
[[projects.demo-dep.releases]]
version = "1.0"
yanked = true
[[faults]]
path = "/simple/demo-dep/"
fault = "503"
times = 2
retry-after = 1
"""


def _load(folder: Path, text: str, name: str = "here.toml") -> object:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_the_example_of_the_reference_reads_as_data(tmp_path: Path) -> None:
    path = tmp_path / "history.toml"
    path.write_text(EXAMPLE)
    scenario = load(path)
    assert scenario.name == "history"
    assert scenario.description == "A library with a history"
    assert scenario.epoch == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert scenario.serial == 7
    assert scenario.users == {"alice": User("alice", "wonder", None, ("demo-lib", "*"))}
    assert scenario.faults == (FaultRule(Fault.UNAVAILABLE, "/simple/demo-dep/", 2, 1),)
    assert scenario.projects == (
        Project(
            "demo-lib",
            Status.ARCHIVED,
            (
                Release("1.0", ("demo-dep>=1",), ">=3.9", False, _at(12, 0)),
                Release(
                    "2.0",
                    yanked="breaks on 32-bit",
                    uploaded=datetime(2026, 2, 1, 9, tzinfo=UTC),
                    files=(
                        File("cp311-cp311-manylinux_2_28_x86_64"),
                        File("py3-none-any", 5_000_000, metadata=False, provenance=True),
                        File(None, build_requires=("demo-backend",)),
                    ),
                ),
            ),
        ),
        Project(
            "demo-dep",
            Status.ACTIVE,
            (Release("1.0", yanked=True, uploaded=_at(12, 2), files=(File(), File(None))),),
        ),
    )


def _at(hour: int, minute: int) -> datetime:
    return datetime(2026, 1, 5, hour, minute, tzinfo=UTC)


def test_an_sdist_has_no_metadata_file() -> None:
    assert File().metadata
    assert not File(tag=None).metadata
    assert File(tag=None).sdist


def test_a_scenario_called_scenario_takes_the_name_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "outage"
    folder.mkdir()
    (folder / "scenario.toml").write_text("schema = 1")
    assert load(folder / "scenario.toml").name == "outage"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "lock.txt").touch()
    (tmp_path / "s.toml").write_text('schema = 1\nwheels = "wheels"\nrequirements = "lock.txt"')
    scenario = load(tmp_path / "s.toml")
    assert scenario.wheels == tmp_path / "wheels"
    assert scenario.requirements == tmp_path / "lock.txt"


RELEASE = '[[projects.demo-lib.releases]]\nversion = "1.0"\n'

MISTAKES = {
    "not a version": (
        '[[projects.demo-lib.releases]]\nversion = "one"',
        "projects.demo-lib.releases[0].version: 'one' is not a version (PEP 440)",
    ),
    "no version": (
        '[[projects.demo-lib.releases]]\nversio = "1.0"',
        "projects.demo-lib.releases[0].version: is missing (there is 'versio')",
    ),
    "a version twice, spelt in two ways": (
        RELEASE + '[[projects.demo-lib.releases]]\nversion = "1.0.0"',
        "projects.demo-lib.releases[1].version: '1.0.0' is there twice",
    ),
    "not a requirement": (
        RELEASE + 'requires = ["demo-dep", "demo dep"]',
        "projects.demo-lib.releases[0].requires[1]: 'demo dep' is not a requirement (PEP 508)",
    ),
    "not a specifier": (
        RELEASE + 'requires-python = "3"',
        "projects.demo-lib.releases[0].requires-python: '3' is not a version specifier (PEP 440)",
    ),
    "a moment without an offset": (
        RELEASE + "uploaded = 2026-01-05T12:00:00",
        "projects.demo-lib.releases[0].uploaded: must be a date and time with an offset,"
        " like 2026-01-05T12:00:00Z, not one without an offset (2026-01-05T12:00:00)",
    ),
    "an epoch without an offset": (
        "epoch = 2026-01-05T12:00:00",
        "epoch: must be a date and time with an offset,"
        " like 2026-01-05T12:00:00Z, not one without an offset (2026-01-05T12:00:00)",
    ),
    "not a tag": (
        RELEASE + 'files = [{ tag = "cp311-win" }]',
        "projects.demo-lib.releases[0].files[0].tag:"
        " 'cp311-win' is not a tag (PEP 425) like 'cp311-cp311-win_amd64'",
    ),
    "a tag that would leave its folder": (
        RELEASE + 'files = [{ tag = "py3-none-../any" }]',
        "projects.demo-lib.releases[0].files[0].tag:"
        " 'py3-none-../any' is not a tag (PEP 425) like 'cp311-cp311-win_amd64'",
    ),
    "neither wheel nor sdist": (
        RELEASE + "files = [{ pad = 1 }]",
        "projects.demo-lib.releases[0].files[0]:"
        " needs a `tag` (then it is a wheel) or `sdist = true`",
    ),
    "both wheel and sdist": (
        RELEASE + 'files = [{ sdist = true, tag = "py3-none-any" }]',
        "projects.demo-lib.releases[0].files[0].tag:"
        " belongs to a wheel, and this is an sdist: keep one of the two",
    ),
    "a file twice": (
        RELEASE + 'files = [{ tag = "py3-none-any" }, { tag = "py2.py3-none-any" }]',
        "projects.demo-lib.releases[0].files[1]:"
        " is there twice: the release has such a file already",
    ),
    "build requirements of a wheel": (
        RELEASE + 'files = [{ tag = "py3-none-any", build-requires = ["demo-backend"] }]',
        "projects.demo-lib.releases[0].files[0].build-requires:"
        " belongs to an sdist; add `sdist = true`",
    ),
    "metadata of an sdist": (
        RELEASE + "files = [{ sdist = true, metadata = true }]",
        "projects.demo-lib.releases[0].files[0].metadata:"
        " belongs to a wheel; an sdist has no metadata file",
    ),
    "too much padding": (
        RELEASE + 'files = [{ tag = "py3-none-any", pad = 2_000_000_000 }]',
        "projects.demo-lib.releases[0].files[0].pad: must be 1000000000 or less, not 2000000000",
    ),
    "a mistyped status": (
        '[projects.demo-lib]\nstatus = "quarantine"',
        "projects.demo-lib.status: 'quarantine' is not known; did you mean 'quarantined'?",
    ),
    "a mistyped fault": (
        '[[faults]]\nfault = "truncate"',
        "faults[0].fault: 'truncate' is not known; did you mean 'truncated'?",
    ),
    "a fault by its number": (
        "[[faults]]\nfault = 503",
        "faults[0].fault: must be a text, not the number 503",
    ),
    "a fault for no request": (
        '[[faults]]\nfault = "503"\ntimes = 0',
        "faults[0].times: must be 1 or more, not 0",
    ),
    "a fault on a path no URL has": (
        '[[faults]]\nfault = "503"\npath = "simple/*"',
        "faults[0].path: must begin with '/' or '*', as the path of every URL does",
    ),
    "retry-after where nobody sends one": (
        '[[faults]]\nfault = "hang"\nretry-after = 1',
        "faults[0].retry-after: belongs to the faults '429' and '503', not to 'hang'",
    ),
    "an invalid name": (
        '[projects."../demo"]',
        'projects."../demo": is not a valid project name:'
        " ASCII letters, digits, '-', '_', '.', the first and the last a letter or digit",
    ),
    "one project under two names": (
        '[projects.demo-lib]\n[projects."Demo_Lib"]',
        "projects.Demo_Lib: is the same project as 'demo-lib': both are 'demo-lib' (PEP 503)",
    ),
    "a user nobody can be": (
        '[users.alice]\nprojects = ["*"]',
        "users.alice: needs a password, a token or both",
    ),
    "an unknown key": (
        RELEASE + 'require = ["demo-dep"]',
        "projects.demo-lib.releases[0].require: is not a known key; did you mean 'requires'?",
    ),
    "an unknown top level key": (
        "seriel = 3",
        "seriel: is not a known key; did you mean 'serial'?",
    ),
    "a folder that is not there": (
        'wheels = "wheels"',
        "wheels: there is no folder '{folder}/wheels'",
    ),
    "a lock that is not there": (
        'requirements = "real.txt"',
        "requirements: there is no file '{folder}/real.txt'",
    ),
    "too few synthetic projects": (
        "synthetic = { projects = 0 }",
        "synthetic.projects: must be 1 or more, not 0",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_by_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BrokenFile) as caught:
        _load(tmp_path, f"schema = 1\n{text}\n")
    expected = sentence.format(folder=tmp_path.resolve())
    assert str(caught.value) == f"{tmp_path / 'here.toml'}: {expected}"
    assert caught.value.exit_code == 2


def test_a_scenario_says_its_schema(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match=r"schema: is missing: write schema = 1$"):
        _load(tmp_path, "serial = 1")
    with pytest.raises(BrokenFile, match="schema: must be 1"):
        _load(tmp_path, "schema = 2")
