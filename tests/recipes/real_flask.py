"""The promise of the selective mirror on the `real` scenario: flask comes through it, and works."""

from __future__ import annotations

from mirrorlab.runner import Run


def promise(run: Run) -> None:
    """Flask and all that it needs come from the mirror; what nobody named is not there."""
    server = run.settings["ADDRESS"]
    for name in ("pip", "uv"):
        client = run.client(name)
        installed = client.install("flask", index=f"{server}/simple/", expect=0).installed
        assert {"flask", "werkzeug", "jinja2", "markupsafe", "click"} <= installed.keys()
        said = client.python("-c", "import flask; print(flask.Flask(__name__).name)")
        assert said.output.strip() == "__main__", said.output
    assert run.get(f"{server}/simple/rich/").status == 404, "rich is here, though nobody asked"
