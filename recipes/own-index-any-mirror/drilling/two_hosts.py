"""Pages from one host and files from another: both well, one of them failing, one with a login."""

from __future__ import annotations

import hashlib
import socket

from drilling.damages import altered, as_it_is
from drilling.installers import attempt, is_evil, pages
from drilling.mirror import JSON, Mirror, untrusted

from mirrorlab.runner import Run

WAYS = ("pass", "redirect")
"""``FILES_BY``: how a client gets a file of the mirror."""


def promise(run: Run) -> None:
    """Old and new installers get pages from here and files from the mirror."""
    _both_forms(run)
    with untrusted(run) as mirror:
        for name in ("pip", "uv", "pip-22.1"):
            _installs(run, mirror, name)
        mirror.change = altered(run, ".whl")
        checked = run.step("check")
        assert checked.exit_code == 1, f"the check sees nothing: {checked.output}"
        assert "error: altered: demo-lib" in checked.output, checked.output
        mirror.change = as_it_is
        run.index.publish("demo-dep", "2.5")
        assert run.step("pages").exit_code == 0
        tried = attempt(run, "uv")
        assert tried.installed["demo-dep"] == "2.5", f"the new release is not here: {tried}"


def fallback(run: Run) -> None:
    """What the mirror does not give, comes from the next one; where none has it, installs fail."""
    wheel = _wheel_of_demo_dep(run)
    with untrusted(run) as mirror:
        for by in WAYS:
            run.step("serve", FILES_BY=by)
            _passed_over_at_each_status(run, mirror, by, wheel)
    for by in WAYS:
        run.step("serve", FILES_BY=by)
        with untrusted(run) as mirror:
            _redirects_to_plain_http(run, mirror, by)
        _comes(run, by, wheel, "dead", run.index.url)
        tried = attempt(run, "uv")
        assert tried.installed["demo-dep"] == "2.0", f"{by}: no install without it"
        with socket.create_server(("127.0.0.1", run.port("mirror"))):
            _comes(run, by, wheel, "silent", run.index.url)
        with untrusted(run) as mirror:
            _has_it_below_a_folder(run, mirror, by, wheel)
        run.step("serve", FILES_BY=by, NEXT=run.settings["MIRROR"])
        tried = attempt(run, "uv")
        assert tried.exit_code != 0, f"{by}: installed from nowhere: {tried.installed}"
        assert not tried.installed
    run.step("serve")


def page_host_down(run: Run) -> None:
    """Upstream down, installs go on; the page host down, nobody installs, and says so."""
    with untrusted(run) as mirror:
        run.index.fault("refused", "/simple/*")
        refreshed = run.step("pages")
        assert refreshed.exit_code == 1, f"nobody is told that upstream is down: {refreshed.output}"
        assert attempt(run, "uv").installed["demo-lib"] == "2.0", "upstream is missed at once"
        run.index.clear()
        run.process("serve").kill()
        mirror.asked.clear()
        for name in ("uv", "pip"):
            tried = attempt(run, name)
            assert tried.exit_code != 0, f"{name} ends with 0"
            assert not tried.installed, f"{name} installed {tried.installed}"
            assert "127.0.0.1" in tried.output, f"{name} does not say who is down"
        assert not mirror.asked, "somebody went to the mirror without a page"
        run.step("serve")


def login_kept(run: Run) -> None:
    """Your host wants a login: nginx keeps it from the mirror; by a redirect, uv does."""
    users, netrc = run.tmp / "users", run.tmp / "netrc"
    hashed = run.command("openssl", "passwd", "-apr1", "wonder").output.strip()
    users.write_text(f"alice:{hashed}\n")
    netrc.write_text("machine 127.0.0.1 login alice password wonder\n")
    netrc.chmod(0o600)
    wheel = _wheel_of_demo_dep(run)
    with untrusted(run) as mirror:
        for by in WAYS:  # by a redirect, the other installers: altered-file and the like
            run.step("serve", FILES_BY=by, USERS=users)
            for path in ("/simple/demo-lib/", wheel, f"{wheel}.metadata"):
                without = run.get(_here(run, path))
                assert without.status == 401, f"{by}: {path} without a login: {without.status}"
            mirror.asked.clear()
            tried = attempt(run, "uv", NETRC=str(netrc))
            assert tried.installed.get("demo-lib") == "2.0", tried.output
            assert len(mirror.wheels()) >= 2, f"{by}: the mirror gave nothing"
            leaked = [each for each in mirror.asked if each.login]
            assert not leaked, f"{by}: the mirror got the login"
    run.step("serve")


