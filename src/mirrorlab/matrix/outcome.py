"""What can become of an installation, in exact words."""

from __future__ import annotations

from mirrorlab.explained import Explained


class Outcome(Explained):
    """What a cell comes to; the value is the word in files and on pages."""

    NEWEST = "newest", "what should be installed is installed, byte for byte"
    STALE = "stale", "an older release is installed"
    ALTERED = "altered installed", "a file is installed that its author did not upload"
    HOSTILE = "hostile installed", "the stranger's file from the public index is installed"
    CLEAR = "failed clearly", "nothing is installed, and what is printed names the cause"
    MISLEADING = "failed misleadingly", "nothing is installed, and what is printed hides the cause"
    GAVE_UP = "gave up", "its own time-out ended it, and it says so"
    WAITING = "still waiting", "it was still at work when it was killed"
    CAUGHT = "caught leaving", "told of no index, it asked the public one, and was caught"


PATIENCE = 300
"""Seconds an installation may take before it is killed."""
