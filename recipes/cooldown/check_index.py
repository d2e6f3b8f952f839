"""Ask an index whether it says when files were uploaded. Settings: see check-index.sh."""

from __future__ import annotations

import os
import sys

from packaging.utils import canonicalize_name
from upstream import NoTimes, Refused, page

GIVES, DROPS, WRONG_USE, COULD_NOT_TELL = range(4)


def main(index: str, projects: list[str]) -> int:
    """Print a line for each project, and return the exit code; what nobody could tell wins."""
    code = GIVES
    for project in projects:
        name = canonicalize_name(project)
        try:
            files = page(index, name)["files"]
        except NoTimes as reason:
            print(f"check-index: {name}: NO upload times: {reason}")
            code = max(code, DROPS)
            continue
        except Refused as reason:
            print(f"check-index: could not tell about {name}: {reason}", file=sys.stderr)
            code = COULD_NOT_TELL
            continue
        without = [file["filename"] for file in files if file["upload-time"] is None]
        if not files:
            print(f"check-index: could not tell about {name}: it has no file", file=sys.stderr)
            code = COULD_NOT_TELL
        elif without:
            print(f"check-index: {name}: NO upload time for {len(without)} of {len(files)} files")
            code = max(code, DROPS)
        else:
            print(f"check-index: {name}: upload times for all {len(files)} files")
    return code


if __name__ == "__main__":
    sys.exit(main(os.environ["INDEX"], os.environ["PROJECTS"].split()))
