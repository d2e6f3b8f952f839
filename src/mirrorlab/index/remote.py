"""Controlling an index that runs in another process, over its ``/-/`` paths."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from typing import Any

from mirrorlab.errors import CannotChange, Unreachable
from mirrorlab.index.places import CONTROL
from mirrorlab.scenario import FaultRule

_TIMEOUT = 5.0


def set_fault(url: str, rule: FaultRule) -> None:
    """Put a fault in force on the index at ``url``.

    Raises :class:`CannotChange` with the index's own words where it refuses, and
    :class:`Unreachable` where no test index answers.
    """
    given = {
        "fault": rule.fault.value,
        "path": rule.path,
        "times": rule.times,
        "retry-after": rule.retry_after,
    }
    _ask(url, "POST", "faults", given)


def clear_faults(url: str) -> None:
    """Take every fault of the index at ``url`` back. Raises :class:`Unreachable`."""
    _ask(url, "DELETE", "faults")


def about(url: str) -> dict[str, Any]:
    """Return the version (``mirrorlab``) and ``serial`` of the index at ``url``."""
    return _ask(url, "GET", "")


def _ask(url: str, method: str, name: str, given: object = None) -> dict[str, Any]:
    """Ask; no proxy, and any certificate: the peer is this machine."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    body = None if given is None else json.dumps(given).encode()
    try:
        request = urllib.request.Request(f"{url.rstrip('/')}{CONTROL}{name}", body, method=method)
        with opener.open(request, timeout=_TIMEOUT) as response:
            return _read(url, response.read())
    except urllib.error.HTTPError as error:
        with error:
            answer = _read(url, error.read())
        raise CannotChange(answer.get("error", f"the index answers {error.code}")) from None
    except (OSError, ValueError) as error:
        raise Unreachable(url, str(getattr(error, "reason", error))) from None


def _read(url: str, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unreachable(url, "what answers there is something else")
    return answer
