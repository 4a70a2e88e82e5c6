"""The catalogue of the lake: its tables, their columns, the records behind rows, and what could not be read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from minkang.access.audit import AuditEntry
from minkang.lake.catalogue import Catalogue, ColumnCard, TableCard
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Dialog, Empty, Message
from minkang.portal.web.data import parts
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Action, Head, access, page, said
from minkang.portal.web.tables import Column, Link, ListSource, Row, Table
from minkang.portal.web.templatetags.page import thin
from minkang.wiring import REFRESH


def catalogue(request: HttpRequest) -> HttpResponseBase:
    """All tables."""
    parts.enter(request)
    head = Head(said(request, "shelf.tab_catalogue"), parts.crumbs(request))
    shown: dict[str, Any] = {"tabs": parts.tabs(request, "catalogue"), "ask": _ask(request), "message": _asked(request)}
    if not parts.there_is_a_lake():
        empty = Empty(said(request, "shelf.no_lake"))
        return page(request, "data/catalogue.html", head, empty=empty, **shown)
    cards = Catalogue(parts.the_lake()).tables()
    parts.audit(request, "lake:catalogue", len(cards))
    levels = [(parts.level_word(request, level), words) for level, words in _levels(request)]
    columns = [
        Column("name", said(request, "shelf.table"), sortable=True, filter="text"),
        Column("title", said(request, "shelf.meaning"), filter="text"),
        Column("resource", said(request, "shelf.resource"), sortable=True, filter="text"),
        Column("rows", said(request, "shelf.rows"), "number", sortable=True, filter="range"),
        Column("aside", said(request, "shelf.aside"), "number", sortable=True),
        Column("at", said(request, "shelf.fresh"), "time", sortable=True),
        Column("level", said(request, "shelf.level"), sortable=True, filter="choice", choices=levels),
        Column("keep", said(request, "shelf.keep"), "number", sortable=True, unit=said(request, "shelf.years")),
        Column("size", said(request, "shelf.size"), "number", sortable=True, shown=False, unit="kB"),
        Column("view", said(request, "shelf.view"), shown=False),
        Column("version", said(request, "shelf.version"), shown=False),
    ]
    table = Table(request, ListSource("lake", columns, [_row(request, one) for one in cards]), empty="")
    return table.answer() or page(request, "data/catalogue.html", head, table=table, **shown)


@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Ask for a refresh; a worker does it."""
    parts.enter(request)
    who, platform = access(request), the_platform()
    job = platform.jobs.ask(who, REFRESH, key=REFRESH, about={"address": reverse("lake_catalogue")})
    platform.audit.write(AuditEntry(who, "load", query="lake:refresh"))
    return redirect(f"{reverse('lake_catalogue')}?job={job or 0}")


def table(request: HttpRequest, name: str) -> HttpResponseBase:
    """One table: its columns; `?id=` the rows that one record became; `?show=aside` what could not be read."""
    parts.enter(request)
    found = Catalogue(parts.the_lake())
    card = found.table(name)
    record, aside = request.GET.get("id", "").strip(), request.GET.get("show") == "aside"
    if record:
        source = _lineage(request, found, card, record)
    elif aside:
        source = _aside(request, found, card)
    else:
        source = _columns(request, found.columns(name))
    parts.audit(request, f"lake:{name}" + (f":{record}" if record else ""))
    shown = Table(request, source, empty=said(request, "shelf.no_rows_of" if record else "shelf.nothing_aside"))
    if answer := shown.answer():
        return answer
    actions = [
        Action(said(request, "shelf.query"), f"{reverse('lake_sql')}?q=SELECT+*+FROM+{name}+LIMIT+100", main=True)
    ]
    head = Head(_title(request, card), parts.crumbs(request, "catalogue"), _time(card.at) or False, name, actions)
    return page(
        request, "data/table.html", head, table=shown, facts=_facts(request, card), record=record, card=card,
        unreadable="?show=aside" if card.set_aside and not aside else "",
    )  # fmt: skip


def _levels(request: HttpRequest) -> list[tuple[int, str]]:
    return [(int(value), words) for value, words in parts.level_choices(request)]


def _title(request: HttpRequest, card: TableCard) -> str:
    return card.title if language_of(request) == "zh" else card.name


