"""A proxy that holds young releases back, for any installer, and other servers beside it."""

from __future__ import annotations

from pathlib import Path

from drilling.installers import BUILDOUT, OLD_PIP, WAYS, tried
from drilling.releases import JSON, OLD, YOUNG, at_the_proxy, devpi_index, proxy, proxy_of, publish

from mirrorlab.runner import Answer, Run

PAGES_THAT_TELL_NOTHING = (
    "500",
    "503",
    "malformed",
    "truncated",
    "wrong-content-type",
    "no-upload-time",
    "bad-gzip",
)


def promise(run: Run) -> None:
    """An installer takes the old release: by its own setting, or through the proxy."""
    publish(run)
    assert run.step("check-index").exit_code == 0
    _, done = tried(run, OLD_PIP)
    assert done == YOUNG, f"an old pip waits by itself, so the proxy shows nothing: {done}"
    for each in (OLD_PIP, BUILDOUT):
        attempt, done = tried(run, each, proxy(run))
        assert done == OLD, f"{each.client} behind the proxy gets {done or 'nothing'}"
    _both_forms(run)
    asked = run.get(at_the_proxy(run, YOUNG))
    assert asked.status == 404, f"the proxy gives the young file itself: {asked.status}"
    for name in ("pip", "uv"):
        attempt, done = tried(run, WAYS[name])
        assert done == OLD, f"{name} with its setting gives {done or 'nothing'}: {attempt.output}"


def bad_upstream(run: Run) -> None:
    """Whatever is wrong behind the proxy, it gives no file, and says why."""
    publish(run)
    for fault in PAGES_THAT_TELL_NOTHING:
        run.index.fault(fault, "/simple/demo-lib/")
        _refuses_to_tell(run, fault)
        run.index.clear()
    assert run.get(f"{proxy(run)}no-such-project/").status == 404
    html = f"http://127.0.0.1:{run.port('html')}/simple/"
    with proxy_of(run, UPSTREAM=html):
        page = run.get(f"{proxy(run)}demo-lib/", JSON)
        assert page.status == 502, f"from HTML alone the proxy makes {page.status}"
        assert "only application/vnd.pypi.simple.v1+json has upload times" in page.text
    run.index.fault("truncated", "/packages/*")
    cut = run.get(at_the_proxy(run, OLD))
    assert cut.status == 0, f"half a file looks whole: {len(cut.body)} bytes"


def urgent_fix(run: Run) -> None:
    """One version of one project comes at once; all others wait, and a wrong list opens nothing."""
    publish(run)
    exceptions = run.folder / "exceptions.txt"
    before = exceptions.read_text()
    try:
        _exceptions_at_the_proxy(run, exceptions)
    finally:
        exceptions.write_text(before)
    for name, typed, more in (
        ("pip", f"pip install --uploaded-prior-to P0D demo-lib=={YOUNG}", ""),
        ("uv", "uv sync --exclude-newer-package demo-lib=false", ""),
        ("poetry", "poetry lock", 'min-release-age-exclude = ["demo-lib"]\n'),
        ("pdm", "pdm lock", "exclude-newer-override = { demo-lib = false }\n"),
    ):
        attempt, done = tried(run, WAYS[name]._replace(typed=typed), more=more)
        assert done == YOUNG, f"{name}: {attempt.output}"


