"""One URL over many mirrors: take each safeguard away, and see the drill fail for that reason."""

from __future__ import annotations

from tests.recipes.conftest import Case

SABOTAGE: list[Case] = [
    ("promise", "haproxy.cfg.in", "    option redispatch 1\n", "", "installs: "),
    ("mirror-lies", "verdict.sh", '[ "$word" = good ]', "true", "a pool of a"),
    ("mirror-fails", "check_mirrors.py", "line(until))", "line(until)[:0])", "healthy mirrors"),
    ("between-two-checks", "haproxy.cfg.in", " 401 403 404", "", "mend the table"),
    ("all-bad", "verdict.sh", "read -r word", "read -r word || read -r word", "a pool of nobody"),
]
