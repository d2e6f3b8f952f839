"""``mirrorlab fault``: make a running test index fail."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import rich_click as click

from mirrorlab.cli.ending import need_the_lab
from mirrorlab.cli.words import FAULT

if TYPE_CHECKING:
    pass


_HELP = """Make the test index at URL fail, while it runs.

    It fails until you clear it, or for the first N requests. An index is at the URL that
    `mirrorlab index` printed; clear it, and it is well again.

    \b
    Examples:
      mirrorlab fault http://127.0.0.1:8000 503 --path '/simple/*' --retry-after 1
      mirrorlab fault http://127.0.0.1:8000 corrupt --path '*.whl' --times 1
      mirrorlab fault http://127.0.0.1:8000 --clear
    \x20
    Faults:
"""


def _url_of_an_index(ctx: click.Context, param: click.Parameter, url: str) -> str:  # noqa: ARG001
    """Refuse what cannot be the URL of an index, before anything is asked."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and parts.hostname and parts.path in {"", "/"}
        fits = fits and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is none
        fits = False
    if not fits:
        like = "give it as `mirrorlab index` printed it, like http://127.0.0.1:8000"
        raise click.BadParameter(f"{url!r} is not the URL of a test index; {like}")
    return url


class _FaultCommand(click.RichCommand):
    """A command whose help lists the faults; they are looked up when it is read."""

    @property
    def help(self) -> str:
        """The help, with every fault and what it says of itself."""
        from mirrorlab.scenario import Fault

        width = max(len(fault) for fault in Fault)
        faults = "\n".join(f"      {fault:{width}}  {fault.says}" for fault in Fault)
        return _HELP + faults

    @help.setter  # noqa: A003  click reads it by this name
    def help(self, value: str | None) -> None:
        """Leave it: it is made above."""


@click.command(cls=_FaultCommand, short_help="Make a running test index fail, or well again.")
@click.argument("url", callback=_url_of_an_index)
@click.argument("fault", type=FAULT, required=False)
@click.option("--path", metavar="GLOB", default="*", help="Only URL paths like this.  [default: *]")
@click.option("--times", metavar="N", type=click.IntRange(1), help="Only the first N requests.")
@click.option(
    "--retry-after",
    metavar="S",
    type=click.IntRange(0),
    help="Tell clients to come back in S seconds (429 and 503).",
)
@click.option("--clear", is_flag=True, help="Take every fault back.")
def fault(
    url: str,
    fault: str | None,
    path: str,
    times: int | None,
    retry_after: int | None,
    clear: bool,
) -> None:
    """Set or clear faults; the help above is made from the faults themselves."""
    if clear == (fault is not None):
        raise click.UsageError("give a FAULT, or --clear")
    if clear and (path != "*" or times or retry_after is not None):
        raise click.UsageError("--clear takes every fault back, and goes with no other option")
    need_the_lab()
    from mirrorlab.index import remote

    if fault is None:
        remote.clear_faults(url)
        click.echo(f"{url} is well again")
        return
    from mirrorlab.scenario import Fault, FaultRule

    rule = FaultRule(Fault.named(fault), path, times, retry_after)
    remote.set_fault(url, rule)
    how_long = f"for {times} request{'s' if times != 1 else ''}" if times else "until cleared"
    click.echo(f"{rule.fault} on {path}, {how_long}: {rule.fault.says}")
