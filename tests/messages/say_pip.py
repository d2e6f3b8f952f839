"""What brings about the messages of pip."""

from __future__ import annotations

from hashlib import sha256

from tests.messages.cases import case
from tests.messages.faulted import FILE, WHEEL, faulted, wheel_url, with_wheel
from tests.messages.world import NO_PROXY, World
from tests.naive_cache import NGINX

from mirrorlab.distributions import wheel
from mirrorlab.lab import wait_for_url
from mirrorlab.scenario import Fault

YANK = "loses data when the clock goes back"


@case("pip-no-such-project", "uv-not-found")
def no_such_project(world: World) -> dict[str, str]:
    return world.values(name="demo-typo")


@case("pip-url-without-simple")
def url_without_simple(world: World) -> dict[str, str]:
    return world.values()


@case("pip-forbidden", "uv-forbidden")
def forbidden(world: World) -> dict[str, str]:
    return faulted(world, Fault.FORBIDDEN)


@case("pip-index-fails", "uv-index-fails")
def index_fails(world: World) -> dict[str, str]:
    return faulted(world, Fault.BAD_GATEWAY)


@case("pip-login-portal", "uv-login-portal")
def login_portal(world: World) -> dict[str, str]:
    return faulted(world, Fault.LOGIN_PORTAL)


@case("pip-other-platform", "pip-download-for-another-platform")
def other_platform(world: World) -> dict[str, str]:
    tag = "cp311-cp311-win_amd64"
    return world.values(name="demo-windows", tag=tag)


@case("pip-quarantined", "uv-no-versions")
def quarantined(world: World) -> dict[str, str]:
    return world.values(name="demo-quarantined")


@case("pip-version-not-there", "uv-version-not-there")
def version_not_there(world: World) -> dict[str, str]:
    return world.values(version="3.0", versions="1.0, 2.0")


@case("pip-only-pre-releases")
def only_pre_releases(world: World) -> dict[str, str]:
    return world.values(name="demo-beta", requirement="demo-beta>=2", versions="1.0, 2.0b1")


@case("pip-requires-python")
def requires_python(world: World) -> dict[str, str]:
    return world.values(name="demo-future", version="1.0", specifier=">=3.99")


@case("pip-yanked", "pip-yanked-warning", "uv-yanked")
def yanked(world: World) -> dict[str, str]:
    url = wheel_url(world, "demo-yanked")
    return world.values(name="demo-yanked", version="1.0", reason=YANK, file_url=url)


@case("pip-connection-refused", "uv-connection-refused")
def connection_refused(world: World) -> dict[str, str]:
    world.env["PIP_RETRIES"] = 1
    port = world.lab.port("nobody listens here")
    index = f"https://127.0.0.1:{port}/simple/"
    return world.values(index_url=index, port=port, project_page=f"{index}demo-dep/")


@case("pip-name-resolution", "pip-name-resolution-before-26", "uv-name-resolution")
def name_resolution(world: World) -> dict[str, str]:
    world.env.update(NO_PROXY, PIP_RETRIES=1)
    return world.values(host="mirror.invalid")


@case("pip-read-timeout")
def read_timeout(world: World) -> dict[str, str]:
    world.env.update(PIP_RETRIES=1, PIP_TIMEOUT=1)
    return faulted(world, Fault.HANG, seconds="1.0")


@case("pip-proxy", "pip-proxy-before-26")
def proxy(world: World) -> dict[str, str]:
    world.env["PIP_RETRIES"] = 1
    at = world.lab.environment()["https_proxy"]
    return world.values(host="mirror.invalid", proxy=at, answer="403 Outside the lab")


@case("pip-certificate", "pip-certificate-before-26", "uv-certificate")
def certificate(world: World) -> dict[str, str]:
    return faulted(world, Fault.UNTRUSTED_TLS, "*")


@case("pip-not-trusted")
def not_trusted(world: World) -> dict[str, str]:
    world.env["PIP_INDEX_URL"] = "http://mirror.invalid/simple/"
    return world.values(host="mirror.invalid")


@case("pip-credentials-not-correct")
def credentials_not_correct(world: World) -> dict[str, str]:
    return faulted(world, Fault.UNAUTHORIZED, user="alice", password="wrong")


@case("pip-asks-for-a-user")
def asks_for_a_user(world: World) -> dict[str, str]:
    world.env["PIP_NO_INPUT"] = ""
    return faulted(world, Fault.UNAUTHORIZED)


@case("pip-redirects", "uv-redirects")
def redirects(world: World) -> dict[str, str]:
    return faulted(world, Fault.REDIRECT_LOOP)


@case("pip-no-scheme")
def no_scheme(world: World) -> dict[str, str]:
    url = f"{world.values()['host-and-port']}/simple/"
    world.env["PIP_INDEX_URL"] = url
    return world.values(index_url=url)


@case("pip-two-indexes")
def two_indexes(world: World) -> dict[str, str]:
    other = f"{world.index.http_url}/simple/"
    world.env["PIP_EXTRA_INDEX_URL"] = other
    return world.values(name="demo-typo", other_index_url=other)


@case("pip-content-type", "uv-content-type")
def content_type(world: World) -> dict[str, str]:
    return faulted(world, Fault.WRONG_TYPE, type="text/plain; charset=utf-8")


