"""devpi itself: its indexes, made and asked as root, and its disk."""

from __future__ import annotations

import base64
import http.client
import json
from pathlib import Path
from typing import Any

from mirrorlab.runner import Run


def ask(run: Run, method: str, path: str, body: dict[str, Any], token: str = "") -> tuple[int, Any]:
    """One request, with the token of a login where there is one: its status, and its JSON."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if token:
        headers["X-Devpi-Auth"] = base64.b64encode(f"root:{token}".encode()).decode()
    host = http.client.HTTPConnection(run.settings["DEVPI_LISTEN"], timeout=30)
    host.request(method, f"/{path}", json.dumps(body), headers)
    answer = host.getresponse()
    text = answer.read()
    host.close()
    return answer.status, json.loads(text) if text else {}


def indexes(run: Run) -> str:
    """Make the indexes, where they are not there: a mirror, a stage on it, and one alone.

    Returns the token of root, who may do everything.
    """
    token = _login(run)
    mirror = {"type": "mirror", "mirror_url": run.settings["UPSTREAM"], "volatile": False}
    stage = {"type": "stage", "volatile": False, "acl_upload": ["root"]}
    for path, body in (
        ("root/pypi", mirror),
        ("acme", {"password": "none-needed"}),
        ("acme/team", {**stage, "bases": []}),
        ("acme/production", {**stage, "bases": ["root/pypi"]}),
    ):
        status, said = ask(run, "PUT", path, body, token)
        assert status in (200, 201, 409), f"{path}: {status} {said}"
    return token


def has_it_twice(run: Run) -> None:
    """The mirror has the release, and a stage on its own has it, as somebody has pushed it."""
    token = indexes(run)
    body = {"name": "demo-lib", "version": "2.0", "targetindex": "acme/team"}
    status, said = ask(run, "POST", "root/pypi", body, token)
    assert status == 200, f"it cannot be pushed: {status} {said}"


def kept(run: Run, name: str) -> list[Path]:
    """Where a file of this name lies on its disk."""
    return list((Path(run.settings["STATE"]) / "devpi" / "+files").rglob(name))


def _login(run: Run) -> str:
    said = ask(run, "POST", "+login", {"user": "root", "password": ""})[1]
    return str(said["result"]["password"])
