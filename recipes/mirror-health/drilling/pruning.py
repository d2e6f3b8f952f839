"""How a tree is pruned, what its readers get meanwhile, and when nothing is pruned."""

from __future__ import annotations

import fcntl
import re
import shutil
from pathlib import Path

from drilling.outcomes import check
from drilling.readers import hold_on, reading
from drilling.running import nginx
from drilling.trees import file_in, fresh_tree, state, sync, tree_of

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

LOGIN = "me", "sesame-4b1d"
PAGES = {"index.html", "index.v1_html", "index.v1_json"}


def prune_dry_run(run: Run) -> None:
    """All that is withdrawn is listed, each thing once, and no file is touched.

    Upstream is written without /simple/ here, and wants a login, which netrc has.
    """
    tree = _withdrawn_tree(run)
    before = state(tree)
    netrc, users = run.tmp / "netrc", run.tmp / "users"
    netrc.write_text("machine 127.0.0.1 login {} password {}\n".format(*LOGIN))
    users.write_text("{}:{{PLAIN}}{}\n".format(*LOGIN))
    lines = f"auth_basic upstream; auth_basic_user_file {users};\n"
    with nginx(run, f"{lines} location / {{ proxy_pass {run.index.http_url}; }}") as upstream:
        assert run.get(f"{upstream}/simple/").status == 401, "upstream wants no login"
        listed = _prune(run, UPSTREAM=upstream, NETRC=str(netrc))
    assert listed.exit_code == 1, f"it ended with {listed.exit_code}: {listed.output}"
    assert _lines(listed, "would remove") == _expected(run), "it lists something else"
    assert state(tree) == before, "the dry run has changed the tree"


def prune(run: Run) -> None:
    """Who reads meanwhile gets old or new pages, all of them whole, and all forms agree after.

    A file that no page names and upstream has is not on the list.
    """
    tree = _withdrawn_tree(run)
    strays = Path(shutil.copy(file_in(tree, "demo_dep-1.0.tar.gz"), tree / "web" / "packages"))
    expected = _expected(run)
    assert _lines(_prune(run), "would remove") == expected
    run.index.delete("demo-python", "3.0")  # after the list was made
    before = state(tree)
    kept = hold_on(tree)
    with reading(tree) as seen:
        done = _prune(run, DELETE="yes")
        run.wait(lambda: len(seen) > 50, "readers")
    assert not [one for one in seen if one], f"a reader met {[one for one in seen if one][:3]}"
    assert done.exit_code == 1, f"it does not tell what is new: {done.output}"
    assert _lines(done, "removed") == expected, f"it removed something else: {done.output}"
    new = {f"file demo-python {name}" for name in _names("demo_python", "3.0")}
    assert _lines(done, "new, not removed") == new
    for copy, content in kept.items():
        assert copy.read_bytes() == content, f"{copy.name} was written into while it was served"
        copy.unlink()

    _only_that_is_gone(before, state(tree), expected)
    again = _prune(run, DELETE="yes")
    assert (again.exit_code, _lines(again, "removed")) == (0, new), again.output
    strays.unlink()
    healthy = check(run, 0)
    assert healthy.kinds == {}, f"the pages, their forms and the list disagree: {healthy.kinds}"


def _only_that_is_gone(
    before: dict[str, tuple[str, int, int]],
    after: dict[str, tuple[str, int, int]],
    listed: set[str],
) -> None:
    """The files of the list and what belongs to them are gone; of the rest, only pages changed."""
    gone = {Path(one).name for one in before.keys() - after.keys()}
    files = {Path(line.split()[-1]).name for line in listed if not line.startswith("project")}
    files |= {*_names("demo_name_mixed", "1.0"), *_names("demo_gone", "1.0")}
    files |= {f"{name}.metadata" for name in files} & {Path(one).name for one in before}
    files |= {"json", "demo-gone", "demo-name-mixed"}  # what json = true has made
    assert gone == files | PAGES, f"removed or left: {gone ^ (files | PAGES)}"
    changed = {one for one in before.keys() & after.keys() if before[one] != after[one]}
    lists = {f"simple/{form}" for form in PAGES}
    assert changed == lists | {f"simple/demo-dep/{form}" for form in PAGES}


