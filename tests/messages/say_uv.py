"""What brings about the messages of uv that are not those of pip in other words."""

from __future__ import annotations

import platform

from tests.messages.cases import case
from tests.messages.faulted import FILE, PAGE, WHEEL, faulted, with_wheel
from tests.messages.world import World

from mirrorlab.scenario import Fault

PROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = ["demo-dep"]
"""


@case("uv-unauthorized")
def unauthorized(world: World) -> dict[str, str]:
    return faulted(world, Fault.UNAUTHORIZED)


@case("uv-requires-python")
def requires_python(world: World) -> dict[str, str]:
    full = world.say("uv", "python --version", {}).split()[-1]
    return world.values(name="demo-future", version="1.0", specifier=">=3.99", python_version=full)


@case("uv-other-platform")
def other_platform(world: World) -> dict[str, str]:
    """The tag is that of this machine's C library."""
    _, glibc = platform.libc_ver()
    ours = f"manylinux_{glibc.replace('.', '_')}_{platform.machine()}"
    return world.values(name="demo-windows", platform_tag=ours)


@case("uv-first-index")
def first_index(world: World) -> dict[str, str]:
    return world.values(other_index_url=f"{world.index.http_url}/simple/")


@case("uv-timeout")
def timeout(world: World) -> dict[str, str]:
    world.env["UV_HTTP_TIMEOUT"] = 1
    return faulted(world, Fault.HANG, PAGE)


@case("uv-corrupt-file")
def corrupt_file(world: World) -> dict[str, str]:
    world.index.fault(Fault.CORRUPT, WHEEL)
    return with_wheel(world, file=FILE)


@case("uv-offline")
def offline(world: World) -> dict[str, str]:
    cache = world.folder / "cache"
    world.env.update(UV_NO_CACHE=0, UV_CACHE_DIR=cache)
    return world.values(cache=cache)


@case("uv-no-index")
def no_index(world: World) -> dict[str, str]:
    return world.values()


@case("uv-lock-of-another-index")
def lock_of_another_index(world: World) -> dict[str, str]:
    other = f"{world.index.http_url}/simple/"
    (world.folder / "pyproject.toml").write_text(PROJECT)
    values = world.values(other_index_url=other)
    world.say("uv", "uv lock --python python --default-index {other-index-url}", values)
    return values
