"""Push good versions of a project from devpi's mirror to a stage, which then hides all others.

Usage: python3 hold_devpi.py LIST URL USER PASSWORD-FILE MIRROR STAGE VERSION ...
"""

from __future__ import annotations

from pathlib import Path

from purge_devpi import Devpi
from release import Refused, main, read, version_key


def work(argv: list[str]) -> int:
    """Push each version; refuse where the stage would look upstream all the same."""
    listed = read(Path(argv[0]))
    project, (mirror, stage), versions = listed.release.project, argv[4:6], argv[6:]
    wrong = [v for v in versions if version_key(v) is None or listed.release.is_version(v)]
    if not versions or wrong:
        raise Refused(f"GOOD is {' '.join(versions)!r}: write the versions to keep, such as 1.0")
    devpi = Devpi(argv[1], argv[2], Path(argv[3]))
    status, said = devpi.ask("GET", f"{stage}?no_projects=")
    if status != 200:
        raise Refused(f"{stage}: {status} {said.get('message', '')}", 3)
    if {"*", project} & set(said["result"].get("mirror_whitelist", [])):
        raise Refused(f"{stage}: its mirror_whitelist lets {project} through to {mirror}", 1)
    for version in versions:
        body = {"name": project, "version": version, "targetindex": stage}
        status, said = devpi.ask("POST", mirror, body)
        there = status == 409  # a stage that is not volatile has it already
        if status != 200 and not there:
            raise Refused(f"{project} {version}: {status} {said.get('message', said)}", 1)
        print(f"hold-devpi: {project} {version} {'was' if there else 'is now'} in {stage}")
    return 0


if __name__ == "__main__":
    main("hold-devpi", work)
