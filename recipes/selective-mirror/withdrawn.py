"""List what a mirror serves though upstream has withdrawn it; remove what is named.

Usage: python3 withdrawn.py MIRROR UPSTREAM [NAME ...]

Beside the lines of compare.py it prints `unlinked PATH`: a file that no page points to,
of a release that upstream has deleted or you have blocked. Installers do not find such a
file, but a lock file with its URL does. NAME is a project or a PATH of that list.
"""

import json
import shutil
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from compare import compare


def linked(web: Path) -> set[Path]:
    """Each file that a page of the mirror points to, with its metadata beside it."""
    found = set()
    for page in (web / "simple").glob("*/index.v1_json"):
        for file in json.loads(page.read_text())["files"]:
            path = web / unquote(urlsplit(file["url"]).path).removeprefix("../../")
            found |= {path, path.with_name(f"{path.name}.metadata")}
    return found


def unlinked(web: Path) -> list[str]:
    """Each file under packages/ that no page points to, relative to the tree."""
    files = {path for path in (web / "packages").rglob("*") if path.is_file()}
    return sorted(str(path.relative_to(web)) for path in files - linked(web))


def listing(mirror: Path, upstream: str) -> list[str]:
    """The lines to print, each "KIND NAME", perhaps with a reason behind it."""
    kinds = ("withdrawn ", "unlisted ")
    projects = [line for line in compare(mirror, upstream) if line.startswith(kinds)]
    return projects + [f"unlinked {path}" for path in unlinked(mirror / "web")]


def rewrite(path: Path, text: str) -> None:
    """Replace a file in one step, so that no reader meets half of it."""
    aside = path.with_name(f".{path.name}.new")
    aside.write_text(text)
    aside.chmod(0o644)
    aside.replace(path)


def remove_project(web: Path, project: str) -> None:
    """Remove a project from the root pages, then its page, then the files only it had."""
    simple = web / "simple"
    for page in (simple / "index.html", simple / "index.v1_html"):
        lines = page.read_text().splitlines(keepends=True)
        left = [line for line in lines if f'href="{project}/"' not in line]
        rewrite(page, "".join(left))
    root = json.loads((simple / "index.v1_json").read_text())
    root["projects"] = [entry for entry in root["projects"] if entry["name"] != project]
    rewrite(simple / "index.v1_json", json.dumps(root))
    before = linked(web)
    shutil.rmtree(simple / project)
    for path in before - linked(web):
        path.unlink(missing_ok=True)


def main(mirror: Path, upstream: str, names: list[str]) -> int:
    """Remove the names, print what is left, return the exit code."""
    web = mirror / "web"
    listed = {line.split()[1]: line.split()[0] for line in listing(mirror, upstream)}
    for name in names:
        if name not in listed:
            print(f"not removed: {name} is not on the list")
        elif listed[name] == "unlinked":
            (web / name).unlink()
            print(f"removed {name}")
        else:
            remove_project(web, name)
            print(f"removed {name}, its page and its files")
    left = listing(mirror, upstream)
    print("\n".join(left) or "withdrawn: nothing to remove")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2].rstrip("/"), sys.argv[3:]))
