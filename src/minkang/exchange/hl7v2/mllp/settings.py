"""Who sends on which port: a TOML file.

[[port]]
port = 2575
sender = "wenshang-county-hospital"          # of all that comes on this port …

[[port]]
port = 2576
certificate = "server.pem"                   # TLS
key = "server.key"
clients = "ca.pem"                           # a client must show a certificate of this authority
[[port.route]]                               # … or by application, facility (MSH-3, MSH-4) and certificate name
sender = "wenshang-0001"
application = "LIS"
facility = "WSRMYY"
name = "lis.wenshang.example"
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct, field

from minkang.errors import Fault

MOST_BYTES = 16 << 20


class Route(Struct, frozen=True, forbid_unknown_fields=True):
    """Who a message is from, if all that is said here fits it; empty says nothing.

    Attributes:
        sender: slug in the register of senders.
        application, facility: MSH-3.1 and MSH-4.1.
        name: common name or DNS name of the client's certificate.
    """

    sender: str
    application: str = ""
    facility: str = ""
    name: str = ""

    def fits(self, application: str, facility: str, names: frozenset[str]) -> bool:
        """Whether a message with these is from this sender."""
        return (
            self.application in {"", application}
            and self.facility in {"", facility}
            and (not self.name or self.name in names)
        )


class Port(Struct, frozen=True, forbid_unknown_fields=True):
    """One port that is listened on.

    Attributes:
        port, host: where; port 0 takes a free one.
        sender: whose everything is that no route names; empty refuses it.
        route: see `Route`, the first that fits counts.
        certificate, key: PEM files of the server; with them the port speaks TLS.
        clients: PEM file of the authorities whose certificates clients must show.
        most_bytes: of the largest message.
        idle_seconds: a connection on which nothing came for so long is closed.
        frame_seconds: so long may a message take from its first byte to its last.
        window: messages of one connection that may wait for their answer; no more is read until some have it.
        most_connections: further ones are closed at once.
    """

    port: int
    host: str = "0.0.0.0"
    sender: str = ""
    route: list[Route] = field(default_factory=list)
    certificate: str = ""
    key: str = ""
    clients: str = ""
    most_bytes: int = MOST_BYTES
    idle_seconds: float = 900.0
    frame_seconds: float = 60.0
    window: int = 200
    most_connections: int = 500

    def sender_of(self, application: str, facility: str, names: frozenset[str]) -> str:
        """Who a message is from; empty where nothing fits."""
        found = next((one.sender for one in self.route if one.fits(application, facility, names)), "")
        return found or self.sender


class _File(Struct, forbid_unknown_fields=True):
    port: list[Port]


def read_ports(place: Path) -> list[Port]:
    """The ports of a settings file.

    Raises:
        Fault: `HL7-017` with what is wrong with it.
    """
    try:
        found = msgspec.convert(tomllib.loads(place.read_text("utf-8")), _File).port
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as problem:
        raise Fault("HL7-017", str(place), reason=str(problem)) from problem
    for one in found:
        if bool(one.certificate) != bool(one.key) or (one.clients and not one.certificate):
            raise Fault("HL7-017", str(place), reason=f"port {one.port}: certificate and key belong together")
        if not one.sender and not one.route:
            raise Fault("HL7-017", str(place), reason=f"port {one.port}: no sender and no route")
    return found
