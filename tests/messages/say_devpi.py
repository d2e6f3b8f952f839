"""What brings about the messages of devpi, its own and those that pip and twine get through it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tests.messages.cases import case
from tests.messages.world import World

from mirrorlab.distributions import wheel
from mirrorlab.scenario import Fault

APP = wheel("demo-app", "1.0")
OTHER = wheel("demo-app", "1.0", pad=10)


def devpi(world: World, user: str = "", index: str = "root/dev") -> dict[str, str]:
    """Log somebody in (``""``: nobody), with a wheel of demo-app in the folder."""
    world.env.update(world.devpi.login(user, world.folder, index))
    (world.folder / APP.filename).write_bytes(APP.content)
    at = urlsplit(world.devpi.url)
    return world.values(
        devpi_url=world.devpi.url, host=at.hostname, port=at.port, file=APP.filename
    )


def filled(world: World, index: str) -> dict[str, str]:
    """Put demo-app where it does not change any more, and another one of its name elsewhere."""
    values = devpi(world, "alice")
    (world.folder / APP.filename).write_bytes(OTHER.content)
    world.say("devpi-client", "devpi upload {file}", values)
    world.say("devpi-client", "devpi push demo-app==1.0 root/prod", values)
    (world.folder / APP.filename).write_bytes(APP.content)
    world.say("devpi-client", f"devpi use {index}", values)
    return values


@case("devpi-not-logged-in")
def not_logged_in(world: World) -> dict[str, str]:
    return devpi(world)


@case("devpi-wrong-password")
def wrong_password(world: World) -> dict[str, str]:
    return devpi(world) | {"user": "bob", "password": "wonder"}


@case("devpi-no-permission-to-submit", "devpi-may-not-make-users", "devpi-may-not-make-indexes")
def no_permission(world: World) -> dict[str, str]:
    return devpi(world, "bob") | {"stage": "bob/dev"}


@case("devpi-twine-no-permission", "devpi-twine-simple-url")
def twine(world: World) -> dict[str, str]:
    return devpi(world)


@case("devpi-already-exists", "devpi-remove-non-volatile")
def already_exists(world: World) -> dict[str, str]:
    return filled(world, "root/prod")


@case("devpi-push-again")
def push_again(world: World) -> dict[str, str]:
    values = filled(world, "root/dev")
    world.say("devpi-client", "devpi upload {file}", values)
    return values


@case("devpi-push-no-files")
def push_no_files(world: World) -> dict[str, str]:
    return filled(world, "root/dev") | {"name": "demo-app", "version": "9.0"}


@case("devpi-no-such-index")
def no_such_index(world: World) -> dict[str, str]:
    return devpi(world) | {"stage": "root/nothing"}


@case("devpi-upload-to-a-mirror")
def upload_to_a_mirror(world: World) -> dict[str, str]:
    return devpi(world, "alice", "root/mirror")


@case("devpi-no-server")
def no_server(world: World) -> dict[str, str]:
    world.env["DEVPI_CLIENTDIR"] = world.folder / "devpi"
    port = world.lab.port("nobody listens here")
    return world.values(devpi_url=f"http://127.0.0.1:{port}", port=port)


@case("devpi-not-connected")
def not_connected(world: World) -> dict[str, str]:
    world.env["DEVPI_CLIENTDIR"] = world.folder / "devpi"
    return world.values(password="wonder")


@case("devpi-stage-empty-list")
def stage_empty_list(world: World) -> dict[str, str]:
    """Upstream fails for a project that devpi has never had."""
    values = devpi(world) | {"name": "demo-old"}
    world.index.fault(Fault.SERVER_ERROR, "/simple/demo-old/")
    return values


@case("devpi-file-bad-gateway")
def file_bad_gateway(world: World) -> dict[str, str]:
    """Upstream has the page and not the file, which devpi has never had either."""
    values = devpi(world) | {"name": "demo-new"}
    world.index.fault(Fault.REFUSED, "/packages/*")
    page = world.say("pip", "curl -s {devpi-url}/root/mirror/+simple/{name}/", values)
    [path] = re.findall(r'href="\.\./\.\./\+f/([^"#]+\.whl)', page)
    return values | {"path": f"/root/mirror/%2Bf/{path}"}


@case("devpi-no-upload-time")
def no_upload_time(world: World) -> dict[str, str]:
    return devpi(world)
