"""Plans in the database: an import is one transaction, so a plan is there with all its items or not at all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import Connection

from minkang.access import Access
from minkang.db import Database, Queries
from minkang.errors import Fault
from minkang.plans.keys import content, keyed
from minkang.plans.reading.plan import Reading

SQL = Queries.read("minkang.plans", "plans.sql")
PLANNERS = ("planner",)
State = Literal["read", "accepted", "corrected", "refused"]


@dataclass(frozen=True)
class Plan:
    """A plan as lists show it; `revision` counts its texts."""

    id: int
    title: str
    region: str
    first_year: int | None
    last_year: int | None
    revision: int


@dataclass(frozen=True)
class PlanItem:
    """One item of a plan.

    Attributes:
        id, kind, key, position: which it is.
        machine: as the machine read it last.
        correction: as a person put it right; None: nobody did.
        state: what a person made of it.
        stale: whether the text changed after the person had judged it.
        present: whether the text in force has it.
        code: the definition that measures it; empty: none yet.
        version: counts its changes.
    """

    id: int
    kind: str
    key: str
    position: int
    machine: Mapping[str, Any]
    correction: Mapping[str, Any] | None
    state: State
    stale: bool
    present: bool
    code: str
    version: int

    @property
    def value(self) -> Mapping[str, Any]:
        """What holds: the person's correction, else the machine's reading."""
        return self.machine if self.correction is None else self.correction


@dataclass(frozen=True)
class Change:
    """One change of an item: `read`, `read-again`, `gone`, `accepted`, `corrected`, `refused` or `coded`."""

    version: int
    at: datetime
    caller: str
    what: str
    revision: int
    reason: str
    value: Mapping[str, Any] | None


@dataclass(frozen=True)
class Imported:
    """What an import did: the plan, its revision, and how many items were new, changed, unchanged or gone."""

    plan: int
    revision: int
    new: int
    changed: int
    unchanged: int
    gone: int


class Plans:
    """All plans of the platform.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, access: Access, reading: Reading, region: str = "") -> Imported:
        """Store what was read, or bring a plan that is there up to it; its title tells which plan it is.

        Raises:
            Fault: `PLANS-030`, the caller may not.
        """
        _allowed(access)
        document = reading.document
        title = document.title or document.name
        with self._database.connection() as connection:
            connection.execute(SQL["hold"], {"title": title})
            plan, revision = _row(
                connection.execute(
                    SQL["plan"],
                    {
                        "title": title,
                        "region": region or document.region,
                        "given": bool(region),
                        "first_year": document.first_year or None,
                        "last_year": document.last_year or None,
                    },
                ).fetchone()
            )
            revision = self._revise(connection, access, reading, plan, revision)
            counts = _compare(connection, access, reading, plan, revision)
        return Imported(plan, revision, *(counts[name] for name in ("new", "changed", "unchanged", "gone")))

    def _revise(self, connection: Connection[Any], access: Access, reading: Reading, plan: int, revision: int) -> int:
        """The revision the text is: the one in force if it is the same file, else a new one."""
        known = connection.execute(SQL["revision_of"], {"plan": plan, "revision": revision}).fetchone()
        if known and known[0] == reading.sha256:
            return revision
        values = {"plan": plan, "revision": revision + 1, "file": reading.document.name, "sha256": reading.sha256}
        connection.execute(SQL["revise"], values | {"body": reading.document.text, "caller": access.caller})
        connection.execute(SQL["revised"], {"plan": plan, "revision": revision + 1})
        return revision + 1

    def all(self) -> list[Plan]:
        """All plans by region and title."""
        with self._database.singly() as connection:
            return [Plan(*row) for row in connection.execute(SQL["plans"])]

    def items(self, plan: int, kind: str = "") -> list[PlanItem]:
        """The items of a plan, or of one kind; what the text lost only where a person had corrected it."""
        with self._database.singly() as connection:
            return [PlanItem(*row) for row in connection.execute(SQL["items"], {"plan": plan, "kind": kind})]

    def changes(self, item: int) -> list[Change]:
        """The history of an item, the oldest change first."""
        with self._database.singly() as connection:
            return [Change(*row) for row in connection.execute(SQL["changes"], {"id": item})]

    def text(self, plan: int, revision: int) -> str:
        """The normalised text of a revision, to which the offsets of its items point.

        Raises:
            Fault: `PLANS-031`, there is no such plan or revision.
        """
        with self._database.singly() as connection:
            row = connection.execute(SQL["body"], {"plan": plan, "revision": revision}).fetchone()
        if row is None:
            raise Fault("PLANS-031", id=f"{plan}/{revision}")
        return str(row[0])

    def accept(self, access: Access, item: int, *, version: int | None = None) -> None:
        """A person finds the machine's reading right; raises as `correct`."""
        self._judge(access, item, "accepted", None, "", version)

    def refuse(self, access: Access, item: int, reason: str, *, version: int | None = None) -> None:
        """A person finds that the text says no such thing; raises as `correct`."""
        self._judge(access, item, "refused", None, reason, version)

    def correct(
        self, access: Access, item: int, value: Mapping[str, Any], reason: str = "", *, version: int | None = None
    ) -> None:
        """Keep a person's correction beside the machine's reading.

        Args:
            access: who corrects; its name signs the change.
            item: the number of the item.
            value: the item as it should be, all of its fields.
            reason: why.
            version: the version the person saw.

        Raises:
            Fault: `PLANS-030` not allowed, `PLANS-031` no such item, `PLANS-032` someone else was faster.
        """
        self._judge(access, item, "corrected", value, reason, version)

    def set_code(self, access: Access, item: int, code: str, reason: str = "") -> None:
        """Name the definition that measures an item; raises as `correct`."""
        _allowed(access)
        with self._database.connection() as connection:
            held, _, revision = _held(connection, item, None)
            connection.execute(SQL["code"], {"id": item, "code": code, "version": held + 1})
            _note(connection, access, item, held + 1, "coded", revision, reason, {"code": code})

    def _judge(  # noqa: PLR0917 -- one row of the history
        self,
        access: Access,
        item: int,
        state: State,
        correction: Mapping[str, Any] | None,
        reason: str,
        version: int | None,
    ) -> None:
        _allowed(access)
        with self._database.connection() as connection:
            held, _, revision = _held(connection, item, version)
            values = {"id": item, "state": state, "correction": _json(correction), "version": held + 1}
            connection.execute(SQL["judge"], values)
            _note(connection, access, item, held + 1, state, revision, reason, correction)


