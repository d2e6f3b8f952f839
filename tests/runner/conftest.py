"""Tiny real recipes, made for one test each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

FETCH = """\
#!/bin/sh
# Write the page to serve.
set -eu
: "${INDEX:=https://pypi.org/simple/}"  # the index it names
: "${TARGET:=/srv/served}"  # where to write
mkdir -p "$TARGET"
echo "from $INDEX" > "$TARGET/index.html"
echo "wrote a page"
"""

SERVE = """\
#!/bin/sh
# Serve the folder.
set -eu
: "${TARGET:=/srv/served}"  # where to write
: "${PORT:=8000}"  # the port
exec python3 -m http.server --bind 127.0.0.1 --directory "$TARGET" "$PORT"
"""

MANIFEST = """\
schema = 1
title = "A page over HTTP"
answers = "I want to see a recipe run."
topic = "mirror"

[test]
INDEX = "{index}/simple/"
TARGET = "{tmp}/served"
PORT = "{port.web}"

[[step]]
name = "fetch"
run = "fetch.sh"

[[step]]
name = "serve"
run = "serve.sh"
ready = "http://127.0.0.1:{port.web}/"
within = 10
"""

PROMISE = """\
def promise(run):
    answer = run.get(f"http://127.0.0.1:{run.settings['PORT']}/")
    assert run.index.url in answer.text


"""


MakeRecipe = Callable[..., Path]


@pytest.fixture
def make_recipe(tmp_path: Path) -> MakeRecipe:
    """Write a recipe that holds, then change it.

    ``drill`` is the body of a drill ``broken``, ``shows`` its message, ``after`` its last
    step, ``edit`` an (old, new) of
    recipe.toml; ``fetch`` and ``serve`` are scripts to have instead.
    """

    def make(
        name: str = "a-page",
        *,
        drill: str = "",
        shows: str = "",
        after: str = "",
        edit: tuple[str, str] = ("", ""),
        **scripts: str,
    ) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        manifest, drills = MANIFEST.replace(*edit), PROMISE
        if drill:
            manifest += '\n[[drill]]\nname = "broken"\ntitle = "Break it"\n'
            manifest += f'shows = ["{shows}"]\n' if shows else ""
            manifest += f'after = "{after}"\n' if after else ""
            body = "\n".join(f"    {line}" for line in dedent(drill).strip().splitlines())
            drills += f"def broken(run):\n{body}\n"
        (folder / "recipe.toml").write_text(manifest)
        (folder / "drills.py").write_text(drills)
        for script, text in {"fetch": FETCH, "serve": SERVE, **scripts}.items():
            (folder / f"{script}.sh").write_text(text)
        return folder

    return make
