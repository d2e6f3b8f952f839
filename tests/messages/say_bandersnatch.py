"""What brings about the messages of bandersnatch."""

from __future__ import annotations

from tests.messages.cases import case
from tests.messages.faulted import WHEEL, with_wheel
from tests.messages.world import NO_PROXY, World

from mirrorlab.scenario import Fault

JSON = "/pypi/demo-dep/json"
CONFIG = """\
[mirror]
directory = mirror
master = {master}
workers = 3
timeout = 4

[plugins]
enabled =
    allowlist_project

[allowlist]
packages =
    demo-dep
"""


def mirror(world: World, master: str = "") -> dict[str, str]:
    """Write a configuration; nothing is copied yet."""
    world.env.update(NO_PROXY)
    config = CONFIG.format(master=master or world.index.url)
    (world.folder / "mirror.conf").write_text(config)
    serial = _serial(world)
    return with_wheel(world, project_json=f"{world.index.url}{JSON}", serial=serial)


def _serial(world: World) -> str:
    """Return the serial of demo-dep, as the index says it."""
    url = f"{world.index.url}{JSON}"
    said = world.lab.run(["curl", "-si", url]).output
    return said.lower().partition("x-pypi-last-serial:")[2].split()[0]


@case("bandersnatch-error-syncing")
def error_syncing(world: World) -> dict[str, str]:
    values = mirror(world)
    world.index.fault(Fault.SERVER_ERROR, JSON)
    return values


@case("bandersnatch-no-longer-exists")
def no_longer_exists(world: World) -> dict[str, str]:
    values = mirror(world)
    world.index.fault(Fault.NOT_FOUND, JSON)
    return values


@case("bandersnatch-inconsistent-file")
def inconsistent_file(world: World) -> dict[str, str]:
    values = mirror(world)
    world.index.fault(Fault.CORRUPT, WHEEL)
    return values


@case("bandersnatch-error-downloading")
def error_downloading(world: World) -> dict[str, str]:
    values = mirror(world)
    world.index.fault(Fault.NOT_FOUND, WHEEL)
    return values


@case("bandersnatch-stale-serial")
def stale_serial(world: World) -> dict[str, str]:
    values = mirror(world)
    world.index.fault(Fault.STALE, JSON)
    return values | {"old": _serial(world)}


@case("bandersnatch-resuming")
def resuming(world: World) -> dict[str, str]:
    """A sync was interrupted and left its list; the file it waits for is still bad."""
    values = mirror(world)
    world.index.fault(Fault.NOT_FOUND, WHEEL)
    folder = world.folder / "mirror"
    folder.mkdir()
    (folder / "generation").write_text("5")
    (folder / "todo").write_text(f"{world.index.serial}\ndemo-dep {values['serial']}\n")
    return values


@case("bandersnatch-index-fails")
def index_fails(world: World) -> dict[str, str]:
    values = mirror(world)
    world.index.fault(Fault.SERVER_ERROR, "/simple")
    return values


@case("bandersnatch-master-with-simple")
def master_with_simple(world: World) -> dict[str, str]:
    return mirror(world, f"{world.index.url}/simple/")


@case("bandersnatch-not-https")
def not_https(world: World) -> dict[str, str]:
    return mirror(world, world.index.http_url) | {"master": world.index.http_url}


@case("bandersnatch-certificate")
def certificate(world: World) -> dict[str, str]:
    values = mirror(world)
    world.index.fault(Fault.UNTRUSTED_TLS)
    return values


@case("bandersnatch-verify-without-json")
def verify_without_json(world: World) -> dict[str, str]:
    return mirror(world) | {"directory": "mirror"}


@case("bandersnatch-no-config")
def no_config(world: World) -> dict[str, str]:
    values = mirror(world)
    (world.folder / "mirror.conf").unlink()
    return values
