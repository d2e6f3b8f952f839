"""prune.py of mirror-health: what upstream must say before anything is taken for withdrawn."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.recipes.mirror_health_pruning import (
    FILE,
    Upstream,
    prune,
    report,
    served,
    tree_in,
    web,
)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """An upstream that answers."""
    with served(Upstream()) as one:
        yield one


LEFT = ("file", "", "packages/b-9.0.tar.gz")


def _with_leftovers(folder: Path, *names: str) -> Path:
    tree = tree_in(folder)
    for name in names or ("b-9.0.tar.gz",):
        (tree / "web" / "packages" / name).write_text(name)
    return tree


@pytest.mark.parametrize("ending", ["", "/", "/simple", "/simple/"])
def test_upstream_is_taken_as_the_check_takes_it(
    tmp_path: Path, upstream: Upstream, ending: str
) -> None:
    tree = _with_leftovers(tmp_path)
    upstream.files["b"].append("b-9.0.tar.gz")  # its page here was made by a broken sync
    before = web(tree)
    for delete in ("no", "yes"):
        done = prune(upstream.url + ending, tree, report(LEFT), delete=delete)
        assert (done.code, web(tree)) == (0, before), done.stdout
    assert {path for path in upstream.asked if not path.startswith("/simple/")} == set()
    copies = (tmp_path / "prune.txt").read_text().splitlines()[0]
    assert copies.endswith(f" {upstream.url}/simple/")


@pytest.mark.parametrize("base", ["/other/", "/empty/", "/alike/", "/broken/", "/list/", "/cut/"])
def test_an_upstream_that_shows_nothing_of_what_stays_proves_nothing(
    tmp_path: Path, upstream: Upstream, base: str
) -> None:
    tree = _with_leftovers(tmp_path)
    for name in ("a", "b"):
        page: dict[str, object] = {
            "/empty/": {"name": name, "files": []},
            "/alike/": {"name": "c", "files": [{"filename": "c-1.0.tar.gz"}]},
            "/broken/": 503,
            "/list/": [],
            "/cut/": {"name": name},
        }
        upstream.says[f"{base}{name}/"] = page.get(base, 404)
    before = web(tree)
    url = upstream.url
    (tmp_path / "prune.txt").write_text(
        f"# withdrawn of {tree}, which copies {url}{base}\nleftover {LEFT[2]}\n"
    )
    done = prune(f"{url}{base}", tree, report(LEFT), delete="yes")
    assert (done.code, web(tree)) == (3, before), done.stdout
    assert done.stderr.startswith("prune: refused: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_upstream_that_breaks_down_while_it_is_asked_proves_nothing(
    tmp_path: Path, upstream: Upstream
) -> None:
    tree = _with_leftovers(tmp_path, "c-2.0.tar.gz")
    place = "packages/c-2.0.tar.gz"
    left = report(("file", "", place))
    (tmp_path / "prune.txt").write_text(
        f"# withdrawn of {tree}, which copies {upstream.url}/simple/\nleftover {place}\n"
    )
    upstream.breaks_after = 1
    before = web(tree)
    done = prune(upstream.url, tree, left, delete="yes")
    assert (done.code, web(tree)) == (3, before), done.stdout
    assert "says nothing" in done.stderr


@pytest.mark.parametrize(
    "name", ["robots.txt", "b-9.0.tar.gz.asc", "b-1.0.tar.gz.provenance", "a.html", "README"]
)
def test_what_no_index_has_is_never_taken_for_withdrawn(
    tmp_path: Path, upstream: Upstream, name: str
) -> None:
    tree = _with_leftovers(tmp_path, name)
    found = report(("file", "", f"packages/{name}"))
    before = web(tree)
    for delete in ("no", "yes"):
        done = prune(upstream.url, tree, found, delete=delete)
        assert (done.code, web(tree)) == (0, before), done.stdout


def test_a_project_is_gone_where_list_and_page_agree(tmp_path: Path, upstream: Upstream) -> None:
    tree = _with_leftovers(tmp_path, "more-1.tar.gz")
    gone = report(("withdrawn-project", "a", ""))
    upstream.listed = {"A", "b"}
    del upstream.files["a"]
    before = web(tree)
    for delete in ("no", "yes"):
        done = prune(upstream.url, tree, gone, delete=delete)
        assert (done.code, web(tree)) == (1, before)
        assert "left alone, as upstream contradicts itself: project a" in done.stdout
    upstream.listed = {"b"}
    for code, delete in ((1, "no"), (0, "yes")):
        done = prune(upstream.url, tree, gone, delete=delete)
        assert done.code == code, done.stderr
    assert not (tree / "web" / "simple" / "a").exists()


@pytest.mark.parametrize("rule", ["withdrawn-project", "withdrawn-file"])
def test_what_upstream_has_by_now_stays(tmp_path: Path, upstream: Upstream, rule: str) -> None:
    tree = tree_in(tmp_path)
    upstream.files["a"].append("a-1.0.tar.gz")
    found = report((rule, "a", "a-1.0.tar.gz" if rule == "withdrawn-file" else ""))
    before = web(tree)
    for delete in ("no", "yes"):
        done = prune(upstream.url, tree, found, delete=delete)
        assert (done.code, web(tree)) == (1, before)
        assert "left alone, as upstream contradicts itself" in done.stdout


NETRC = "machine 127.0.0.1 login me password sesame\n"
BASIC = f"Basic {base64.b64encode(b'me:sesame').decode()}"


@pytest.mark.parametrize(
    ("netrc", "sent"),
    [
        (NETRC, BASIC),
        (NETRC.replace("127.0.0.1", "private.example"), None),
        ("default login me password sesame\n", BASIC),
        ("no netrc at all\n", None),
        ("", None),
    ],
)
def test_a_login_comes_from_netrc(
    tmp_path: Path, upstream: Upstream, netrc: str, sent: str | None
) -> None:
    upstream.login = BASIC
    tree = tree_in(tmp_path)
    before = web(tree)
    done = prune(upstream.url, tree, report(FILE), netrc=netrc)
    assert upstream.logins == {sent}
    if sent:
        assert (done.code, "would remove: file a a-1.0" in done.stdout) == (1, True), done.stderr
        assert "sesame" not in done.stdout + done.stderr + (tree / "prune.txt").read_text()
        return
    assert (done.code, web(tree)) == (3, before)
    wants = "prune: refused: upstream wants a login for b, and netrc has none that it takes for "
    assert done.stderr == f"{wants}127.0.0.1: put one there\n"


def test_a_login_goes_to_no_other_host(tmp_path: Path, upstream: Upstream) -> None:
    with served(Upstream(), "127.0.0.2") as other:
        upstream.says = {f"/simple/{one}/": f"{other.url}/simple/{one}/" for one in "ab"}
        done = prune(upstream.url, tree_in(tmp_path), report(FILE), netrc=NETRC)
    assert done.code == 1, done.stderr
    assert (upstream.logins, other.logins) == ({BASIC}, {None})
    assert other.asked
