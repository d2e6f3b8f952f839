"""Mirror health: take each safeguard of the watch away, and see the drill fail for that reason."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.recipes.conftest import Case

from mirrorlab.check import Kind

RECIPE = Path(__file__).parents[2] / "recipes" / "mirror-health"

SABOTAGE: list[Case] = [
    ("promise", "check.sh", '--prometheus "$METRICS"', "", "wrote no metrics"),
    ("stale", "check.sh", '--max-age "$MAX_AGE"', "--max-age 2d", "the check ended with 0"),
    ("missing", "alerts.yml.in", 'kind="missing"', 'kind="mising"', "other alerts than"),
    ("altered", "alerts.yml.in", "altered|truncated", "altered", "other alerts than"),
    ("withdrawn", "check.sh", '--upstream "$UPSTREAM"', "", "the check ended with 0"),
    ("frozen", "check.sh", '--max-age "$MAX_AGE"', "--max-age 5h", "the check ended with 0"),
    ("could-not-tell", "alerts.yml.in", "exit_code == 3", "exit_code == 2", "other alerts than"),
    ("check-dies", "alerts.yml.in", "last_over_time(", "min_over_time(", "other alerts than"),
    ("prune-dry-run", "prune.py", "lines & before", "lines", "it ended with 0"),
    ("prune", "prune.py", "lines & before", "lines if delete else set()", "what is new"),
    ("prune-refuses", "prune.py", "100 * removed >", "0 * removed >", "it ended with"),
]


def test_each_kind_of_finding_has_an_alert() -> None:
    rules = (RECIPE / "alerts.yml.in").read_text()
    named = {kind for one in re.findall(r'kind=~?"([^"]+)"', rules) for kind in one.split("|")}
    assert named == {str(kind) for kind in Kind}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SILENT", ""),
        ("SILENT", "0"),
        ("PATIENCE", "75m"),
        ("PATIENCE", "-1"),
        ("BEHIND", "1d"),
        ("BEHIND", "86400.5"),
        ("BEHIND", "1\n2"),
        ("BEHIND", "123456789"),
    ],
)
def test_a_threshold_that_is_no_number_of_seconds_is_refused(
    tmp_path: Path, name: str, value: str
) -> None:
    done = _alerts(tmp_path, {name: value} if value else {name: " "})
    assert (done.returncode, list(tmp_path.glob("alerts*"))) == (2, [])
    assert f"alerts: {name} is a number of seconds" in done.stderr


def test_rules_that_promtool_refuses_do_not_replace_the_old_ones(tmp_path: Path) -> None:
    folder = shutil.copytree(RECIPE, tmp_path / "recipe")
    rules = folder / "alerts.yml.in"
    rules.write_text(rules.read_text().replace("absent(", "absnt("))
    old = tmp_path / "alerts.yml"
    old.write_text("old")
    done = _alerts(tmp_path, {}, folder)
    assert (done.returncode, old.read_text()) == (1, "old")
    assert list(tmp_path.glob("*.new")) == []


def test_rules_that_cannot_be_written_are_a_wrong_setting(tmp_path: Path) -> None:
    done = _alerts(tmp_path, {"ALERTS": "/nowhere/alerts.yml"})
    assert (done.returncode, done.stdout) == (2, "")
    assert "alerts: ALERTS: cannot write /nowhere/alerts.yml.new" in done.stderr


def test_without_promtool_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("dirname", "sed", "mv", "rm"):
        program = shutil.which(name)
        assert program is not None
        (tmp_path / "bin" / name).symlink_to(program)
    done = _alerts(tmp_path, {"PATH": str(tmp_path / "bin")})
    assert (done.returncode, list(tmp_path.glob("alerts*"))) == (3, [])
    assert "there is no promtool" in done.stderr


def test_the_cron_lines_have_five_fields_and_a_user() -> None:
    lines = (RECIPE / "cron.d" / "mirror-health").read_text().splitlines()
    jobs = [line for line in lines if line[0].isdigit()]
    assert len(jobs) == 2
    for line in jobs:
        minute, hour, *stars, user, command = line.split(maxsplit=6)[:7]
        assert 0 < int(minute) < 60
        assert hour == "*" or 0 <= int(hour) < 24
        assert (stars, user) == (["*"] * 3, "mirror")
        started = re.match(r"/bin/sh /srv/mirror-health/(\S+\.sh) ", command)
        assert started is not None
        assert (RECIPE / started[1]).is_file()
        assert "%" not in command, "cron ends a command at %"


PAGE = "<!DOCTYPE html>\n<html>\n  <body>\n{}  </body>\n</html>"
JSON = "index.v1_json"


def _tree(folder: Path, *, other: str = "b-1.0.tar.gz") -> Path:
    """A tree of the projects a and b, with two files and one file."""
    files = {"a": ("a-1.0.tar.gz", "a-2.0.tar.gz"), "b": (other,)}
    simple = folder / "web" / "simple"
    names = [{"name": name} for name in files]
    _page(simple, {"projects": names}, [f'<a href="{one}/">{one}</a><br/>' for one in files])
    for project, filenames in files.items():
        entries = [{"filename": one, "url": f"../../packages/{one}"} for one in filenames]
        lines = [f'<a href="../../packages/{one}#sha256=0">{one}</a><br/>' for one in filenames]
        versions = sorted({one.split("-")[1].removesuffix(".tar.gz") for one in filenames})
        _page(simple / project, {"files": entries, "versions": versions}, lines)
        for one in filenames:
            (folder / "web" / "packages").mkdir(exist_ok=True)
            (folder / "web" / "packages" / one).write_text(one)
    return folder


def _page(folder: Path, data: dict[str, object], lines: list[str]) -> None:
    folder.mkdir(parents=True)
    (folder / JSON).write_text(json.dumps(data))
    for form in ("index.html", "index.v1_html"):
        (folder / form).write_text(PAGE.format("".join(f"    {line}\n" for line in lines)))


def _report(*found: tuple[str, str, str], **more: object) -> str:
    """What the check says that found (rule, project, file)."""
    kinds = {"withdrawn-project": "extra", "withdrawn-file": "extra"}
    findings = [
        {"kind": kinds.get(rule, "orphaned"), "rule": rule, "project": project, "file": file}
        for rule, project, file in found
    ]
    counts = {kind: sum(one["kind"] == kind for one in findings) for kind in ("extra", "orphaned")}
    check = {"could_not_tell": [], "counts": counts, "findings": findings}
    return json.dumps({"schema": 1, "exit_code": 1, "checks": [check | more]})


class Upstream:
    """An index whose answers are made up: what the real one says is the drills' matter."""

    def __init__(self) -> None:
        self.url = ""
        """Of its host alone."""
        self.files = {"a": ["a-2.0.tar.gz"], "b": ["b-1.0.tar.gz"], "c": ["c-2.0.tar.gz"]}
        self.listed: set[str] | None = None
        """None: the projects that have files."""
        self.says: dict[str, object] = {}
        """What it answers instead, by path; a number is a status."""
        self.asked: list[str] = []
        self.breaks_after = 100
        """After so many questions it has nothing any more."""

    def answer(self, path: str) -> object:
        """Return JSON, or a status."""
        self.asked.append(path)
        if len(self.asked) > self.breaks_after:
            return {"projects": []} if path == "/simple/" else 404
        if path in self.says:
            return self.says[path]
        if path == "/simple/":
            return {"projects": [{"name": one} for one in self.listed or self.files]}
        name = path.removeprefix("/simple/").removesuffix("/")
        if path != f"/simple/{name}/" or name not in self.files:
            return 404
        return {"name": name, "files": [{"filename": one} for one in self.files[name]]}


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = upstreams[-1].answer(self.path)
            body = json.dumps(said).encode()
            self.send_response(said if isinstance(said, int) else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


upstreams: list[Upstream] = []
"""The last one answers."""


@pytest.fixture
def upstream(server: ThreadingHTTPServer) -> Upstream:
    upstreams.append(Upstream())
    upstreams[-1].url = f"http://127.0.0.1:{server.server_port}"
    return upstreams[-1]


def _prune(
    upstream: Upstream,
    folder: Path,
    said: str,
    *,
    code: int = 1,
    delete: str = "no",
    **settings: str,
) -> subprocess.CompletedProcess[str]:
    """Prune by what a check said, which is all that is made up."""
    check = folder / "check.sh"
    (folder / "said").write_text(said)
    check.write_text(f"#!/bin/sh\ncat {folder}/said\nexit {code}\n")
    check.chmod(0o755)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "MIRRORLAB": str(check),
        "MIRROR": str(folder),
        "STATE": str(folder),
        "UPSTREAM": upstream.url,
        "MOST": "70",
        "DELETE": delete,
        **settings,
    }
    command = ["sh", str(RECIPE / "prune.sh")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _web(folder: Path) -> dict[str, bytes]:
    web = folder / "web"
    return {str(p.relative_to(web)): p.read_bytes() for p in web.rglob("*") if p.is_file()}


FILE = ("withdrawn-file", "a", "a-1.0.tar.gz")


def test_a_file_goes_from_each_form_of_its_page_and_its_version_with_it(
    tmp_path: Path, upstream: Upstream
) -> None:
    tree = _tree(tmp_path)
    before = _web(tree)
    assert _prune(upstream, tree, _report(FILE)).returncode == 1
    assert _web(tree) == before
    done = _prune(upstream, tree, _report(FILE), delete="yes")
    assert (done.returncode, done.stderr) == (0, "")
    after = _web(tree)
    assert before.keys() - after.keys() == {"packages/a-1.0.tar.gz"}
    changed = {one for one in after if after[one] != before[one]}
    assert changed == {f"simple/a/{form}" for form in (JSON, "index.html", "index.v1_html")}
    assert not any(b"1.0" in after[one] for one in changed)
    assert all(b"a-2.0.tar.gz" in after[one] for one in changed)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("", 0),
        ("[]", 0),
        ("Everything is fine.", 0),
        (_report(FILE)[:-1], 1),
        (_report(FILE).replace('"schema": 1', '"schema": 2'), 1),
        (_report(FILE), 0),
        (_report(FILE), 3),
        (_report(FILE, could_not_tell=["a page"]), 1),
        (_report(FILE), 2),
        (_report(FILE), 137),
        (_report(("withdrawn-project", "../b", "")), 1),
        (_report(("withdrawn-project", "A", "")), 1),
        (_report(("withdrawn-file", "a", "a-3.0.tar.gz")), 1),
        (_report(("withdrawn-file", "c", "c-1.0.tar.gz")), 1),
        (_report(("withdrawn-project", "a", ""), ("withdrawn-project", "b", "")), 1),
        (_report(FILE, counts={"extra": 9, "orphaned": 0}), 1),
    ],
)
def test_what_the_check_did_not_clearly_say_is_refused(
    tmp_path: Path, upstream: Upstream, said: str, code: int
) -> None:
    tree = _tree(tmp_path)
    before = _web(tree)
    (tmp_path / "prune.txt").write_text(
        f"# withdrawn of {tree}, which copies {upstream.url}/simple/\nfile a a-1.0.tar.gz\n"
        "project a\nproject b\n"
    )
    done = _prune(upstream, tree, said, code=code, delete="yes")
    assert (done.returncode, _web(tree)) == (3, before), done.stdout
    assert done.stderr.startswith("prune: refused: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("MOST", "0"),
        ("MOST", "101"),
        ("MOST", "5%"),
        ("MOST", "-5"),
        ("MOST", "05"),
        ("DELETE", "Yes"),
        ("DELETE", "true"),
        ("UPSTREAM", "pypi.org"),
        ("UPSTREAM", "https://"),
        ("UPSTREAM", "https://me:secret@private.example/simple/"),
        ("UPSTREAM", "https://private.example/simple/?x"),
        ("UPSTREAM", "https://private.example:port/simple/"),
        ("MIRROR", "/nowhere"),
        ("MIRRORLAB", "no-such-command"),
    ],
)
def test_a_setting_that_is_not_understood_is_refused(
    tmp_path: Path, upstream: Upstream, setting: str, value: str
) -> None:
    tree = _tree(tmp_path)
    before = _web(tree)
    _prune(upstream, tree, _report(FILE))
    done = _prune(upstream, tree, _report(FILE), code=1, delete="yes", **{setting: value})
    assert (done.returncode, _web(tree)) == (2, before)
    assert done.stderr.startswith(f"prune: {setting}")
    assert len(done.stderr.splitlines()) == 1