def prune_refuses(run: Run) -> None:
    """Nothing is removed while upstream is in doubt, nor outside of the tree."""
    tree = _withdrawn_tree(run)
    _prune(run)
    before = state(tree)

    def refused(because: str, **settings: str) -> None:
        done = _prune(run, **{"DELETE": "yes", **settings})
        assert done.exit_code == 3, f"{because}: it ended with {done.exit_code}: {done.output}"
        assert because in done.output, f"it does not say {because!r}: {done.output}"
        assert state(tree) == before, f"{because}: it has changed the tree"

    refused("more than MOST=5 percent", MOST="5")
    run.index.fault("refused", "/simple/")
    refused("the check could not tell: upstream's list of projects")
    run.index.clear()
    run.index.fault("empty", "/simple/")
    refused("the check could not tell: upstream")
    run.index.clear()
    run.index.fault("malformed", "/simple/demo-lib/")
    refused("the check could not tell: upstream's page of demo-lib")
    run.index.clear()
    run.index.fault("404", "/simple/*/")
    refused("shows no file of any project that should be there", MOST="100")
    run.index.clear()
    refused("is the list of another mirror", UPSTREAM=f"{run.index.http_url}/simple/")
    with (tree / "sync.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused("a sync is at work")
    precious = _leads_outside(run, tree)
    before = state(tree)
    refused("which is outside of packages/")
    assert precious.exists(), "it removed a file outside of the tree"


def _leads_outside(run: Run, tree: Path) -> Path:
    """Let the pages of a withdrawn project name a file outside of the tree."""
    precious = run.tmp / "precious-1.0.tar.gz"
    precious.write_text("not of the tree")
    for page in (tree / "web" / "simple" / "demo-name-mixed").iterdir():
        text = page.read_text()
        page.write_text(
            re.sub(r"\.\./\.\./packages/[^\"#]*\.whl", f"../../../../{precious.name}", text)
        )
    return precious


def _withdrawn_tree(run: Run) -> Path:
    """A mirror of which upstream has withdrawn projects, a release before a sync and one after."""
    base = run.tmp / "base-of-withdrawn"
    if not base.exists():
        run.index.publish("demo-gone", "1.0")
        run.index.publish("demo-dep", "3.0")
        run.index.publish("demo-lib", "3.0")
        run.index.publish("demo-python", "3.0")
        sync(run, base)
        run.index.delete("demo-lib", "3.0")
        sync(run, base)
        run.index.delete("demo-dep", "3.0")
        run.index.delete("demo-gone")
        run.index.quarantine("demo-name-mixed")
    return fresh_tree(run, base)


def _expected(run: Run) -> set[str]:
    """The lines of the list for that tree."""
    web = tree_of(run) / "web"
    left = list(web.rglob("demo_lib-3.0*"))
    assert {one.name for one in left} >= set(_names("demo_lib", "3.0")), "they should be left over"
    leftovers = {f"leftover {one.relative_to(web)}" for one in left}
    files = {f"file demo-dep {name}" for name in _names("demo_dep", "3.0")}
    return {"project demo-gone", "project demo-name-mixed"} | files | leftovers


def _names(project: str, version: str) -> tuple[str, str]:
    return f"{project}-{version}-py3-none-any.whl", f"{project}-{version}.tar.gz"


def _prune(run: Run, **settings: str) -> Completed:
    return run.command("sh", "prune.sh", timeout=30, **{"MOST": "60", **settings})


def _lines(done: Completed, kind: str) -> set[str]:
    return set(re.findall(rf"^prune: {kind}: (.*)$", done.output, re.MULTILINE))
