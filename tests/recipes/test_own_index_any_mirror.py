"""Pages from a host you trust, files from any mirror: each safeguard away, each drill fails."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import urllib.request
from pathlib import Path

import pytest
from tests.recipes.conftest import Case

from mirrorlab.lab.waiting import wait_until

RECIPE = Path(__file__).parents[2] / "recipes" / "own-index-any-mirror"

SABOTAGE: list[Case] = [
    ("promise", "nginx.conf.in", "add_header Vary Accept;", "", "'check' ended with exit code 1"),
    ("fallback", "files-pass.conf.in", " 404 410", "", "pass, the mirror is at 404: 404"),
    (
        "fallback",
        "files-redirect.conf.in",
        "error_page 500 = @next;",
        "",
        "redirect, the mirror is",
    ),
    ("page-host-down", "pages.py", "problems += 1\n", "pass\n", "nobody is told that upstream"),
    ("login-kept", "files-pass.conf.in", "proxy_pass_request_headers off;", "", "got the login"),
    ("altered-file", "pages.py", '{"sha256": each.sha256}', "{}", "uv, .whl altered: installed"),
    (
        "altered-file-others",
        "pages.py",
        "#sha256={each.sha256}",
        "",
        "buildout, .whl altered: inst",
    ),
    ("altered-metadata", "pages.py", "hashed(each)", "bool(each.metadata)", "uv believes it"),
    ("locked-through-it", "pages.py", '{"sha256": each.sha256}', "{}", "of the mirror"),
    (
        "cut-off",
        "pages.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_UN",
        "two refreshes at once",
    ),
    ("cut-off", "pages.py", "shutil.rmtree(folder)", "pass", "what was cut off stays"),
    (
        "page-without-hash",
        "trusted.py",
        "if not _SHA256.fullmatch(sha256):",
        "if False:",
        "no hash: pages.sh ends with 0",
    ),
    (
        "page-without-hash",
        "trusted.py",
        'raise ValueError(f"{key!r}',
        'str(f"{key!r}',
        "twice a key",
    ),
]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"MIRROR": "http://public.example"}, "write https://HOST"),
        ({"MIRROR": "https://"}, "write https://HOST"),
        ({"MIRROR": "https://public.example; return 200"}, "write https://HOST"),
        ({"MIRROR": "https://public.example/pypi?x"}, "write https://HOST"),
        ({"NEXT": "files.pythonhosted.org"}, "write https://HOST"),
        ({"METADATA": "http://127.0.0.1.public.example"}, "write https://HOST"),
        ({"LISTEN": "0.0.0.0:8080"}, "without CERTIFICATE"),
        ({"LISTEN": "8080"}, "without CERTIFICATE"),
        ({"CERTIFICATE": "no-such-file"}, "cannot be read"),
        ({"USERS": "no-such-file"}, "cannot be read"),
        ({"FILES_BY": "hand"}, "write redirect or pass"),
    ],
)
def test_serve_refuses_what_is_not_safe(
    settings: dict[str, str], says: str, tmp_path: Path
) -> None:
    done = _run("serve.sh", STATE=str(tmp_path / "state"), **settings)
    assert done.returncode == 2
    assert says in done.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("listed", "settings", "says"),
    [
        (b"flask\n", {"UPSTREAM": "http://pypi.org/simple/"}, "must be https"),
        (b"flask\n", {"UPSTREAM": "https:///simple/"}, "must be https"),
        (b"flask\n", {"FILES": "http://public.example/packages/"}, "it is /packages/ or https://"),
        (b"flask\n", {"UNREAD": "yes"}, "leave-out or publish"),
        (b"", {}, "names no project"),
        (b"# flask\n", {}, "names no project"),
        (b"flask>=2\n", {}, "line 1: 'flask>=2' is no name"),
        (b"../flask\n", {}, "line 1: '../flask' is no name"),
        (b"flask\n-r more.txt\n", {}, "line 2: '-r more.txt' is no name"),
        ("flask\n".encode("utf-16"), {}, "PROJECTS cannot be read"),
        (None, {}, "PROJECTS cannot be read"),
    ],
)
def test_pages_refuses_what_it_does_not_understand(
    listed: bytes | None, settings: dict[str, str], says: str, tmp_path: Path
) -> None:
    projects = tmp_path / "projects.txt"
    if listed is not None:
        projects.write_bytes(listed)
    site = tmp_path / "site"
    done = _run("pages.sh", PROJECTS=str(projects), SITE=str(site), **settings)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not site.exists()


def test_with_a_certificate_the_pages_come_over_tls(tmp_path: Path) -> None:
    page = tmp_path / "site" / "current" / "simple" / "demo-lib" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!DOCTYPE html>")
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    files = ("-keyout", str(key), "-out", str(certificate))
    command = ("openssl", "req", "-x509", *kind, *names, *files)
    subprocess.run(command, check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": os.defpath,
        "SITE": str(tmp_path / "site"),
        "STATE": str(tmp_path / "state"),
        "LISTEN": f"0.0.0.0:{port}",
        "CERTIFICATE": str(certificate),
        "KEY": str(key),
        **dict.fromkeys(("MIRROR", "NEXT"), "https://localhost"),
    }
    with subprocess.Popen(["sh", RECIPE / "serve.sh"], env=environment) as serving:
        try:
            wait_until(lambda: _reached(port), within=30, what="nginx")
            context = ssl.create_default_context(cafile=str(certificate))
            opener = urllib.request.build_opener(
                urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
            )
            with opener.open(f"https://localhost:{port}/simple/demo-lib/", timeout=10) as answer:
                assert answer.read() == b"<!DOCTYPE html>"
        finally:
            serving.terminate()


def _reached(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _run(script: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", RECIPE / script],
        env={"PATH": os.defpath, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