def test_without_a_list_nothing_is_removed(tmp_path: Path, upstream: Upstream) -> None:
    done = _prune(upstream, _tree(tmp_path), _report(FILE), delete="yes")
    assert done.returncode == 3
    assert "there is no list yet" in done.stderr


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        ("index.html", "    <a", "    <b></b><a"),
        ("index.v1_html", ">a-1.0.tar.gz<", ">A-1.0.tar.gz<"),
        (JSON, '"../../packages/a-1.0', '"../../../../precious/a-1.0'),
        (JSON, '"../../packages/a-1.0', '"../../packages/%2e%2e/%2e%2e/%2e%2e/precious/a-1.0'),
        (JSON, '"../../packages/a-1.0', '"https://mirror.example/packages/../../../precious/a-1.0'),
        (JSON, '"../../packages/a-1.0', '"../../packages/link/a-1.0'),
    ],
)
def test_a_page_that_is_not_as_bandersnatch_writes_it_is_refused(
    tmp_path: Path, upstream: Upstream, form: str, old: str, new: str
) -> None:
    tree = _tree(tmp_path / "tree")
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "a-1.0.tar.gz").write_text("not of the tree")
    (tree / "web" / "packages" / "link").symlink_to(precious)
    page = tree / "web" / "simple" / "a" / form
    text = page.read_text()
    assert old in text
    page.write_text(text.replace(old, new))
    before = _web(tree)
    for delete in ("no", "yes"):
        done = _prune(upstream, tree, _report(FILE), delete=delete)
        assert done.returncode == 3
    assert _web(tree) == before
    assert (precious / "a-1.0.tar.gz").exists()


