"""Made-up mirrors as bandersnatch writes them, and the index they copy, behind nginx.

No installer asks for these files, so they are no wheels: bytes of a given size, each another.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from random import Random
from socket import create_connection
from typing import Any

import click
import trustme
from tests.bench.ports import free_port

from mirrorlab.simple import (
    FileEntry,
    ListedProject,
    ProjectList,
    ProjectPage,
    list_to_html,
    list_to_json,
    page_to_html,
    page_to_json,
)

EPOCH = datetime(2026, 1, 5, tzinfo=UTC)
SERIAL = 1000
NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000;
    map $http_accept $form {{ default html; "~^application/vnd.pypi.simple.v1.json" v1_json; }}
    types {{ text/html html; application/vnd.pypi.simple.v1+json v1_json; }}
    default_type application/json;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/cert.pem;
        ssl_certificate_key {folder}/key.pem;
        root {folder}/upstream;
        location ~ ^/simple/(?<name>[a-z0-9-]*/)?$ {{
            add_header Vary Accept always;
            try_files /simple/${{name}}index.$form =404;
        }}
        location /packages/ {{ try_files $uri /one-file; }}
    }}
}}
"""


@dataclass(frozen=True)
class Made:
    """A tree, and the pages of the index that it copies."""

    folder: Path
    projects: int
    files: int
    megabytes: float
    """Of all files, core metadata included."""

    @property
    def tree(self) -> Path:
        """What bandersnatch writes to."""
        return self.folder / "tree"


def name_of(number: int) -> str:
    """The name of a made-up project."""
    return f"made-up-{number:06}"


def make(folder: Path, projects: int, files: int, *, size: int, alike: int = 0) -> Made:
    """Make a tree, and its upstream's pages.

    Projects have 1 to ``2 * files - 1`` files of ``size`` bytes each. With ``alike`` only so many
    files differ; the others are further names of these, so that much can be read of little disk.
    """
    chance = Random(projects * 1000 + files)
    web, upstream = folder / "tree" / "web", folder / "upstream"
    blobs = [_blob(folder / "blobs", chance, size) for _ in range(alike)]
    count = 0
    for number in range(projects):
        name = name_of(number)
        many = chance.randint(1, 2 * files - 1)
        contents = [chance.choice(blobs) if blobs else chance.randbytes(size) for _ in range(many)]
        entries = [_file(web, name, minor, content) for minor, content in enumerate(contents)]
        versions = tuple(entry.filename.split("-")[1] for entry in entries)
        page = ProjectPage(name, tuple(entries), versions, last_serial=SERIAL + number)
        _write(upstream / "simple" / name / "index.v1_json", page_to_json(page))
        _write(upstream / "simple" / name / "index.html", page_to_html(page))
        document = json.dumps(_project_json(page)).encode()
        _write(upstream / "pypi" / name / "json", document)
        _write(web / "json" / name, document)
        _write_pages(web / "simple" / name, page)
        count += many
    listed = ProjectList(tuple(ListedProject(name_of(one)) for one in range(projects)))
    for form, body in (("html", list_to_html(listed)), ("v1_json", list_to_json(listed))):
        _write(upstream / "simple" / f"index.{form}", body)
        _write(web / "simple" / f"index.{form}", body)
    _write(web / "simple" / "index.v1_html", list_to_html(listed))
    _write(web / "last-modified", f"{EPOCH:%Y%m%dT%H:%M:%S}\n".encode())
    _write(web.parent / "status", str(SERIAL).encode())
    _write(web.parent / "generation", b"5")
    return Made(folder, projects, count, count * (size + 64) / 1e6)


def make_pages(folder: Path, projects: int) -> Made:
    """Make the pages of an index alone, for 1 to 5 files a project, which all hold the same."""
    chance, upstream = Random(projects), folder / "upstream"
    content = b"the same in each file\n"
    _write(upstream / "one-file", content)
    count = 0
    for number in range(projects):
        name = name_of(number)
        many = chance.randint(1, 5)
        entries = tuple(
            replace(_entry(name, minor, content), core_metadata=False) for minor in range(many)
        )
        versions = tuple(entry.filename.split("-")[1] for entry in entries)
        page = ProjectPage(name, entries, versions, last_serial=SERIAL + number)
        _write(upstream / "simple" / name / "index.v1_json", page_to_json(page))
        _write(upstream / "simple" / name / "index.html", page_to_html(page))
        count += many
    listed = ProjectList(tuple(ListedProject(name_of(one)) for one in range(projects)))
    _write(upstream / "simple" / "index.html", list_to_html(listed))
    _write(upstream / "simple" / "index.v1_json", list_to_json(listed))
    return Made(folder, projects, count, count * len(content) / 1e6)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve ``upstream`` over HTTPS, as long as this lasts: the URL; ``ca.pem`` lies beside."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    chain = b"".join(one.bytes() for one in certificate.cert_chain_pems)
    (folder / "cert.pem").write_bytes(chain)
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port), encoding="utf-8")
    process = subprocess.Popen(["nginx", "-c", config, "-p", folder])
    try:
        _wait_for(port, process)
        yield f"https://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < until:
        try:
            create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise click.ClickException("nginx did not start")


