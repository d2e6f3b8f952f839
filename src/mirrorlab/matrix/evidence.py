"""What a cell leaves behind: the attempt, what lies on the disk, and what each index was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mirrorlab.clients import Configuration
from mirrorlab.index import Request
from mirrorlab.matrix.trouble import Trouble


@dataclass(frozen=True)
class Evidence:
    """All that a verdict is read from."""

    configuration: Configuration
    trouble: Trouble
    exit_code: int
    output: str
    seconds: float
    ended: bool = True
    """False: it was killed when its time was up."""
    version: str | None = None
    """Of what is installed; None where it is not."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Path -> sha256 of each of its installed files."""
    locked: frozenset[str] | None = None
    """The sha256 of the files that a written lock names; None where the command writes none."""
    requests: Mapping[str, tuple[Request, ...]] = field(default_factory=dict)
    """Role -> what came to that index while it installed, in order."""
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Role -> the only ``Host`` by which that index was told of."""
    faulty: str | None = None
    """The role of the index that fails."""
    handshakes: int = 0
    """How many handshakes met the untrusted certificate, or how many connections met nobody."""
    has_folder: bool = False
    """Whether the folder ``wheels`` was there."""
    escapes: tuple[str, ...] = ()
    """Who tried to leave the lab."""

    @property
    def met(self) -> int:
        """How many requests met the fault; of what answers none, handshakes or connections."""
        if self.faulty is None:
            return 0
        return self.handshakes + sum(
            request.fault is not None for request in self.requests.get(self.faulty, ())
        )
