"""Scenarios: what a test index holds, and how it fails, as data in a TOML file."""

from mirrorlab.scenario.faults import WITH_RETRY_AFTER, Fault, FaultRule
from mirrorlab.scenario.finding import builtin, find, names
from mirrorlab.scenario.model import (
    EPOCH,
    SERIAL,
    WHEEL_AND_SDIST,
    File,
    Project,
    Release,
    Scenario,
    Status,
    Synthetic,
    User,
)
from mirrorlab.scenario.reading import load

__all__ = [
    "EPOCH",
    "SERIAL",
    "WHEEL_AND_SDIST",
    "WITH_RETRY_AFTER",
    "Fault",
    "FaultRule",
    "File",
    "Project",
    "Release",
    "Scenario",
    "Status",
    "Synthetic",
    "User",
    "builtin",
    "find",
    "load",
    "names",
]
