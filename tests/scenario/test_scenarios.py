"""The builtin scenarios, synthetic ones, and finding either."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from mirrorlab.errors import BrokenFile, UnknownName
from mirrorlab.scenario import Fault, Project, Scenario, builtin, find, load, names


@pytest.fixture(scope="module")
def default() -> Scenario:
    return builtin("default")


def _project(scenario: Scenario, name: str) -> Project:
    return next(one for one in scenario.projects if canonicalize_name(one.name) == name)


def test_the_builtin_scenarios() -> None:
    assert names() == ("default", "real")
    assert all(builtin(name).name == name and builtin(name).description for name in names())


def test_find_takes_a_name_a_file_or_a_folder(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text('schema = 1\ndescription = "mine"')
    assert find("default") == builtin("default")
    assert find(str(tmp_path)).description == "mine"
    assert find(tmp_path / "scenario.toml").description == "mine"


def test_a_mistyped_name_is_an_error() -> None:
    with pytest.raises(UnknownName, match="there is no builtin scenario 'defualt'"):
        find("defualt")


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="there is no such file"):
        find("nowhere.toml")
    with pytest.raises(BrokenFile, match="there is no such file"):
        find(tmp_path)


def test_default_has_something_to_decide_for_every_rule(default: Scenario) -> None:
    library = _project(default, "demo-lib")
    assert [(one.version, bool(one.yanked)) for one in library.releases] == [
        ("1.0", False),
        ("1.1", True),
        ("2.0", False),
        ("2.1b1", False),
    ]
    assert isinstance(library.releases[1].yanked, str)
    assert _project(default, "demo-dep").releases[-1].yanked is True
    newest = _project(default, "demo-python").releases[-1].requires_python
    assert newest is not None
    assert "3.20" not in SpecifierSet(newest)
    platforms = {file.tag for file in _project(default, "demo-platform").releases[0].files}
    assert None in platforms
    for python in ("cp311", "cp312", "cp313"):
        for system in ("manylinux", "macosx", "win"):
            assert any(tag and tag.startswith(f"{python}-{python}-{system}") for tag in platforms)
    [only] = _project(default, "demo-sdist").releases[0].files
    assert only.sdist
    assert only.build_requires == ("demo-backend>=1",)
    assert _project(default, "demo-name-mixed").name == "Demo.Name_Mixed"
    assert any(file.provenance for one in library.releases for file in one.files)


def test_everything_default_requires_is_in_it(default: Scenario) -> None:
    versions = {
        canonicalize_name(project.name): [Version(one.version) for one in project.releases]
        for project in default.projects
    }
    releases = [release for project in default.projects for release in project.releases]
    wanted = [text for release in releases for text in release.requires]
    wanted += [text for one in releases for file in one.files for text in file.build_requires]
    assert wanted
    for requirement in map(Requirement, wanted):
        found = versions[canonicalize_name(requirement.name)]
        assert list(requirement.specifier.filter(found)), f"nothing satisfies {requirement}"


def test_real_is_a_lock_of_about_twenty_projects_for_every_python() -> None:
    lock = builtin("real").requirements
    assert lock is not None
    text = lock.read_text()
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+) \\$", text, re.MULTILINE))
    assert {"requests", "flask", "click", "rich", "markupsafe", "charset-normalizer"} <= set(pins)
    assert 15 <= len(pins) <= 25
    for line in text.splitlines():
        assert re.match(r"#|[\w.-]+==[\w.]+ \\$|    (--hash=sha256:[0-9a-f]{64}|#)", line), line
    wanted = {
        line for line in lock.with_suffix(".in").read_text().split("\n") if line[:1].isalpha()
    }
    assert wanted <= set(pins)


def test_synthetic_projects_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    def projects(seed: int) -> tuple[Project, ...]:
        path = tmp_path / "s.toml"
        path.write_text(f"schema = 1\nsynthetic = {{ projects = 200, seed = {seed} }}")
        return load(path).projects

    first = projects(1)
    assert len(first) == 200
    assert first == projects(1)
    assert first != projects(2)
    born = {project.name: number for number, project in enumerate(first)}
    for project in first:
        for release in project.releases:
            assert all(born[name] < born[project.name] for name in release.requires)


def test_every_fault_says_what_a_client_meets() -> None:
    lines = [fault.says for fault in Fault]
    assert all(line and "\n" not in line for line in lines)
    assert len(set(lines)) == len(Fault)
    assert {fault.status for fault in Fault} == {None, 401, 403, 404, 429, 500, 502, 503}
