"""What a cooldown promises, on the client and at the proxy, and who gives it up without a word.

`demo-lib` 2.0 is old by the real clock, and 3.0, published by each drill, is one day old.
"""

from __future__ import annotations

import base64
import json
import re
import tomllib
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from mirrorlab.clients import Attempt, Client
from mirrorlab.runner import Answer, Run
from mirrorlab.scenario import File

YOUNG, OLD = "3.0", "2.0"
JSON = "application/vnd.pypi.simple.v1+json"
MIRROR = "https://mirror.example/simple/"
NO_RETRIES = {
    "PIP_RETRIES": "0",
    "UV_HTTP_RETRIES": "0",
    "POETRY_REQUESTS_MAX_RETRIES": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}


class Way(NamedTuple):
    """How an installer is told to wait: the reader's files, and what is typed beside them."""

    client: str
    folder: str
    typed: str
    environment: dict[str, str] = {}


WAYS = {
    "pip": Way("pip", "pip", "pip install demo-lib", {"PIP_CONFIG_FILE": "pip.conf"}),
    "pip-tools": Way(
        "pip-compile",
        "pip-tools",
        "pip-compile --quiet --strip-extras --upgrade --uploaded-prior-to P7D",
    ),
    "uv": Way("uv", "uv", "uv sync"),
    "poetry": Way("poetry", "poetry", "poetry lock"),
    "pdm": Way("pdm", "pdm", "pdm lock"),
    "pipenv": Way("pipenv", "pipenv", "pipenv lock"),
    "hatch": Way("hatch", "hatch", "hatch env create"),
}
"""What these lock, they install."""
OLD_PIP = Way("pip-22.1", "pip", f"pip install --index-url {MIRROR} demo-lib")
BUILDOUT = Way("buildout", "buildout-at-the-proxy", "buildout")
OPEN = {"poetry", "pipenv"}
"""Who installs the newest where no upload-time is given, and says nothing."""


def promise(run: Run) -> None:
    """An installer takes the old release: by its own setting, or through the proxy."""
    _publish(run)
    assert run.step("check-index").exit_code == 0
    _, done = _try(run, OLD_PIP)
    assert done == YOUNG, f"an old pip waits by itself, so the proxy shows nothing: {done}"
    for each in (OLD_PIP, BUILDOUT):
        attempt, done = _try(run, each, _proxy(run))
        assert done == OLD, f"{each.client} behind the proxy gets {done or 'nothing'}"
    _both_forms(run)
    asked = run.get(_file(run, f"demo_lib-{YOUNG}-py3-none-any.whl"))
    assert asked.status == 404, f"the proxy gives the young file itself: {asked.status}"
    for name in ("pip", "uv"):
        attempt, done = _try(run, WAYS[name])
        assert done == OLD, f"{name} with its setting gives {done or 'nothing'}: {attempt.output}"


def young_release(run: Run) -> None:
    """While the index gives upload-time, each of the other installers waits by its own setting."""
    _publish(run)
    for name in ("poetry", "pdm", "pipenv", "hatch", "pip-tools"):
        attempt, done = _try(run, WAYS[name])
        assert done == OLD, f"{name} with its setting gives {done or 'nothing'}: {attempt.output}"


def no_upload_time(run: Run) -> None:
    """Behind a proxy that drops it, five refuse everything, and two install the newest."""
    _publish(run)
    run.index.fault("no-upload-time", "/simple/*")
    checked = run.step("check-index")
    assert checked.exit_code == 1, f"check-index is content: {checked.output}"
    for name, each in WAYS.items():
        attempt, done = _try(run, each)
        expected = YOUNG if name in OPEN else ""
        assert done == expected, f"{name} gives {done or 'nothing'}: mend the page"
        assert (attempt.exit_code == 0) == (name in OPEN), f"{name} ends with {attempt.exit_code}"


def locked_young(run: Run) -> None:
    """A lock made before: pip refuses it; poetry, and uv with --frozen, install it."""
    _publish(run)
    young = {"uv sync --frozen": YOUNG, "uv sync --locked": "", "uv sync": OLD}
    for typed, expected in young.items():
        _locked_first(run, "uv", "uv lock", typed, expected)
    _locked_first(run, "poetry", "poetry lock", "poetry install", YOUNG)
    client = _client(run, WAYS["pip"], run.settings["INDEX"])
    digest = run.index.sha256(f"demo_lib-{YOUNG}-py3-none-any.whl")
    lock = f"demo-lib=={YOUNG} --hash=sha256:{digest}\n"
    (client.project / "requirements.txt").write_text(lock)
    env = {**NO_RETRIES, **WAYS["pip"].environment}
    attempt = client.follow("pip install --no-deps -r requirements.txt", env=env)
    assert attempt.exit_code == 1, f"pip installs what is locked and young: {attempt.output}"
    assert f"requirement demo-lib=={YOUNG}" in attempt.output, attempt.output


