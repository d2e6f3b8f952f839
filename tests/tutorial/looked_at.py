"""A folder for the checks of chapters 3 and 4 to look at, and ways to spoil it."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mirrorlab.distributions import Built, wheel
from mirrorlab.tutorial import Chapter, Day, Finding, examine

FLASK = wheel("flask", "3.1", requires=["werkzeug", "dev-only; extra == 'dev'"])
WERKZEUG = wheel("werkzeug", "3.1")
OURS = wheel("team-greeting", "1.0")
STRANGERS = wheel("team-greeting", "99.0")


def look(chapter: Chapter, day: Day, name: str) -> Finding:
    """What the check of this name finds; the names of checks are for scripts, and stay."""
    found = {one.check.name: one.finding for one in examine(chapter, day).outcomes}
    return found[name]


def environment(home: Path, *installed: Built) -> Path:
    """A virtual environment with these wheels in it, as an installer leaves them."""
    site = home / "lib" / "python3.13" / "site-packages"
    site.mkdir(parents=True, exist_ok=True)
    (home / "pyvenv.cfg").touch()
    for one in installed:
        with zipfile.ZipFile(io.BytesIO(one.content)) as opened:
            opened.extractall(site)
    return site


def serve(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def gone(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).unlink()


def moved(name: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).rename(folder / "elsewhere")


def written(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text)


def altered(name: str) -> Callable[[Path], object]:
    def alter(folder: Path) -> None:
        file = next(folder.glob(name))
        file.write_bytes(file.read_bytes() + b"#")

    return alter
