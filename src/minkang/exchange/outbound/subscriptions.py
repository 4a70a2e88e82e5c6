"""FHIR R4 Subscriptions of the channel rest-hook: who wants to be told of what, and which changes those are.

A Subscription comes into the record store as `requested` through the FHIR door like any resource. The reader of the
change feed makes it `active`, or `error` with the reason; `off`, deletion and the end of its time end it. Criteria are
those of a search on the changed resource alone: chains, `_has` and value sets need other records and are refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct

from minkang.errors import Fault
from minkang.exchange.outbound.endpoints import Endpoints, origin_of
from minkang.fhir import decode
from minkang.fhir.search.extraction import extract
from minkang.fhir.search.matching import Found, matches
from minkang.fhir.search.query import Chain, Has, Query
from minkang.fhir.search.reading import parse_query
from minkang.records.repository import Record

PAYLOADS = ("", "application/fhir+json", "application/json")
UNSAFE_HEADERS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection"})


class Subscription(Struct):
    """One that is active.

    Attributes:
        id, version: of the resource. criteria: `Observation?code=…`. endpoint: address that is told.
        payload: media type of what is sent; empty for a bare notice. headers: to be sent along.
        until: when it ends; None for never. failures: tries in vain one after another. due: when it is tried next.
    """

    id: str
    version: int
    criteria: str
    endpoint: str
    payload: str
    headers: list[tuple[str, str]]
    until: datetime | None = None
    failures: int = 0
    due: datetime | None = None


def read_subscription(record: Record, endpoints: Endpoints) -> Subscription:
    """What a Subscription resource asks for.

    Raises:
        Fault: `OUTBOUND-001`, `OUTBOUND-002` for its endpoint, `OUTBOUND-003` for another channel, payload or header,
            `OUTBOUND-004` for criteria that need other records, `OUTBOUND-005` for a type that the endpoint may not
            see; `SEARCH-…` for what is no search.
    """
    body: dict[str, Any] = msgspec.json.decode(record.body or b"{}")
    channel = body.get("channel", {})
    payload = str(channel.get("payload", "")).partition(";")[0].strip()
    if channel.get("type") != "rest-hook" or payload not in PAYLOADS:
        raise Fault("OUTBOUND-003", channel=f"{channel.get('type')} {payload}".strip())
    headers = [_header(text) for text in channel.get("header", ())]
    criteria, endpoint = str(body.get("criteria", "")), str(channel.get("endpoint", ""))
    origin_of(endpoint)
    type = query_of(criteria).type
    if not endpoints.of(endpoint).access().allows(type or "", "read"):
        raise Fault("OUTBOUND-005", type=type)
    until = body.get("end")
    ends = datetime.fromisoformat(until) if until else None
    return Subscription(record.id, record.version, criteria, endpoint, payload, headers, ends)


def _header(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    known = name.strip()
    if not known.replace("-", "").isalnum() or known.lower() in UNSAFE_HEADERS or not value.strip().isprintable():
        raise Fault("OUTBOUND-003", channel=known[:40])
    return known, value.strip()


def query_of(criteria: str) -> Query:
    """The search that criteria say.

    Raises:
        Fault: `SEARCH-…`, `OUTBOUND-004`.
    """
    type, _, rest = criteria.partition("?")
    query = parse_query(type.strip("/"), parse_qsl(rest, keep_blank_values=True), strict=True)
    if any(isinstance(clause, Chain | Has) for clause in query.clauses):
        raise Fault("OUTBOUND-004", criteria=criteria[:200])
    return query


def wanted(query: Query, record: Record) -> bool:
    """Whether a version of a resource meets criteria; a deletion meets none (R4)."""
    if record.body is None or record.type != query.type:
        return False
    return matches(query, Found(record.type, record.id, record.at, extract(decode(record.body, record.type))))


def subscription_of(row: tuple[Any, ...]) -> Subscription:
    """One as the database keeps it."""
    headers = [(name, value) for name, value in row[5]]
    return Subscription(row[0], row[1], row[2], row[3], row[4], headers, row[6], row[7], row[8])


def ended(one: Subscription, at: datetime | None = None) -> bool:
    """Whether its time is over."""
    return one.until is not None and one.until <= (at or datetime.now(UTC))
