"""What all that serves has: pages and files of the bad release, and of everything else.

The evidence is the drills' own: nothing here is asked of the scripts of the recipe.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import urljoin

from mirrorlab.runner import Run

JSON = "application/vnd.pypi.simple.v1+json"
RELEASE = "demo-lib==2.0"
WHEEL, SDIST = "demo_lib-2.0-py3-none-any.whl", "demo_lib-2.0.tar.gz"
METADATA = f"{WHEEL}.metadata"


def indexes(run: Run) -> list[str]:
    """The indexes of the runbook: the mirror, its copy, the cache, a stage of devpi."""
    return run.settings["SERVED"].split()


def cache(run: Run) -> str:
    """The index that is an nginx cache."""
    return indexes(run)[2]


def stage(run: Run) -> str:
    """The index that is a stage of devpi."""
    return indexes(run)[3]


def files_of(run: Run, index: str) -> dict[str, str]:
    """The files on the page of demo-lib: name -> address."""
    url = f"{index}demo-lib/"
    page = run.get(url, JSON)
    assert page.status == 200, f"{url} answers {page.status}: {page.text}"
    return {f["filename"]: urljoin(url, f["url"]).partition("#")[0] for f in page.json()["files"]}


def all_have_it(run: Run) -> None:
    """Fetch the release from each index; from the cache its core metadata, too."""
    for index in indexes(run):
        for name, url in files_of(run, index).items():
            if "-2.0" in name:
                assert run.get(url).status == 200, f"{index} has no {name}"
    wheel = files_of(run, cache(run))[WHEEL]
    assert run.get(f"{wheel}.metadata").status == 200, "the cache has no core metadata"


def nothing_serves_it(run: Run) -> None:
    """No file of it on any disk, no key of it in a cache, and each address is refused."""
    digests = {run.index.sha256(name) for name in (WHEEL, SDIST)}
    for path in Path(run.settings["STATE"]).rglob("*"):
        if path.is_file():
            assert "demo_lib-2.0" not in path.name, f"{path} is still there"
            body = path.read_bytes()
            assert hashlib.sha256(body).hexdigest() not in digests, f"{path} still has its bytes"
            key = re.search(rb"\nKEY: (\S*demo_lib-2\.0\S*)\n", body)
            assert not key, f"{path} is still cached: {key}"
    for index in indexes(run):
        for name, url in files_of(run, index).items():
            assert "-2.0" not in name or run.get(url).status == 403, f"{index} serves {name}"


def others(run: Run) -> dict[str, str]:
    """Every file of the trees and of devpi that is not of the release, nor a page of demo-lib."""
    state = Path(run.settings["STATE"])
    roots = [*map(Path, run.settings["TREES"].split()), state / "devpi" / "+files"]
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for root in roots
        for path in root.rglob("*")
        if path.is_file() and "demo_lib-2.0" not in path.name and "demo-lib" not in path.parts
    }
