"""``mirrorlab completion``: let your shell complete recipes, drills, scenarios and faults."""

from __future__ import annotations

import rich_click as click

VARIABLE = "_MIRRORLAB_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that teaches your shell to complete this command.

    \b
    Put one of these where your shell starts:
      eval "$(mirrorlab completion bash)"            # ~/.bashrc
      eval "$(mirrorlab completion zsh)"             # ~/.zshrc
      mirrorlab completion fish | source             # ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None, "click knows these three"
    click.echo(made(ctx.find_root().command, {}, "mirrorlab", VARIABLE).source())
