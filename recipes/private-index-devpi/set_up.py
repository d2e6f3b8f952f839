"""Bring a devpi-server to what the settings say: users, roles, stages, private names.

Usage: python3 set_up.py URL SECRETS UPSTREAM, with the settings of set-up.sh in the environment.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from api import Devpi, Refused, password, stop

Config = dict[str, Any]
ROLES = ("READERS", "UPLOADERS", "RELEASERS", "APPROVERS")
SHAPES = {
    **dict.fromkeys(("COMPANY", *ROLES), r"[a-z0-9][a-z0-9._-]*"),
    "NAMES": r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?",
    "CACHE_EXPIRY": r"[0-9]+",
}


def setting(name: str) -> list[str]:
    """The words of a setting. Raises Refused, before anything is altered, where one is none."""
    words = os.environ[name].split()
    wrong = [word for word in words if not re.fullmatch(SHAPES[name], word)]
    if wrong:
        raise Refused(f"{name}: {wrong[0]!r} cannot be; each word must match {SHAPES[name]}")
    return words


def one(name: str) -> str:
    """The only word of a setting. Raises Refused."""
    words = setting(name)
    if len(words) != 1:
        raise Refused(f"{name}: {os.environ[name]!r} is not one word")
    return words[0]


def indexes(company: str, roles: dict[str, list[str]], mirror: Config) -> dict[str, Config]:
    """Every index by its name, a base before those that stand on it."""
    names, production = f"{company}/names", f"{company}/production"
    staging, dev = f"{company}/staging", f"{company}/dev"
    uploaders, releasers, approvers = roles["UPLOADERS"], roles["RELEASERS"], roles["APPROVERS"]
    return {
        "root/pypi": {"type": "mirror", "volatile": False, "title": "Public projects", **mirror},
        names: stage("Names that are ours", "root/pypi", ["root"]),
        production: stage("Approved", names, approvers),
        staging: stage("To be approved", production, releasers),
        dev: stage("Shared while it is made", staging, uploaders + releasers, volatile=True),
    }


def stage(title: str, base: str, upload: list[str], volatile: bool = False) -> Config:
    """A stage on a base. A release of one that is not volatile never changes again."""
    return {
        "type": "stage",
        "title": title,
        "bases": [base],
        "volatile": volatile,
        "acl_upload": upload,
        "acl_toxresult_upload": upload,  # devpi would let anybody write results of tests
        "mirror_whitelist": [],  # a project that is here is never looked for upstream
    }


def make_users(devpi: Devpi, users: list[str], secrets: Path) -> None:
    """Make the users who are not there; each one's password lies in a file of its own."""
    there = devpi.ask("GET", "")["result"]
    for user in users:
        if user not in there:
            devpi.ask("PUT", user, {"password": password(secrets, user)})
            print(f"set-up: made the user {user}, with the password in {secrets}/{user}.password")


def make_indexes(devpi: Devpi, wanted: dict[str, Config]) -> None:
    """Make the indexes that are not there, and alter those that are otherwise."""
    there = {
        f"{user}/{name}": config
        for user, entry in devpi.ask("GET", "")["result"].items()
        for name, config in entry.get("indexes", {}).items()
    }
    for name, want in wanted.items():
        if name not in there:
            devpi.ask("PUT", name, want)
            print(f"set-up: made the index {name}")
            continue
        changed = {key: value for key, value in want.items() if there[name].get(key) != value}
        if changed:
            devpi.ask("PATCH", name, [f"{key}={text(value)}" for key, value in changed.items()])
            print(f"set-up: changed {', '.join(changed)} of {name}")


def claim(devpi: Devpi, index: str, names: list[str]) -> None:
    """Make the names known in an index, each as a project without a file."""
    there = devpi.ask("GET", index)["result"]["projects"]
    for name in (re.sub(r"[-_.]+", "-", name).lower() for name in names):
        if name not in there:
            devpi.register(index, name)
            print(f"set-up: claimed the name {name}")


def text(value: object) -> str:
    """A value as devpi reads it."""
    return ",".join(value) if isinstance(value, list) else str(value)


def main(url: str, secrets: Path, upstream: str) -> None:
    """Make what is not there yet; the names last, as they need an index."""
    company, names = one("COMPANY"), setting("NAMES")
    roles = {role: setting(role) for role in ROLES}
    mirror = {
        "mirror_url": f"{upstream.rstrip('/')}/simple/",
        "mirror_web_url_fmt": f"{upstream.rstrip('/')}/project/{{name}}/",
        "mirror_cache_expiry": int(one("CACHE_EXPIRY")),
        # Ask for each project. From a list that did not change, devpi learns that there is none.
        "mirror_no_project_list": True,
    }
    devpi = Devpi(url, "root", secrets)
    people = {user for users in roles.values() for user in users}
    make_users(devpi, [company, *sorted(people)], secrets)
    make_indexes(devpi, indexes(company, roles, mirror))
    claim(devpi, f"{company}/names", names)
    print("set-up: all is as the settings say")


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
    except (Refused, OSError) as reason:
        stop("set-up", reason)