def _allowed(access: Access) -> None:
    if not access.has_role(PLANNERS):
        raise Fault("PLANS-030", caller=access.caller)


def _compare(connection: Connection[Any], access: Access, reading: Reading, plan: int, revision: int) -> Counter[str]:
    """Bring the stored items to what was read; what people said of them stays."""
    rows = connection.execute(SQL["items_for_update"], {"plan": plan}).fetchall()
    known = {(row[1], row[2]): row for row in rows}
    counts: Counter[str] = Counter()
    for kind, items in reading.items.items():
        for position, (key, read) in enumerate(keyed(kind, items)):
            item = json.loads(json.dumps(read))  # As the database gives it back: a tuple is a list there.
            row = known.pop((kind, key), None)
            place = {"plan": plan, "kind": kind, "key": key, "position": position, "machine": _json(item)}
            if row is None:
                (number,) = _row(connection.execute(SQL["add"], place).fetchone())
                _note(connection, access, number, 1, "read", revision, "", item)
                counts["new"] += 1
            else:
                counts[_again(connection, access, row, place, revision, item)] += 1
    counts["gone"] = _gone(connection, access, known.values(), revision)
    return counts


def _again(  # noqa: PLR0917 -- what is compared, and for whom
    connection: Connection[Any],
    access: Access,
    row: tuple[Any, ...],
    place: Mapping[str, Any],
    revision: int,
    item: Mapping[str, Any],
) -> str:
    """Compare an item with its last reading; a change makes what a person said of it worth a second look."""
    number, _, _, position, machine, state, stale, present, version = row
    changed = content(machine) != content(item) or not present
    if not changed and machine == item and position == place["position"]:
        return "unchanged"
    stale = stale or (changed and state != "read")
    values = {"id": number, "stale": stale, "version": version + changed}
    connection.execute(SQL["read_again"], {**place, **values})
    if changed:
        _note(connection, access, number, version + 1, "read-again", revision, "", item)
    return "changed" if changed else "unchanged"


def _gone(connection: Connection[Any], access: Access, rows: Collection[tuple[Any, ...]], revision: int) -> int:
    present = [row for row in rows if row[7]]
    for row in present:
        connection.execute(SQL["gone"], {"id": row[0], "version": row[8] + 1})
        _note(connection, access, row[0], row[8] + 1, "gone", revision, "", None)
    return len(present)


def _held(connection: Connection[Any], item: int, version: int | None) -> tuple[int, Mapping[str, Any], int]:
    row = connection.execute(SQL["one_for_update"], {"id": item}).fetchone()
    if row is None:
        raise Fault("PLANS-031", id=item)
    if version is not None and row[0] != version:
        raise Fault("PLANS-032", id=item)
    return row[0], row[1], row[2]


def _note(  # noqa: PLR0917 -- one row of the history
    connection: Connection[Any],
    access: Access,
    item: int,
    version: int,
    what: str,
    revision: int,
    reason: str,
    value: Mapping[str, Any] | None,
) -> None:
    values = {"item": item, "version": version, "caller": access.caller, "what": what, "revision": revision}
    connection.execute(SQL["note"], values | {"reason": reason, "value": _json(value)})


def _json(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def _row(row: tuple[Any, ...] | None) -> tuple[Any, ...]:
    assert row is not None  # The statement always returns one.
    return row
