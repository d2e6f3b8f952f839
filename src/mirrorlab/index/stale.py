"""The index as it was: what the fault ``stale`` serves."""

from __future__ import annotations

from dataclasses import replace

from mirrorlab.index.content import Listed, Projects, State


def before(first: State, now: State) -> State:
    """Return the index as it was before its newest releases.

    A project changed since the start is as it was then, a new one is not there yet, a deleted one
    still is. One that was not changed lacks its newest release, unless it has only that one. So
    a stale index differs from the real one whether or not something was published meanwhile.
    """
    serials = {name: one.serial for name, one in now.projects.items_listed()}
    listed = {
        name: one if serials.get(name) != one.serial else _older(first, name, one)
        for name, one in first.projects.items_listed()
    }
    newest = max((one.serial for one in listed.values()), default=first.serial)
    return State(Projects(listed), newest)


def _older(first: State, name: str, one: Listed) -> Listed:
    project = first.projects[name]
    if len(project.releases) < 2:
        return one
    *releases, newest = project.releases
    serial = project.serial - max(1, len(newest.files))
    older = replace(project, releases=tuple(releases), serial=serial)
    return Listed(older.name, serial, older.visible, lambda: older)
