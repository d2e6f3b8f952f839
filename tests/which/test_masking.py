"""No secret is shown, whatever the URL looks like; a URL without one is shown as it is."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mirrorlab.cli.group import mirrorlab
from mirrorlab.cli.looking import _rows as rows
from mirrorlab.cli.looking import _why as why
from mirrorlab.cli.looking import as_data
from mirrorlab.masking import has_secret, masked, masked_project
from mirrorlab.which import look

from .conftest import Here
from .secret_everywhere import FILES, VARIABLES

S = "hunter2Xq9"
"""What must never be shown."""
SECRETS = [
    f"https://me:{S}@private.example/simple/",
    f"https://{S}@private.example/simple/",
    f"https://:{S}@private.example/simple/",
    f"https://me:pa/{S}@private.example/simple/",
    f"https://me:pa?{S}@private.example/simple/",
    f"https://me:pa#{S}@private.example/simple/",
    f"https://me@corp.example:{S}@private.example/simple/",
    f"https://me:${{PASSWORD}}{S}@private.example/simple/",
    f"HTTPS://me:{S}@private.example/simple/",
    f"https:/me:{S}@private.example/simple/",
    f"https:me:{S}@private.example/simple/",
    f"htps://me:{S}@private.example/simple/",
    f"//me:{S}@private.example/simple/",
    f"me:{S}@private.example/simple/",
    f"git+https://me:{S}@private.example/x.git",
    f"https://me:{S}/simple/",
    f"https://private.example:{S}/simple/",
    f"https://private.example/{S}/simple/",
    f"https://private.example/simple/{S}",
    f"https://private.example/token/{S.lower()}/simple/",
    "https://private.example/token/hunter/simple/".replace("hunter", "hunter" + S),
    f"https://private.example/t-{S}/simple/",
    f"https://private.example/%68{S}/simple/",
    f"https://private.example/simple/?token={S}",
    f"https://private.example/simple/?{S}",
    f"https://private.example/simple/;{S}",
    f"https://private.example/simple/#{S}",
    f"https://private.example\\{S}/simple/",
    f"https://private.example {S}/simple/",
    f"https://[::1{S}]/simple/",
    f"https://private.example\n{S}/simple/",
    f"https://private.example\x1b[8m{S}/simple/",
    f"file:///srv/wheels?{S}",
    f"file://me:{S}@host/srv/wheels",
    f"private.example/simple/?key={S}",
    f"private.example/{S}/simple/",
    f"/home/me/https:/private.example/?token={S}",
    f"/home/me/https:/me:{S}@private.example/",
]
HARMLESS = [
    "https://pypi.org/simple/",
    "https://private.example/simple/",
    "https://private.example:8443/root/pypi/+simple/",
    "https://192.0.2.7:3141/simple",
    "https://[2001:db8::1]:3141/simple/",
    "https://private.example/api/v4/projects/1234/packages/pypi/simple",
    "https://private.example/artifactory/api/pypi/pypi-local/simple",
    "https://private.example/repository/pypi-all/simple",
    "https://${USER}:${PASSWORD}@private.example/simple/",
    "https://$USER:$PASSWORD@private.example/simple/",
    "http://localhost:8080/simple/",
    "/opt/wheels",
    "./wheels",
    "../wheels-1.0/more",
    "~/wheels",
    "C:\\wheels",
    "file:///srv/wheels",
]


@pytest.mark.parametrize("url", SECRETS)
def test_a_secret_is_not_shown(url: str) -> None:
    shown = masked(url)
    assert S.lower() not in shown.lower()
    assert "****" in shown
    assert "\n" not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("url", HARMLESS)
def test_what_is_no_secret_is_shown(url: str) -> None:
    assert masked(url) == url
    assert not has_secret(url)


@pytest.mark.parametrize("url", [one for one in SECRETS if one.startswith("https://")])
def test_a_secret_is_seen(url: str) -> None:
    assert has_secret(url)


@pytest.mark.parametrize("name", ["demo-lib", "b2sdk", "zope.interface", "demo-*", "[ab]?c"])
def test_the_name_of_a_project_is_shown(name: str) -> None:
    assert masked_project(name) == name


@pytest.mark.parametrize("as_json", [False, True])
def test_a_secret_is_in_no_output(tmp_path: Path, as_json: bool) -> None:
    """Every secret, in every place that is read, in files that parse and in some that do not."""
    plain = [url for url in SECRETS if url.isprintable() and "\\" not in url and "'" not in url]
    one = plain[0]
    table = f"url = '{one}'\nname = 'n{S}@x'\n"
    files = {
        "pip.conf": f"[global]\nindex-url = {one}\n{S}\n",
        "home/.config/pip/pip.conf": "[global]\nindex-urls = x\nextra-index-url = "
        + "\n  ".join(url for url in plain if " " not in url),
        "home/.pip/pip.conf": f"[global\nindex-url = https://me:{S}@private.example/\n",
        "requirements.txt": "".join(f"--extra-index-url '{url}'\n" for url in plain)
        + f"--no-such={one}\n",
        "requirements.in": f"-i {one}\n",
        "pyproject.toml": f"[[tool.uv.index]]\n{table}[[tool.poetry.source]]\n{table}"
        f"[[tool.pdm.source]]\n{table}[tool.pip-tools]\nextra-index-url = {plain}\n"
        f"[tool.hatch.envs.default.env-vars]\nPIP_INDEX_URL = '{one}'\nUV_INDEX = '{one}'\n",
        "poetry.toml": f"[repositories.x]\nurl = '{one}'\n[http-basic.x]\npassword = '{S}'\n",
        "pdm.toml": f"[pypi.x]\n{table}password = '{S}'\n",
        "Pipfile": "".join(f"[[source]]\nname = 's'\nurl = '{url}'\n" for url in plain),
        "buildout.cfg": "[buildout]\nfind-links =\n  " + "\n  ".join(plain) + f"\nindex = {one}\n",
        "home/.netrc": f"machine private.example login me password {S}\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    environ = {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "home" / ".config"),
        "PIP_CONFIG_FILE": "",
        "PIP_FIND_LINKS": " ".join(url for url in plain if " " not in url),
        "UV_INDEX": " ".join(f"x={url}" for url in plain),
        "UV_EXTRA_INDEX_URL": " ".join(plain),
        "UV_FIND_LINKS": ",".join(plain),
        "PIPENV_PYPI_MIRROR": one,
        "PDM_PYPI_URL": one,
        f"UV_INDEX_{S}_PASSWORD": S,
    }
    arguments = ["which", "--project", str(tmp_path), *(["--json"] if as_json else [])]
    done = CliRunner().invoke(mirrorlab, arguments, env=environ)
    assert done.exit_code == 3, done.output
    assert "Traceback" not in done.output
    names_of_mine = done.output.replace(f"UV_INDEX_{S}_PASSWORD", "")
    assert S.lower() not in names_of_mine.lower()
    assert "****@private.example/simple/" in done.output
    if as_json:
        assert json.loads(done.stdout)["verdict"] == "wrong"


@pytest.mark.parametrize("seed", range(40))
def test_a_secret_is_hidden_wherever_it_stands(here: Here, seed: int) -> None:
    """Keys, names, sections and values are secrets, in some of the files, a line of them gone."""
    chance = random.Random(seed)

    def url(_: object = None) -> str:
        return chance.choice([*SECRETS[:3], f"https://me:%70{S}@private.example/"])

    files = {}
    for name, text in FILES.items():
        if chance.random() < 0.5:
            lines = re.sub("@", url, text).split("\n")
            del lines[chance.randrange(len(lines))]
            files[name] = "\n".join(lines)
    around = here(files, {name: url() for name in VARIABLES if chance.random() < 0.15})
    report = look(around)
    shown = [json.dumps(as_data(report, {})), *map(str, report.problems), *report.notes]
    shown += ["\t".join(row) for row in rows(report, {})]
    shown += [f"{finding.origin}: {finding.says}" for finding, _ in why(report)]
    leaks = re.findall(f".{{0,60}}{S}", "\n".join(shown), re.IGNORECASE)
    assert leaks == []
