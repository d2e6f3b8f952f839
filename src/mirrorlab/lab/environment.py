"""The environment of a step or client: made from nothing, so that nothing of the machine leaks in.

Only four variables of an ordinary environment exist in a lab at all (``PATH``, ``LANG``,
``TERM``, ``TZ``), and their values are fixed, so that messages and dates read the same everywhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mirrorlab.lab.programs import SYSTEM_PATH

_LOOPBACK = "localhost,127.0.0.1,::1"
_CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")


@dataclass(frozen=True)
class Furniture:
    """What a lab puts into every environment: its folders, its proxy, its CA, its tools."""

    home: Path
    scratch: Path
    proxy: str
    ca: Path | None = None
    tools: Path | None = None
    direct: tuple[str, ...] = ()
    """Names of the lab's own, which are asked directly and not through the proxy."""


def build(furniture: Furniture, settings: Mapping[str, object] = {}) -> dict[str, str]:
    """Return a whole environment; ``settings`` come last and may replace anything in it."""
    home = furniture.home
    path = SYSTEM_PATH if furniture.tools is None else f"{furniture.tools}:{SYSTEM_PATH}"
    variables: dict[str, object] = {
        "PATH": path,
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "TZ": "UTC",
        "HOME": home,
        "TMPDIR": furniture.scratch,
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local/share",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONNOUSERSITE": "1",
    }
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        variables[name] = variables[name.upper()] = furniture.proxy
    direct = ",".join((_LOOPBACK, *furniture.direct))
    variables["no_proxy"] = variables["NO_PROXY"] = direct
    if furniture.ca is not None:
        variables.update(dict.fromkeys(_CA_VARIABLES, furniture.ca))
    variables.update(settings)
    return {name: str(value) for name, value in variables.items()}