def bad_upstream(run: Run) -> None:
    """Whatever is wrong behind the proxy, it gives no file, and says why."""
    _publish(run)
    pages = (
        "500",
        "503",
        "malformed",
        "truncated",
        "wrong-content-type",
        "no-upload-time",
        "bad-gzip",
    )
    for fault in pages:
        run.index.fault(fault, "/simple/demo-lib/")
        for accept in (JSON, "text/html", None):
            page = run.get(f"{_proxy(run)}demo-lib/", accept)
            assert page.status == 502, f"{fault}: the proxy answers {page.status}: {page.text}"
            assert page.text.startswith("cooldown: http"), f"{fault}: no reason: {page.text}"
            assert page.headers["Cache-Control"] == "no-store", f"{fault}: it may be kept"
        file = run.get(_file(run, f"demo_lib-{OLD}-py3-none-any.whl"))
        assert file.status == 502, f"{fault}: a file is given: {file.status}"
        run.index.clear()
    assert run.get(f"{_proxy(run)}no-such-project/").status == 404
    html = f"http://127.0.0.1:{run.port('html')}/simple/"
    with _proxy_of(run, UPSTREAM=html):
        page = run.get(f"{_proxy(run)}demo-lib/", JSON)
        assert page.status == 502, f"from HTML alone the proxy makes {page.status}"
        assert "only application/vnd.pypi.simple.v1+json has upload times" in page.text
    run.index.fault("truncated", "/packages/*")
    cut = run.get(_file(run, f"demo_lib-{OLD}-py3-none-any.whl"))
    assert cut.status == 0, f"half a file looks whole: {len(cut.body)} bytes"


def urgent_fix(run: Run) -> None:
    """One version of one project comes at once; all others wait, and a wrong list opens nothing."""
    _publish(run)
    exceptions = run.folder / "exceptions.txt"
    before = exceptions.read_text()
    try:
        for line, newest in (
            (f"Demo_Lib=={YOUNG}.0  # CVE-2026-0000", YOUNG),
            ("demo-lib==2.9", OLD),
            ("demo-dep", OLD),
            ("demo-lib", YOUNG),
        ):
            exceptions.write_text(f"{line}\n")
            page = run.get(f"{_proxy(run)}demo-lib/", JSON).json()
            assert (YOUNG in page["versions"]) == (newest == YOUNG), f"{line} gives {page}"
            young = run.get(_file(run, f"demo_lib-{YOUNG}-py3-none-any.whl"))
            assert (young.status == 200) == (newest == YOUNG), f"{line}: the file: {young.status}"
        run.index.fault("no-upload-time", "/simple/demo-lib/")
        page = run.get(f"{_proxy(run)}demo-lib/", JSON)
        assert page.status == 200, f"a project of your own needs an upload-time: {page.text}"
        run.index.clear()
        for wrong in ("demo-lib>=3", "demo-lib==", "*", "demo-lib==*", "==3.0", "demo-lib 3.0"):
            exceptions.write_text(f"{wrong}\n")
            page = run.get(f"{_proxy(run)}demo-lib/")
            assert page.status == 503, f"the exception {wrong!r} gives {page.status}"
            assert "exceptions.txt, line 1" in page.text
    finally:
        exceptions.write_text(before)
    for name, typed, more in (
        ("pip", f"pip install --uploaded-prior-to P0D demo-lib=={YOUNG}", ""),
        ("uv", "uv sync --exclude-newer-package demo-lib=false", ""),
        ("poetry", "poetry lock", 'min-release-age-exclude = ["demo-lib"]\n'),
        ("pdm", "pdm lock", "exclude-newer-override = { demo-lib = false }\n"),
    ):
        attempt, done = _try(run, WAYS[name]._replace(typed=typed), more=more)
        assert done == YOUNG, f"{name}: {attempt.output}"


def servers_in_front(run: Run) -> None:
    """A cache and a bandersnatch tree pass upload-time on; devpi and HTML drop it."""
    _publish(run)
    mirrored = run.step("front-bandersnatch")
    assert mirrored.exit_code == 0, mirrored.output
    api = f"http://127.0.0.1:{run.port('devpi')}"
    _devpi_index(api, "direct", run.settings["INDEX"])
    _devpi_index(api, "cooled", _proxy(run))
    fronts = {
        f"http://127.0.0.1:{run.port('cache')}/simple/": True,
        f"http://127.0.0.1:{run.port('tree')}/simple/": True,
        f"{api}/root/direct/+simple/": False,
        f"http://127.0.0.1:{run.port('html')}/simple/": False,
    }
    for front, passes in fronts.items():
        code = run.step("check-index", INDEX=front).exit_code
        assert code == (0 if passes else 1), f"check-index of {front}: {code}"
        _, done = _try(run, WAYS["uv"], front)
        assert done == (OLD if passes else ""), f"uv in front of {front}: {done or 'nothing'}"
    _, done = _try(run, WAYS["poetry"], f"{api}/root/direct/+simple/")
    assert done == YOUNG, f"poetry waits behind devpi: {done or 'nothing'}: mend the page"
    attempt, done = _try(run, OLD_PIP, f"{api}/root/cooled/+simple/")
    assert done == OLD, f"devpi, fed by the proxy: {done or 'nothing'}: {attempt.output}"


