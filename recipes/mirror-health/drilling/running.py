"""What the recipe hands to others to run: the lines for nginx, and those for cron."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mirrorlab.runner import Run


def is_served(run: Run) -> None:
    """nginx gives the page and the metrics from where check.sh writes them."""
    lines = (run.folder / "nginx-health.conf.in").read_text().replace("@FOLDER@", str(run.tmp))
    with nginx(run, lines) as url:
        for path, file, kind in (
            ("", "STATUS", "text/html; charset=utf-8"),
            ("/metrics", "METRICS", "text/plain; version=0.0.4"),
        ):
            answer = run.get(f"{url}/health{path}")
            assert (answer.status, answer.headers["Content-Type"]) == (200, kind), f"/health{path}"
            assert answer.body == Path(run.settings[file]).read_bytes()
            assert answer.headers["Cache-Control"] == "no-cache"


@contextmanager
def nginx(run: Run, lines: str) -> Iterator[str]:
    """An nginx whose server has these lines; its address."""
    folder = run.tmp / "nginx"
    folder.mkdir(exist_ok=True)
    (folder / "server.conf").write_text(lines)
    listen = f"127.0.0.1:{run.port('nginx')}"
    temporary = "".join(
        f"{one}_temp_path {folder}/{one};\n"
        for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off;\n{temporary}"
        f"server {{ listen {listen}; include {folder}/server.conf; }} }}\n"
    )
    command = ("nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr")
    started = run.command(*command)
    assert started.exit_code == 0, started.output
    try:
        yield f"http://{listen}"
    finally:
        stopped = run.command(*command, "-s", "stop")
    assert stopped.exit_code == 0, stopped.output


def the_cron_lines_work(run: Run) -> None:
    """The lines of the cron file, run by sh as cron does it."""
    text = (run.folder / "cron.d" / "mirror-health").read_text()
    text = text.replace("/srv/mirror-health/", f"{run.folder}/")
    lines = [line for line in text.splitlines() if line[0].isdigit()]
    check, prune = (line.split(maxsplit=6)[-1] for line in lines)
    report = Path(run.settings["STATE"], "report.txt")
    report.unlink()
    assert run.command("sh", "-c", check).exit_code == 0
    assert "healthy" in report.read_text()
    assert run.command("sh", "-c", prune).exit_code == 0
    assert (run.folder / "prune.log").read_text() == "prune: nothing is left to remove\n"