def _blob(folder: Path, chance: Random, size: int) -> bytes:
    content = chance.randbytes(size)
    _write(folder / sha256(content).hexdigest(), content)
    return content


def _entry(name: str, minor: int, content: bytes) -> FileEntry:
    filename = f"{name.replace('-', '_')}-1.{minor}-py3-none-any.whl"
    digest, place = _sums(content)
    return FileEntry(
        filename,
        f"/packages/{place[:2]}/{place[2:4]}/{place[4:]}/{filename}",
        {"sha256": digest},
        requires_python=">=3.9",
        size=len(content),
        upload_time=EPOCH + timedelta(days=minor),
        core_metadata=sha256(_metadata(filename)).hexdigest(),
    )


@lru_cache(64)
def _sums(content: bytes) -> tuple[str, str]:
    """The sha256 of a file, and the blake2b that its place is named by."""
    return sha256(content).hexdigest(), blake2b(content, digest_size=32).hexdigest()


def _metadata(filename: str) -> bytes:
    return f"Metadata-Version: 2.4\nName: {filename}\n".ljust(64).encode()


def _file(web: Path, name: str, minor: int, content: bytes) -> FileEntry:
    entry = _entry(name, minor, content)
    path = web / entry.url.lstrip("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    blob = web.parents[1] / "blobs" / entry.hashes["sha256"]
    if blob.exists():
        os.link(blob, path)
    else:
        path.write_bytes(content)
    path.with_name(f"{path.name}.metadata").write_bytes(_metadata(entry.filename))
    return entry


def _write_pages(folder: Path, page: ProjectPage) -> None:
    """Write the pages of a project as bandersnatch 8 does."""
    files, anchors = [], []
    for file in page.files:
        url, digest = f"../..{file.url}", file.hashes["sha256"]
        metadata = f'metadata="sha256={file.core_metadata}"'
        anchors.append(
            f'    <a href="{url}#sha256={digest}" data-requires-python="&gt;=3.9"'
            f" data-core-{metadata} data-dist-info-{metadata}>{file.filename}</a><br/>"
        )
        files.append(
            {
                "filename": file.filename,
                "hashes": {"sha256": digest},
                "requires-python": file.requires_python,
                "size": file.size,
                "upload-time": _moment(file),
                "url": url,
                "yanked": False,
                "core-metadata": {"sha256": file.core_metadata},
            }
        )
    meta = {"api-version": "1.1", "_last-serial": str(page.last_serial)}
    document = {"files": files, "meta": meta, "name": page.name, "versions": page.versions}
    html = (
        "<!DOCTYPE html>\n<html>\n  <head>\n"
        '    <meta name="pypi:repository-version" content="1.0">\n'
        f"    <title>Links for {page.name}</title>\n  </head>\n  <body>\n"
        f"    <h1>Links for {page.name}</h1>\n"
        + "\n".join(anchors)
        + f"\n  </body>\n</html>\n<!--SERIAL {page.last_serial}-->"
    )
    _write(folder / "index.v1_json", json.dumps(document).encode())
    _write(folder / "index.html", html.encode())
    _write(folder / "index.v1_html", html.encode())


def _moment(file: FileEntry) -> str:
    assert file.upload_time is not None
    return f"{file.upload_time:%Y-%m-%dT%H:%M:%S.%fZ}"


def _project_json(page: ProjectPage) -> dict[str, Any]:
    """The project JSON: what bandersnatch reads of it, and no description, which it would skip."""
    releases = {
        version: [
            {
                "filename": file.filename,
                "url": f"https://files.public.example{file.url}",
                "digests": dict(file.hashes),
                "size": file.size,
                "requires_python": file.requires_python,
                "upload_time_iso_8601": _moment(file),
                "yanked": False,
                "packagetype": "bdist_wheel",
                "core-metadata": {"sha256": file.core_metadata},
            }
        ]
        for version, file in zip(page.versions, page.files, strict=True)
    }
    info = {"name": page.name, "version": page.versions[-1]}
    return {"info": info, "last_serial": page.last_serial, "releases": releases, "urls": []}


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
