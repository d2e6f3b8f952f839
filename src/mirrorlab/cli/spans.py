"""A time span as an option takes it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import rich_click as click

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:\d+[smhdw])+")

if TYPE_CHECKING:
    _Span = click.ParamType[timedelta]
else:
    _Span = click.ParamType


class Duration(_Span):
    """A time span: ``90s``, ``15m``, ``1h``, ``1d12h``."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read it."""
        if isinstance(value, timedelta):
            return value
        if not _DURATION.fullmatch(str(value)):
            self.fail(f"{value!r} is no time span; write it like 90s, 15m, 1h or 1d12h", param, ctx)
        parts = re.findall(r"(\d+)([smhdw])", str(value))
        return timedelta(seconds=sum(int(number) * _UNITS[unit] for number, unit in parts))
