"""Pages from a host you trust, files from any mirror: each safeguard away, each drill fails."""

from __future__ import annotations

from tests.recipes.conftest import Case

SABOTAGE: list[Case] = [
    ("promise", "nginx.conf.in", "add_header Vary Accept;", "", "may mix up the two forms"),
    ("fallback", "files-pass.conf.in", " 404 410", "", "pass, the mirror is at 404: 404"),
    (
        "fallback",
        "files-redirect.conf.in",
        "error_page 500 = @next;",
        "",
        "redirect, the mirror is",
    ),
    ("page-host-down", "pages.py", "problems += 1\n", "pass\n", "nobody is told that upstream"),
    ("login-kept", "files-pass.conf.in", "proxy_pass_request_headers off;", "", "got the login"),
    ("altered-file", "pages.py", '{"sha256": each.sha256}', "{}", "uv, .whl altered: installed"),
    (
        "altered-file-others",
        "pages.py",
        "#sha256={each.sha256}",
        "",
        "buildout, .whl altered: inst",
    ),
    ("altered-metadata", "pages.py", "hashed(each)", "bool(each.metadata)", "uv believes it"),
    ("locked-through-it", "pages.py", '{"sha256": each.sha256}', "{}", "of the mirror"),
    (
        "cut-off",
        "pages.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_UN",
        "two refreshes at once",
    ),
    ("cut-off", "pages.py", "shutil.rmtree(folder)", "pass", "what was cut off stays"),
    (
        "page-without-hash",
        "trusted.py",
        "if not _SHA256.fullmatch(sha256):",
        "if False:",
        "no hash: pages.sh ends with 0",
    ),
    (
        "page-without-hash",
        "trusted.py",
        'raise ValueError(f"{key!r}',
        'str(f"{key!r}',
        "twice a key",
    ),
]
