"""The promise: everything is here, and is served to each installer as it asks for it."""

from __future__ import annotations

import gzip

from drilling.trees import EVERYTHING, HTML, JSON, install, own, server

from mirrorlab.runner import Run


def promise(run: Run) -> None:
    """All that upstream has is here, unaltered, and served in each form to pip and uv."""
    mirror = own(run)
    assert mirror.projects() == EVERYTHING, f"not everything is here: {mirror.projects()}"
    mirror.must_be_whole()
    _pages_are_served_in_each_form(run)
    _pages_are_packed_for_who_takes_that(run)
    for hidden in ("json/demo-lib", "pypi/demo-lib/json", "status", "sync.lock", "packages/"):
        assert run.get(f"{server(run)}/{hidden}").status == 404, f"{hidden} is served"
    assert run.get(f"{server(run)}/last-modified").status == 200
    for client in ("pip", "uv"):
        done = install(run, client)
        assert done.installed == {"demo-lib": "2.0", "demo-dep": "2.0"}, f"{client}: {done}"
    checked = mirror.script("repair.sh", SAMPLE=5)
    assert checked.exit_code == 0, f"the check finds something: {checked.output}"


def _pages_are_served_in_each_form(run: Run) -> None:
    for accept, kind in {
        "text/html": "text/html; charset=utf-8",
        f"{JSON}, {HTML}; q=0.1": JSON,
        f"{JSON};q=0, text/html": "text/html; charset=utf-8",
        f"text/html, {JSON};q=0.1": "text/html; charset=utf-8",
        f"{JSON};q=0.1": JSON,
        HTML: HTML,
    }.items():
        page = run.get(f"{server(run)}/simple/demo-lib/", accept)
        assert (page.status, page.headers["Content-Type"]) == (200, kind), f"{accept}: {page}"
        varies = page.headers["Vary"]
        assert varies == "Accept, Accept-Encoding", f"a cache would mix HTML and JSON: {varies}"


def _pages_are_packed_for_who_takes_that(run: Run) -> None:
    """Pages of each form are sent smaller, and are the same; files are sent as they are."""
    takes = {"Accept-Encoding": "gzip"}
    for accept in ("text/html", HTML, JSON):
        url = f"{server(run)}/simple/demo-lib/"
        plain, packed = run.get(url, accept), run.get(url, accept, takes)
        assert plain.headers["Content-Encoding"] is None, f"{accept}: packed for who did not ask"
        assert packed.headers["Content-Encoding"] == "gzip", f"{accept}: it is sent as it is"
        assert gzip.decompress(packed.body) == plain.body, f"{accept}: packed, it is another one"
        again = run.get(url, accept, takes | {"If-None-Match": packed.headers["ETag"]})
        assert again.status == 304, f"{accept}: who has it already gets {again.status}"
    wheel = own(run).file("demo_lib-2.0-py3-none-any.whl")
    path = wheel.relative_to(own(run).path / "web")
    sent = run.get(f"{server(run)}/{path}", headers=takes)
    assert sent.body == wheel.read_bytes(), "a file was packed too"
