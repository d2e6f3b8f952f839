"""A tiny site, built in process: some files, one build, its pages and its warnings."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from mirrorlab.lab import programs

CONF = """\
project = "A tiny site"
extensions = ["mirrorlab.site"]
exclude_patterns = ["build"]
html_theme = "basic"
graphviz_output_format = "svg"
"""

RECIPE = {
    "recipe.toml": """\
schema = 1
title = "A folder"
answers = "I have no network."
topic = "private"
[needs]
programs = ["nginx|caddy"]
[test]
FOLDER = "{tmp}/packages"
[[step]]
name = "collect"
run = "collect.sh"
[[drill]]
name = "wrong-hash"
title = "A file is altered"
shows = ["DO NOT MATCH THE HASHES"]
""",
    "collect.sh": """\
#!/bin/sh
# Collect the files.

: "${FOLDER:=packages}"  # where the files go
: "${EXTRA:=}"  # more to collect
echo collected
""",
    "drills.py": "def promise(run):\n    pass\n\n\ndef wrong_hash(run):\n    pass\n",
    "requirements.in": "pip-tools>=7\n# the newest\nuv\n",
    "index.rst": (
        "A folder\n========\n\n.. recipe::\n\n.. settings::\n\n.. drills::\n\n"
        "Mend it\n-------\n\n.. message:: DO NOT MATCH THE HASHES\n"
        "   :drill: a-folder/wrong-hash\n\n   Somebody altered it.\n"
    ),
}

CATALOGUE = """\
schema = 1
[[recipe]]
name = "a-folder"
topic = "private"
components = "pip, `mirrorlab check`"
shows = "a folder as an index"
drills = ["wrong hash"]
answers = "`--find-links`"
[[recipe]]
name = "a-cluster"
topic = "survive failure"
components = "many machines"
shows = "what many machines do"
drills = ["one of them killed"]
answers = "no single machine"
"""

RESULTS = """\
{"schema": 1, "date": "2026-11-21", "machine": "2 cores", "versions": {"pip": "26.2"},
 "steps": [{"name": "collect", "seconds": 1.5}],
 "drills": [{"name": "promise", "holds": true, "seconds": 2.0, "measures": {}},
            {"name": "wrong-hash", "holds": true, "seconds": 3.21,
             "measures": {"outage": {"value": 1.4, "unit": "s"}}}]}
"""


@dataclass(frozen=True)
class Site:
    """What a build made."""

    out: Path
    warnings: str

    def html(self, page: str) -> str:
        """The page as it was written."""
        return (self.out / f"{page}.html").read_text(encoding="utf-8")

    def text(self, page: str) -> str:
        """The words of the page's body, in one line."""
        body = self.html(page).partition('<div class="body"')[2].partition('<div class="sphinxs')[0]
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", f"<div {body}")).split())


Build = Callable[..., Site]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Build pages, given as ``page="text"``, and files, given by their paths."""

    def run(files: dict[str, str] | None = None, **pages: str) -> Site:
        written = {f"{name}.rst": text for name, text in pages.items()} | (files or {})
        written.setdefault("index.rst", "Home\n====\n")
        (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
        for name, text in written.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        out, warnings = tmp_path / "build" / "html", io.StringIO()
        trees = tmp_path / "build" / "trees"
        with patch_docutils(tmp_path), docutils_namespace():
            app = Sphinx(tmp_path, tmp_path, out, trees, "html", status=None, warning=warnings)
            app.build()
        return Site(out, re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue()))

    return run


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[str], str]:
    """Open an address in Chromium, and give the page as its scripts leave it."""
    chromium = programs.find("chromium")
    assert chromium, f"chromium is missing: apt-get install {programs.package('chromium')}"
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage")
    profile = ("--no-first-run", f"--user-data-dir={tmp_path / 'profile'}")

    def run(url: str) -> str:
        argv = [chromium, *options, *profile, "--dump-dom", url]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=True)
        return done.stdout

    return run


@pytest.fixture
def recipes() -> dict[str, str]:
    """One recipe with its page, a catalogue with one that is planned, and results."""
    folder = {f"recipes/a-folder/{name}": text for name, text in RECIPE.items()}
    catalogue = "Recipes\n=======\n\n.. catalogue::\n"
    return folder | {
        "recipes/catalogue.toml": CATALOGUE,
        "recipes/index.rst": catalogue,
        "results/a-folder.json": RESULTS,
        "index.rst": "Home\n====\n\n.. toctree::\n\n   recipes/index\n",
    }
