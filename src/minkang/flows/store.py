"""Items in the database. A step is one transaction: the item's state, the step, the audit row and what its owner does
with it are there together or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from psycopg import Connection

from minkang.access import Access, program_access
from minkang.access.audit import SQL as AUDIT
from minkang.access.audit import AuditEntry, AuditTrail
from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.flows.declaration import Event, Flow
from minkang.flows.items import Act, Item, Step

SQL = Queries.read("minkang.flows", "flows.sql")
Effect = Callable[[Connection[Any], Item, Item, Act], None]
"""What an owner does in the transaction of a step: connection, the item before and after, the act."""
_BEGINNING = "-infinity"


def _now() -> datetime:
    return datetime.now(UTC)


class Flows:
    """The items of all flows of a platform.

    Args:
        database: where they are kept.
        audit: the trail; each step leaves a row in it.
        flows: the declared flows.
        effects: by flow id, what the owner does with each step, in its transaction; a fault it raises undoes the step.
        clock: what time it is.
    """

    def __init__(
        self,
        database: Database,
        audit: AuditTrail,
        flows: Iterable[Flow],
        *,
        effects: Mapping[str, Effect] | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._database = database
        self._audit = audit
        self.flows = {flow.id: flow for flow in flows}
        self._effects = dict(effects or {})
        self._clock = clock

    def start(
        self, access: Access, flow: str, subject: str, *, about: Mapping[str, Any] | None = None, organisation: str = ""
    ) -> Item:
        """Put a subject into a flow, or return the item that it already has."""
        with self._database.connection() as connection:
            return self.start_in(connection, access, flow, subject, about=about, organisation=organisation)

    def start_in(
        self,
        connection: Connection[Any],
        access: Access,
        flow: str,
        subject: str,
        *,
        about: Mapping[str, Any] | None = None,
        organisation: str = "",
    ) -> Item:
        """As `start`, in a transaction of the owner's."""
        declared, at = self.flows[flow], self._clock()
        row = connection.execute(
            SQL["start"],
            {
                "flow": flow,
                "subject": subject,
                "state": declared.start,
                "at": at,
                "due": _due(declared, declared.start, at),
                "organisation": organisation,
                "about": json.dumps(about or {}, ensure_ascii=False),
            },
        ).fetchone()
        if row is None:
            found = connection.execute(SQL["of_subject"], {"flow": flow, "subject": subject}).fetchone()
            assert found is not None
            return Item(*found)
        item = Item(*row)
        _keep(connection, access, item, Act("start"), source="")
        return item

    def act(self, access: Access, item: int, act: Act) -> Item:
        """Take a step.

        Returns:
            The item after it.

        Raises:
            Fault: `FLOWS-010` no such item; `FLOWS-011` the step does not lead from where the item is; `FLOWS-012` the
                caller's roles do not permit it; `FLOWS-013` a reason is asked for; `FLOWS-014` somebody else took
                a step since the author looked.
        """
        self._audit.prepare(self._clock())
        with self._database.connection() as connection:
            return self._step(connection, access, self._held(connection, item), act)

    def permitted(self, access: Access, item: Item) -> list[Event]:
        """The steps that this caller may take with the item as it stands."""
        return [event for event in self.flows[item.flow].leaving(item.state) if access.has_role(event.roles)]

    def item(self, number: int) -> Item:
        """One item.

        Raises:
            Fault: `FLOWS-010`.
        """
        with self._database.singly() as connection:
            row = connection.execute(SQL["item"], {"id": number}).fetchone()
        if row is None:
            raise Fault("FLOWS-010", item=number)
        return Item(*row)

    def of_subject(self, flow: str, subject: str) -> Item | None:
        """The item of a subject; None where it is in no such flow."""
        with self._database.singly() as connection:
            row = connection.execute(SQL["of_subject"], {"flow": flow, "subject": subject}).fetchone()
        return Item(*row) if row else None

    def steps(self, number: int) -> list[Step]:
        """The steps an item took, the first first."""
        with self._database.singly() as connection:
            return [Step(*row) for row in connection.execute(SQL["steps"], {"item": number})]

    def inbox(
        self, access: Access, *, organisation: str = "", after: Item | None = None, count: int = 50
    ) -> list[Item]:
        """What waits for the caller's roles, the most urgent first; of one organisation where it is named."""
        due = _BEGINNING if after is None else (after.due or "infinity")
        values = {
            "places": self._waiting(access),
            "organisation": organisation,
            "after_due": due,
            "after": after.id if after else 0,
            "count": count,
        }
        with self._database.singly() as connection:
            return [Item(*row) for row in connection.execute(SQL["inbox"], values)]

    def counts(self, access: Access, *, organisation: str = "") -> dict[tuple[str, str], int]:
        """How many items wait for the caller's roles, by flow and state."""
        values = {"places": self._waiting(access), "organisation": organisation}
        with self._database.singly() as connection:
            return {(flow, state): count for flow, state, count in connection.execute(SQL["counts"], values)}

    def ring(self, *, count: int = 100) -> list[Item]:
        """Take the steps that passed time limits ask for; safe from several clocks at once.

        Returns:
            The items that moved.
        """
        access, moved = program_access("clock"), []
        self._audit.prepare(self._clock())
        with self._database.connection() as connection:
            values = {"now": self._clock(), "flows": list(self.flows), "count": count}
            for row in connection.execute(SQL["late"], values).fetchall():
                item = Item(*row)
                late = self.flows[item.flow].states[item.state].late
                if late:
                    moved.append(self._step(connection, access, item, Act(late)))
                else:
                    connection.execute(SQL["quiet"], {"id": item.id})
        return moved

    def _waiting(self, access: Access) -> list[str]:
        return [
            f"{flow.id}/{state.name}"
            for flow in self.flows.values()
            for state in flow.states.values()
            if state.holders and access.has_role(state.holders)
        ]

    def _held(self, connection: Connection[Any], number: int) -> Item:
        row = connection.execute(SQL["hold"], {"id": number}).fetchone()
        if row is None:
            raise Fault("FLOWS-010", item=number)
        return Item(*row)

    def _step(self, connection: Connection[Any], access: Access, item: Item, act: Act) -> Item:
        flow, at = self.flows[item.flow], self._clock()
        event = _allowed(flow, access, item, act)
        row = connection.execute(
            SQL["move"], {"id": item.id, "state": event.target, "at": at, "due": _due(flow, event.target, at)}
        ).fetchone()
        assert row is not None
        after = Item(*row)
        _keep(connection, access, after, act, source=item.state)
        seen = AuditEntry(access, f"flow:{act.event}", type=item.flow, id=item.subject, at=at)
        connection.execute(AUDIT["add"], {"rows": msgspec.json.encode([seen.row()]).decode()})
        effect = self._effects.get(item.flow)
        if effect:
            effect(connection, item, after, act)
        return after


