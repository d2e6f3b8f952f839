"""Nothing of the machine's environment reaches a step."""

from __future__ import annotations

from pathlib import Path

import pytest

from mirrorlab import scenario
from mirrorlab.lab import Lab, Tools

LEAKS = {
    "PIP_INDEX_URL": "https://leak.invalid/simple/",
    "PIP_EXTRA_INDEX_URL": "https://leak.invalid/simple/",
    "PIP_FIND_LINKS": "/leak",
    "PIP_CONFIG_FILE": "/leak/pip.conf",
    "UV_INDEX": "https://leak.invalid/simple/",
    "UV_DEFAULT_INDEX": "https://leak.invalid/simple/",
    "POETRY_HOME": "/leak",
    "PDM_PYPI_URL": "https://leak.invalid/simple/",
    "PIPENV_PYPI_MIRROR": "https://leak.invalid/simple/",
    "TWINE_PASSWORD": "leak",
    "SSL_CERT_FILE": "/leak/ca.pem",
    "SSL_CERT_DIR": "/leak",
    "REQUESTS_CA_BUNDLE": "/leak/ca.pem",
    "CURL_CA_BUNDLE": "/leak/ca.pem",
    "HTTPS_PROXY": "http://leak.invalid:3128",
    "no_proxy": "leak.invalid",
    "PYTHONPATH": "/leak",
    "PYTHONHOME": "/leak",
    "VIRTUAL_ENV": "/leak",
    "LANG": "leak_LEAK",
    "LC_ALL": "leak_LEAK",
    "TZ": "Leak/Leak",
    "HOME": "/leak",
    "XDG_CONFIG_HOME": "/leak",
    "BASH_ENV": "/leak",
    "LD_PRELOAD": "",
}


def seen(lab: Lab, **settings: object) -> dict[str, str]:
    lines = lab.run(["env"], settings=settings).output.splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_a_step_sees_nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LEAKS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", "/leak/bin", prepend=":")
    with Lab() as lab:
        environment = seen(lab)
    assert not [f"{name}={value}" for name, value in environment.items() if "leak" in value.lower()]
    untouched = {
        "PIP_CONFIG_FILE",
        "HTTPS_PROXY",
        "no_proxy",
        "LANG",
        "TZ",
        "HOME",
        "XDG_CONFIG_HOME",
    }
    assert set(environment) & set(LEAKS) == untouched
    assert environment["PIP_CONFIG_FILE"] == "/dev/null"


def test_home_caches_and_temporary_files_are_the_labs_own(lab: Lab) -> None:
    environment = seen(lab)
    for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        assert Path(environment[name]).is_relative_to(lab.tmp)
    assert lab.run(["sh", "-c", 'ls -A "$HOME"']).output == ""


def test_settings_come_last(lab: Lab) -> None:
    environment = seen(lab, UPSTREAM="https://here/", PIP_CONFIG_FILE=lab.tmp / "pip.conf")
    assert environment["UPSTREAM"] == "https://here/"
    assert environment["PIP_CONFIG_FILE"] == str(lab.tmp / "pip.conf")


def test_the_tools_come_first_on_the_path(tmp_path: Path) -> None:
    for word in ("uname", "locked"):
        (tmp_path / word).write_text("#!/bin/sh\necho the locked one\n")
        (tmp_path / word).chmod(0o755)
    with Lab(tools=Tools(tmp_path, tmp_path / "python")) as lab:
        assert lab.run(["uname"]).output == "the locked one\n"
        assert lab.run(["sh", "-c", "locked"]).output == "the locked one\n"


def test_every_client_trusts_the_index_of_the_lab() -> None:
    with Lab(scenario.builtin("default")) as lab:
        environment = seen(lab)
        names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
        assert {Path(environment[name]).read_bytes() for name in names} == {lab.index.ca_pem}
