"""System health, settings in force, and the front page of administration."""

from __future__ import annotations

import os

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from minkang.errors import Fault
from minkang.portal.accounts.project import the_platform
from minkang.portal.checks import Check, Standing, database_checks, installation_checks
from minkang.portal.web.administration.accounts import crumbs
from minkang.portal.web.components import State, StateChip
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Head, access, page, require_administrator, said
from minkang.portal.web.tables import Column, ListSource, Row, Table
from minkang.settings import SETTINGS

_STATES: dict[Standing, State] = {"ok": State.ON_TRACK, "warning": State.AT_RISK, "fault": State.OFF_TRACK}


def administration(request: HttpRequest) -> HttpResponseBase:
    """Where everything of administration is."""
    require_administrator(request)
    return page(request, "administration.html", Head(said(request, "areas.administration"), as_of=False))


def health(request: HttpRequest) -> HttpResponseBase:
    """The points that `minkang doctor` checks, looked at now."""
    require_administrator(request)
    found = list(installation_checks(the_platform().settings))
    try:
        found += database_checks(the_platform(), access(request))
    except Fault as fault:
        found.append(Check("database", "fault", f"{fault.code} {fault.text(language_of(request))}"))
    columns = [
        Column("check", said(request, "doctor.check")),
        Column("state", said(request, "admin.state"), "state"),
        Column("detail", said(request, "doctor.detail")),
    ]
    rows: list[Row] = [
        {
            "check": said(request, f"doctor.{one.key}"),
            "state": StateChip(_STATES[one.state], said(request, f"admin.health_{one.state}")),
            "detail": one.detail,
        }
        for one in found
    ]
    table = Table(request, ListSource("health", columns, rows), empty="")
    return table.answer() or page(
        request, "listing.html", Head(said(request, "areas.health"), crumbs(request)), table=table
    )


def settings(request: HttpRequest) -> HttpResponseBase:
    """The settings of this server process. They are read at its start; secrets are never shown."""
    require_administrator(request)
    language = language_of(request)
    columns = [
        Column("name", said(request, "admin.setting"), filter="text"),
        Column("value", said(request, "admin.value")),
        Column("what", said(request, "admin.what")),
        Column("default", said(request, "admin.default"), shown=False),
    ]
    rows: list[Row] = []
    for one in SETTINGS:
        given = os.environ.get(one.name, "")
        value = (
            ("••••••" if given else "—") if one.secret else given or one.default or said(request, "admin.worked_out")
        )
        what = one.zh if language == "zh" else one.en
        rows.append({"name": one.name, "value": value, "what": what, "default": one.default})
    table = Table(request, ListSource("settings", columns, rows), empty="")
    head, lead = (
        Head(said(request, "areas.settings"), crumbs(request), as_of=False),
        said(request, "admin.settings_lead"),
    )
    return table.answer() or page(request, "listing.html", head, table=table, lead=lead)
