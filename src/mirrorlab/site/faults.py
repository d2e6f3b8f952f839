"""``.. faults::``: every fault of the test index, as the kit itself describes it."""

from __future__ import annotations

from typing import Any

from mirrorlab.scenario import Fault
from mirrorlab.site import blocks
from mirrorlab.site.guide import GuideDirective


class FaultsDirective(GuideDirective):
    """A table of every fault: its word, and what the client meets."""

    def render(self) -> list[Any]:
        """Give the table."""
        rows = [
            [blocks.paragraph(blocks.literal(fault.value)), blocks.sentence(fault.says)]
            for fault in Fault
        ]
        return [blocks.table(["Fault", "What the client meets"], rows, "stacked", "faults")]
