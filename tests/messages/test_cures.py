"""Cures that are one command away: each is run where its message is said, and then it works."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.messages.cases import every_case
from tests.messages.conftest import ROOT
from tests.messages.wording import says
from tests.messages.world import World

from mirrorlab.site.known import known

KNOWN = known(ROOT)
CASES = every_case()
DOWNLOAD = "pip download --no-deps --index-url {index-url}"
UV = "uv pip install --dry-run --default-index {index-url}"
EXEMPT = "--exclude-newer 2026-03-01T00:00:00Z --exclude-newer-package {name}=false"
CURES = [
    ("pip-url-without-simple", "pip download --no-deps --index-url {index-root}/simple/ {name}"),
    ("pip-only-pre-releases", f"{DOWNLOAD} {{name}}==2.0b1"),
    ("pip-only-pre-releases", f"{DOWNLOAD} --pre '{{name}}>=2.0b1'"),
    ("pip-yanked", f"{DOWNLOAD} {{name}}=={{version}}"),
    ("pip-no-scheme", "PIP_INDEX_URL=https://{index-url} pip download --no-deps {name}"),
    ("uv-yanked", f"{UV} {{name}}=={{version}}"),
    ("uv-no-upload-time", f"{UV} {EXEMPT} {{name}}"),
    ("uv-no-wheels-allowed", f"{UV} --only-binary :all: --no-binary {{name}} {{name}}"),
    ("uv-lock-of-another-index", "uv sync --frozen --python python --dry-run"),
]
WITH_CA = {
    "pip": "{unset} pip download --no-deps --cert {ca} --index-url {index-url} {name}",
    "uv": "SSL_CERT_FILE={ca} uv pip install --dry-run --default-index {index-url} {name}",
}


@pytest.mark.parametrize(("name", "cure"), CURES)
def test_the_cure_works_where_the_message_is_said(name: str, cure: str, world: World) -> None:
    message = KNOWN[name]
    client = message.by[0]
    with world.fresh(f"cure-{name}-{len(cure)}") as fresh:
        values = CASES[name](fresh)
        ill = fresh.run(client, message.run, values)
        assert says(ill.output, message.text, values)
        cured = fresh.run(client, cure, values)
    assert (ill.exit_code == 0, cured.exit_code) == (False, 0), cured.output


@pytest.fixture
def strange_ca(world: World) -> Path:
    """A file of authorities, none of which signed for the index: pip's own."""
    where = "import pip._vendor.certifi as own; print(own.where())"
    return Path(world.say("pip", f'python -c "{where}"', {}).strip())


@pytest.mark.parametrize("client", WITH_CA)
def test_a_named_ca_is_the_cure_for_a_certificate(
    client: str, world: World, strange_ca: Path
) -> None:
    strange = dict.fromkeys(("SSL_CERT_FILE", "PIP_CERT"), strange_ca)
    with world.fresh(f"ca-{client}") as fresh:
        fresh.env.update(strange)
        ours = fresh.lab.environment()["PIP_CERT"]
        unset = "env -u REQUESTS_CA_BUNDLE -u CURL_CA_BUNDLE"
        done = {
            ca: fresh.run(client, WITH_CA[client], fresh.values(ca=ca, unset=unset)).exit_code
            for ca in (ours, str(strange_ca))
        }
    assert done[ours] == 0
    assert done[str(strange_ca)] != 0


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_pip_obeys_a_variable_of_requests_before_its_own_option(
    variable: str, world: World, strange_ca: Path
) -> None:
    with world.fresh(f"ca-{variable}") as fresh:
        fresh.env["SSL_CERT_FILE"] = strange_ca
        ours = fresh.lab.environment()["PIP_CERT"]
        done = {
            ca: fresh.run(
                "pip",
                WITH_CA["pip"],
                fresh.values(ca=ours, unset=f"env -u REQUESTS_CA_BUNDLE {variable}={ca}"),
            )
            for ca in (ours, str(strange_ca))
        }
    assert done[ours].exit_code == 0, done[ours].output
    assert done[str(strange_ca)].exit_code == 1
    assert "CERTIFICATE_VERIFY_FAILED" in done[str(strange_ca)].output
