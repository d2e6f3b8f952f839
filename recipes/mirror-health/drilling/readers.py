"""Who reads a tree while it is pruned, and what they get."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def hold_on(tree: Path) -> dict[Path, bytes]:
    """A second name for each page, under which a reader that had opened it goes on reading."""
    held = {}
    for number, page in enumerate((tree / "web" / "simple").rglob("index.*")):
        copy = tree / f"held-{number}"
        copy.hardlink_to(page)
        held[copy] = page.read_bytes()
    return held


@contextmanager
def reading(tree: Path) -> Iterator[list[str]]:
    """Readers of the list and of pages; what is yielded gets a line each time, empty for well."""
    simple = tree / "web" / "simple"
    seen: list[str] = []
    over = threading.Event()

    def read() -> None:
        while not over.wait(0.002):  # often, and leave the core to what is watched
            for page in (simple, simple / "demo-dep", simple / "demo-name-mixed"):
                seen.append(_half(page))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        over.set()
        reader.join()


def _half(page: Path) -> str:
    """What is half of a page, in words; nothing where it is whole or, withdrawn, not there."""
    try:
        text = (page / "index.html").read_text()
        data = (page / "index.v1_json").read_text()
    except FileNotFoundError:
        return "" if page.name == "demo-name-mixed" else f"{page.name} is not there"
    if "</html>" not in text:
        return f"{page.name}/index.html is cut"
    try:
        json.loads(data)
    except ValueError:
        return f"{page.name}/index.v1_json is cut"
    return ""
