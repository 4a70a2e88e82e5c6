"""Letting a caller in: from the `Authorization` header to an `Access`, with an audit row for who was turned away."""

from __future__ import annotations

from minkang.access import Access
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.errors import Fault
from minkang.portal.api.messages import Request
from minkang.portal.api.oauth.tokens import Tokens


class Admission:
    """Checks the access token of a request.

    Args:
        tokens: verifies them.
        audit: where refusals are written; None in tests without a database.
    """

    def __init__(self, tokens: Tokens, audit: AuditTrail | None) -> None:
        self._tokens = tokens
        self._audit = audit

    def __call__(self, request: Request) -> Access:
        """The access of the caller.

        Raises:
            Fault: `OAUTH-009` without a token; those of `Tokens.verify`.
        """
        try:
            grant = self._tokens.verify(bearer_token(request))
        except Fault as fault:
            self._turned_away(request, fault)
            raise
        return Access(
            caller=f"client:{grant.client}",
            scopes=grant.scopes,
            address=request.address,
            request=request.id,
            purpose=request.headers.get("x-purpose-of-use", "")[:64],
        )

    def _turned_away(self, request: Request, fault: Fault) -> None:
        if self._audit is None or fault.category.status != 401:
            return
        stranger = Access(caller="anonymous", scopes=(), address=request.address, request=request.id)
        path = "/".join(request.segments)
        self._audit.write(
            AuditEntry(stranger, f"http {request.method}", query=f"/fhir/{path}", outcome=fault.code, count=0)
        )


def bearer_token(request: Request) -> str:
    """The token of the `Authorization` header (`OAUTH-009` without one)."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Fault("OAUTH-009")
    return token.strip()
