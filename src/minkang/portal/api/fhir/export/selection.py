"""Which records an export takes of one type, as search queries."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl

import msgspec

from minkang.access import Access
from minkang.fhir.search import Query
from minkang.fhir.search.reading import parse_query
from minkang.portal.api.fhir.compartments import of_any_patient, of_patients
from minkang.portal.api.fhir.export.plan import Plan
from minkang.records.repository import Repository

PAGE = 500
_MEMBERS_A_QUERY = 50


def queries(repository: Repository, access: Access, plan: Plan, type: str) -> list[Query]:
    """The queries whose results, each record once, are the file of this type."""
    found = [_query(plan, type, criteria) for criteria in plan.filters.get(type, [""])]
    if plan.level == "system" or (plan.level == "Patient" and type == "Patient"):
        return found
    if plan.level == "Patient":
        return [of_any_patient(query, type) for query in found]
    members = _members(repository, access, plan.group)
    groups = [members[start : start + _MEMBERS_A_QUERY] for start in range(0, len(members), _MEMBERS_A_QUERY)]
    return [of_patients(query, type, group) for query in found for group in groups]


def _query(plan: Plan, type: str, criteria: str) -> Query:
    pairs = parse_qsl(criteria, keep_blank_values=True)
    if plan.since:
        pairs.append(("_lastUpdated", f"gt{plan.since}"))
    return parse_query(type, [*pairs, ("_count", str(PAGE))])


def after(query: Query, cursor: str) -> Query:
    """The same query, further on."""
    return replace(query, cursor=cursor)


class _Reference(msgspec.Struct):
    reference: str = ""


class _Member(msgspec.Struct):
    entity: _Reference = msgspec.field(default_factory=_Reference)
    inactive: bool = False


class _Group(msgspec.Struct):
    member: list[_Member] = msgspec.field(default_factory=list)


def _members(repository: Repository, access: Access, id: str) -> list[str]:
    """The active patients of a group, as relative references."""
    group = msgspec.json.decode(repository.read(access, "Group", id).body or b"{}", type=_Group)
    return [
        member.entity.reference
        for member in group.member
        if not member.inactive and member.entity.reference.startswith("Patient/")
    ]
