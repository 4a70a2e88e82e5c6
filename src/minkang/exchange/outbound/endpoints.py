"""Who may be told: origins of addresses with the scopes of what they may receive, entered by the platform's keepers.

Whoever may write a Subscription could otherwise have any record sent anywhere.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import Struct

from minkang.access import Access, parse_scopes
from minkang.db import Database, Queries
from minkang.errors import Fault

SQL = Queries.read("minkang.exchange.outbound", "outbound.sql")
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Endpoint(Struct, frozen=True):
    """Somebody who may be told; `origin` is scheme, host and port."""

    origin: str
    scopes: str
    name: str
    active: bool

    def access(self) -> Access:
        """What it may see; the audit trail names the endpoint."""
        return Access(caller=f"subscriber:{self.origin}", scopes=parse_scopes(self.scopes))


class Endpoints:
    """The register of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def allow(self, address: str, scopes: str, name: str = "") -> Endpoint:
        """Let an address's origin be told what its scopes allow to read.

        Raises:
            Fault: `OUTBOUND-001` for an address that is not https (http only on this machine); `ACCESS-001`.
        """
        origin = origin_of(address)
        parse_scopes(scopes)
        with self._database.connection() as connection:
            connection.execute(SQL["allow"], {"origin": origin, "scopes": scopes, "name": name})
        return Endpoint(origin, scopes, name, True)

    def forbid(self, address: str) -> None:
        """Tell it nothing more.

        Raises:
            Fault: `OUTBOUND-002` where it is not registered.
        """
        with self._database.connection() as connection:
            if connection.execute(SQL["forbid"], {"origin": origin_of(address)}).fetchone() is None:
                raise Fault("OUTBOUND-002", endpoint=address)

    def all(self) -> list[Endpoint]:
        """All, by origin."""
        with self._database.singly() as connection:
            return [Endpoint(*row) for row in connection.execute(SQL["endpoints"]).fetchall()]

    def of(self, address: str) -> Endpoint:
        """The one that an address belongs to.

        Raises:
            Fault: `OUTBOUND-001`, `OUTBOUND-002`.
        """
        origin = origin_of(address)
        for one in self.all():
            if one.origin == origin and one.active:
                return one
        raise Fault("OUTBOUND-002", endpoint=origin)


def origin_of(address: str) -> str:
    """Scheme, host and port of an address.

    Raises:
        Fault: `OUTBOUND-001`.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Fault("OUTBOUND-001", endpoint=address[:200]) from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL)
    if not secure or not host or parts.username or parts.password:
        raise Fault("OUTBOUND-001", endpoint=address[:200])
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"
