"""What the index answers, to whom."""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import ssl
from base64 import b64encode
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from drilling.logins import READ, password, token

from mirrorlab.runner import Answer, Run

JSON = "application/vnd.pypi.simple.v1+json"


class Sent(NamedTuple):
    """The answer to something that was sent."""

    status: int
    headers: Message
    body: bytes


def get(
    run: Run, url: str, user: str | None = None, accept: str = JSON, agent: str = "drill"
) -> Answer:
    """What nginx answers, to somebody with a token for reading, or to anybody."""
    login = (user, token(run, user, READ).read_text().strip()) if user else None
    whole = urljoin(run.settings["INDEX"], url)
    return run.get(whole, accept, {"User-Agent": agent}, login, ca=ca(run), timeout=30)


def files(run: Run, stage: str, project: str) -> dict[str, str]:
    """The files that a stage offers of a project, with their sha256."""
    answer = get(run, f"{simple(run, stage)}{project}/", "carol")
    assert answer.status == 200, f"{answer.url} answers {answer.status}"
    return {file["filename"]: file["hashes"]["sha256"] for file in answer.json()["files"]}


def status(run: Run, path: str, user: str, bounded: Path | None = None) -> int:
    """The status of a page for a user, who is logged in, or has a token with bounds."""
    secret = bounded.read_text().strip() if bounded else session(run, user)
    return run.get(f"{run.settings['INDEX']}/{path}", JSON, user=(user, secret), ca=ca(run)).status


def direct(run: Run, path: str) -> int:
    """The status of a page of devpi itself, without nginx."""
    return run.get(f"http://{run.settings['DEVPI_LISTEN']}/{path}", JSON, timeout=30).status


def ask(
    run: Run,
    method: str,
    path: str,
    user: str | None,
    body: Mapping[str, object] | None = None,
    bounded: Path | None = None,
) -> int:
    """The status of a request that would change something, of anybody or as in `status`."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if user:
        secret = bounded.read_text().strip() if bounded else session(run, user)
        headers["Authorization"] = f"Basic {b64encode(f'{user}:{secret}'.encode()).decode()}"
    return send(run, method, f"/{path}", json.dumps(body or {}), headers).status


def session(run: Run, user: str) -> str:
    """What devpi gives a user who logs in: it takes that for the password, and faster."""
    return _logged_in(run, user, password(run, user).read_text().strip())


@functools.cache
def _logged_in(run: Run, user: str, given: str) -> str:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    login = json.dumps({"user": user, "password": given})
    answer = send(run, "POST", "/+login", login, headers)
    assert answer.status == 200, f"{user} cannot log in: {answer.status}"
    return str(json.loads(answer.body)["result"]["password"])


def send(run: Run, method: str, path: str, body: str, headers: Mapping[str, str]) -> Sent:
    """What nginx answers to a request that is on the wire as it is given here."""
    context = ssl.create_default_context(cafile=str(ca(run)))
    place = urlsplit(run.settings["INDEX"]).netloc
    with contextlib.closing(
        http.client.HTTPSConnection(place, timeout=30, context=context)
    ) as connection:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return Sent(answer.status, answer.headers, answer.read())


def simple(run: Run, stage: str) -> str:
    """The URL that installers are given."""
    return f"{run.settings['INDEX']}/acme/{stage}/+simple/"


def ca(run: Run) -> Path:
    """The file of the CA that certificate.sh has made."""
    return Path(run.settings["TLS"], "ca.pem")
