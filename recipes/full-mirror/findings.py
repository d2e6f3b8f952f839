"""Print what a check found, a line each; what a new download mends begins with "fetch again".

Usage: python3 findings.py check.json

    fetch again PROJECT: KIND: FILE
    KIND: PROJECT: FILE
"""

import json
import sys
from pathlib import Path

MENDED = {"missing", "altered", "truncated", "stale"}


def lines(report: Path) -> list[str]:
    """A line for each finding that is an error or a warning. Raises what bad JSON raises."""
    (check,) = json.loads(report.read_text())["checks"]
    if check["findings_left_out"]:
        raise ValueError(f"{check['findings_left_out']} findings are not listed in it")
    found = []
    for finding in check["findings"]:
        project, kind, file = finding["project"], finding["kind"], finding["file"] or "its page"
        if finding["severity"] == "note":
            continue
        if project and kind in MENDED:
            found.append(f"fetch again {project}: {kind}: {file}")
        else:
            found.append(f"{kind}: {project or 'the mirror'}: {file}")
    return found


def main(report: Path) -> int:
    """Print the lines; 1 where they cannot be had."""
    try:
        found = lines(report)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"findings: {report}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    for line in found:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