def _installs(run: Run, mirror: Mirror, name: str) -> None:
    """Assert that an installer has all files of the mirror, and none of the trusted index."""
    run.index.forget_requests()
    mirror.asked.clear()
    tried = attempt(run, name)
    assert tried.installed == {"demo-lib": "2.0", "demo-dep": "2.0"}, tried.output
    assert not is_evil(tried)
    assert len(mirror.wheels()) == 2, f"{name}: the mirror gave {mirror.wheels()}"
    upstream = [
        each.path
        for each in run.index.requests("/packages/*.whl")
        if each.user_agent != "mirrorlab-drill"  # which fills the mirror
    ]
    assert not upstream, f"{name} has files of the index that you trust: {upstream}"


def _both_forms(run: Run) -> None:
    for accept, kind in ((JSON, JSON), (None, "text/html")):
        page = run.get(f"{pages(run)}demo-lib/", accept)
        assert page.headers["Content-Type"].startswith(kind), f"{accept} gets {page.headers}"
        assert "Accept" in page.headers.get_all("Vary", []), "a cache may mix up the two forms"


def _passed_over_at_each_status(run: Run, mirror: Mirror, by: str, wheel: str) -> None:
    mirror.status, mirror.location = 0, ""
    _comes(run, by, wheel, "well", run.settings["MIRROR"])
    for status in (302, 403, 404, 410, 500, 503):
        mirror.status, mirror.location = status, "http://localhost:9" * (status == 302)
        _comes(run, by, wheel, f"at {status}", run.index.url)
        assert mirror.asked.pop().path == wheel, f"{by}, {status}: it was not asked"


def _redirects_to_plain_http(run: Run, mirror: Mirror, by: str) -> None:
    """It has the file, it says, and sends who wants it to plain http: a client goes, nginx not."""
    mirror.status, mirror.location, mirror.lies_to = 302, run.index.http_url, ("GET",)
    run.index.forget_requests()
    tried = attempt(run, "uv")
    assert tried.installed["demo-dep"] == "2.0", f"{by}: {tried.output}"
    hosts = {each.host for each in run.index.requests("/packages/*.whl")}
    plain = run.index.http_url.removeprefix("http://") in hosts
    assert plain == (by == "redirect"), f"{by}: a redirect to plain http leads to {hosts}"


def _has_it_below_a_folder(run: Run, mirror: Mirror, by: str, wheel: str) -> None:
    mirror.folder = "/pypi"
    below = f"{run.settings['MIRROR']}/pypi"
    run.step("serve", FILES_BY=by, MIRROR=f"{below}/")
    _comes(run, by, wheel, "below a folder", below)
    assert mirror.asked, f"{by}: the mirror below a folder is not asked"


def _comes(run: Run, by: str, path: str, mirror: str, origin: str) -> None:
    """Assert that a file comes from this host, by the way that is set."""
    answer = run.get(_here(run, path))
    what = f"{by}, the mirror is {mirror}"
    if by == "redirect":
        assert answer.status == 302, f"{what}: {answer.status}"
        assert answer.headers["Location"] == origin + path, f"{what}: {answer.headers['Location']}"
    else:
        assert answer.status == 200, f"{what}: {answer.status}"
        digest = hashlib.sha256(answer.body).hexdigest()
        assert digest == run.index.sha256(path.rpartition("/")[2]), f"{what}: other bytes"


def _here(run: Run, path: str) -> str:
    """A path of the recipe's own host."""
    return pages(run).removesuffix("/simple/") + path


def _wheel_of_demo_dep(run: Run) -> str:
    """The path of a file that any mirror has."""
    return next(file.url for file in run.index.files("demo-dep") if "2.0-py3" in file.url)
