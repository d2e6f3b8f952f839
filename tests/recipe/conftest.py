"""A small recipe that is whole, to be broken in one place at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

MANIFEST = """\
schema = 1
title = "A folder, served"
answers = "I want to see one."
topic = "private"
clients = ["pip"]
[needs]
programs = ["sh"]
[test]
PORT = "{port.web}"
[[step]]
name = "fill"
run = "fill.sh"
test = { CONTENT = "{tmp}/{index}" }
[[step]]
name = "serve"
run = "serve.sh"
ready = "http://127.0.0.1:{port.web}/"
within = 10
[[drill]]
name = "server-killed"
title = "Kill the server"
shows = ["Connection refused"]
"""

FILL = """\
#!/bin/sh
# Fill the folder
# with one file.
#
# More about it.
set -eu
: "${CONTENT:=hello}"  # what the file says
: "${STATE:=/srv/folder}"  # where the folder is
"""

SERVE = """\
#!/bin/sh
# Serve the folder.
: "${STATE:=/srv/folder}"
: "${PORT:=8080}"  # the port to listen on
exec python3 -m http.server "$PORT"
"""

DRILLS = """\
def promise(run):
    assert run

def server_killed(run):
    assert _helper(run, 1)

def _helper(run, more):
    return run, more
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a recipe without a mistake."""
    place = tmp_path / "recipes" / "served-folder"
    (place / "__pycache__").mkdir(parents=True)
    (place / "conf").mkdir()
    files = {
        "recipe.toml": MANIFEST,
        "fill.sh": FILL,
        "serve.sh": SERVE,
        "drills.py": DRILLS,
        "index.rst": "page",
        "conf/web.conf.in": "listen @PORT@",
        "requirements.txt": "",
        "requirements-3.11.txt": "",
        "__pycache__/drills.cpython-311.pyc": "",
        ".hidden": "",
    }
    for name, text in files.items():
        (place / name).write_text(text)
    (place / "fill.sh").chmod(0o755)
    return place


@pytest.fixture
def edit(folder: Path) -> Callable[[str, str, str], None]:
    """Edit a file of the recipe; an edit that changes nothing is an error."""

    def change(name: str, old: str, new: str) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return change
