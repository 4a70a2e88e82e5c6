"""The register of institutions, and one institution with its staff and the institutions below it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from minkang.portal.accounts.project import the_platform
from minkang.portal.web.page import Action, Head, access, page, said
from minkang.portal.web.tables import Column, Link, Row, Table
from minkang.portal.web.tables.search import SearchSource
from minkang.portal.web.titles import is_synthetic, title_of
from minkang.records.repository import Record
from minkang.synth.fhir.systems import CREDIT_CODE, INSTITUTION

Bodies = Mapping[str, dict[str, Any]]


def institutions(request: HttpRequest) -> HttpResponseBase:
    """All institutions."""
    source = SearchSource(
        access(request),
        "institutions",
        "Organization",
        _columns(request),
        _institution,
        criteria=(("_include", "Organization:partof"),),
        parameters={"name": "name", "code": "identifier"},
        sorts={"name": "name"},
    )
    table = Table(request, source, empty=said(request, "institutions.none"))
    if answer := table.answer():
        return answer
    _ = table.found  # so that it is known whether it is synthetic
    actions = [Action(said(request, "areas.regions"), reverse("regions"))]
    return page(
        request,
        "listing.html",
        Head(said(request, "areas.institutions"), actions=actions),
        table=table,
        synthetic=source.synthetic,
        status=table.status,
    )


def institution(request: HttpRequest, id: str) -> HttpResponseBase:
    """One institution."""
    reader = access(request)
    record = the_platform().repository.read(reader, "Organization", id)
    body: dict[str, Any] = msgspec.json.decode(record.body or b"{}")
    below = SearchSource(
        reader,
        "below",
        "Organization",
        _columns(request),
        _institution,
        criteria=(("partof", f"Organization/{id}"),),
        parameters={"name": "name", "code": "identifier"},
        sorts={"name": "name"},
    )
    staff = SearchSource(
        reader,
        "staff",
        "PractitionerRole",
        _staff_columns(request),
        partial(_role, _sexes(request)),
        criteria=(("organization", f"Organization/{id}"), ("_include", "PractitionerRole:practitioner")),
    )
    tables = [
        (
            said(request, "institutions.staff"),
            Table(request, staff, empty=said(request, "institutions.no_staff"), prefix="s."),
        ),
        (
            said(request, "institutions.below"),
            Table(request, below, empty=said(request, "institutions.no_below"), prefix="b."),
        ),
    ]
    for _, table in tables:
        if answer := table.answer():
            return answer
    head = Head(
        title_of(body) or id,
        [(said(request, "areas.institutions"), reverse("institutions"))],
        record.at,
        actions=[Action(said(request, "institutions.record"), reverse("show", args=["Organization", id]))],
    )
    return page(
        request, "institution.html", head, facts=_facts(request, body), tables=tables, synthetic=is_synthetic(body)
    )


def _facts(request: HttpRequest, body: dict[str, Any]) -> list[tuple[str, str]]:
    numbers = [
        (_system(request, str(one.get("system", ""))), str(one.get("value", ""))) for one in body.get("identifier", [])
    ]
    kinds = ", ".join(filter(None, (_words(one) for one in body.get("type", []))))
    return [(said(request, "institutions.kind"), kinds or "—"), *numbers]


def _system(request: HttpRequest, system: str) -> str:
    """What a number is called, where its system is a known one; else the system."""
    known = {INSTITUTION: "code", CREDIT_CODE: "credit_code"}
    return said(request, f"institutions.{known[system]}") if system in known else system


def _columns(request: HttpRequest) -> list[Column]:
    return [
        Column("name", said(request, "institutions.name"), sortable=True, filter="text"),
        Column("kind", said(request, "institutions.kind")),
        Column("code", said(request, "institutions.code"), filter="text"),
        Column("above", said(request, "institutions.above")),
        Column("changed", said(request, "pages.changed"), "time", shown=False),
    ]


def _staff_columns(request: HttpRequest) -> list[Column]:
    return [Column(name, said(request, f"institutions.{name}")) for name in ("person", "role", "sex")]


def _institution(record: Record, body: dict[str, Any], along: Bodies) -> Row:
    above = str(body.get("partOf", {}).get("reference", ""))
    named = title_of(along.get(above, {})) or above
    return {
        "name": Link(title_of(body) or record.id, reverse("institution", args=[record.id])),
        "kind": ", ".join(filter(None, (_words(one) for one in body.get("type", [])))),
        "code": next((str(one.get("value", "")) for one in body.get("identifier", [])), ""),
        "above": Link(named, reverse("institution", args=[above.partition("/")[2]]))
        if above.startswith("Organization/")
        else "",
        "changed": record.at,
    }


def _role(sexes: Mapping[str, str], record: Record, body: dict[str, Any], along: Bodies) -> Row:
    person = str(body.get("practitioner", {}).get("reference", ""))
    held = along.get(person, {})
    return {
        "person": Link(title_of(held) or person, f"/records/{person}") if person else "",
        "role": ", ".join(filter(None, (_words(one) for one in body.get("code", [])))),
        "sex": sexes.get(str(held.get("gender", "")), ""),
    }


def _sexes(request: HttpRequest) -> dict[str, str]:
    return {code: said(request, f"institutions.sex_{code}") for code in ("male", "female", "other", "unknown")}


def _words(concept: dict[str, Any]) -> str:
    coded = next((one.get("display") or one.get("code") for one in concept.get("coding", [])), "")
    return str(concept.get("text") or coded or "")
