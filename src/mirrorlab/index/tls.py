"""Certificates: an authority of the index's own, and one that nobody trusts."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import trustme

_NAMES = ("127.0.0.1", "::1", "localhost")


class Authority:
    """The certificate authority of one index; made anew each time."""

    def __init__(self, *names: str) -> None:
        """Issue certificates for loopback and ``names``, which may be addresses."""
        self._names = tuple(dict.fromkeys((*_NAMES, *names)))
        authority = trustme.CA(organization_name="mirrorlab test index")
        self.pem: bytes = authority.cert_pem.bytes()
        """Its certificate: what clients are to trust."""
        self._trusted = self._context(authority)
        self._untrusted: ssl.SSLContext | None = None

    def context(self, untrusted: Callable[[], bool]) -> ssl.SSLContext:
        """Return the server's context; asks ``untrusted`` at every handshake."""

        def choose(connection: ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
            if untrusted():
                connection.context = self._nobody()

        self._trusted.sni_callback = choose
        return self._trusted

    def _nobody(self) -> ssl.SSLContext:
        if self._untrusted is None:
            self._untrusted = self._context(trustme.CA(organization_name="nobody you know"))
        return self._untrusted

    def _context(self, authority: trustme.CA) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.options |= ssl.OP_NO_TICKET
        context.num_tickets = 0
        context.set_alpn_protocols(["http/1.1"])
        authority.issue_cert(*self._names).configure_cert(context)
        return context
