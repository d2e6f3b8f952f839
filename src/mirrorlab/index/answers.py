"""HTTP answers: validators and conditional requests (RFC 9110, 13), ranges (14), cut pages."""

from __future__ import annotations

import hashlib
import re

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from mirrorlab.scenario import Fault

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
IMMUTABLE = "public, max-age=365000000, immutable"
"""How long files may be kept; as on PyPI, for a file never changes."""


def refuse(status: int, reason: str, **headers: str) -> Response:
    """Return an error with its reason as plain text."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return PlainTextResponse(f"{status} {reason}\n", status, headers=named)


def page(
    request: Request,
    content: bytes,
    content_type: str,
    *,
    serial: int | None,
    fault: Fault | None,
    max_age: int,
    vary: bool = False,
) -> Response:
    """Answer with a page, or 304 where the client has it already."""
    if fault is Fault.MALFORMED:
        content = malformed(content)
    if fault is Fault.WRONG_TYPE:
        content_type = "text/plain"
    headers = {
        "ETag": f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"',
        "Cache-Control": f"public, max-age={max_age}",
    }
    if vary and fault is not Fault.NO_VARY:
        headers["Vary"] = "Accept"
    if serial is not None:
        headers["X-PyPI-Last-Serial"] = str(serial)
    if _matches(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if content_type.startswith("text/"):
        content_type += "; charset=utf-8"
    return Response(content, headers={**headers, "Content-Type": content_type})


def malformed(content: bytes) -> bytes:
    """Cut a document in its middle: JSON that does not parse, HTML that ends inside a tag."""
    half = content[: len(content) // 2]
    start = half.rfind(b"<")
    return half if start < 0 else half[: start + 2]


def file(request: Request, content: bytes, content_type: str, etag: str) -> Response:
    """Answer with a file, or with the range of it that was asked for."""
    headers = {
        "ETag": f'"{etag}"',
        "Cache-Control": IMMUTABLE,
        "Accept-Ranges": "bytes",
        "Content-Type": content_type,
    }
    if _matches(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    wanted = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if wanted is None or wanted.groups() == ("", "") or _outdated(request, headers["ETag"]):
        return Response(content, headers=headers)
    start, end = _span(wanted[1], wanted[2], len(content))
    if start >= min(end, len(content)):
        headers["Content-Range"] = f"bytes */{len(content)}"
        return Response(status_code=416, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
    return Response(content[start:end], 206, headers=headers)


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """Return start and end (exclusive) of a range; the last N bytes where it begins with a dash."""
    if not first:
        return max(0, size - int(last)), size if int(last) else 0
    return int(first), min(int(last) + 1, size) if last else size


def _outdated(request: Request, etag: str) -> bool:
    """Whether the client would continue (If-Range) what is another file now."""
    condition = request.headers.get("if-range")
    return condition is not None and condition.strip() != etag


def _matches(condition: str | None, etag: str) -> bool:
    if condition is None:
        return False
    tags = (tag.strip().removeprefix("W/") for tag in condition.split(","))
    return any(tag in ("*", etag) for tag in tags)
