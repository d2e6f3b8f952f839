"""What ``pages.sh`` publishes where upstream's pages lie, and where it does not get to its end."""

from __future__ import annotations

import re
from pathlib import Path

from drilling.damages import BAD_PAGES, LIKE, as_it_is, bad_page
from drilling.installers import pages
from drilling.mirror import JSON, lying

from mirrorlab.runner import Run


def page_without_hash(run: Run) -> None:
    """A page that cannot be believed is not published: the one before stays, and pages.sh tells."""
    with lying(run) as (upstream, refresh):
        good = refresh()
        assert good.exit_code == 0, f"not healthy to begin with: {good.output}"
        before = _published(run)
        upstream.change = bad_page
        done = refresh()
        assert done.exit_code == 1, f"pages.sh ends with {done.exit_code}: {done.output}"
        _tells_of_each(done.output)
        assert _published(run) == before, "a page that was refused is published"
        upstream.change = as_it_is
        upstream.status, upstream.location = 302, run.index.http_url
        done = refresh()
        assert done.exit_code == 1, "a redirect to plain http is followed"
        assert "not the host that you trust" in done.output, done.output
        upstream.status, upstream.location = 404, ""
        assert refresh().exit_code == 1
        assert _published(run) == before, "a list of which nothing is left is published"
    assert run.step("pages").exit_code == 0
    run.index.delete("demo-lib")
    gone = run.step("pages")
    assert gone.exit_code == 1, "nobody is told that a project is gone"
    assert "demo-lib: gone upstream" in gone.output, gone.output
    assert run.get(f"{pages(run)}demo-lib/").status == 404, "what upstream deleted is served"


def cut_off(run: Run) -> None:
    """Killed half way, or begun twice, a refresh changes nothing; the next one brings all."""
    current = Path(run.settings["SITE"]) / "current"
    before = current.readlink()
    run.index.publish("demo-dep", "2.5")
    run.index.fault("hang", "/simple/demo-python/", times=1)
    run.index.forget_requests()
    first = run.start("pages")
    run.wait(lambda: run.index.requests("/simple/demo-python/"), "the page that hangs")
    second = run.command("sh", "pages.sh")
    assert second.exit_code == 1, f"two refreshes at once: {second.output}"
    assert "another refresh is at work" in second.output
    first.kill()
    run.index.clear()
    assert current.readlink() == before, "half a refresh is shown"
    assert run.step("pages").exit_code == 0, "the next refresh does not hold"
    versions = run.get(f"{pages(run)}demo-dep/", JSON).json()["versions"]
    assert "2.5" in versions, f"what was cut off did not come: {versions}"
    assert run.step("pages", FILES="https://public.example/packages/").exit_code == 0
    for accept in (JSON, None):
        page = run.get(f"{pages(run)}demo-dep/", accept).text
        addresses = re.findall(r'"(?:url": "|href=")?([^" ]*/demo_dep[^"#]*)', page)
        assert addresses, f"no address in {page}"
        assert all(each.startswith("https://public.example/packages/") for each in addresses)
    left = [each.name for each in current.parent.glob("pages-*")]
    assert len(left) == 2, f"what was cut off stays: {left}"


def _published(run: Run) -> dict[str, bytes]:
    """Both forms of each page that the lying index has, as they are shown."""
    shown = Path(run.settings["SITE"]) / "current" / "simple"
    files = [f"{each}/{form}" for each in LIKE for form in ("index.html", "index.json")]
    return {file: (shown / file).read_bytes() for file in files}


def _tells_of_each(output: str) -> None:
    for name, what in LIKE.items():
        told = re.search(f"pages: {name}: refused: (.*)", output)
        assert told, f"{what}: pages.sh does not tell: {output}"
        words, _ = BAD_PAGES[what]
        assert words in told[1], f"{what}: refused for another reason: {told[1]}"
