"""devpi with two users, two indexes with different permissions, and their files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from drilling.uploads import EMMA, JSON, form, logged_in, send

from mirrorlab.runner import Run

FILES = Path("current", "data", "+files")
# As devpi-init makes it; what is missing here, an import adds.
MIRROR = {
    "type": "mirror",
    "title": "PyPI",
    "mirror_web_url_fmt": "https://pypi.org/project/{name}/",
}


def fill(run: Run) -> None:
    """Make users, indexes and three files, where they are not there yet."""
    url = run.settings["PRIMARY"]
    password = Path(run.settings["DEVPI"], "root-password").read_text().strip()
    root = logged_in(url, ("root", password))
    for path, body in {
        "/emma": {"password": EMMA[1], "email": "emma@example.org"},
        "/otto": {"password": "lighthouse"},
        "/root/pypi": MIRROR | {"mirror_url": f"{run.settings['UPSTREAM']}/simple/"},
        "/emma/prod": {"volatile": False, "acl_upload": ["emma"], "bases": []},
        "/emma/dev": {"volatile": True, "acl_upload": ["emma", "otto"], "bases": ["emma/prod"]},
    }.items():
        headers = {"Content-Type": JSON}
        answer = send("PUT", f"{url}{path}", json.dumps(body).encode(), headers, root)
        assert answer in (200, 201, 409), f"{path}: {answer}"
    if run.get(f"{url}/emma/prod/acme-app", JSON).status == 404:
        upload(run, "emma/prod", "acme-app", "1.0")
        upload(run, "emma/dev", "acme-app", "1.1")
        upload(run, "emma/dev", "acme-lib", "2.0")


def upload(run: Run, index: str, project: str, version: str) -> str:
    """Upload a wheel to devpi as emma, give its sha256; not done unless devpi says 200."""
    url = run.settings["PRIMARY"]
    wheel, body, headers = form(project, version)
    answer = send("POST", f"{url}/{index}/", body, headers, logged_in(url, EMMA))
    assert answer == 200, f"devpi answers {answer} to the upload of {project} {version}"
    return hashlib.sha256(wheel).hexdigest()


def restored(run: Run, devpi: Path) -> str:
    """Restore the newest backup into a new place, serve it beside the original, give its URL."""
    done = run.step("restore-devpi", DEVPI=devpi)
    assert done.exit_code == 0, f"not restored: {done.output}"
    if "replica" in run.processes():
        run.process("replica").stop()
    served = run.step("replica", DEVPI=devpi, PRIMARY_URL="")
    assert served.exit_code == 0, f"the restored devpi does not start: {served.output}"
    return run.settings["REPLICA"]


def status(run: Run, server: str) -> Any:
    """What devpi says of itself; ``server`` is PRIMARY or REPLICA."""
    return run.get(run.settings[server] + "/+status", JSON).json()["result"]


def serial(run: Run, server: str) -> int:
    """The number of its last change."""
    return int(status(run, server)["serial"])
