"""Add a release to the blocklist in a configuration of bandersnatch.

Usage: python3 keep_out.py LIST CONF
"""

from __future__ import annotations

import configparser
import sys
from pathlib import Path

from release import Refused, main, read, replace

PLUGIN = "blocklist_release"


def values(text: str, section: str, key: str) -> list[str]:
    """The lines of a value, as bandersnatch reads them. Raises Refused."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise Refused(f"the configuration cannot be read: {error}") from None
    lines = parser.get(section, key, fallback="").split("\n")
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")]


def add(text: str, section: str, key: str, value: str) -> str:
    """Add one line to a value: to the section that is there, or to a new one at the end."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip() == f"[{section}]"), None)
    if start is None:
        return "\n".join([*lines, "", f"[{section}]", f"{key} =", f"    {value}", ""])
    after = range(start + 1, len(lines))
    end = next((i for i in after if lines[i].startswith("[")), len(lines))
    at = next((i for i in range(start + 1, end) if lines[i].partition("=")[0].strip() == key), None)
    if at is None:
        lines[start + 1 : start + 1] = [f"{key} =", f"    {value}"]
    else:
        lines.insert(at + 1, f"    {value}")
    return "\n".join([*lines, ""])


def work(argv: list[str]) -> int:
    """Add what is missing; refuse to leave anything but a configuration that blocks."""
    release, path = str(read(Path(argv[0])).release), Path(argv[1])
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise Refused(f"{path}: {error}; set BANDERSNATCH_CONF") from None
    if not values(text, "mirror", "master"):
        raise Refused(f"{path}: no configuration of bandersnatch: there is no master in [mirror]")
    after = text
    enabled = values(text, "plugins", "enabled")
    if any(len(line.split()) > 1 for line in enabled):
        raise Refused(f"{path}: several plugins on one line enable none: write one a line", 1)
    if "all" not in enabled and PLUGIN not in enabled:
        after = add(after, "plugins", "enabled", PLUGIN)
    if release not in values(text, "blocklist", "packages"):
        after = add(after, "blocklist", "packages", release)
    enabled = values(after, "plugins", "enabled")
    if release not in values(after, "blocklist", "packages") or not {"all", PLUGIN} & set(enabled):
        raise Refused(f"{path}: it could not be added; write it there yourself", 1)
    if after != text:
        replace(path, after)
    print(f"keep-out: {path} blocks {release}", file=sys.stdout)
    return 0


if __name__ == "__main__":
    main("keep-out", work)
