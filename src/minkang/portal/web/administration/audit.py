"""Searching the audit trail: who looked at or changed what. The search is itself written to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from minkang.access.audit import AuditEntry
from minkang.db import Queries
from minkang.errors import Fault
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.administration.accounts import crumbs
from minkang.portal.web.components import State, StateChip
from minkang.portal.web.page import Head, access, page, require_administrator, said
from minkang.portal.web.tables import Column, Link, Row, Rows, Table, TableQuery

SQL = Queries.read("minkang.portal.web.administration", "audit.sql")
DAYS = 31
"""How far back a search goes that names no day."""
INTERACTIONS = (
    "read",
    "vread",
    "history",
    "search",
    "count",
    "create",
    "update",
    "patch",
    "delete",
    "transaction",
    "batch",
    "feed",
    "load",
    "audit",
)
_EXACT = ("caller", "interaction", "type", "id", "person", "request", "outcome")


class AuditSource:
    """Rows of the audit trail, the newest first."""

    name = "audit"
    paging: Literal["offset", "keyset"] = "keyset"

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        words = {
            name: said(request, f"admin.audit_{name}")
            for name in (
                "at",
                "caller",
                "interaction",
                "type",
                "id",
                "person",
                "count",
                "outcome",
                "purpose",
                "address",
                "request",
                "query",
            )
        }
        outcomes = [("ok", said(request, "admin.audit_ok")), ("refused", said(request, "admin.audit_refused"))]
        self.columns: Sequence[Column] = (
            Column("at", words["at"], "time", filter="dates"),
            Column("caller", words["caller"], filter="text"),
            Column("interaction", words["interaction"], filter="choice", choices=[(one, one) for one in INTERACTIONS]),
            Column("type", words["type"], filter="text"),
            Column("id", words["id"], filter="text"),
            Column("person", words["person"], filter="text"),
            Column("count", words["count"], "number"),
            Column("outcome", words["outcome"], "state", filter="choice", choices=outcomes),
            Column("purpose", words["purpose"], shown=False),
            Column("address", words["address"], shown=False),
            Column("request", words["request"], filter="text", shown=False),
            Column("query", words["query"], shown=False),
        )

    def rows(self, query: TableQuery) -> Rows:
        """One page.

        Raises:
            Fault: `WEB-014` for a day that is none, `WEB-015` for a cursor that is none.
        """
        start, end = _days(query)
        last_at, last_seq = _cursor(query.after)
        values: dict[str, Any] = {name: query.filters.get(name, "") for name in _EXACT}
        values |= {"start": start, "end": end, "last_at": last_at, "last_seq": last_seq, "size": query.size + 1}
        platform = the_platform()
        asked = " ".join(f"{name}={value}" for name, value in query.filters.items())
        platform.audit.write(AuditEntry(access(self._request), "audit", query=asked))
        with platform.database.singly() as connection:
            found = connection.execute(SQL["page"], values).fetchall()
        kept = found[: query.size]
        following = f"{kept[-1][1].isoformat()}~{kept[-1][0]}" if len(found) > query.size else ""
        return Rows([_row(self._request, row) for row in kept], following)

    def count(self, query: TableQuery) -> int | None:
        """Not counted: the trail grows with every look."""
        return None


def _row(request: HttpRequest, row: Sequence[Any]) -> Row:
    _, at, caller, interaction, type, id, person, count, outcome, purpose, address, request_id, query = row
    ok = outcome == "ok"
    return {
        "at": at,
        "caller": caller,
        "interaction": interaction,
        "type": type,
        "id": Link(id, f"/records/{type}/{id}") if id and type else id,
        "person": Link(person, f"/records/{person}") if person else "",
        "count": count,
        "outcome": StateChip(
            State.ON_TRACK if ok else State.AT_RISK, said(request, "admin.audit_ok") if ok else outcome
        ),
        "purpose": purpose,
        "address": address,
        "request": request_id,
        "query": query,
    }


def _days(query: TableQuery) -> tuple[datetime, datetime]:
    """The time a search covers, in the platform's zone: whole days."""
    try:
        first, last = (
            date.fromisoformat(text) if text else None
            for text in (query.filters.get("at.from", ""), query.filters.get("at.to", ""))
        )
    except ValueError as error:
        raise Fault("WEB-014") from error
    last = last or timezone.localdate()
    first = first or last - timedelta(days=DAYS)
    start, end = (timezone.make_aware(datetime.combine(day, time.min)) for day in (first, last + timedelta(days=1)))
    return start, end


def _cursor(after: str) -> tuple[datetime | None, int]:
    if not after:
        return None, 0
    at, _, seq = after.partition("~")
    try:
        return datetime.fromisoformat(at), int(seq)
    except ValueError as error:
        raise Fault("WEB-015") from error


def audit(request: HttpRequest) -> HttpResponseBase:
    """The search."""
    require_administrator(request)
    table = Table(request, AuditSource(request), empty=said(request, "admin.audit_none"))
    if answer := table.answer():
        return answer
    head = Head(said(request, "areas.audit"), crumbs(request))
    lead = "" if "at.from" in table.address.query.filters else said(request, "admin.audit_days", days=DAYS)
    _ = table.found  # so that the status is known
    return page(request, "listing.html", head, table=table, lead=lead, status=table.status)