def _allowed(flow: Flow, access: Access, item: Item, act: Act) -> Event:
    event = flow.events.get(act.event)
    if act.version is not None and act.version != item.version:
        raise Fault("FLOWS-014", item=item.id, state_zh=_said(flow, item, "zh"), state_en=_said(flow, item, "en"))
    if event is None or item.state not in event.sources:
        raise Fault("FLOWS-011", event=act.event, state_zh=_said(flow, item, "zh"), state_en=_said(flow, item, "en"))
    if not access.has_role(event.roles):
        raise Fault("FLOWS-012", event_zh=event.words["zh"], event_en=event.words["en"])
    if event.reason and not act.reason.strip():
        raise Fault("FLOWS-013", where="reason", event_zh=event.words["zh"], event_en=event.words["en"])
    return event


def _said(flow: Flow, item: Item, language: str) -> str:
    return flow.states[item.state].words["zh" if language == "zh" else "en"]


def _due(flow: Flow, state: str, at: datetime) -> datetime | None:
    hours = flow.states[state].hours
    return at + timedelta(hours=hours) if hours else None


def _keep(connection: Connection[Any], access: Access, item: Item, act: Act, *, source: str) -> None:
    connection.execute(
        SQL["step"],
        {
            "item": item.id,
            "version": item.version,
            "at": item.since,
            "caller": access.caller,
            "event": act.event,
            "source": source,
            "target": item.state,
            "reason": act.reason.strip(),
            "data": json.dumps(dict(act.data), ensure_ascii=False),
        },
    )
