"""What is sent to devpi and pypiserver: logins, and uploads by the legacy API."""

from __future__ import annotations

import base64
import functools
import json
import urllib.error
import urllib.request
import uuid
from pathlib import Path

from mirrorlab.distributions import wheel
from mirrorlab.runner import Run

JSON = "application/json"
EMMA = ("emma", "wonder")


@functools.cache
def logged_in(url: str, user: tuple[str, str]) -> tuple[str, str]:
    """Log in once: devpi takes the token for the password, and need not hash it each time."""
    name, password = user
    body = json.dumps({"user": name, "password": password}).encode()
    request = urllib.request.Request(f"{url}/+login", body, {"Content-Type": JSON})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return name, json.load(answer)["result"]["password"]


def upload_to_pypiserver(
    run: Run, project: str, version: str, folder: Path | None = None, pad: int = 0
) -> int:
    """Upload a wheel to pypiserver, give the status."""
    here = folder or Path(run.settings["PYPISERVER"])
    user = ("uploader", (here / "uploader-password").read_text().strip())
    _, body, headers = form(project, version, pad)
    return send("POST", f"http://{run.settings['PYPISERVER_LISTEN']}/", body, headers, user)


def form(project: str, version: str, pad: int = 0) -> tuple[bytes, bytes, dict[str, str]]:
    """A wheel, the body that uploads it (the legacy API), and the headers of that."""
    built = wheel(project, version, pad=pad)
    boundary = uuid.uuid4().hex
    fields = {":action": "file_upload", "name": project, "version": version}
    fields |= {"filetype": "bdist_wheel", "pyversion": "py3", "metadata_version": "2.1"}
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="'
    parts = [f'{head}{key}"\r\n\r\n{value}\r\n'.encode() for key, value in fields.items()]
    file = f'{head}content"; filename="{built.filename}"\r\n'
    file += "Content-Type: application/octet-stream\r\n\r\n"
    body = b"".join(parts) + file.encode() + built.content + f"\r\n--{boundary}--\r\n".encode()
    return built.content, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def send(
    method: str,
    url: str,
    body: bytes,
    headers: dict[str, str],
    user: tuple[str, str] | None = None,
) -> int:
    """Send a body, give the status of the answer; no proxy, no redirect is followed."""
    request = urllib.request.Request(url, body, headers, method=method)
    if user:
        token = base64.b64encode(":".join(user).encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
