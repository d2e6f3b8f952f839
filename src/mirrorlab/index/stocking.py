"""From a scenario to the first state of the index."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from itertools import groupby
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from mirrorlab import distributions, scenario
from mirrorlab.distributions import Built
from mirrorlab.errors import BadDistribution, NotPossible
from mirrorlab.index.artifact import Artifact, ArtifactOnDisk
from mirrorlab.index.content import Listed, Project, Projects, Release, State, Stored
from mirrorlab.index.folder import read_folder


def stock(what: scenario.Scenario, folder: Path | None) -> State:
    """Return the state a scenario describes, with the distributions of ``folder`` as they are.

    The serial counts one for each file, and one for a project without any. Nothing is built here.
    """
    if what.requirements is not None and folder is None:
        reason = "its distributions are real ones; download them and pass their folder as `wheels`"
        raise NotPossible(f"an index of the scenario {what.name!r}", reason)
    listed: dict[str, Listed] = {}
    serial = what.serial
    for project in what.projects:
        serial += max(1, sum(len(release.files) for release in project.releases))
        listed[canonicalize_name(project.name)] = Listed(
            project.name,
            serial,
            project.status is not scenario.Status.QUARANTINED,
            partial(_project, project, serial),
        )
    for project_on_disk in _from_folder(what, folder, serial) if folder else ():
        serial = project_on_disk.serial
        name = canonicalize_name(project_on_disk.name)
        if name in listed and folder:
            problem = f"holds {name}, which the scenario {what.name!r} makes up as well"
            raise BadDistribution(folder, problem)
        listed[name] = Listed(project_on_disk.name, serial, True, partial(_same, project_on_disk))
    return State(Projects(listed), serial)


def store(project: str, release: scenario.Release) -> Release:
    """Return a release of made-up distributions; they are built when first asked for."""
    return Release(
        release.version,
        tuple(
            Stored(
                Artifact(partial(_build, project, release, file)),
                release.uploaded,
                release.requires_python,
                metadata=file.metadata and not file.sdist,
                provenance=file.provenance,
            )
            for file in release.files
        ),
        release.yanked,
    )


def _project(project: scenario.Project, serial: int) -> Project:
    releases = tuple(store(project.name, release) for release in project.releases)
    return Project(project.name, serial, releases, project.status)


def _same(project: Project) -> Project:
    return project


def _build(project: str, release: scenario.Release, file: scenario.File) -> Built:
    requires, python = release.requires, release.requires_python
    if file.tag is None:
        return distributions.sdist(
            project,
            release.version,
            requires=requires,
            requires_python=python,
            build_requires=file.build_requires,
            pad=file.pad,
        )
    return distributions.wheel(
        project,
        release.version,
        tag=file.tag,
        requires=requires,
        requires_python=python,
        pad=file.pad,
    )


def _from_folder(what: scenario.Scenario, folder: Path, serial: int) -> Iterable[Project]:
    """Yield the projects of a folder; all uploaded at the epoch, for they tell no time."""
    found = sorted(read_folder(folder), key=lambda pair: canonicalize_name(pair[1].name))
    for _, pairs in groupby(found, key=lambda pair: canonicalize_name(pair[1].name)):
        releases: dict[Version, Release] = {}
        for file, described in pairs:
            serial += 1
            version = Version(described.version)
            before = releases.get(version, Release(described.version))
            stored = Stored(
                ArtifactOnDisk(file, described.metadata),
                what.epoch,
                described.requires_python,
                metadata=file.name.endswith(".whl"),
            )
            releases[version] = Release(before.version, (*before.files, stored))
        ordered = tuple(releases[version] for version in sorted(releases))
        yield Project(described.name, serial, ordered)
