"""The young release, the proxy that holds it back, and a devpi that takes from either."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from mirrorlab.runner import Run
from mirrorlab.scenario import File

YOUNG, OLD = "3.0", "2.0"
"""`demo-lib` 2.0 is old by the real clock; 3.0, which each drill publishes, is one day old."""
JSON = "application/vnd.pypi.simple.v1+json"


def publish(run: Run) -> None:
    """Publish the young release, by the real clock, where that has not happened yet."""
    if not any(f"-{YOUNG}-" in file.filename for file in run.index.files("demo-lib")):
        yesterday = datetime.now(UTC) - timedelta(days=1)
        run.index.publish("demo-lib", YOUNG, uploaded=yesterday, files=(File(),))


def proxy(run: Run) -> str:
    """The URL of the pages of the proxy."""
    return f"http://{run.settings['LISTEN']}/simple/"


def at_the_proxy(run: Run, version: str) -> str:
    """Where the proxy has the wheel of a release, if it gives it."""
    filename = f"demo_lib-{version}-py3-none-any.whl"
    return f"http://{run.settings['LISTEN']}/files/demo-lib/{filename}"


@contextmanager
def proxy_of(run: Run, **settings: str) -> Iterator[None]:
    """Let the proxy take from somewhere else."""
    run.step("cooldown", **settings)
    try:
        yield
    finally:
        run.step("cooldown")


def devpi_index(api: str, name: str, url: str) -> None:
    """Make an index of devpi that mirrors ``url``."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(method: str, path: str, body: dict[str, Any], auth: str = "") -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if auth:
            headers["X-Devpi-Auth"] = base64.b64encode(f"root:{auth}".encode()).decode()
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{api}/{path}", data, headers, method=method)
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)

    token = ask("POST", "+login", {"user": "root", "password": ""})["result"]["password"]
    index = {"type": "mirror", "mirror_url": url, "mirror_no_project_list": True}
    ask("PUT", f"root/{name}", {**index, "volatile": True}, token)
