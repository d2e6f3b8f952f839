"""The mirrors of a drill: a tree on disk that sync.sh fills, and what lies in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from mirrorlab.clients import Attempt
from mirrorlab.lab import Completed
from mirrorlab.runner import Run

Value = str | int | Path
JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
EVERYTHING = {
    "demo-backend",
    "demo-dep",
    "demo-lib",
    "demo-name-mixed",
    "demo-platform",
    "demo-python",
    "demo-sdist",
}
"""The projects of upstream."""


@dataclass(frozen=True)
class Mirror:
    """A tree of bandersnatch, and the scripts of the recipe at work in it."""

    run: Run
    path: Path

    def script(self, name: str, **settings: Value) -> Completed:
        """Run a script of the recipe here, with other settings than the steps have."""
        given = {"MIRROR": self.path, **settings}
        words = [f"{setting}={value}" for setting, value in given.items()]
        return self.run.command("env", *words, "sh", name)

    def sync(self, **settings: Value) -> Completed:
        """Run sync.sh here."""
        return self.script("sync.sh", **settings)

    def bandersnatch(self, *command: str) -> Completed:
        """Run bandersnatch alone, as many do from cron: ``mirror``, or this command."""
        argv = ("-c", str(self.path / "bandersnatch.conf"), *(command or ("mirror",)))
        # It ignores no_proxy.
        direct = ("http_proxy=", "https_proxy=", "all_proxy=")
        return self.run.command("env", *direct, "bandersnatch", *argv)

    def projects(self) -> set[str]:
        """The projects that have a page."""
        return {page.parent.name for page in (self.path / "web/simple").glob("*/index.html")}

    def page(self, project: str) -> Path:
        """The HTML page of a project."""
        return self.path / f"web/simple/{project}/index.html"

    def versions(self, project: str) -> set[str]:
        """The versions on a project's page."""
        return set(
            json.loads(self.page(project).with_name("index.v1_json").read_text())["versions"]
        )

    def file(self, name: str) -> Path:
        """The file of that name; there must be one."""
        (path,) = (self.path / "web/packages").rglob(name)
        return path

    def left_to_copy(self) -> set[str]:
        """The projects that bandersnatch has yet to copy; none where there is no todo."""
        todo = self.path / "todo"
        lines = todo.read_text().splitlines()[1:] if todo.exists() else []
        return {line.split()[0] for line in lines}

    def must_be_whole(self) -> None:
        """Assert that every file that a page names is on disk, and is upstream's."""
        count = 0
        for page in (self.path / "web/simple").glob("*/index.v1_json"):
            for file in json.loads(page.read_text())["files"]:
                path = (page.parent / file["url"]).resolve()
                assert path.is_file(), f"{page.parent.name} names {path.name}, which is not there"
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                assert digest == self.run.index.sha256(path.name), f"{path.name} is not upstream's"
                count += 1
        assert count, "the mirror has no file"


def own(run: Run) -> Mirror:
    """The mirror of the recipe's steps, which the web server serves."""
    return Mirror(run, Path(run.settings["MIRROR"]))


def beside(run: Run, name: str) -> Mirror:
    """A mirror beside it, new or set otherwise."""
    return Mirror(run, run.tmp / name)


def server(run: Run) -> str:
    """Where the web server answers, without a slash at the end."""
    return f"http://{run.settings['LISTEN']}"


def install(run: Run, client: str, project: str = "demo-lib") -> Attempt:
    """Install from the web server."""
    return run.client(client).install(project, index=f"{server(run)}/simple/")
