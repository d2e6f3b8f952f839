"""``POST /legacy/``: uploading a distribution, as twine does.

https://docs.pypi.org/api/upload/. Everything is checked before anything is kept.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from email.message import Message

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from mirrorlab.distributions import Built
from mirrorlab.errors import BadDistribution, CannotChange
from mirrorlab.index.accounts import allowed, who
from mirrorlab.index.answers import refuse
from mirrorlab.index.artifact import Artifact
from mirrorlab.index.content import Stored
from mirrorlab.index.folder import SUFFIXES, Described, describe
from mirrorlab.index.library import Library
from mirrorlab.scenario import Status, User
from mirrorlab.scenario.model import valid_name

MAX_UPLOAD = 100 * 1024 * 1024
"""Bytes a file may have; what PyPI allows a project that did not ask for more."""

_AROUND = 1024 * 1024
_DIGESTS = {"md5_digest": "md5", "sha256_digest": "sha256", "blake2_256_digest": "blake2b_256"}
_CLOSED = (Status.ARCHIVED, Status.QUARANTINED)


@dataclass(eq=False)
class _Refused(Exception):
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Form:
    name: str
    version: str
    filename: str
    content: bytes
    digests: dict[str, str]
    attested: bool


class Uploads:
    """The legacy upload API."""

    def __init__(self, library: Library, max_upload: int = MAX_UPLOAD) -> None:
        """Take uploads into ``library``, of files of at most so many bytes."""
        self._library = library
        self._max = max_upload

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [Route(place, self.upload, methods=["POST"]) for place in ("/legacy/", "/legacy")]

    async def upload(self, request: Request) -> Response:
        """Keep a file, or say in one sentence why not."""
        body = await self._read(request)
        try:
            user = self._user(request)
            form = await _parse(request, self._not_too_large(body), self._max)
            self._keep(user, form)
        except _Refused as refused:
            return refuse(refused.status, refused.reason)
        except BadDistribution as error:
            return refuse(400, str(error))
        return PlainTextResponse("")

    def _user(self, request: Request) -> User:
        user = who(request.headers.get("authorization"), self._library.scenario.users)
        if user is None:
            raise _Refused(403, "the user name and password, or the token, are not known here")
        return user

    def _not_too_large(self, body: bytes | None) -> bytes:
        if body is None:
            raise _Refused(400, f"the file is too large: the limit is {self._max} bytes")
        return body

    async def _read(self, request: Request) -> bytes | None:
        """Read the body to its end; ``None`` where it is too large, and then nothing of it."""
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > self._max + _AROUND:
                parts.clear()
            else:
                parts.append(part)
        return None if size > self._max + _AROUND else b"".join(parts)

    def _keep(self, user: User, form: _Form) -> None:
        described = _check(form)
        self._check_project(user, form)
        built = Built(form.filename, form.content, described.metadata)
        artifact = Artifact(lambda: built)
        for name, digest in form.digests.items():
            if artifact.hashes[_DIGESTS[name]] != digest.lower():
                raise _Refused(400, f"{name} is not the digest of the file that was sent")
        there = self._library.find(form.filename)
        if there is not None and there.artifact.sha256 == artifact.sha256:
            return
        if there is not None:
            known = there.artifact.hashes["blake2b_256"]
            # twine --skip-existing looks for these very words.
            message = f"File already exists ({form.filename!r}, with blake2_256 hash {known!r})."
            raise _Refused(400, message)
        stored = Stored(
            artifact,
            self._library.moment(self._library.now.serial + 1),
            described.requires_python,
            metadata=form.filename.endswith(".whl"),
            provenance=form.attested,
        )
        try:
            self._library.add(form.name, form.version, stored)
        except CannotChange as error:
            raise _Refused(400, str(error)) from None

    def _check_project(self, user: User, form: _Form) -> None:
        if not allowed(user, form.name):
            raise _Refused(403, f"the user {user.name!r} may not upload to {form.name!r}")
        project = self._library.now.projects.get(canonicalize_name(form.name))
        if project is not None and project.status in _CLOSED:
            raise _Refused(400, f"the project {form.name!r} is {project.status.value}")


async def _parse(request: Request, body: bytes, most: int) -> _Form:
    if (end := _end(request.headers.get("content-type", ""))) is None:
        raise _Refused(400, "the body must be multipart/form-data, with a boundary")
    if not body.rstrip().endswith(end):
        raise _Refused(400, "the body is cut off: the boundary that ends it is missing")

    async def whole() -> AsyncGenerator[bytes, None]:
        yield body
        yield b""

    try:
        parser = MultiPartParser(request.headers, whole(), max_part_size=_AROUND)
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        reason = getattr(error, "message", "") or str(error)
        raise _Refused(400, f"the body is not well-formed multipart/form-data: {reason}") from None
    try:
        return await _read_form(form, most)
    finally:
        await form.close()


def _end(content_type: str) -> bytes | None:
    """Return what a multipart body of this content type ends with."""
    headers = Message()
    headers["Content-Type"] = content_type
    boundary = headers.get_boundary()
    if headers.get_content_type() != "multipart/form-data" or boundary is None:
        return None
    return f"--{boundary}--".encode("latin-1", "replace")


async def _read_form(form: FormData, most: int) -> _Form:
    if _field(form, ":action") != "file_upload":
        raise _Refused(400, "':action' must be 'file_upload'")
    if _field(form, "protocol_version") not in ("", "1"):
        raise _Refused(400, "'protocol_version' must be '1'")
    sent = form.get("content")
    if not isinstance(sent, UploadFile) or not sent.filename:
        raise _Refused(400, "there is no file in the field 'content'")
    content = await sent.read()
    if len(content) > most:
        raise _Refused(400, f"the file is too large: the limit is {most} bytes")
    return _Form(
        name=_field(form, "name"),
        version=_field(form, "version"),
        filename=sent.filename,
        content=content,
        digests={name: _field(form, name) for name in _DIGESTS if _field(form, name)},
        attested=bool(_field(form, "attestations")),
    )


def _field(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _check(form: _Form) -> Described:
    """Hold what the form says against the file; return what the file says of itself."""
    if not valid_name(form.name):
        raise _Refused(400, f"{form.name!r} is not a valid project name")
    try:
        version = Version(form.version)
    except InvalidVersion:
        raise _Refused(400, f"{form.version!r} is not a version (PEP 440)") from None
    if "/" in form.filename or "\\" in form.filename or form.filename.startswith("."):
        raise _Refused(400, f"{form.filename!r} is a path, not a file name")
    if not form.filename.endswith(SUFFIXES):
        raise _Refused(400, f"{form.filename!r} is neither a wheel nor an sdist")
    if not form.digests:
        raise _Refused(400, f"one of {', '.join(_DIGESTS)} is required")
    described = describe(form.filename, form.content)
    same = canonicalize_name(described.name) == canonicalize_name(form.name)
    if not same or Version(described.version) != version:
        said = f"{described.name} {described.version}"
        raise _Refused(400, f"{form.filename} holds {said}, not {form.name} {form.version}")
    return described
