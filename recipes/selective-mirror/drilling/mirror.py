"""The mirror as it lies on the disk, and as clients see it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

JSON = "application/vnd.pypi.simple.v1+json"


def servers(run: Run) -> list[str]:
    """The URLs of the web servers that run here: Caddy always, nginx first where there is one."""
    urls = {
        "serve-nginx": f"http://{run.settings['LISTEN']}",
        "serve-caddy": run.settings["ADDRESS"],
    }
    return [url for step, url in urls.items() if step in run.processes()]


def mirror(run: Run) -> Path:
    """The folder of bandersnatch; ``web`` in it is served."""
    return Path(run.settings["MIRROR"])


def bandersnatch(run: Run, *options: str) -> Completed:
    """bandersnatch alone, as many run it from cron."""
    conf = mirror(run) / "bandersnatch.conf"
    argv: tuple[str | Path, ...] = ("bandersnatch", "-c", conf, "mirror", *options)
    return run.command(*argv, http_proxy="", https_proxy="", all_proxy="")  # it ignores no_proxy


def projects(run: Run) -> set[str]:
    """The projects that have a page."""
    return {page.parent.name for page in (mirror(run) / "web" / "simple").glob("*/index.html")}


def versions(run: Run, project: str) -> set[str]:
    """The versions that a project's page names."""
    page = mirror(run) / "web" / "simple" / project / "index.v1_json"
    return set(json.loads(page.read_text())["versions"])


def strays(run: Run) -> list[Path]:
    """What bandersnatch has begun to download and not yet given its name."""
    hidden = (mirror(run) / "web" / "packages").rglob(".*")
    return [path for path in hidden if path.is_file() and path.stat().st_size]


def sha256(path: Path) -> str:
    """The hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def whole(run: Run) -> None:
    """Every file that a page names is on disk, with the hash that the page and upstream give."""
    pages = list((mirror(run) / "web" / "simple").glob("*/index.v1_json"))
    assert pages, "the mirror has no page"
    for page in pages:
        for file in json.loads(page.read_text())["files"]:
            name, path = file["filename"], (page.parent / file["url"]).resolve()
            assert path.is_file(), f"{page.parent.name} names {name}, which is not there"
            assert sha256(path) == file["hashes"]["sha256"], f"{name} is not what its page says"
            assert sha256(path) == run.index.sha256(name), f"{name} is not what upstream has"


def installs(run: Run, client: str, server: str, project: str, version: str) -> None:
    """A fresh client installs demo-lib from a server, and gets this version of what it needs."""
    done = run.client(client).install("demo-lib", index=f"{server}/simple/", expect=0)
    got = done.installed.get(project)
    assert got == version, f"{client} got {project} {got} from {server}, not {version}"
