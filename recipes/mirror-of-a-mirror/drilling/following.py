"""The second level when all is well: it is the first, and it follows."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from drilling.levels import (
    JSON,
    copied_whole,
    fetched,
    first,
    generations,
    installs,
    server,
    versions,
    web,
)

from mirrorlab.runner import Run


def promise(run: Run) -> None:
    """The second level is the first, byte by byte; it follows, and asks for what is new only."""
    _takes_what_is_served_there_and_no_more(run)
    _is_served_in_both_forms(run)
    _follows_and_fetches_what_is_new(run)
    for client in ("pip", "uv"):
        installs(run, client, "3.0")
    _goes_back_and_on(run)


def _takes_what_is_served_there_and_no_more(run: Run) -> None:
    """From a folder too; and what is here already is neither fetched nor read again."""
    with _beside_the_tree(first(run)) as beside:
        local = run.step("sync", SOURCE=first(run))
        assert local.exit_code == 0, f"a local path is no source: {local.output}"
        for each in beside:
            copied = web(run) / each.relative_to(first(run))
            assert not os.path.lexists(copied), f"{each.name} was copied"
    assert fetched(local) == (0, 0), "what is here was fetched again"
    assert "0 of them read" in local.output, "what was read before is read again"
    copied_whole(run)


@contextlib.contextmanager
def _beside_the_tree(there: Path) -> Iterator[list[Path]]:
    """Half a download, a symlink, bandersnatch's own file, a page that nobody looks at."""
    half, link = there / "packages" / ".half.whl.abcdef", there / "packages" / "passwd"
    own, page = there / "todo", there / "simple" / "demo-lib" / "more.html"
    for file in (half, own, page):
        file.write_text("not to be copied")
    link.symlink_to("/etc/passwd")
    try:
        yield [half, link, own, page]
    finally:
        for file in (half, link, own, page):
            file.unlink()


def _is_served_in_both_forms(run: Run) -> None:
    for accept, kind in (("*/*", "text/html; charset=utf-8"), (JSON, JSON)):
        answer = run.get(f"{server(run)}/simple/demo-lib/", accept)
        assert answer.headers["Content-Type"] == kind, f"{accept} got another form"
        assert answer.headers["Vary"] == "Accept", "there is no Vary: Accept"


def _follows_and_fetches_what_is_new(run: Run) -> None:
    run.index.publish("demo-dep", "3.0")
    assert run.step("try-first-level").exit_code == 0
    assert "3.0" not in versions(run, "demo-dep"), "it came before it was looked at"
    sync = run.step("sync", KEEP=1)
    assert sync.exit_code == 0, f"it does not follow: {sync.output}"
    assert "3.0" in versions(run, "demo-dep"), "the release did not come"
    new = len(list(first(run).rglob("demo_dep-3.0*")))
    assert fetched(sync)[0] == new, "more than what is new was fetched"
    assert len(generations(run)) == 2, f"not one beside the current: {generations(run)}"
    check = run.step("check")
    assert check.exit_code == 0, f"the check finds something: {check.output}"


def _goes_back_and_on(run: Run) -> None:
    """By the commands of the page; the next sync turns it on again."""
    now, then = web(run).resolve(), generations(run)[0]
    turn = f'ln -s generations/{then.name} "$MIRROR/.web" && mv -T "$MIRROR/.web" "$MIRROR/web"'
    assert run.command("sh", "-c", turn).exit_code == 0
    assert web(run).resolve() == then != now, "it does not go back to an older generation"
    assert run.step("sync").exit_code == 0, "it does not go on from an older generation"
    copied_whole(run)
