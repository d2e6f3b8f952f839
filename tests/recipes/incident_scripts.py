"""The Python scripts of the recipe incident, run in this process, and what they are run on."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import runpy
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

RECIPE = Path(__file__).parents[2] / "recipes" / "incident"
WHEEL, OTHER = "demo_lib-2.0-py3-none-any.whl", "demo_lib-1.0.zip"
PROJECT_JSON: dict[str, Any] = {
    "info": {"name": "demo-lib", "version": "2.0", "requires_dist": ["evil"]},
    "releases": {
        "1.0": [{"filename": "demo_lib-1.0.tar.gz", "upload_time_iso_8601": "2026-01-01"}],
        "2.0": [{"filename": WHEEL, "upload_time_iso_8601": "2026-02-01"}],
    },
    "urls": [{"filename": WHEEL}],
}


@dataclass(frozen=True)
class Done:
    """What a script ended with, and what it said."""

    returncode: int
    stdout: str
    stderr: str


def run(script: str, *arguments: object, **settings: str) -> Done:
    """Run ``python3 SCRIPT ARGUMENTS`` with these settings, without the time of a new process.

    Nothing of this process takes part: not its environment, its proxies or its modules. What a
    script does not catch is raised here.
    """
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with (
        patch.dict(os.environ, {"PATH": os.environ["PATH"], **settings}, clear=True),
        patch.object(sys, "argv", [script, *map(str, arguments)]),
        patch.object(sys, "path", [str(RECIPE), *sys.path]),
        patch.object(urllib.request, "_opener", None),  # the proxies of its first request
        _without_its_modules(),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code: object = 0
        try:
            runpy.run_path(str(RECIPE / script), run_name="__main__")
        except SystemExit as end:
            code = end.code
    assert isinstance(code, int), f"{script} ends with {code!r}"
    return Done(code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode())


@contextlib.contextmanager
def _without_its_modules() -> Iterator[None]:
    """Import the modules beside a script anew, and forget them: others have some of that name."""
    names = {path.stem for path in RECIPE.glob("*.py")}
    before = {name: sys.modules.pop(name) for name in names & set(sys.modules)}
    try:
        yield
    finally:
        for name in names & set(sys.modules):
            del sys.modules[name]
        sys.modules.update(before)


def release_module() -> Any:
    """Give ``release.py``, under a name that no other recipe has."""
    name = "incident_release"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, RECIPE / "release.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def a_list(tmp_path: Path) -> Path:
    """Write a list of one file, of 1000 bytes."""
    path = tmp_path / "release.txt"
    path.write_text(f"release demo-lib==2.0\nfile {WHEEL} {'a' * 64} 1000\nend\n")
    return path


def a_tree(tmp_path: Path, simple: str = "simple/demo-lib") -> Path:
    """Make a tree with a page that names the wheel and another file, and what lies beside it."""
    web = tmp_path / "web"
    for folder in (simple, "packages/a/b", "json"):
        (web / folder).mkdir(parents=True)
    names = (WHEEL, OTHER)
    anchors = [f'<a href="../../packages/a/b/{name}">{name}</a><br/>' for name in names]
    (web / simple / "index.html").write_text("\n".join(["<html>", *anchors, "</html>"]))
    (web / "json/demo-lib").write_text(json.dumps(PROJECT_JSON))
    for name in (*names, f"{WHEEL}.metadata", f".{WHEEL}.k2x1"):
        (web / "packages/a/b" / name).write_text(name)
    return web


@contextlib.contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve; give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    options = {"poll_interval": 0.02}
    thread = threading.Thread(target=server.serve_forever, kwargs=options, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