def test_a_file_that_another_page_names_too_stays(tmp_path: Path, upstream: Upstream) -> None:
    tree = _tree(tmp_path, other="a-1.0.tar.gz")
    upstream.files["b"] = ["a-1.0.tar.gz"]
    for delete in ("no", "yes"):
        done = _prune(upstream, tree, _report(FILE), delete=delete)
    assert done.returncode == 0
    assert (tree / "web" / "packages" / "a-1.0.tar.gz").exists()
    assert "a-1.0.tar.gz" not in (tree / "web" / "simple" / "a" / JSON).read_text()


def test_pages_are_replaced_before_files_go_and_what_was_broken_off_goes_on(
    tmp_path: Path, upstream: Upstream
) -> None:
    tree = _tree(tmp_path)
    file = tree / "web" / "packages" / "a-1.0.tar.gz"
    _prune(upstream, tree, _report(FILE))
    file.unlink()
    file.mkdir()  # which cannot be unlinked
    (tree / "web" / ".pruned-before").mkdir()
    done = _prune(upstream, tree, _report(FILE), delete="yes")
    assert done.returncode == 1
    assert done.stderr.startswith("prune: broken off: ")
    page = (tree / "web" / "simple" / "a" / "index.html").read_text()
    assert "a-1.0.tar.gz" not in page
    assert not (tree / "web" / ".pruned-before").exists()


