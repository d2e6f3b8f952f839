"""The ways in which most cases prepare the index: a fault in force, and the newest wheel."""

from __future__ import annotations

from tests.messages.world import World

from mirrorlab.scenario import Fault

PAGE = "/simple/demo-dep/"
WHEEL = "/packages/*/demo_dep-2.0-py3-none-any.whl"
FILE = "demo_dep-2.0-py3-none-any.whl"


def faulted(world: World, fault: Fault, path: str = PAGE, **values: object) -> dict[str, str]:
    """Put one fault in force."""
    world.index.fault(fault, path)
    return world.values(**values)


def wheel_url(world: World, project: str = "demo-dep") -> str:
    """Return the URL of the newest wheel of a project."""
    *_, newest = (file.url for file in world.index.files(project) if file.url.endswith(".whl"))
    return f"{world.index.url}{newest}"


def with_wheel(world: World, **values: object) -> dict[str, str]:
    """Return the values that name the newest wheel of demo-dep."""
    url = wheel_url(world)
    path = url.removeprefix(world.index.url)
    return world.values(file_url=url, path=path, expected=world.index.sha256(FILE), **values)