def _row(request: HttpRequest, card: TableCard) -> Row:
    return {
        "name": Link(card.name, reverse("lake_table", args=[card.name])),
        "title": card.title if language_of(request) == "zh" else card.description or card.title,
        "resource": card.resource,
        "rows": card.rows,
        "aside": Link(str(card.set_aside), f"{reverse('lake_table', args=[card.name])}?show=aside")
        if card.set_aside
        else 0,
        "at": _time(card.at),
        "level": parts.level_word(request, card.level),
        "keep": card.keep_years,
        "size": card.bytes // 1000,
        "view": card.view,
        "version": card.version,
    }


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _facts(request: HttpRequest, card: TableCard) -> list[tuple[str, object]]:
    return [
        (said(request, "shelf.meaning"), card.title if language_of(request) == "zh" else card.description),
        (said(request, "shelf.resource"), card.resource or "—"),
        (said(request, "shelf.view"), card.view or "—"),
        (said(request, "shelf.rows"), thin(card.rows)),
        (said(request, "shelf.level"), parts.level_word(request, card.level)),
        (said(request, "shelf.keep"), f"{card.keep_years} {said(request, 'shelf.years')}"),
        (said(request, "shelf.fresh"), _time(card.at) or "—"),
    ]


def _columns(request: HttpRequest, cards: list[ColumnCard]) -> ListSource:
    zh = language_of(request) == "zh"
    columns = [
        Column("name", said(request, "shelf.column"), sortable=True, filter="text"),
        Column("meaning", said(request, "shelf.meaning"), filter="text"),
        Column("type", said(request, "shelf.type"), sortable=True),
        Column("element", said(request, "shelf.element"), sortable=True, filter="text"),
        Column("level", said(request, "shelf.level"), sortable=True),
        Column("complete", said(request, "shelf.complete"), "number", sortable=True, filter="range", unit="%"),
        Column("path", said(request, "shelf.path"), filter="text", shown=False),
    ]
    rows: list[Row] = [
        {
            "name": one.name,
            "meaning": one.zh if zh else one.en or one.zh,
            "type": one.type,
            "element": one.element,
            "level": parts.level_word(request, one.level),
            "complete": None if one.complete is None else round(one.complete * 100, 1),
            "path": one.path,
        }
        for one in cards
    ]
    return ListSource("columns", columns, rows)


def _lineage(request: HttpRequest, found: Catalogue, card: TableCard, id: str) -> ListSource:
    """The rows one record became, the columns down the page where there are few rows."""
    known = {one.name: one for one in parts.the_lake().tables[card.name].columns}
    rows = found.rows_of(card.name, id)
    columns = [
        Column("column", said(request, "shelf.column"), filter="text"),
        Column("meaning", said(request, "shelf.meaning")),
    ]
    columns += [
        Column(f"row{number}", f"{said(request, 'shelf.row')} {number}") for number in range(1, len(rows[:5]) + 1)
    ]
    zh = language_of(request) == "zh"
    address = f"/records/{card.resource}/{id}" if card.resource else ""
    made: list[Row] = []
    for name, column in known.items():
        line: dict[str, Any] = {"column": name, "meaning": column.zh if zh else column.en or column.zh}
        for number, row in enumerate(rows[:5], 1):
            value = row.get(name)
            line[f"row{number}"] = Link(str(value), address) if name == "id" and address else _plain(value)
        made.append(line)
    return ListSource("lineage", columns, made if rows else [])


def _plain(value: object) -> str | int | float | None:
    if value is None or isinstance(value, int | float | str):
        return value
    return str(value)


def _aside(request: HttpRequest, found: Catalogue, card: TableCard) -> ListSource:
    columns = [
        Column("id", said(request, "shelf.record"), filter="text"),
        Column("code", said(request, "shelf.code"), sortable=True, filter="text"),
        Column("reason", said(request, "shelf.reason"), filter="text"),
    ]
    rows: list[Row] = [
        {"id": Link(one.id, f"/records/{card.resource}/{one.id}"), "code": one.code, "reason": one.reason}
        for one in found.unreadable(card.name)
    ]
    return ListSource("aside", columns, rows)


def _ask(request: HttpRequest) -> Dialog:
    words = {part: said(request, f"shelf.refresh_{part}") for part in ("opener", "title", "text")}
    return Dialog("refresh", words["opener"], words["title"], words["text"], reverse("refresh_lake"), words["opener"])


def _asked(request: HttpRequest) -> Message | None:
    if "job" not in request.GET:
        return None
    return Message(said(request, "shelf.refresh_asked"), "good", said(request, "desk.see_work"))
