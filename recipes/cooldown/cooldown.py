"""Serve of an index what is so many days old. See cooldown.sh, which has the settings."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any

import uvicorn
from packaging.utils import canonicalize_name, canonicalize_version
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from upstream import JSON, Refused, ask, page, version_of

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
PASSED_ON = ("Content-Type", "Content-Length", "Content-Range", "Accept-Ranges", "ETag")


class Cooldown:
    """An index that leaves out what is too young, and what does not say how old it is."""

    def __init__(self, index: str, days: int, keep: int, exceptions: Path) -> None:
        """Nothing is asked yet. Raises Refused where the exceptions are none."""
        self.index, self.days, self.keep, self.exceptions = index, days, keep, exceptions
        self.allowed()
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def allowed(self) -> set[tuple[str, str]]:
        """The exceptions, each a name and a version, or "" for all versions. Raises Refused."""
        try:
            lines = self.exceptions.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(503, f"the exceptions cannot be read: {error}") from None
        found: set[tuple[str, str]] = set()
        for number, line in enumerate(lines, 1):
            name, equals, version = line.partition("#")[0].strip().partition("==")
            if not name and not equals:
                continue
            if not NAME.fullmatch(name) or not re.fullmatch(r"[\w.!+]+" if equals else "", version):
                where = f"{self.exceptions}, line {number}"
                raise Refused(503, f"{where}: write NAME==VERSION, or NAME for a project of yours")
            found.add((canonicalize_name(name), canonicalize_version(version) if version else ""))
        return found

    def shown(self, name: str) -> dict[str, Any]:
        """The page of a project with the files that may be had. Raises Refused.

        One file that does not say when it was uploaded, and is no exception, spoils the page.
        """
        moment, document = self._kept.get(name, (0.0, {}))
        if not document or not 0 <= time.monotonic() - moment < self.keep:
            moment, document = time.monotonic(), page(self.index, name)
            self._kept[name] = moment, document
        allowed = self.allowed()
        before = datetime.now(UTC) - timedelta(days=self.days)
        files = []
        for file in document["files"]:
            uploaded, version = file["upload-time"], version_of(file["filename"])
            if (name, "") in allowed or (version and (name, version) in allowed):
                files.append({key: file[key] for key in file if file[key] is not None})
            elif uploaded is None:
                raise Refused(502, f"{self.index} gives no upload-time for {file['filename']}")
            elif uploaded <= before:
                files.append(file)
        left = {version_of(file["filename"]) for file in files}
        versions = [each for each in document["versions"] if canonicalize_version(each) in left]
        return {**document, "files": files, "versions": versions}

    def project(self, request: Request) -> Response:
        """Answer with the page of a project, in JSON to who likes it best."""
        name = request.path_params["name"]
        known = canonicalize_name(name)
        if not NAME.fullmatch(name):
            raise Refused(404, f"{name!r} is no name of a project")
        if request.url.path.endswith("/") and name != known:
            return RedirectResponse(f"../{known}/", 301)
        if not request.url.path.endswith("/"):
            return RedirectResponse(f"{known}/", 301)
        document = self.shown(known)
        files = [{**each, "url": f"../../files/{known}/{each['filename']}"}
                 for each in document["files"]]  # fmt: skip
        headers = {"Vary": "Accept", "Cache-Control": f"max-age={self.keep}"}
        if likes_json(request.headers.get("accept", "")):
            text = json.dumps({**document, "files": files}, default=as_time)
            return Response(text, headers=headers, media_type=JSON)
        return Response(as_html(known, files), headers=headers, media_type="text/html")

    def file(self, request: Request) -> Response:
        """Pass on a file, or its metadata, if it may be had."""
        name, asked = request.path_params["name"], request.path_params["filename"]
        filename = asked.removesuffix(".metadata")
        urls = [each["url"] for each in self.shown(name)["files"] if each["filename"] == filename]
        if not urls:
            raise Refused(404, f"{filename} is not there, or younger than {self.days} days")
        wanted = {"Range": request.headers["range"]} if "range" in request.headers else {}
        answer = ask(urls[0] + asked[len(filename) :], wanted, request.method)
        headers = {each: answer.headers[each] for each in PASSED_ON if each in answer.headers}
        return StreamingResponse(pieces(answer), answer.status, headers)

    def healthy(self, _: Request) -> Response:
        """Answer whoever asks whether this is alive."""
        return PlainTextResponse(f"releases that are {self.days} days old, of {self.index}\n")


def refuse(_: Request, error: Exception) -> Response:
    """Say why there is no answer; nobody may keep that."""
    status = error.status if isinstance(error, Refused) else 500
    print(f"cooldown: {error}", file=sys.stderr, flush=True)
    headers = {"Vary": "Accept", "Cache-Control": "no-store"}
    return PlainTextResponse(f"cooldown: {error}\n", status, headers)


def likes_json(accept: str) -> bool:
    """Whether JSON is wanted at least as much as HTML. Nobody who says nothing wants JSON."""
    best = {"json": 0.0, "html": 0.0}
    for part in accept.lower().split(","):
        kind, *parameters = (each.strip() for each in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        form = re.fullmatch(r"application/vnd\.pypi\.simple\.(?:v1|latest)\+(json|html)", kind)
        if (form or kind in {"text/html", "*/*"}) and re.fullmatch(r"[01](\.\d{0,3})?", quality):
            word = form[1] if form else "html"
            best[word] = max(best[word], float(quality))
    return best["json"] > 0 and best["json"] >= best["html"]


def as_html(name: str, files: list[dict[str, Any]]) -> str:
    """The page for clients that know no JSON (PEP 503, 592, 658, 714)."""
    lines = ["<!DOCTYPE html>", f"<title>Links for {name}</title>", f"<h1>Links for {name}</h1>"]
    for file in files:
        kinds = sorted(file["hashes"], key=lambda kind: kind != "sha256")[:1]
        href = file["url"] + "".join(f"#{kind}={file['hashes'][kind]}" for kind in kinds)
        attributes = {"href": href}
        if file.get("requires-python"):
            attributes["data-requires-python"] = file["requires-python"]
        if file.get("yanked", False) is not False:
            attributes["data-yanked"] = "" if file["yanked"] is True else file["yanked"]
        if metadata := file.get("core-metadata", file.get("data-dist-info-metadata")):
            digest = metadata.get("sha256") if isinstance(metadata, dict) else None
            for key in ("data-core-metadata", "data-dist-info-metadata"):
                attributes[key] = f"sha256={digest}" if digest else "true"
        words = " ".join(f'{key}="{escape(value)}"' for key, value in attributes.items())
        lines.append(f"<a {words}>{escape(file['filename'])}</a><br>")
    return "\n".join([*lines, ""])


def as_time(moment: datetime) -> str:
    """A moment as PEP 700 writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def pieces(answer: Any) -> Iterator[bytes]:
    """The bytes of an answer; one that is cut off is too short, and the client sees it."""
    with answer:
        while piece := answer.read(1 << 16):
            yield piece


def main() -> None:
    """Read the settings, and serve."""
    host, _, port = os.environ["LISTEN"].rpartition(":")
    try:
        days, keep = int(os.environ["DAYS"]), int(os.environ["KEEP"])
        served = Cooldown(os.environ["UPSTREAM"], days, keep, Path(os.environ["EXCEPTIONS"]))
    except Refused as reason:
        sys.exit(f"cooldown: {reason}")
    paths: dict[str, Callable[[Request], Response]] = {
        "/simple/{name}/": served.project,
        "/simple/{name}": served.project,
        "/files/{name}/{filename}": served.file,
        "/healthy": served.healthy,
    }
    routes = [Route(path, answer) for path, answer in paths.items()]
    app = Starlette(routes=routes, exception_handlers={Refused: refuse, Exception: refuse})
    uvicorn.run(app, host=host, port=int(port), log_level="warning")


if __name__ == "__main__":
    main()