def servers_in_front(run: Run) -> None:
    """A cache and a bandersnatch tree pass upload-time on; devpi and HTML drop it."""
    publish(run)
    mirrored = run.step("front-bandersnatch")
    assert mirrored.exit_code == 0, mirrored.output
    api = f"http://127.0.0.1:{run.port('devpi')}"
    devpi_index(api, "direct", run.settings["INDEX"])
    devpi_index(api, "cooled", proxy(run))
    fronts = {
        f"http://127.0.0.1:{run.port('cache')}/simple/": True,
        f"http://127.0.0.1:{run.port('tree')}/simple/": True,
        f"{api}/root/direct/+simple/": False,
        f"http://127.0.0.1:{run.port('html')}/simple/": False,
    }
    for front, passes in fronts.items():
        code = run.step("check-index", INDEX=front).exit_code
        assert code == (0 if passes else 1), f"check-index of {front}: {code}"
        _, done = tried(run, WAYS["uv"], front)
        assert done == (OLD if passes else ""), f"uv in front of {front}: {done or 'nothing'}"
    _, done = tried(run, WAYS["poetry"], f"{api}/root/direct/+simple/")
    assert done == YOUNG, f"poetry waits behind devpi: {done or 'nothing'}: mend the page"
    attempt, done = tried(run, OLD_PIP, f"{api}/root/cooled/+simple/")
    assert done == OLD, f"devpi, fed by the proxy: {done or 'nothing'}: {attempt.output}"


def _both_forms(run: Run) -> None:
    """The two forms of a page list the same files, with the hashes that the index gives."""
    known = {file.filename: file.hashes["sha256"] for file in run.index.files("demo-lib")}
    page: Answer = run.get(f"{proxy(run)}demo-lib/", JSON)
    html = run.get(f"{proxy(run)}demo-lib/", "text/html")
    for answer in (page, html):
        assert answer.headers["Vary"] == "Accept", "a cache may mix up the two forms"
    files = {file["filename"]: file["hashes"]["sha256"] for file in page.json()["files"]}
    assert files == {name: known[name] for name in known if f"-{YOUNG}-" not in name}
    assert YOUNG not in page.json()["versions"]
    for name, digest in files.items():
        assert f'../../files/demo-lib/{name}#sha256={digest}"' in html.text, f"{name} in HTML"
    assert html.text.count("<a ") == len(files)
    assert html.text.count("data-yanked") == sum(
        f["yanked"] is not False for f in page.json()["files"]
    )


def _refuses_to_tell(run: Run, fault: str) -> None:
    """Assert that the proxy gives neither a page nor a file, in a way that no cache keeps."""
    for accept in (JSON, "text/html", None):
        page = run.get(f"{proxy(run)}demo-lib/", accept)
        assert page.status == 502, f"{fault}: the proxy answers {page.status}: {page.text}"
        assert page.text.startswith("cooldown: http"), f"{fault}: no reason: {page.text}"
        assert page.headers["Cache-Control"] == "no-store", f"{fault}: it may be kept"
    file = run.get(at_the_proxy(run, OLD))
    assert file.status == 502, f"{fault}: a file is given: {file.status}"


def _exceptions_at_the_proxy(run: Run, exceptions: Path) -> None:
    """It reads them anew for each page."""
    for line, newest in (
        (f"Demo_Lib=={YOUNG}.0  # CVE-2026-0000", YOUNG),
        ("demo-lib==2.9", OLD),
        ("demo-dep", OLD),
        ("demo-lib", YOUNG),
    ):
        exceptions.write_text(f"{line}\n")
        page = run.get(f"{proxy(run)}demo-lib/", JSON).json()
        assert (YOUNG in page["versions"]) == (newest == YOUNG), f"{line} gives {page}"
        young = run.get(at_the_proxy(run, YOUNG))
        assert (young.status == 200) == (newest == YOUNG), f"{line}: the file: {young.status}"
    run.index.fault("no-upload-time", "/simple/demo-lib/")
    own = run.get(f"{proxy(run)}demo-lib/", JSON)
    assert own.status == 200, f"a project of your own needs an upload-time: {own.text}"
    run.index.clear()
    for wrong in ("demo-lib>=3", "demo-lib==", "*", "demo-lib==*", "==3.0", "demo-lib 3.0"):
        exceptions.write_text(f"{wrong}\n")
        refused = run.get(f"{proxy(run)}demo-lib/")
        assert refused.status == 503, f"the exception {wrong!r} gives {refused.status}"
        assert "exceptions.txt, line 1" in refused.text