def _publish(run: Run) -> None:
    """Publish the young release, by the real clock, where that has not happened yet."""
    if not any(f"-{YOUNG}-" in file.filename for file in run.index.files("demo-lib")):
        yesterday = datetime.now(UTC) - timedelta(days=1)
        run.index.publish("demo-lib", YOUNG, uploaded=yesterday, files=(File(),))


def _proxy(run: Run) -> str:
    return f"http://{run.settings['LISTEN']}/simple/"


def _file(run: Run, filename: str) -> str:
    return f"http://{run.settings['LISTEN']}/files/demo-lib/{filename}"


@contextmanager
def _proxy_of(run: Run, **settings: str) -> Iterator[None]:
    """Let the proxy take from somewhere else."""
    run.step("cooldown", **settings)
    try:
        yield
    finally:
        run.step("cooldown")


def _both_forms(run: Run) -> None:
    """The two forms of a page list the same files, with the hashes that the index gives."""
    known = {file.filename: file.hashes["sha256"] for file in run.index.files("demo-lib")}
    page: Answer = run.get(f"{_proxy(run)}demo-lib/", JSON)
    html = run.get(f"{_proxy(run)}demo-lib/", "text/html")
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


def _client(run: Run, each: Way, index: str, more: str = "") -> Client:
    """A fresh installer with the reader's files, told of ``index``; ``more`` is one line more."""
    client = run.client(each.client)
    for file in (run.folder / "clients" / each.folder).iterdir():
        text = file.read_text().replace(MIRROR, index)
        for setting in ("min-release-age = 7\n", 'exclude-newer = "7d"\n'):
            text = text.replace(setting, setting + more)
        (client.project / file.name).write_text(text)
    (client.project / "uv.toml").unlink(missing_ok=True)
    return client


def _try(run: Run, each: Way, index: str = "", *, more: str = "") -> tuple[Attempt, str]:
    """Install or lock with one installer; the version that came of it, "" for none."""
    index = index or run.settings["INDEX"]
    client = _client(run, each, index, more)
    typed = each.typed.replace(MIRROR, index)
    attempt = client.follow(typed, env={**NO_RETRIES, **each.environment})
    return attempt, attempt.installed.get("demo-lib", "") or _locked(client.project)


def _locked(project: Path) -> str:
    """The version in whatever lock of poetry, pdm, pipenv or pip-tools is there."""
    for name in ("poetry.lock", "pdm.lock"):
        if (project / name).exists():
            packages = tomllib.loads((project / name).read_text())["package"]
            return next((str(p["version"]) for p in packages if p["name"] == "demo-lib"), "")
    for name in ("Pipfile.lock", "requirements.txt"):
        if (project / name).exists():
            found = re.search(
                r'demo-lib"?(?:==|: .*?==)([0-9.]+)', (project / name).read_text(), re.S
            )
            return found[1] if found else ""
    return ""


def _locked_first(run: Run, name: str, lock: str, typed: str, expected: str) -> None:
    """Lock without the setting, then install with it."""
    client = _client(run, WAYS[name], run.settings["INDEX"])
    text = {file: file.read_text() for file in client.project.iterdir() if file.is_file()}
    words = ("exclude-newer", "min-release-age", "[solver]", "[tool.uv]")
    for file, before in text.items():
        lines = [line for line in before.splitlines(True) if not line.startswith(words)]
        file.write_text("".join(lines))
    locked = client.follow(lock, env=NO_RETRIES)
    assert locked.exit_code == 0, f"{lock}: {locked.output}"
    for file, before in text.items():
        file.write_text(before)
    done = client.follow(typed, env=NO_RETRIES).installed.get("demo-lib", "")
    assert done == expected, f"{typed} of a young lock gives {done or 'nothing'}: mend the page"


def _devpi_index(api: str, name: str, url: str) -> None:
    """Make an index of devpi that mirrors ``url``."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def ask(method: str, path: str, body: dict[str, Any], auth: str = "") -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if auth:
            headers["X-Devpi-Auth"] = base64.b64encode(f"root:{auth}".encode()).decode()
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{api}/{path}", data, headers, method=method)
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)

    token = ask("POST", "+login", {"user": "root", "password": ""})["result"]["password"]
    index = {"type": "mirror", "mirror_url": url, "mirror_no_project_list": True}
    ask("PUT", f"root/{name}", {**index, "volatile": True}, token)
