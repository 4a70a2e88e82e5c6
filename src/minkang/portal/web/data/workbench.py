"""The SQL workbench: one SELECT over the lake, its rows in the table, as a chart, as files; queries that are kept."""

from __future__ import annotations

from typing import Any, Literal, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from minkang.errors import Fault
from minkang.lake.query import Lake, Result
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Chart, Empty, Field, Message
from minkang.portal.web.data import parts
from minkang.portal.web.data.results import FIRST_COLUMNS, TYPES, ResultSource, chart_of, file_of
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Head, page, said
from minkang.portal.web.tables import Table
from minkang.portal.web.tables.views import LONGEST_ADDRESS, views_of

SECONDS = 30.0
MOST_ROWS = 10_000
MOST_IN_FILE = 1_000_000
LONGEST = 3000
"""Characters of a query: it stands in the address, so that a query can be kept, sent and gone back to."""
_KINDS = ("table", "line", "bar")
_OWN = ("q", "level", "show", "across")


def workbench(request: HttpRequest) -> HttpResponseBase:
    """`?q=SELECT…&level=3&show=table|line|bar&across=column`; `file=csv|xlsx|parquet` gives all rows as a file."""
    parts.enter(request)
    given = {name: request.GET.get(name, "").strip() for name in _OWN}
    lake = parts.the_lake()
    if not parts.there_is_a_lake():
        return _page(request, given, empty=Empty(said(request, "shelf.no_lake"), said(request, "shelf.tab_catalogue"),
                                                 reverse("lake_catalogue")))  # fmt: skip
    if not given["q"]:
        return _page(request, given, empty=Empty(said(request, "shelf.no_query")))
    try:
        if kind := request.GET.get("file", ""):
            return _file(request, lake, given, kind)
        result = _ask(request, lake, given, MOST_ROWS)
    except Fault as fault:
        if fault.category.status >= 500:
            raise
        problem = Message.of(fault, language_of(request))
        return _page(request, given, message=problem, status=fault.category.status)
    table = Table(request, ResultSource(result, _addresses(lake, result)), empty=said(request, "shelf.no_rows"))
    return table.answer() or _page(request, given, result=result, table=table, chart=_chart(request, result, given))


def _ask(request: HttpRequest, lake: Lake, given: dict[str, str], most: int) -> Result:
    """Run the query, and leave a row in the audit trail whatever comes of it."""
    if len(given["q"]) > LONGEST:
        raise Fault("SHELF-001", size=len(given["q"]), limit=LONGEST)
    level = int(given["level"]) if given["level"] in {"1", "2", "3", "4"} else parts.MOST_LEVEL
    said = f"lake:sql:{level}:{given['q']}"
    try:
        result = lake.sql(given["q"], max_rows=most, seconds=SECONDS, level=level)
    except Fault as fault:
        parts.audit(request, said, 0, outcome=fault.code)
        raise
    parts.audit(request, said, int(result.table.num_rows))
    return result


def _file(request: HttpRequest, lake: Lake, given: dict[str, str], kind: str) -> HttpResponse:
    if kind not in TYPES:
        raise Fault("SHELF-002", kind=kind[:20])
    answer = HttpResponse(file_of(_ask(request, lake, given, MOST_IN_FILE), kind), content_type=TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="result.{kind}"'
    return answer


def _addresses(lake: Lake, result: Result) -> str:
    """Where the `id` of a row leads: to the record, where the rows are of one table that is made of records."""
    resources = {lake.tables[name].resource for name in result.read if name in lake.tables}
    only = next(iter(resources)) if len(result.read) == 1 else ""
    return f"/records/{only}/" if only else ""


def _chart(request: HttpRequest, result: Result, given: dict[str, str]) -> Chart | None:
    if given["show"] not in ("line", "bar"):
        return None
    kind = cast("Literal['line', 'bar']", given["show"])
    return chart_of(result, kind, given["across"], said(request, "shelf.chart"))


def _page(request: HttpRequest, given: dict[str, str], *, status: int = 200, **shown: Any) -> HttpResponse:
    shown = dict.fromkeys(("message", "empty", "table", "chart")) | shown
    result: Result | None = shown.get("result")
    account, here = request.user.get_username(), f"{request.path}#queries"
    bare = urlencode({name: value for name, value in given.items() if value})
    return page(
        request, "data/sql.html", Head(said(request, "shelf.tab_sql"), parts.crumbs(request)), status=status, wide=True,
        tabs=parts.tabs(request, "sql"), fields=_fields(request, given, result), seconds=SECONDS, given=given,
        files=[(kind.upper(), f"?{bare}&file={kind}") for kind in TYPES] if result else [],
        about=_about(request, result) if result else None, schema=_schema(request),
        kept=views_of(the_platform().database, account, here), kept_under=here,
        keep=f"?{bare}" if given["q"] and len(bare) < LONGEST_ADDRESS else "", **shown,
    )  # fmt: skip


def _about(request: HttpRequest, result: Result) -> Message | None:
    words = said(request, "shelf.answered", rows=f"{result.table.num_rows:,}", seconds=f"{result.seconds:.2f}")
    if hidden := max(0, result.table.num_columns - FIRST_COLUMNS):
        words += " " + said(request, "shelf.hidden", count=hidden)
    if result.truncated:
        return Message(said(request, "shelf.truncated", rows=f"{MOST_ROWS:,}"), "risk", words)
    return Message(words)


def _fields(request: HttpRequest, given: dict[str, str], result: Result | None) -> list[Field]:
    kinds = [(kind, said(request, f"shelf.show_{kind}")) for kind in _KINDS]
    names = [(name, name) for name in dict.fromkeys(result.table.column_names)] if result else []
    fields = [
        Field("level", said(request, "shelf.see_level"), "choice", given["level"] or str(parts.MOST_LEVEL),
              choices=parts.level_choices(request), required=True),
        Field("show", said(request, "shelf.show"), "choice", given["show"] or "table", choices=kinds, required=True),
    ]  # fmt: skip
    if names:
        fields.append(Field("across", said(request, "shelf.across"), "choice", given["across"], choices=names))
    return fields


def _schema(request: HttpRequest) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The tables that are there with their columns, to write a query by: name, title, columns with their meaning."""
    lake, zh = parts.the_lake(), language_of(request) == "zh"
    current = lake.folder.current()
    found = []
    for name in sorted(current.tables) if current else ():
        if name in lake.tables:
            table = lake.tables[name]
            columns = [(one.name, one.zh if zh else one.type) for one in table.columns]
            found.append((name, table.title if zh else "", columns))
    return found
