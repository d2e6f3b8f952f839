"""Made-up projects by the thousand, the same ones for the same seed."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from mirrorlab.scenario.model import File, Project, Release, Synthetic

_MOST_RELEASES = 5
_MOST_REQUIRES = 3
_WHEEL = (File(),)


def grow(synthetic: Synthetic, epoch: datetime) -> tuple[Project, ...]:
    """Make the projects: some releases each, depending only on projects made before.

    Releases hold one wheel; a project's first is uploaded at ``epoch`` plus its number in minutes.
    """
    chance = Random(synthetic.seed)
    return tuple(_project(number, chance, epoch) for number in range(synthetic.projects))


def _project(number: int, chance: Random, epoch: datetime) -> Project:
    many = min(number, chance.randint(0, _MOST_REQUIRES))
    requires = tuple(_name(other) for other in sorted(chance.sample(range(number), many)))
    born = epoch + timedelta(minutes=number)
    releases = tuple(
        Release(
            version=f"1.{minor}",
            requires=requires,
            uploaded=born + timedelta(days=minor),
            files=_WHEEL,
        )
        for minor in range(chance.randint(1, _MOST_RELEASES))
    )
    return Project(_name(number), releases=releases)


def _name(number: int) -> str:
    return f"synthetic-{number:06}"