LEFT = ("file", "", "packages/b-9.0.tar.gz")


def _with_leftovers(folder: Path, *names: str) -> Path:
    tree = _tree(folder)
    for name in names or ("b-9.0.tar.gz",):
        (tree / "web" / "packages" / name).write_text(name)
    return tree


@pytest.mark.parametrize("ending", ["", "/", "/simple", "/simple/"])
def test_upstream_is_taken_as_the_check_takes_it(
    tmp_path: Path, upstream: Upstream, ending: str
) -> None:
    tree = _with_leftovers(tmp_path)
    upstream.files["b"].append("b-9.0.tar.gz")  # its page here was made by a broken sync
    before = _web(tree)
    for delete in ("no", "yes"):
        done = _prune(upstream, tree, _report(LEFT), delete=delete, UPSTREAM=upstream.url + ending)
        assert (done.returncode, _web(tree)) == (0, before), done.stdout
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
    before = _web(tree)
    url = upstream.url
    (tmp_path / "prune.txt").write_text(
        f"# withdrawn of {tree}, which copies {url}{base}\nleftover {LEFT[2]}\n"
    )
    done = _prune(upstream, tree, _report(LEFT), delete="yes", UPSTREAM=f"{url}{base}")
    assert (done.returncode, _web(tree)) == (3, before), done.stdout
    assert done.stderr.startswith("prune: refused: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_upstream_that_breaks_down_while_it_is_asked_proves_nothing(
    tmp_path: Path, upstream: Upstream
) -> None:
    tree = _with_leftovers(tmp_path, "c-2.0.tar.gz")
    place = "packages/c-2.0.tar.gz"
    left = _report(("file", "", place))
    (tmp_path / "prune.txt").write_text(
        f"# withdrawn of {tree}, which copies {upstream.url}/simple/\nleftover {place}\n"
    )
    upstream.breaks_after = 1
    before = _web(tree)
    done = _prune(upstream, tree, left, delete="yes")
    assert (done.returncode, _web(tree)) == (3, before), done.stdout
    assert "says nothing" in done.stderr


