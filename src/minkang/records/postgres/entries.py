"""Entries of bundles: what they need, and how a single one is answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Required, TypedDict
from urllib.parse import parse_qsl

from minkang.access import Access, Interaction
from minkang.errors import Fault, Faults
from minkang.fhir import Resource, decode, resource_type
from minkang.records.bodies import within
from minkang.records.bundles import Entry
from minkang.records.patches import patch_of
from minkang.records.postgres import reading
from minkang.records.postgres.current import Address
from minkang.records.postgres.ports import Parser
from minkang.records.postgres.session import Session
from minkang.records.postgres.transactions import result_of
from minkang.records.repository import EntryResult
from minkang.records.types import TYPE_CODES

if TYPE_CHECKING:
    from minkang.records.repository import Repository

_NEEDS: dict[str, Interaction] = {"POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
DEFAULT_COUNT = 50
LARGEST_COUNT = 1000


def all_or_fault(read: Iterable[Entry | Fault]) -> list[Entry]:
    """All entries, where all can be understood.

    Raises:
        Fault: of the only one that cannot; `Faults` of several.
    """
    good: list[Entry] = []
    bad: list[Fault] = []
    for entry in read:
        if isinstance(entry, Fault):
            bad.append(entry)
        else:
            good.append(entry)
    if bad:
        raise bad[0] if len(bad) == 1 else Faults(bad)
    return good


def require(access: Access, entries: Sequence[Entry]) -> None:
    """Refuse a bundle that has an entry its caller may not send; each kind of entry is asked about once.

    Raises:
        Fault: `ACCESS-002`.
    """
    asked: set[tuple[str, Interaction]] = set()
    for entry in entries:
        for need in _needs(entry):
            if (entry.type, need) not in asked:
                asked.add((entry.type, need))
                try:
                    access.require(entry.type or "*", need)
                except Fault as fault:
                    raise within(fault, entry.place) from None


def _needs(entry: Entry) -> list[Interaction]:
    if entry.reads:
        return ["read" if entry.id else "search"]
    conditional = entry.criteria is not None or entry.if_none_exist is not None
    return [_NEEDS[entry.verb], "search"] if conditional else [_NEEDS[entry.verb]]


# In a transaction.


def answer_get(session: Session, entry: Entry) -> EntryResult:
    """Answer a GET within a transaction; its audit row goes with the transaction.

    Raises:
        Fault: as the interaction, with the entry as its place.
    """
    try:
        return _get(session, entry)
    except Fault as fault:
        raise within(fault, entry.place) from None


def _get(session: Session, entry: Entry) -> EntryResult:
    kind, version = _kind(entry)
    if kind == "read":
        return EntryResult(200, reading.read(session.connection, Address(entry.type, entry.id)))
    if kind == "vread":
        address = Address(entry.type, entry.id.partition("/")[0])
        return EntryResult(200, reading.vread(session.connection, address, version))
    if kind == "history":
        options = _history_options(entry)
        page = reading.history(
            session.connection, _history_type(entry), _history_id(entry), options.get("since"), None,
            options["count"], None,
        )  # fmt: skip
        return EntryResult(200, page=page)
    query = session.searching.parse(entry.type or None, entry.criteria or "")
    return EntryResult(200, page=session.searching.page(session.connection, session.access, query))


def _kind(entry: Entry) -> tuple[str, int]:
    """What a GET asks for: read, vread (with the version), history or search."""
    if entry.type and entry.type != "_history" and entry.type not in TYPE_CODES:
        raise Fault("RECORDS-024", f"{entry.place}.request", method=entry.verb, url=entry.url)
    parts = [part for part in (entry.type, *entry.id.split("/")) if part]
    if "_history" in parts:
        after = parts[parts.index("_history") + 1 :]
        if not after:
            return "history", 0
        if len(after) == 1 and after[0].isdigit() and len(after[0]) < 10 and len(parts) == 4:
            return "vread", int(after[0])
    elif len(parts) == 2 and entry.criteria is None:
        return "read", 0
    elif len(parts) < 2:
        return "search", 0
    raise Fault("RECORDS-024", f"{entry.place}.request", method=entry.verb, url=entry.url)


def _history_type(entry: Entry) -> str | None:
    return None if entry.type in {"", "_history"} else entry.type


def _history_id(entry: Entry) -> str | None:
    id = entry.id.partition("/")[0]
    return None if id in {"", "_history"} else id


class _HistoryOptions(TypedDict, total=False):
    count: Required[int]
    since: datetime


def _history_options(entry: Entry) -> _HistoryOptions:
    given = dict(parse_qsl(entry.criteria or ""))
    options: _HistoryOptions = {"count": DEFAULT_COUNT}
    bad = Fault("RECORDS-024", f"{entry.place}.request", method=entry.verb, url=entry.url)
    if "_count" in given:
        if not given["_count"].isdigit() or len(given["_count"]) > 9:
            raise bad
        options["count"] = min(max(int(given["_count"]), 1), LARGEST_COUNT)
    if "_since" in given:
        try:
            options["since"] = datetime.fromisoformat(given["_since"].replace(" ", "+")).astimezone()
        except ValueError:
            raise bad from None
    return options


# In a batch.


def alone(store: Repository, searching: Parser, access: Access, entry: Entry) -> EntryResult:
    """Carry out one entry of a batch, for itself.

    Raises:
        Fault: as the interaction.
    """
    match entry.verb:
        case "GET" | "HEAD":
            return _get_alone(store, searching, access, entry)
        case "POST":
            return result_of(entry, store.create(access, _resource(entry), if_none_exist=entry.if_none_exist))
        case "DELETE" if entry.criteria is not None:
            store.conditional_delete(access, entry.type, entry.criteria)
            return EntryResult(204)
        case "DELETE":
            return EntryResult(204, store.delete(access, entry.type, entry.id, if_match=entry.if_match))
        case "PATCH":
            patch = patch_of(entry.resource or b"", entry.place)
            if entry.criteria is not None:
                written = store.conditional_patch(access, entry.type, entry.criteria, patch, if_match=entry.if_match)
            else:
                written = store.patch(access, entry.type, entry.id, patch, if_match=entry.if_match)
            return result_of(entry, written)
    resource = _resource(entry)
    if entry.criteria is not None:
        written = store.conditional_update(access, entry.type, entry.criteria, resource, if_match=entry.if_match)
    else:
        if resource.id != entry.id:
            raise Fault("RECORDS-004", f"{entry.place}.resource.id")
        written = store.update(access, resource, if_match=entry.if_match, if_none_match_any=entry.if_none_match_any)
    return result_of(entry, written)


def _resource(entry: Entry) -> Resource:
    place = f"{entry.place}.resource"
    resource = decode(entry.resource or b"", where=place)
    given = resource_type(resource)
    if given != entry.type:
        raise Fault("RECORDS-016", place, given=given, expected=entry.type)
    return resource


def _get_alone(store: Repository, searching: Parser, access: Access, entry: Entry) -> EntryResult:
    kind, version = _kind(entry)
    if kind == "read":
        return EntryResult(200, store.read(access, entry.type, entry.id))
    if kind == "vread":
        return EntryResult(200, store.vread(access, entry.type, entry.id.partition("/")[0], version))
    if kind == "history":
        page = store.history(access, type=_history_type(entry), id=_history_id(entry), **_history_options(entry))
        return EntryResult(200, page=page)
    return EntryResult(200, page=store.search(access, searching.parse(entry.type or None, entry.criteria or "")))
