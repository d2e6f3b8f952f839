"""``python -m mirrorlab``: the same command as ``mirrorlab``."""

from mirrorlab.cli import main

main()