@pytest.mark.parametrize(
    "name", ["robots.txt", "b-9.0.tar.gz.asc", "b-1.0.tar.gz.provenance", "a.html", "README"]
)
def test_what_no_index_has_is_never_taken_for_withdrawn(
    tmp_path: Path, upstream: Upstream, name: str
) -> None:
    tree = _with_leftovers(tmp_path, name)
    report = _report(("file", "", f"packages/{name}"))
    before = _web(tree)
    for delete in ("no", "yes"):
        done = _prune(upstream, tree, report, delete=delete)
        assert (done.returncode, _web(tree)) == (0, before), done.stdout


def test_a_project_is_gone_where_list_and_page_agree(tmp_path: Path, upstream: Upstream) -> None:
    tree = _with_leftovers(tmp_path, "more-1.tar.gz")
    gone = _report(("withdrawn-project", "a", ""))
    upstream.listed = {"A", "b"}
    del upstream.files["a"]
    before = _web(tree)
    for delete in ("no", "yes"):
        done = _prune(upstream, tree, gone, delete=delete)
        assert (done.returncode, _web(tree)) == (1, before)
        assert "left alone, as upstream contradicts itself: project a" in done.stdout
    upstream.listed = {"b"}
    for code, delete in ((1, "no"), (0, "yes")):
        done = _prune(upstream, tree, gone, delete=delete)
        assert done.returncode == code, done.stderr
    assert not (tree / "web" / "simple" / "a").exists()


@pytest.mark.parametrize("rule", ["withdrawn-project", "withdrawn-file"])
def test_what_upstream_has_by_now_stays(tmp_path: Path, upstream: Upstream, rule: str) -> None:
    tree = _tree(tmp_path)
    upstream.files["a"].append("a-1.0.tar.gz")
    found = _report((rule, "a", "a-1.0.tar.gz" if rule == "withdrawn-file" else ""))
    before = _web(tree)
    for delete in ("no", "yes"):
        done = _prune(upstream, tree, found, delete=delete)
        assert (done.returncode, _web(tree)) == (1, before)
        assert "left alone, as upstream contradicts itself" in done.stdout


