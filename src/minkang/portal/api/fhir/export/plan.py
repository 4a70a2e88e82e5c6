"""What an export is asked for: read from the kick-off request, kept with the job."""

from __future__ import annotations

from typing import Literal
from urllib.parse import parse_qsl

import msgspec

from minkang.errors import Fault
from minkang.fhir import decode
from minkang.fhir.search.reading import parse_query
from minkang.portal.api.fhir.call import Call
from minkang.portal.api.fhir.compartments import PATIENT_TYPES
from minkang.portal.api.fhir.headers import check_content
from minkang.portal.api.fhir.times import interval
from minkang.records.types import TYPE_CODES, TYPE_NAMES

_KNOWN = frozenset(("_outputFormat", "_since", "_type", "_typeFilter", "_format", "_pretty"))
_FORMATS = frozenset(("", "application/fhir+ndjson", "application/ndjson", "ndjson"))


Level = Literal["system", "Patient", "Group"]


class Plan(msgspec.Struct, frozen=True):
    """One export.

    Attributes:
        level: the whole store, all patients, or the members of a group.
        group: id of the Group; empty otherwise.
        types: what to write, a file each.
        filters: by type, queries of which a record must match one.
        since: only records written after this instant (as given); empty for all.
    """

    level: Level
    group: str
    types: tuple[str, ...]
    filters: dict[str, list[str]]
    since: str


def plan_of(call: Call) -> Plan:
    """Read a kick-off.

    Raises:
        Fault: `REST-050` for an output format, `REST-031` for a parameter not known (under strict handling),
            `RECORDS-001` for a type, `REST-051` for a type outside the level, `REST-032` for a time or filter;
            those of a search for a filter's criteria.
    """
    pairs = _pairs(call)
    if call.prefer.strict and (unknown := sorted({name for name, _ in pairs} - _KNOWN)):
        raise Fault("REST-031", name=unknown[0], known=", ".join(sorted(_KNOWN)))
    given = dict(pairs)
    if given.get("_outputFormat", "") not in _FORMATS:
        raise Fault("REST-050", format=given["_outputFormat"])
    since = given.get("_since", "").replace(" ", "+")
    if since:
        interval("_since", since)
    level: Level = "Group" if call.type == "Group" else "Patient" if call.type else "system"
    listed = [type for name, value in pairs if name == "_type" for type in value.split(",") if type]
    return Plan(level, call.id, _types(call, level, listed), _filters(pairs), since)


def _types(call: Call, level: str, listed: list[str]) -> tuple[str, ...]:
    possible = TYPE_NAMES if level == "system" else PATIENT_TYPES
    for type in listed:
        if type not in TYPE_CODES:
            raise Fault("RECORDS-001", type=type)
        if type not in possible:
            raise Fault("REST-051", type=type, level=level)
        call.access.require(type, "read")
    if listed:
        return tuple(dict.fromkeys(listed))
    allowed = tuple(type for type in possible if call.access.allows(type, "read"))
    if not allowed:
        call.access.require("*", "read")
    return allowed


def _filters(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    filters: dict[str, list[str]] = {}
    for name, value in pairs:
        if name == "_typeFilter":
            type, mark, criteria = value.partition("?")
            if type not in TYPE_CODES or not mark or not criteria:
                raise Fault("REST-032", name=name, value=value)
            # Read now, so that a mistake is heard at the kick-off and not from a job that failed.
            parse_query(type, parse_qsl(criteria, keep_blank_values=True), strict=True)
            filters.setdefault(type, []).append(criteria)
    return filters


class _Parameter(msgspec.Struct):
    name: str = ""
    valueString: str = ""
    valueInstant: str = ""
    valueCode: str = ""
    valueUri: str = ""


class _Parameters(msgspec.Struct):
    parameter: list[_Parameter] = msgspec.field(default_factory=list)


def _pairs(call: Call) -> list[tuple[str, str]]:
    if call.request.method != "POST" or not call.request.body.strip():
        return call.pairs
    check_content(call.request)
    body = call.json_body()
    decode(body, "Parameters")
    given = msgspec.json.decode(body, type=_Parameters).parameter
    return call.pairs + [
        (one.name, one.valueString or one.valueInstant or one.valueCode or one.valueUri) for one in given
    ]
