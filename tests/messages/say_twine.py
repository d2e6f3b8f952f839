"""What brings about the messages of twine."""

from __future__ import annotations

from tests.messages.cases import case
from tests.messages.world import World

from mirrorlab.distributions import Built, wheel
from mirrorlab.scenario import Fault

NEW = wheel("demo-lib", "3.0")


def upload(world: World, built: Built = NEW, **values: object) -> dict[str, str]:
    """Put a distribution into the folder, and log alice in."""
    (world.folder / built.filename).write_bytes(built.content)
    world.env.update(TWINE_USERNAME="alice", TWINE_PASSWORD="wonder")
    url = f"{world.index.url}/legacy/"
    return world.values(upload_url=url, file=built.filename, name="demo-lib", user="alice") | {
        name: str(value) for name, value in values.items()
    }


@case("twine-bad-request", "twine-skip-existing")
def bad_request(world: World) -> dict[str, str]:
    return upload(world, wheel("demo-lib", "2.0", pad=10))


@case("twine-forbidden")
def forbidden(world: World) -> dict[str, str]:
    return upload(world, wheel("demo-dep", "3.0"), name="demo-dep")


@case("twine-wrong-password")
def wrong_password(world: World) -> dict[str, str]:
    values = upload(world)
    world.env["TWINE_PASSWORD"] = "alice"
    return values


@case("twine-not-an-upload-url")
def not_an_upload_url(world: World) -> dict[str, str]:
    return upload(world)


@case("twine-redirect")
def redirect(world: World) -> dict[str, str]:
    world.index.fault(Fault.REDIRECT_LOOP, "/legacy/")
    return upload(world, target="/legacy/")


@case("twine-bad-gateway")
def bad_gateway(world: World) -> dict[str, str]:
    world.index.fault(Fault.BAD_GATEWAY, "/legacy/")
    return upload(world)


@case("twine-no-such-file")
def no_such_file(world: World) -> dict[str, str]:
    return upload(world)


@case("twine-bad-zip-file")
def bad_zip_file(world: World) -> dict[str, str]:
    return upload(world, Built("demo_lib-4.0-py3-none-any.whl", b"<html>Sign in</html>", b""))


@case("twine-no-credentials")
def no_credentials(world: World) -> dict[str, str]:
    values = upload(world)
    world.env.clear()
    return values


@case("twine-missing-section")
def missing_section(world: World) -> dict[str, str]:
    return upload(world, section="corp", home=world.lab.environment()["HOME"])