def _check(tmp_path: Path, kit: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Check with a kit of these shell commands, which have METRICS in $metrics."""
    command = tmp_path / "kit"
    command.write_text(f"#!/bin/sh\nmetrics={tmp_path}/metrics\n{kit}\n")
    command.chmod(0o755)
    environment = {
        "PATH": "/usr/bin:/bin",
        "MIRRORLAB": str(command),
        "STATE": str(tmp_path / "state"),
        "METRICS": str(tmp_path / "metrics"),
        "STATUS": str(tmp_path / "status"),
        "ALARM": f"cat >>{tmp_path}/alarm",
        **settings,
    }
    script = ["/bin/sh", str(RECIPE / "check.sh")]
    return subprocess.run(script, env=environment, capture_output=True, text=True, check=False)


WRITE = "true >$metrics.new; mv $metrics.new $metrics; "


@pytest.mark.parametrize(
    ("kit", "code"),
    [
        (f"{WRITE} exit 0", 0),
        (f"{WRITE} exit 1", 1),
        ("exit 2", 2),
        ("exit 3", 3),
        ("exit 0", 3),  # it has not checked
        ("exit 1", 3),  # an interpreter that finds no module
        ("exit 126", 3),
        ("kill -9 $$", 3),
        (f"{WRITE} kill -15 $$", 3),
    ],
)
def test_a_check_that_did_not_end_could_not_tell(tmp_path: Path, kit: str, code: int) -> None:
    (tmp_path / "metrics").write_text("of the check before")
    done = _check(tmp_path, f"echo told; {kit}")
    assert done.returncode == code, done.stderr
    assert done.stdout.startswith("told\n")
    assert (tmp_path / "alarm").exists() is (code != 0)
    if code != 0:
        assert (tmp_path / "alarm").read_text() == done.stdout


@pytest.mark.parametrize(("kit", "code"), [(f"{WRITE} exit 1", 1), ("exit 2", 2), ("exit 3", 3)])
def test_an_alarm_that_fails_does_not_replace_the_verdict(
    tmp_path: Path, kit: str, code: int
) -> None:
    done = _check(tmp_path, kit, ALARM="no-such-command")
    assert done.returncode == code
    assert "check: ALARM ended with 127, so perhaps nobody was told: no-such-comm" in done.stderr


def test_what_an_alarm_leaves_at_work_does_not_stop_the_next_check(tmp_path: Path) -> None:
    alarm = f"sleep 60 >/dev/null 2>&1 & echo $! >{tmp_path}/pid"
    try:
        assert _check(tmp_path, "exit 3", ALARM=alarm).returncode == 3
        assert _check(tmp_path, f"{WRITE} exit 0").returncode == 0
    finally:
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


@pytest.mark.parametrize("setting", ["STATE", "METRICS", "STATUS"])
def test_a_check_that_can_write_nothing_could_not_tell(tmp_path: Path, setting: str) -> None:
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "below" / "it"
    done = _check(tmp_path, f"{WRITE} exit 0", **{setting: str(place)})
    assert done.returncode == 3
    assert "check: STATE, METRICS or STATUS: cannot write to" in done.stderr
    assert "nothing was checked" in (tmp_path / "alarm").read_text()


@pytest.mark.parametrize("name", ["check.lock", "report.new"])
def test_a_report_that_cannot_be_written_could_not_tell(tmp_path: Path, name: str) -> None:
    (tmp_path / "state" / name).mkdir(parents=True)
    done = _check(tmp_path, f"{WRITE} exit 0")
    assert done.returncode == 3
    assert f"{name}: nothing was checked" in done.stderr


@pytest.mark.parametrize("mirrorlab", ["no-such-command", "/nowhere/mirrorlab"])
def test_a_kit_that_is_not_there_is_a_wrong_setting(tmp_path: Path, mirrorlab: str) -> None:
    done = _check(tmp_path, "exit 0", MIRRORLAB=mirrorlab)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"check: MIRRORLAB: there is no command {mirrorlab}\n"
    assert (tmp_path / "alarm").read_text() == done.stderr


@pytest.mark.parametrize("script", ["check.sh", "prune.sh"])
def test_without_flock_no_other_is_said_to_be_at_work(
    tmp_path: Path, upstream: Upstream, script: str
) -> None:
    (tmp_path / "bin").mkdir()
    flock = tmp_path / "bin" / "flock"
    flock.write_text("#!/bin/sh\nexit 64\n")
    flock.chmod(0o755)
    path = f"{flock.parent}:/usr/bin:/bin"
    if script == "check.sh":
        done = _check(tmp_path, "exit 0", PATH=path)
    else:
        done = _prune(upstream, _tree(tmp_path / "tree"), _report(FILE), PATH=path)
    assert done.returncode == 3
    assert "flock ended with 64" in done.stderr


@pytest.mark.parametrize("setting", ["STATE", "LOCK"])
def test_a_pruning_that_can_write_nothing_is_refused(
    tmp_path: Path, upstream: Upstream, setting: str
) -> None:
    tree = _tree(tmp_path / "tree")
    (tmp_path / "file").write_text("")
    settings = {setting: str(tmp_path / "file" / "below")}
    done = _prune(upstream, tree, _report(FILE), code=1, **settings)
    assert done.returncode == 3
    assert f"prune: refused: {setting}: cannot write" in done.stderr


def _alerts(
    tmp_path: Path, settings: dict[str, str], folder: Path = RECIPE
) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "ALERTS": str(tmp_path / "alerts.yml"), **settings}
    return subprocess.run(
        ["/bin/sh", folder / "alerts.sh"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
