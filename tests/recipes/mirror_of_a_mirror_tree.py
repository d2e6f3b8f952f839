"""A tree of one project with one file, as bandersnatch makes it, for the tests to damage."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

RECIPE = Path(__file__).parents[2] / "recipes" / "mirror-of-a-mirror"
FORMS = ("index.v1_json", "index.html", "index.v1_html")
BYTES = b"a wheel"
SHA256 = hashlib.sha256(BYTES).hexdigest()
WHEEL = "packages/aa/demo_lib-1.0-py3-none-any.whl"


def made_tree(tmp_path: Path) -> Path:
    """A tree of one project with one file, as bandersnatch makes it."""
    root = tmp_path / "tree"
    (root / "simple" / "demo-lib").mkdir(parents=True)
    (root / WHEEL).parent.mkdir(parents=True)
    (root / WHEEL).write_bytes(BYTES)
    (root / f"{WHEEL}.metadata").write_bytes(BYTES)
    write_page(root, f"../../{WHEEL}", SHA256)
    meta = {"api-version": "1.1"}
    write(root, "simple/index.v1_json", {"meta": meta, "projects": [{"name": "Demo_Lib"}]})
    for form in FORMS[1:]:
        (root / "simple" / form).write_text('<html><a href="demo-lib/">Demo_Lib</a></html>')
    return root


def write(root: Path, path: str, content: object) -> None:
    (root / path).write_text(json.dumps(content))


def write_page(root: Path, url: str, sha256: str, forms: tuple[str, ...] = FORMS) -> None:
    file = {"filename": "x", "url": url, "hashes": {"sha256": sha256}}
    page = {
        "meta": {"api-version": "1.1"},
        "files": [{**file, "core-metadata": {"sha256": SHA256}}],
    }
    html = f'<html><a href="{url}#sha256={sha256}" data-core-metadata="true">x</a></html>'
    for form in forms:
        text = json.dumps(page) if form.endswith("json") else html
        (root / "simple" / "demo-lib" / form).write_text(text)
