"""How good the data of each sender are: scorecards, one of them rule by rule, down to the records that fail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from minkang.access.audit import AuditEntry
from minkang.errors import Fault
from minkang.exchange.quality import DIMENSIONS, Figure, Quality, Rule, Trend, rules
from minkang.exchange.quality.figures import By
from minkang.exchange.quality.rules import Dimension
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Chart, Dialog, Field, FigureCard, Message, Series, Sparkline, State
from minkang.portal.web.exchange import parts
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Head, access, page, said
from minkang.portal.web.tables import Column, Link, ListSource, Row, Rows, Table, TableQuery
from minkang.wiring import QUALITY

MONTHS = 24
"""Months that a line of trend goes back, and that can be chosen."""
_GOOD, _FAIR = 0.99, 0.95


def quality(request: HttpRequest) -> HttpResponseBase:
    """A line for each sender and data set, a column for each dimension; `?month=2025-06-01` of one month alone."""
    parts.enter(request)
    desk, who, month = Quality(the_platform().database), access(request), _month(request)
    figures = desk.figures(who, ("sender", "dataset", "dimension"), since=month, until=month)
    columns = [
        Column("sender", said(request, "desk.sender"), sortable=True, filter="text"),
        Column("dataset", said(request, "desk.dataset"), sortable=True, filter="text"),
        *(Column(one, said(request, f"desk.dimension_{one}"), "number", sortable=True, unit="%") for one in DIMENSIONS),
        Column("checked", said(request, "desk.checked"), "number", sortable=True),
        Column("failed", said(request, "desk.failed"), "number", sortable=True, filter="range"),
    ]
    table = Table(request, ListSource("quality", columns, _rows(request, figures, month)),
                  empty=said(request, "desk.no_quality"))  # fmt: skip
    if answer := table.answer():
        return answer
    trends = {one: desk.trend(who, dimension=one) for one in DIMENSIONS}
    head = Head(said(request, "desk.tab_quality"), parts.crumbs(request), desk.as_of() or False)
    return page(
        request, "exchange/quality.html", head, table=table, tabs=parts.tabs(request, "quality"), ask=_ask(request),
        cards=_cards(request, figures, trends), choose=_choose(request, month, _known(trends)), message=_asked(request),
        status=table.status,
    )  # fmt: skip


@require_POST
def refresh(request: HttpRequest) -> HttpResponse:
    """Ask for figures that are up to date; a worker counts them."""
    parts.enter(request)
    who, there = access(request), reverse("exchange_quality")
    job = the_platform().jobs.ask(who, QUALITY, key=QUALITY, about={"address": there})
    the_platform().audit.write(AuditEntry(who, "load", query="quality:refresh"))
    return redirect(f"{there}?job={job or 0}")


def scorecard(request: HttpRequest, sender: str) -> HttpResponseBase:
    """`?dataset=patient`: one data set of one sender, rule by rule, with its trend."""
    parts.enter(request)
    desk, who, month = Quality(the_platform().database), access(request), _month(request)
    dataset = request.GET.get("dataset", "")
    by: tuple[By, ...] = ("rule",)
    figures = desk.figures(who, by, sender=sender, dataset=dataset, since=month, until=month)
    columns = [
        Column("rule", said(request, "desk.rule"), sortable=True, filter="text"),
        Column("dimension", said(request, "desk.dimension"), sortable=True, filter="choice",
               choices=[(words, words) for words in (said(request, f"desk.dimension_{one}") for one in DIMENSIONS)]),
        Column("share", said(request, "desk.share"), "number", sortable=True, unit="%"),
        Column("checked", said(request, "desk.checked"), "number", sortable=True),
        Column("failed", said(request, "desk.failed"), "number", sortable=True, filter="range"),
        Column("source", said(request, "desk.source"), shown=False),
    ]  # fmt: skip
    rows = [_rule_row(request, one, sender, dataset, month) for one in figures]
    table = Table(request, ListSource("rules", columns, rows), empty=said(request, "desk.no_quality"))
    if answer := table.answer():
        return answer
    trend = desk.trend(who, sender=sender, dataset=dataset)
    head = Head(_dataset(request, dataset), parts.crumbs(request, "quality"), desk.as_of() or False, sender)
    return page(
        request, "exchange/scorecard.html", head, table=table, chart=_chart(request, trend), dataset=dataset,
        choose=_choose(request, month, trend.months), status=table.status,
    )  # fmt: skip


def findings(request: HttpRequest, sender: str, rule: str) -> HttpResponseBase:
    """`?dataset=patient`: the records that fail a rule, each a link."""
    parts.enter(request)
    known = {one.id: one for one in rules().rule}.get(rule)
    if known is None:
        raise Fault("DESK-005", rule=rule[:60])
    source = FindingSource(request, sender, rule)
    table = Table(request, source, empty=said(request, "desk.no_findings"))
    if answer := table.answer():
        return answer
    words = known.zh if language_of(request) == "zh" else known.en
    head = Head(words, parts.crumbs(request, "quality"), note=f"{sender} · {_dataset(request, source.dataset)}")
    lead = said(request, "desk.findings_lead", rule=words)
    return page(request, "listing.html", head, table=table, lead=lead, status=table.status)


class FindingSource:
    """Records that fail a rule, by id."""

    name = "findings"
    paging: Literal["offset", "keyset"] = "keyset"

    def __init__(self, request: HttpRequest, sender: str, rule: str) -> None:
        self._request, self._sender, self._rule = request, sender, rule
        self.dataset, self._month = request.GET.get("dataset", ""), _month(request)
        self.columns: Sequence[Column] = (
            Column("record", said(request, "desk.resource")),
            Column("id", said(request, "desk.id")),
            Column("month", said(request, "desk.month"), "date"),
        )

    def rows(self, query: TableQuery) -> Rows:
        """One page."""
        found = Quality(the_platform().database).findings(
            access(self._request), self._rule, sender=self._sender, dataset=self.dataset, month=self._month,
            after=query.after, count=query.size + 1,
        )  # fmt: skip
        kept = found[: query.size]
        rows: list[Row] = [
            {"record": Link(one.type, f"/records/{one.type}/{one.id}"), "id": one.id, "month": one.month}
            for one in kept
        ]
        return Rows(rows, kept[-1].id if len(found) > query.size else "")

    def count(self, query: TableQuery) -> int | None:
        """Not counted."""
        return None


def _month(request: HttpRequest) -> date | None:
    text = request.GET.get("month", "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Fault("WEB-014") from error


def _known(trends: Mapping[Dimension, Trend]) -> list[date]:
    return sorted({month for trend in trends.values() for month in trend.months})


def _percent(share: float) -> float:
    """In percent, rounded down: 100 is said only of what is whole."""
    return int(share * 1000) / 10


def _rows(request: HttpRequest, figures: Sequence[Figure], month: date | None) -> list[Row]:
    groups: dict[tuple[str, str], dict[str, Figure]] = defaultdict(dict)
    for one in figures:
        groups[one.sender, one.dataset][one.dimension] = one
    names, made = {one.slug: one.name or one.slug for one in parts.senders()}, []
    for (sender, dataset), by in groups.items():
        asked = {"dataset": dataset} | ({"month": f"{month}"} if month else {})
        there = f"{reverse('quality_scorecard', args=[sender])}?{urlencode(asked)}"
        row: dict[str, str | int | float | Link | None] = {
            "sender": names.get(sender, sender),
            "dataset": Link(_dataset(request, dataset), there),
            "checked": sum(one.checked for one in by.values()),
            "failed": sum(one.failed for one in by.values()),
        }
        row |= {name: _percent(one.share) for name, one in by.items()}
        made.append(row)
    return list(made)


def _dataset(request: HttpRequest, id: str) -> str:
    for one in rules().dataset:
        if one.id == id:
            return one.zh if language_of(request) == "zh" else one.en
    return said(request, "desk.messages_of", feed=parts.feed_word(request, id)) if id else "—"


def _rule_row(request: HttpRequest, one: Figure, sender: str, dataset: str, month: date | None) -> Row:
    try:
        known = rules().named(one.rule)
    except KeyError:  # A rule that went: its figures stand until the next refresh.
        known = None
    words = (known.zh if language_of(request) == "zh" else known.en) if known else one.rule
    if isinstance(known, Rule):
        asked = {"dataset": dataset} | ({"month": f"{month}"} if month else {})
        there = f"{reverse('quality_findings', args=[sender, one.rule])}?{urlencode(asked)}"
    else:
        there = f"{reverse('exchange_ledger')}?{urlencode({'f.sender': sender, 'f.feed': dataset})}"
    return {
        "rule": Link(words, there) if one.failed else words,
        "dimension": said(request, f"desk.dimension_{one.dimension}"),
        "share": _percent(one.share),
        "checked": one.checked,
        "failed": one.failed,
        "source": known.source if isinstance(known, Rule) else "",
    }


def _cards(request: HttpRequest, figures: Sequence[Figure], trends: Mapping[Dimension, Trend]) -> list[FigureCard]:
    cards = []
    for name in DIMENSIONS:
        some = [one for one in figures if one.dimension == name]
        checked, failed = sum(one.checked for one in some), sum(one.failed for one in some)
        title, trend = said(request, f"desk.dimension_{name}"), trends[name]
        if not checked:
            cards.append(FigureCard(title, None, "%", warnings=(said(request, "desk.not_checked"),)))
            continue
        share = 1 - failed / checked
        line = Sparkline([one * 100 for one in trend.shares[-MONTHS:]], title) if len(trend.months) > 1 else None
        cards.append(FigureCard(title, f"{_percent(share)}", "%", state=_state(share), trend=line,
                                change=said(request, "desk.failed_of", failed=f"{failed:,}", checked=f"{checked:,}"),
                                state_text=said(request, f"desk.share_{_state(share).value}")))  # fmt: skip
    return cards


def _state(share: float) -> State:
    return State.ON_TRACK if share >= _GOOD else State.AT_RISK if share >= _FAIR else State.OFF_TRACK


def _chart(request: HttpRequest, trend: Trend) -> Chart | None:
    if len(trend.months) < 2:
        return None
    months = [f"{one:%Y-%m}" for one in trend.months]
    series = [Series(said(request, "desk.share"), [_percent(one) for one in trend.shares])]
    return Chart("trend", said(request, "desk.share_by_month"), months, series, unit="%")


def _choose(request: HttpRequest, month: date | None, months: Sequence[date]) -> Field:
    choices = [(f"{one}", f"{one:%Y-%m}") for one in reversed(months[-MONTHS * 4 :])]
    return Field("month", said(request, "desk.month"), "choice", f"{month or ''}", choices=choices)


def _ask(request: HttpRequest) -> Dialog:
    words = {part: said(request, f"desk.quality_{part}") for part in ("opener", "title", "text")}
    there = reverse("refresh_quality")
    return Dialog("quality", words["opener"], words["title"], words["text"], there, words["opener"])


def _asked(request: HttpRequest) -> Message | None:
    if "job" not in request.GET:
        return None
    return Message(said(request, "desk.quality_asked"), "good", said(request, "desk.see_work"))