@case("pip-cache-mixes-json-and-html")
def cache_mixes(world: World) -> dict[str, str]:
    """A cache in front of an index that says no Vary; a new pip was there first."""
    world.index.fault(Fault.NO_VARY, "/simple/*")
    port = world.lab.port("cache")
    config = world.folder / "nginx.conf"
    upstream = world.index.http_url
    config.write_text(NGINX.format(folder=world.folder, port=port, upstream=upstream))
    world.lab.spawn(["nginx", "-c", config, "-p", world.folder], name="nginx")
    index = f"http://127.0.0.1:{port}/simple/"
    wait_for_url(index)
    values = world.values(index_url=index, project_page=f"{index}demo-dep/")
    world.say("pip", "pip download --no-deps --index-url {index-url} {name}", values)
    return values


@case("pip-bad-json", "uv-bad-json")
def bad_json(world: World) -> dict[str, str]:
    return faulted(world, Fault.MALFORMED)


@case("pip-page-cut-short")
def page_cut_short(world: World) -> dict[str, str]:
    return faulted(world, Fault.TRUNCATED)


@case("pip-file-cut-short", "uv-file-cut-short")
def file_cut_short(world: World) -> dict[str, str]:
    world.index.fault(Fault.TRUNCATED, WHEEL)
    return with_wheel(world)


@case("pip-file-not-there", "uv-file-not-there")
def file_not_there(world: World) -> dict[str, str]:
    world.index.fault(Fault.NOT_FOUND, WHEEL)
    return with_wheel(world)


@case("pip-file-forbidden")
def file_forbidden(world: World) -> dict[str, str]:
    world.index.fault(Fault.FORBIDDEN, WHEEL)
    return with_wheel(world)


@case("pip-too-many-502", "pip-file-bad-gateway-before-26")
def file_bad_gateway(world: World) -> dict[str, str]:
    world.index.fault(Fault.BAD_GATEWAY, WHEEL)
    return with_wheel(world)


@case("pip-metadata-not-there", "uv-metadata-not-there")
def metadata_not_there(world: World) -> dict[str, str]:
    world.index.fault(Fault.METADATA_404, "/packages/*/demo_dep-2.0*")
    return with_wheel(world)


@case("pip-metadata-hash", "uv-metadata-hash")
def metadata_hash(world: World) -> dict[str, str]:
    world.index.fault(Fault.CORRUPT, f"{WHEEL}.metadata")
    announced = wheel("demo-dep", "2.0").metadata
    return with_wheel(world) | {"expected": sha256(announced).hexdigest()}


@case("pip-no-upload-time", "uv-no-upload-time")
def no_upload_time(world: World) -> dict[str, str]:
    return faulted(world, Fault.NO_UPLOAD_TIME)


@case("pip-hash-mismatch", "uv-hash-mismatch")
def hash_mismatch(world: World) -> dict[str, str]:
    (world.folder / "lock.txt").write_text(f"demo-dep==2.0 --hash=sha256:{'0' * 64}\n")
    return with_wheel(world, got=world.index.sha256(FILE)) | {"expected": "0" * 64}


@case("pip-hash-unknown-package")
def hash_unknown_package(world: World) -> dict[str, str]:
    world.index.fault(Fault.ALTERED_FILE, WHEEL)
    return with_wheel(world)


@case("pip-hashes-and-no-pin", "uv-dependency-without-hash")
def hashes_and_no_pin(world: World) -> dict[str, str]:
    digest = world.index.sha256("demo_lib-2.0-py3-none-any.whl")
    (world.folder / "lock.txt").write_text(f"demo-lib==2.0 --hash=sha256:{digest}\n")
    return world.values(name="demo-lib", missing="demo-dep")


@case("pip-hashes-missing", "uv-hashes-missing")
def hashes_missing(world: World) -> dict[str, str]:
    (world.folder / "lock.txt").write_text("demo-dep==2.0\n")
    return world.values()


@case("pip-conflict", "uv-conflict")
def conflict(world: World) -> dict[str, str]:
    return world.values(first="demo-old", second="demo-new")


@case(
    "pip-build-dependency",
    "pip-build-dependency-before-26",
    "pip-no-build-backend",
    "uv-build-dependency",
    "uv-no-wheels-allowed",
)
def build_dependency(world: World) -> dict[str, str]:
    return world.values(name="demo-unbuildable", backend="demo-backend", module="demo_backend")


@case("pip-no-such-folder", "uv-no-such-folder")
def no_such_folder(world: World) -> dict[str, str]:
    return world.values(folder=world.folder)


@case("pip-looking-in-links")
def looking_in_links(world: World) -> dict[str, str]:
    built = wheel("demo-dep", "2.0", tag="cp311-cp311-win_amd64")
    folder = world.folder / "packages"
    folder.mkdir()
    (folder / built.filename).write_bytes(built.content)
    return world.values(file=built.filename)


@case("pip-not-a-supported-wheel")
def not_a_supported_wheel(world: World) -> dict[str, str]:
    url = wheel_url(world, "demo-windows")
    return world.values(file_url=url, file=url.rsplit("/", 1)[1])
