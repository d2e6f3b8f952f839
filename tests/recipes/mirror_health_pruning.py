"""What the tests of mirror-health prune: a tree, a check and an upstream that are made up.

What the real ones say is the matter of the drills.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

RECIPE = Path(__file__).parents[2] / "recipes" / "mirror-health"
PAGE = "<!DOCTYPE html>\n<html>\n  <body>\n{}  </body>\n</html>"
JSON = "index.v1_json"
FILE = ("withdrawn-file", "a", "a-1.0.tar.gz")
"""What is withdrawn of :func:`tree_in`, as :func:`report` takes it."""


def _main() -> Callable[[list[str]], int]:
    sys.path.insert(0, str(RECIPE))
    try:
        main: Callable[[list[str]], int] = importlib.import_module("prune").main
    finally:
        sys.path.remove(str(RECIPE))
    return main


MAIN = _main()


def tree_in(folder: Path, *, other: str = "b-1.0.tar.gz") -> Path:
    """A tree of the projects a and b, with two files and one file."""
    files = {"a": ("a-1.0.tar.gz", "a-2.0.tar.gz"), "b": (other,)}
    simple = folder / "web" / "simple"
    names = [{"name": name} for name in files]
    _page(simple, {"projects": names}, [f'<a href="{one}/">{one}</a><br/>' for one in files])
    for project, filenames in files.items():
        entries = [{"filename": one, "url": f"../../packages/{one}"} for one in filenames]
        lines = [f'<a href="../../packages/{one}#sha256=0">{one}</a><br/>' for one in filenames]
        versions = sorted({one.split("-")[1].removesuffix(".tar.gz") for one in filenames})
        _page(simple / project, {"files": entries, "versions": versions}, lines)
        for one in filenames:
            (folder / "web" / "packages").mkdir(exist_ok=True)
            (folder / "web" / "packages" / one).write_text(one)
    return folder


def _page(folder: Path, data: dict[str, object], lines: list[str]) -> None:
    folder.mkdir(parents=True)
    (folder / JSON).write_text(json.dumps(data))
    for form in ("index.html", "index.v1_html"):
        (folder / form).write_text(PAGE.format("".join(f"    {line}\n" for line in lines)))


def web(folder: Path) -> dict[str, bytes]:
    """Each file that the tree serves."""
    served = folder / "web"
    return {str(p.relative_to(served)): p.read_bytes() for p in served.rglob("*") if p.is_file()}


def report(*found: tuple[str, str, str], **more: object) -> str:
    """What the check says that found (rule, project, file)."""
    kinds = {"withdrawn-project": "extra", "withdrawn-file": "extra"}
    findings = [
        {"kind": kinds.get(rule, "orphaned"), "rule": rule, "project": project, "file": file}
        for rule, project, file in found
    ]
    counts = {kind: sum(one["kind"] == kind for one in findings) for kind in ("extra", "orphaned")}
    check = {"could_not_tell": [], "counts": counts, "findings": findings}
    return json.dumps({"schema": 1, "exit_code": 1, "checks": [check | more]})


class Upstream:
    """An index whose answers are made up."""

    def __init__(self) -> None:
        self.url = ""
        """Of its host alone."""
        self.files = {"a": ["a-2.0.tar.gz"], "b": ["b-1.0.tar.gz"], "c": ["c-2.0.tar.gz"]}
        self.listed: set[str] | None = None
        """None: the projects that have files."""
        self.says: dict[str, object] = {}
        """What it answers instead, by path; a number is a status, a text is where it is."""
        self.asked: list[str] = []
        self.logins: set[str | None] = set()
        """The header Authorization of each question."""
        self.login: str | None = None
        """The header Authorization that it wants."""
        self.breaks_after = 100
        """After so many questions it has nothing any more."""

    def answer(self, path: str) -> object:
        """Return JSON, a status, or a URL."""
        self.asked.append(path)
        if len(self.asked) > self.breaks_after:
            return {"projects": []} if path == "/simple/" else 404
        if path in self.says:
            return self.says[path]
        if path == "/simple/":
            return {"projects": [{"name": one} for one in self.listed or self.files]}
        name = path.removeprefix("/simple/").removesuffix("/")
        if path != f"/simple/{name}/" or name not in self.files:
            return 404
        return {"name": name, "files": [{"filename": one} for one in self.files[name]]}


@contextlib.contextmanager
def served(upstream: Upstream, host: str = "127.0.0.1") -> Iterator[Upstream]:
    """Let it answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            login = self.headers["Authorization"]
            upstream.logins.add(login)
            said = upstream.answer(self.path) if upstream.login in {None, login} else 401
            body = json.dumps(said).encode()
            if isinstance(said, str):
                self.send_response(302)
                self.send_header("Location", said)
            else:
                self.send_response(said if isinstance(said, int) else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer((host, 0), Handler) as server:
        upstream.url = f"http://{host}:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield upstream
        finally:
            server.shutdown()
            thread.join()


class Pruned(NamedTuple):
    """How a pruning ended."""

    code: int
    stdout: str
    stderr: str


def kit(folder: Path, said: str, code: int) -> Path:
    """A command that says this and ends with this code, whatever it is to check."""
    command = folder / "check.sh"
    (folder / "said").write_text(said)
    command.write_text(f"#!/bin/sh\ncat {folder}/said\nexit {code}\n")
    command.chmod(0o755)
    return command


def prune(
    upstream: str,
    tree: Path,
    said: str,
    *,
    code: int = 1,
    delete: str = "no",
    most: str = "70",
    mirrorlab: str = "",
    netrc: str = "",
) -> Pruned:
    """Prune a tree, with what prune.sh hands on, by what a check said; ``netrc`` is a text."""
    command = mirrorlab or str(kit(tree, said, code))
    plan = str(tree / "prune.txt")
    (tree / ".netrc").write_text(netrc)
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tree)}
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.dict(os.environ, environment, clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        ended = MAIN([command, str(tree), upstream, delete, most, plan])
    return Pruned(ended, out.getvalue(), err.getvalue())
