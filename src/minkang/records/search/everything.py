"""All that the store has on one patient: the patient compartment, page by page.

Source: R4 patient-operation-everything.html and compartmentdefinition-patient.html; which parameters make a record part
of the compartment is data (`patient_compartment.json`, made by `tools/generate_compartment.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

import msgspec
from psycopg import Connection

from minkang.access import Access
from minkang.errors import Fault
from minkang.fhir.search import search_parameter
from minkang.fhir.search.query import Query
from minkang.records.keys import record_key
from minkang.records.repository import SearchPage
from minkang.records.search.conditions import Names, branch_is
from minkang.records.search.cursors import Place, digest, read_cursor, write_cursor
from minkang.records.search.found import Hit, hit
from minkang.records.search.limits import LIMITS, Limits
from minkang.records.search.pages import with_bodies
from minkang.records.search.pieces import TRUE, piece
from minkang.records.search.session import Session
from minkang.records.search.tables import of_types, rows_of
from minkang.records.types import type_code


def everything(
    connection: Connection[Any],
    access: Access,
    id: str,
    *,
    types: Sequence[str] = (),
    since: datetime | None = None,
    count: int | None = None,
    cursor: str | None = None,
    limits: Limits = LIMITS,
) -> SearchPage:
    """A page of the patient's compartment: the patient first, then by type and age of the record.

    Types that the caller may not search are left out; so are references out of the compartment (practitioners and
    the like), which a caller follows by `_include` or reads.

    Args:
        id: of the patient.
        types: only these; none for all.
        since: only what changed at or after this instant.
        count: records a page.
        cursor: of the page before.

    Raises:
        Fault: `ACCESS-002` where patients may not be searched; `RECORDS-002` where there is no such patient (or it was
            deleted); `RECORDS-013` for a cursor of something else.
    """
    access.require("Patient", "search")
    query = _as_query(id, types, since, cursor)
    place = read_cursor(query)
    session, size = Session(connection), max(min(limits.count if count is None else count, limits.most), 1)
    found = [] if place else _patient(session, id, types, since)
    rest = size + 1 - len(found)
    found += _compartment(session, id, _granted(access, types), since=since, place=place or _START, limit=rest)
    shown = found[:size]
    if len(found) <= size:
        return SearchPage([one.record for one in shown], [], None, None)
    own = (shown[-1].record.type, shown[-1].record.id) == ("Patient", id)
    last = _START if own else Place("", (), shown[-1].type, shown[-1].rid)
    following = write_cursor(msgspec.structs.replace(last, digest=digest(query)))
    return SearchPage([one.record for one in shown], [], None, following)


_START = Place("", (), 0, 0)
"""Before the first record of the compartment, the patient's own aside."""


def _patient(session: Session, id: str, types: Sequence[str], since: datetime | None) -> list[Hit]:
    """The patient's own record, which heads the first page; nothing where it was not asked for."""
    names = Names()
    row, key, code = names.new(), UUID(bytes=record_key(f"Patient/{id}")), (type_code("Patient"),)
    select = piece(
        "SELECT {row}.type, {row}.rid FROM {table} WHERE {type} AND {row}.key = %s AND NOT {row}.deleted",
        key, row=row, type=of_types(row, code), table=rows_of("record", row, code),
    )  # fmt: skip
    found = [hit(one) for one in session.run(with_bodies(select, code, 1, names))]
    if not found:
        raise Fault("RECORDS-002", type="Patient", id=id)
    return [one for one in found if (not types or "Patient" in types) and (not since or one.record.at >= since)]


def _compartment(
    session: Session,
    id: str,
    members: Mapping[str, tuple[int, ...]],
    *,
    since: datetime | None,
    place: Place,
    limit: int,
) -> list[Hit]:
    """Records of other types (and other patients' that link here) behind a place, in the order of type and number."""
    if not members or limit < 1:
        return []
    names = Names()
    row, key = names.new(), UUID(bytes=record_key(f"Patient/{id}"))
    codes = tuple(type_code(type) for type in members)
    branches = sorted({branch for some in members.values() for branch in some})
    recent = TRUE
    if since is not None:
        record = names.new()
        recent = piece(
            "EXISTS (SELECT FROM record AS {record} WHERE {record}.type = {row}.type AND {record}.rid = {row}.rid"
            " AND {record}.at >= %s OFFSET 0)",
            since, record=record, row=row,
        )  # fmt: skip
    select = piece(
        "SELECT DISTINCT {row}.type, {row}.rid FROM search_reference AS {row} WHERE {types} AND {row}.target = %s"
        " AND {branch} AND ({row}.type, {row}.rid) > (%s, %s) AND {recent} ORDER BY {row}.type, {row}.rid",
        key, place.type, place.rid, row=row, types=of_types(row, codes), branch=branch_is(row, branches), recent=recent,
    )  # fmt: skip
    return [hit(one) for one in session.run(with_bodies(select, codes, limit, names))]




def _as_query(id: str, types: Sequence[str], since: datetime | None, cursor: str | None) -> Query:
    """The operation as a search, for the digest of its cursors."""
    pairs = (("$everything", id), ("_type", ",".join(types)), ("_since", since.isoformat() if since else ""))
    return Query("Patient", cursor=cursor, pairs=pairs)


def _granted(access: Access, types: Sequence[str]) -> dict[str, tuple[int, ...]]:
    wanted = [type for type in compartment() if not types or type in types]
    return {type: compartment()[type] for type in wanted if access.allows(type, "search")}


@cache
def compartment() -> Mapping[str, tuple[int, ...]]:
    """The branches by which records of a type belong to a patient, by type."""
    text = (files("minkang.records.search") / "patient_compartment.json").read_bytes()
    table = msgspec.json.decode(text, type=dict[str, list[str]])
    found = {type: [search_parameter(type, name) for name in names] for type, names in table.items()}
    return {
        type: tuple(dict.fromkeys(branch.id for one in parameters if one for branch in one.branches))
        for type, parameters in found.items()
    }
