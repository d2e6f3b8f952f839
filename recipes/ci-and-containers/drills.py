"""The login reaches the index, and nothing that stays; a login that leaked is found."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import shlex
import tarfile
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mirrorlab.lab import Completed
from mirrorlab.runner import Run

USER = "__token__"
EXAMPLE = "https://private.example/simple/"
BASE = "FROM scratch\nADD root /\nENV PATH={}/bin:/usr/bin:/bin\n"
CI = ("github.yml", "gitlab.yml", "azure.yml", "circleci.yml", "Jenkinsfile")
TO_JSON = """
import json, sys
from ruamel.yaml import YAML
json.dump([YAML(typ="safe").load(open(name)) for name in sys.argv[1:]], sys.stdout)
"""
_Command = tuple[str, dict[str, Any]]
"""What a CI would run, and the variables it would set for it."""
NAIVE = {
    "build-arg": "config: history",
    "env": "config: config.Env",
    "removed": "root/.netrc",
    "written": "srv/app/.venv/.netrc",
    "lock": "srv/app/requirements.txt",
}
"""A way to build that leaks, and the place in the image that must be named."""


def promise(run: Run) -> None:
    """CI and image builds install with the login, and the login is nowhere afterwards."""
    with _private(run) as asked:
        _lock(run)
        for installer in ("pip", "uv"):
            asked.clear()
            done = _build(run, BUILD_FLAGS=f"--build-arg INSTALLER={installer}")
            assert done.exit_code == 0, f"the image of {installer} is not clean:\n{done.output}"
            assert any(good for _, good in asked), f"{installer} did not ask with the login"
            names = _files(Path(run.settings["ARCHIVE"]))
            wheel = [name for name in names if "/acme_lib-1.0.dist-info/METADATA" in name]
            assert wheel, f"{installer} has installed nothing in the image: {names}"
        assert not [name for name in names if name.startswith("cache/")], "the cache is in a layer"
        cached = list(run.tmp.glob("scratch/buildah-cache*/**/acme*"))
        assert cached, "the cache mount keeps nothing"
        looked = _look(run, run.tmp / "scratch")
        assert looked.exit_code == 0, f"the cache has the login: {looked.output}"
        for name, commands in _commands(run, *CI).items():
            _ci(run, name, commands, asked)
        looked = _look(run, run.tmp / "ci")
        assert looked.exit_code == 0, f"a job leaves the login: {looked.output}"


def image_layers(run: Run) -> None:
    """Each naive way leaves the login in the image, and the place is named."""
    token = run.settings["SECRET"]
    url = run.settings["INDEX"].replace("://", f"://{USER}:{token}@")
    with _private(run):
        (run.folder / "netrc").write_text(_netrc(run))
        (run.folder / "requirements.txt").write_text(f"--index-url {url}\nacme-lib\n")
        for name, place in NAIVE.items():
            done = _build(
                run,
                CONTAINERFILE=f"image/naive/{name}.Containerfile",
                BUILD_FLAGS=f"--build-arg PIP_INDEX_URL={url}",
            )
            assert done.exit_code == 1, f"{name}: the login is not found:\n{done.output}"
            found = [line for line in done.output.splitlines() if line.startswith("FOUND")]
            assert any(place in line for line in found), f"{name}: {place} is not named: {found}"
            said = done.output.partition("find-secret")[0].rpartition("Successfully tagged")[2]
            assert token not in said, f"{name}: the search prints the login"
        _other_archives(run)


def environment_dump(run: Run) -> None:
    """A log with the environment has the login; a trace of install.sh has none."""
    with _private(run) as asked:
        _lock(run)
        logs = []
        for number, (command, settings) in enumerate(_commands(run, "naive.yml")["naive.yml"]):
            said = run.command("sh", "-ec", command, **settings).output
            for encoding in ("utf-8", "utf-16"):
                logs.append(run.tmp / f"naive-{number}.{encoding}.log")
                logs[-1].write_text(said, encoding=encoding)
        assert len(logs) == 4, f"naive.yml has other commands: {logs}"
        done = _look(run, *logs)
        for log in logs:
            assert f"FOUND: {log} (" in done.output, f"{log.name} is taken for clean: {done.output}"
        traced = run.command(
            "sh", "-x", "install.sh", VENV=run.tmp / "traced", INDEX_TOKEN=run.settings["SECRET"]
        )
        assert traced.exit_code == 0, traced.output
        assert any(good for _, good in asked), "the trace is of an install without the login"
        log = run.tmp / "trace.log"
        log.write_text(traced.output)
        done = _look(run, log)
        assert done.exit_code == 0, f"a trace of install.sh has the login: {done.output}"


def lock(run: Run) -> None:
    """pip-compile copies the index with its login into the lock; install.sh refuses that one."""
    token = run.settings["SECRET"]
    url = run.settings["INDEX"].replace("://", f"://{USER}:{token}@")
    with _private(run) as asked:
        (run.folder / "requirements.in").write_text("acme-lib\n")
        for options, code in (((), 1), (("--no-emit-index-url",), 0)):
            (run.folder / "requirements.txt").unlink(missing_ok=True)
            command = ("pip-compile", "--quiet", "--generate-hashes", *options)
            done = run.command(*command, "requirements.in", PIP_INDEX_URL=url)
            assert done.exit_code == 0, done.output
            looked = _look(run, run.folder / "requirements.txt")
            assert looked.exit_code == code, f"pip-compile {options}: {looked.output}"
            asked.clear()
            venv = run.tmp / f"locked-{code}"
            done = run.command("sh", "install.sh", INDEX_TOKEN=token, VENV=venv)
            assert done.exit_code == 2 * code, f"a lock with a login: {done.output}"
            assert bool(asked) == (not code), f"with such a lock, asked: {list(asked)}"


def no_login(run: Run) -> None:
    """A pull request from a fork has no secret, a wrong one opens nothing: both are said."""
    with _private(run) as asked:
        _lock(run)
        for script in ("install.sh", "build.sh"):
            done = run.command("sh", script, INDEX_TOKEN="")
            assert done.exit_code == 2, f"{script} without a login: {done.output}"
            assert done.output.count("\n") == 1, f"not one sentence: {done.output}"
        url = run.settings["INDEX"].replace("://", f"://{USER}:{run.settings['SECRET']}@")
        done = run.command("sh", "install.sh", INDEX=url)
        assert done.exit_code == 2, "a login in the URL is taken"
        assert run.settings["SECRET"] not in done.output, "the refusal prints the login"
        assert not asked, f"without a login the index was asked: {list(asked)}"
        wrong = "idx-wrong-wrong-wrong"
        for installer in ("pip", "uv"):
            done = run.command(
                "sh",
                "install.sh",
                INSTALLER=installer,
                INDEX_TOKEN=wrong,
                VENV=run.tmp / f"no-login-{installer}",
            )
            assert done.exit_code == 1, f"{installer} with a wrong login: {done.output}"
            assert wrong not in done.output, f"{installer} prints the login:\n{done.output}"


def half_an_archive(run: Run) -> None:
    """An archive that cannot be read to the end is never called clean."""
    with _private(run):
        _lock(run)
        done = _build(run)
        assert done.exit_code == 0, done.output
        whole = Path(run.settings["ARCHIVE"])
        broken = {}
        for number, (what, altered) in enumerate(_broken(whole)):
            broken[what] = run.tmp / f"broken-{number}.tar"
            broken[what].write_bytes(altered)
        done = _look(run, *broken.values())
        for what, place in broken.items():
            assert f"NOT READ: {place}" in done.output, f"{what} is taken for clean: {done.output}"
        assert done.exit_code == 3, f"the login is found, or nothing is wrong: {done.output}"
        done = _look(run, broken["half an archive"])
        assert done.exit_code == 3, f"half an archive alone: {done.output}"


def _broken(whole: Path) -> Iterator[tuple[str, bytes]]:
    """Give a half, an empty, an altered archive, and one without each of its layers."""
    content = whole.read_bytes()
    yield "half an archive", content[: len(content) // 1024 * 512]
    yield "an empty archive", b""
    with tarfile.open(whole) as archive:
        layers = [member for member in archive if member.size > 0 and "blobs/" in member.name]
    for layer in layers:
        middle = layer.offset_data + layer.size // 2
        flipped = bytes([content[middle] ^ 1])
        yield f"{layer.name} altered", content[:middle] + flipped + content[middle + 1 :]
        after = layer.offset_data + -(-layer.size // 512) * 512
        yield f"{layer.name} missing", content[: layer.offset] + content[after:]


def _other_archives(run: Run) -> None:
    """The last image, as docker saves it, as a folder, and with layers packed with zstd."""
    ways = {
        "docker.tar": ("docker-archive:{}",),
        "folder": ("oci:{}",),
        "zstd": ("--compression-format", "zstd", "--format", "oci", "dir:{}"),
    }
    for name, (*options, place) in ways.items():
        target = run.tmp / name
        under = run.settings["UNDER"].split()
        push = ("buildah", "push", "--quiet", *options, run.settings["IMAGE"])
        done = run.command(*under, *push, place.format(target), **_storage(run))
        assert done.exit_code == 0, done.output
        looked = _look(run, target)
        assert looked.exit_code == 1, f"{name}: {looked.output}"
        assert NAIVE["lock"] in looked.output, f"{name}: the file is not named: {looked.output}"


def _ci(run: Run, name: str, commands: list[_Command], asked: _Asked) -> None:
    """Run the commands of a CI file in a folder of their own, and keep the log beside."""
    asked.clear()
    project = run.tmp / "ci" / name
    project.mkdir(parents=True, exist_ok=True)
    for file in ("login.sh", "install.sh", "requirements.txt"):
        (project / file).write_bytes((run.folder / file).read_bytes())
    (project / "test.py").write_text("import acme_lib\n")
    assert len(commands) == 2, f"{name}: other commands than to install and to test: {commands}"
    output = ""
    for command, settings in commands:
        typed = f"cd {shlex.quote(str(project))}\n{command}"
        home: dict[str, Any] = {"HOME": project / "home", "XDG_CACHE_HOME": project / "home"}
        done = run.command("sh", "-ec", typed, **home, **settings)
        assert done.exit_code == 0, f"{name}: {command}: {done.output}"
        output += done.output
    assert any(good for _, good in asked), f"{name} did not ask with the login"
    (project / "log").write_text(output)


def _commands(run: Run, *names: str) -> dict[str, list[_Command]]:
    """Give each command of these CI files, with the variables that the CI would set for it."""
    files = [run.folder / "ci" / name for name in names]
    done = run.command("python3", "-c", TO_JSON, *(each for each in files if each.suffix))
    assert done.exit_code == 0, done.output
    data = iter(json.loads(done.output))
    return {
        file.name: _as_set(run, file.name, next(data) if file.suffix else file.read_text())
        for file in files
    }


def _as_set(run: Run, name: str, content: Any) -> list[_Command]:
    """Give the commands of one file with their variables; it may set no other ones."""
    implied = {} if name in ("github.yml", "azure.yml", "naive.yml") else {"INDEX_TOKEN": "$"}
    if isinstance(content, str):
        variables = dict(re.findall(r"^ +([A-Z_]+) = ['\"](.*)['\"]$", content, re.MULTILINE))
        found = [(each, variables | implied) for each in re.findall(r" sh '(.*)'", content)]
    else:
        found = list(_walk(content, implied))
    cache = str(run.tmp / "ci" / name / "cache")
    token = run.settings["SECRET"]
    known = {"INDEX_TOKEN": token, "INDEX": run.settings["INDEX"], "PIP_CACHE_DIR": cache}
    for _, variables in found:
        assert set(variables) <= set(known), f"{name} sets {set(variables) - set(known)}"
        assert variables.get("INDEX", EXAMPLE) == EXAMPLE, f"{name}: another index"
    return [(each, {key: known[key] for key in variables}) for each, variables in found]


def _walk(node: Any, variables: dict[str, str]) -> Iterator[_Command]:
    if isinstance(node, list):
        for inner in node:
            yield from _walk(inner, variables)
    elif isinstance(node, dict):
        for key in ("env", "variables", "environment"):
            variables = variables | node.get(key, {})
        for key, value in node.items():
            if key in ("run", "script"):
                for command in value if isinstance(value, list) else [value]:
                    yield command, variables
            else:
                yield from _walk(value, variables)


def _look(run: Run, *places: Path) -> Completed:
    return run.command("sh", "find-secret.sh", LOOK_IN=" ".join(map(str, places)))


def _files(archive: Path) -> list[str]:
    """The names of all files in the layers of an image archive."""
    names: list[str] = []
    with tarfile.open(archive) as image:
        for member in image:
            layer = image.extractfile(member) if member.isreg() else None
            if layer is None:
                continue
            with contextlib.suppress(tarfile.ReadError), tarfile.open(fileobj=layer) as files:
                names += files.getnames()
    return names


def _netrc(run: Run) -> str:
    return f"machine 127.0.0.1\nlogin {USER}\npassword {run.settings['SECRET']}\n"


class _Asked(list[tuple[str, bool]]):
    """What the private index was asked: the path, and whether with the login."""


@contextlib.contextmanager
def _private(run: Run) -> Iterator[_Asked]:
    """Put a login in front of the index; acme-lib is there for those who have it."""
    if "acme-lib" not in run.index.projects():
        run.index.publish("acme-lib", "1.0")
    asked = _Asked()
    login = f"{USER}:{run.settings['SECRET']}"
    basic = f"Basic {base64.b64encode(login.encode()).decode()}"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            good = self.headers["Authorization"] == basic
            asked.append((self.path, good))
            if not good:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="private"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            names = ("Accept", "Host", "Range")
            headers = {name: self.headers[name] for name in names if name in self.headers}
            request = urllib.request.Request(f"{run.index.http_url}{self.path}", headers=headers)
            with urllib.request.urlopen(request) as answer:
                body = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", run.port("private")), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield asked
        finally:
            server.shutdown()


def _lock(run: Run) -> None:
    """Write a lock as pip-compile does; the drill `lock` lets it write one."""
    digest = run.index.sha256("acme_lib-1.0-py3-none-any.whl")
    lock = f"acme-lib==1.0 --hash=sha256:{digest}\n"
    (run.folder / "requirements.txt").write_text(lock)


def _make_base(run: Run, prefix: str) -> None:
    """Make the image to begin with: folders only, over which the build sees the machine's."""
    root = run.tmp / "base" / "root"
    if root.exists():
        return
    for name in ("etc", "proc", "root", "srv", "sys", "tmp", "usr", "var/tmp"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root.parent / "Containerfile").write_text(BASE.format(prefix))
    under = run.settings["UNDER"].split()
    build = ("buildah", "build", "--quiet", "--tag", run.settings["BASE"])
    done = run.command(*under, *build, root.parent, **_storage(run))
    assert done.exit_code == 0, done.output


def _storage(run: Run) -> dict[str, Any]:
    runtime = run.tmp / "runtime"
    runtime.mkdir(exist_ok=True)
    return {
        "BUILDAH_ISOLATION": "chroot",
        "STORAGE_DRIVER": "vfs",
        "XDG_RUNTIME_DIR": runtime,
    }


def _build(run: Run, **settings: str) -> Completed:
    """Build an image with build.sh; the machine's programs and the tools are mounted into it."""
    tools = run.command("python3", "-c", "import sys; print(sys.prefix, sys.base_prefix)")
    prefix, base = tools.output.split()
    _make_base(run, prefix)
    seen = sorted({prefix, base, "/usr"} - {"/usr/local"})
    volumes = " ".join(f"--volume {folder}:{folder}:ro" for folder in seen)
    flags = f"--pull-never --network host {volumes} {settings.pop('BUILD_FLAGS', '')}"
    given: dict[str, Any] = {"INDEX_TOKEN": run.settings["SECRET"], **settings}
    settings_of_all = _storage(run) | given
    return run.command("sh", "build.sh", timeout=110, BUILD_FLAGS=flags, **settings_of_all)
