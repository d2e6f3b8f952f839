"""Pages made for one lie each: what a mirror, its upstream or a proxy says, and nobody may believe.

Each is beside the same with nothing wrong, so that it is the lie that is found.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

from tests.check.conftest import Answers, Serve, checked, code, told

from mirrorlab.check import Report
from mirrorlab.simple import JSON

Page = dict[str, object]
CONTENT = b"the bytes of a file"
SDIST, WHEEL = "alpha-1.0.tar.gz", "alpha-1.0-py3-none-any.whl"
HEADERS = {"Content-Type": JSON, "Vary": "Accept", "Only": JSON}


def file(name: str = SDIST, **said: object) -> Page:
    hashes = {"sha256": hashlib.sha256(CONTENT).hexdigest()}
    made = {"filename": name, "url": f"/{name}", "hashes": hashes, "size": len(CONTENT)}
    changes = {key.replace("_", "-"): value for key, value in said.items()}
    return {**made, "upload-time": "2024-01-01T00:00:00Z", **changes}


def page(*files: Page, **said: object) -> Page:
    meta = {"api-version": "1.1"}
    return {"meta": meta, "name": "alpha", "versions": ["1.0", "2.0"], "files": files, **said}


def index(alpha: Page, **others: tuple[bytes, dict[str, str]]) -> Answers:
    """An index of one project, and what else it answers, by the names of files."""
    listed = {"meta": {"api-version": "1.1"}, "projects": [{"name": "alpha"}]}
    return {
        "/simple/": (json.dumps(listed).encode(), HEADERS),
        "/simple/alpha/": (json.dumps(alpha).encode(), HEADERS),
        **{f"/{name}": (CONTENT, {"Content-Type": "x/y"}) for name in (SDIST, WHEEL)},
        **others,
    }


def beside(serve: Serve, here: Page, upstream: Page, **extent: object) -> Report:
    there = serve(index(upstream))
    return checked(serve(index(here)), upstream=there, **extent)  # type: ignore[arg-type]


def test_what_is_good_is_healthy(serve: Serve) -> None:
    good = page(file(), file(WHEEL, requires_python=">=3.9"))
    report = beside(serve, good, good)
    assert (list(report.findings), report.doubts, code(report)) == ([], [], 0)


def test_a_project_that_is_nowhere_is_not_healthy(serve: Serve) -> None:
    named = beside(serve, page(file()), page(file()), only=frozenset({"alhpa"}))
    assert (told(named), code(named)) == ({("missing", "nowhere")}, 1)
    # A list of projects to have outlives some of them: upstream withdraws what is malicious.
    listed = beside(serve, page(file()), page(file()), projects=frozenset({"alpha", "alhpa"}))
    assert (told(listed), code(listed)) == ({("missing", "nowhere")}, 0)


def test_requires_python_that_upstream_does_not_have_hides_a_file(serve: Serve) -> None:
    report = beside(serve, page(file(requires_python=">=99")), page(file()))
    assert (told(report), code(report)) == ({("not conforming", "page-requires-python")}, 1)
    # An upstream that has no such thing says nothing of it.
    older = {"meta": {"api-version": "1.0"}}
    assert code(beside(serve, page(file(requires_python=">=3")), page(file(), **older))) == 0


def test_a_hash_that_nobody_can_compare_is_no_hash(serve: Serve) -> None:
    other = {"sha512": hashlib.sha512(CONTENT).hexdigest()}
    report = beside(serve, page(file(hashes=other)), page(file()))
    assert (told(report), code(report)) == ({("not conforming", "other-hash")}, 1)
    both = page(file(hashes={**other, "sha256": hashlib.sha256(CONTENT).hexdigest()}))
    assert code(beside(serve, both, page(file()))) == 0


def test_what_comes_from_the_future_is_not_young(serve: Serve) -> None:
    moment = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    newer = page(file(), file(WHEEL, upload_time=moment))
    report = beside(serve, page(file()), newer)
    assert told(report) == {("stale", "files")}, "this clock is slow: what is new looks young"
    assert (report.delay, code(report)) == (timedelta(), 1)


def test_upstream_that_gives_the_page_of_another_says_nothing(serve: Serve) -> None:
    report = beside(serve, page(file()), page(file(), name="beta"))
    assert report.doubts == ["upstream's page of alpha is one of 'beta'"]
    assert code(beside(serve, page(file()), page(file(), name="Alpha"))) == 0


def test_a_redirect_to_upstream_is_no_mirror(serve: Serve) -> None:
    upstream = serve(index(page(file())))
    paths = ("/simple/", "/simple/alpha/")
    there = upstream.removesuffix("/simple/")
    mirror = serve({path: (b"", {"Status": "302", "Location": there + path}) for path in paths})
    report = checked(mirror, upstream=upstream)
    expected = {("missing", "own-page"), ("not conforming", "redirect")}
    assert (told(report), code(report)) == (expected, 1)


def test_a_redirect_to_nowhere_is_no_crash(serve: Serve) -> None:
    report = checked(serve({"/simple/": (b"", {"Status": "302", "Location": "http://[no/"})}))
    assert (told(report), code(report)) == ({("unreachable", "page")}, 3)


def test_metadata_that_is_another_page_is_none(serve: Serve) -> None:
    announced = page(file(WHEEL, core_metadata=True))
    place = f"/{WHEEL}.metadata"
    kinds = {"text/html": b"<form>Log in</form>", "text/plain": b""}
    for media, body in kinds.items():
        report = checked(serve(index(announced) | {place: (body, {"Content-Type": media})}))
        assert (told(report), code(report)) == ({("not conforming", "metadata")}, 1), media
    good = index(announced) | {place: (b"Metadata-Version: 2.1", {"Content-Type": "text/plain"})}
    assert code(checked(serve(good))) == 0


def test_a_base_leads_installers_elsewhere_and_the_check_too(serve: Serve) -> None:
    def answers(base: str) -> Answers:
        digest = hashlib.sha256(CONTENT).hexdigest()
        anchor = f'<a href="{SDIST}#sha256={digest}">{SDIST}</a>'
        bodies = {"": '<a href="alpha/">alpha</a>', "alpha/": f"{base}{anchor}"}
        made = {f"/simple/{name}": html(body) for name, body in bodies.items()}
        return made | {f"/{SDIST}": (CONTENT, {}), f"/simple/alpha/{SDIST}": (CONTENT, {})}

    for base in ("", '<base href="/">'):
        assert code(checked(serve(answers(base)))) == 0
    lost = checked(serve(answers('<base href="/gone/">')))
    assert (told(lost), code(lost)) == ({("missing", "file")}, 1)


def html(body: str) -> tuple[bytes, dict[str, str]]:
    return f"<!DOCTYPE html><html><body>{body}</body></html>".encode(), {
        "Content-Type": "text/html",
        "Vary": "Accept",
    }


def test_a_page_of_maintenance_withdraws_nothing(serve: Serve) -> None:
    good, down = index(page(file())), {"/simple/alpha/": html("Down for maintenance")}
    report = checked(serve(good), upstream=serve(good | down))
    assert (told(report), code(report)) == (set(), 3)
    [doubt] = report.doubts
    assert doubt.startswith("upstream's page of alpha cannot be read: the page names no file")
    # A page that says whose it is may be empty: then all of it is withdrawn.
    title = {"/simple/alpha/": html("<title>Links for alpha</title>")}
    report = checked(serve(good), upstream=serve(good | title))
    assert (told(report), report.doubts) == ({("extra", "withdrawn-file")}, [])


def test_an_index_of_maintenance_is_not_healthy(serve: Serve) -> None:
    listed = {"/simple/": html('<a href="alpha/">alpha</a>')}
    report = checked(serve(listed | {"/simple/alpha/": html("Down for maintenance")}))
    assert (told(report), code(report)) == ({("not conforming", "unreadable")}, 3)


def test_an_index_without_a_file_is_not_healthy(serve: Serve) -> None:
    report = checked(serve(index(page())))
    assert report.doubts == ["no file is named by the pages of 1 projects"]
    assert code(report) == 3
    # Who names one project knows that it may have none; and upstream may have none either.
    assert code(checked(serve(index(page())), only=frozenset({"alpha"}))) == 0
    assert code(beside(serve, page(), page())) == 0
