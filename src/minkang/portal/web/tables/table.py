"""A table on a page: what the template shows, and the answers that are not a page (a part of it, a file)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from minkang.errors import Fault
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components.figures import StateChip
from minkang.portal.web.components.forms import Field, Kind
from minkang.portal.web.components.messages import Message
from minkang.portal.web.language import language_of
from minkang.portal.web.tables import address as addresses
from minkang.portal.web.tables.export import export
from minkang.portal.web.tables.source import Column, Link, Rows, TableSource, Value
from minkang.portal.web.tables.views import SavedView, views_of
from minkang.wording import say


@dataclass(frozen=True)
class Head:
    """The head of a column: where a click sorts, and how it is sorted now (`ascending`, `descending`, or neither)."""

    column: Column
    link: str
    sorted: str


@dataclass(frozen=True)
class Cell:
    """One value as it is read."""

    column: Column
    text: str
    address: str = ""
    chip: StateChip | None = None
    time: str = ""


@dataclass(frozen=True)
class Panel:
    """The filters of a table, for the column at the left of a page."""

    template: ClassVar[str] = "components/filters.html"
    table: Table
    fields: Sequence[Sequence[Field]]


class Table:
    """A source, shown as the address asks.

    Args:
        request: whose address holds the state.
        source: of this reader.
        empty: said where there is nothing at all; where filters left nothing the table says so itself.
        prefix: for a second table on the page (`b.`).
    """

    template: ClassVar[str] = "components/table.html"

    def __init__(self, request: HttpRequest, source: TableSource, *, empty: str, prefix: str = "") -> None:
        self.request = request
        self.source = source
        self.empty = empty
        self.address = addresses.read(request.GET.lists(), source.columns, prefix)
        self.id = f"table-{source.name}"
        self.problem: Message | None = None
        self.status = 200

    def answer(self) -> HttpResponseBase | None:
        """A file where the address asks for one, the table alone where htmx asks for it; else None: make the page."""
        kind = self.request.GET.get(f"{self.address.prefix}export", "")
        if kind in ("csv", "xlsx"):
            return export(kind, self.source, self.shown, self.address.query)
        if self.request.headers.get("HX-Target") == self.id:
            return render(self.request, self.template, {"it": self}, status=200)
        return None

    @cached_property
    def found(self) -> Rows:
        """The rows of this page; none where the source refuses the question, and then `problem` says why."""
        try:
            return self.source.rows(self.address.query)
        except Fault as fault:
            if fault.category.status >= 500:
                raise
            self.problem = Message.of(fault, language_of(self.request))
            self.status = fault.category.status
            return Rows([])

    @cached_property
    def total(self) -> int | None:
        """How many rows there are in all, where that is known."""
        lines = self.found.rows
        return 0 if self.problem else self.source.count(self.address.query) if lines or self.address.query.after else 0

    @property
    def shown(self) -> list[Column]:
        """The columns that are shown."""
        chosen = self.address.chosen
        return [one for one in self.source.columns if (one.name in chosen if chosen else one.shown)]

    @property
    def heads(self) -> list[Head]:
        """The heads of the columns."""
        query, heads = self.address.query, []
        for column in self.shown:
            here = column.name == query.sort
            following = f"-{column.name}" if here and not query.descending else column.name
            sorted = ("descending" if query.descending else "ascending") if here else ""
            heads.append(Head(column, self.address.link(sort=following) if column.sortable else "", sorted))
        return heads

    @property
    def lines(self) -> list[list[Cell]]:
        """The rows as they are read."""
        return [[_cell(column, row.get(column.name)) for column in self.shown] for row in self.found.rows]

    @property
    def panel(self) -> Panel | None:
        """The filters; None for a table without."""
        fields = [self._fields(column) for column in self.source.columns if column.filter]
        return Panel(self, fields) if fields else None

    @property
    def criteria(self) -> list[tuple[str, str]]:
        """What is filtered by, in words, each with the address that drops it."""
        titles = {column.name: column for column in self.source.columns}
        found = []
        for name, value in self.address.query.filters.items():
            bare, _, end = name.partition(".")
            sign = {"from": " ≥ ", "to": " ≤ "}.get(end, ": ")
            shown = dict(titles[bare].choices).get(value, value)
            found.append((f"{titles[bare].title}{sign}{shown}", self.address.without(name)))
        return found

    @property
    def count_words(self) -> str:
        """How many rows, and which of them are here."""
        language, here, first = language_of(self.request), len(self.found.rows), self.address.query.offset + 1
        if self.source.paging == "keyset":
            return (
                say("listing.some", language, here=here) if self.following else say("listing.all", language, total=here)
            )
        if not self.total:
            return say("listing.all", language, total=0)
        return say("listing.range", language, first=first, last=first + here - 1, total=_thin(self.total))

    @property
    def following(self) -> str:
        """The address of the next page; empty on the last."""
        query = self.address.query
        if self.source.paging == "keyset":
            return self.address.link(after=self.found.next) if self.found.next else ""
        end = query.offset + len(self.found.rows)
        return self.address.link(after=str(end)) if self.found.rows and end < (self.total or 0) else ""

    @property
    def earlier(self) -> str:
        """The address of the page before: by offset, or back to the top; empty on the first."""
        query = self.address.query
        if not query.after:
            return ""
        before = max(query.offset - query.size, 0)
        return self.address.link(after=str(before) if self.source.paging == "offset" and before else "")

    @property
    def sizes(self) -> list[tuple[int, str, bool]]:
        """How many rows a page may have, where that leads, and which it is."""
        return [(size, self.address.link(size=str(size)), size == self.address.query.size) for size in addresses.SIZES]

    @property
    def files(self) -> list[tuple[str, str]]:
        """The exports."""
        return [("CSV", self.address.link(export="csv")), ("Excel", self.address.link(export="xlsx"))]

    @property
    def page_name(self) -> str:
        """What saved views are kept under."""
        return f"{self.request.path}#{self.source.name}"

    @property
    def state(self) -> str:
        """The address of what is shown now, from its top; what a saved view keeps."""
        return self.address.link()

    @cached_property
    def views(self) -> list[SavedView]:
        """The reader's saved views of this table."""
        return views_of(the_platform().database, self.request.user.get_username(), self.page_name)

    @property
    def columns_form(self) -> list[tuple[Column, bool]]:
        """All columns, and whether each is shown."""
        shown = self.shown
        return [(column, column in shown) for column in self.source.columns]

    @property
    def columns_hidden(self) -> addresses.Pairs:
        """What the form of columns carries on."""
        return self.address.hidden(besides=("columns",))

    @property
    def filters_hidden(self) -> addresses.Pairs:
        """What the form of filters carries on."""
        return self.address.hidden(besides=("f.",))

    @property
    def unfiltered(self) -> str:
        """The address without filters."""
        return replace(self.address, query=replace(self.address.query, filters={})).link()

    def _fields(self, column: Column) -> list[Field]:
        held, prefix = self.address.query.filters, f"{self.source.name}_"
        language = language_of(self.request)
        if column.filter in ("range", "dates"):
            kind: Kind = "date" if column.filter == "dates" else "number"
            ends = (("from", say("listing.from", language)), ("to", say("listing.to", language)))
            return [
                Field(
                    f"{self.address.prefix}f.{column.name}.{end}",
                    f"{column.title} {words}",
                    kind=kind,
                    value=held.get(f"{column.name}.{end}", ""),
                    prefix=prefix,
                )
                for end, words in ends
            ]
        kind = "choice" if column.filter == "choice" else "search"
        name = f"{self.address.prefix}f.{column.name}"
        value = held.get(column.name, "")
        return [Field(name, column.title, kind=kind, value=value, choices=column.choices, prefix=prefix)]


def _cell(column: Column, value: Value) -> Cell:
    if isinstance(value, Link):
        return Cell(column, value.text, value.address)
    if isinstance(value, StateChip):
        return Cell(column, "", chip=value)
    if isinstance(value, datetime):
        local = timezone.localtime(value)
        return Cell(column, f"{local:%Y-%m-%d %H:%M}", time=local.isoformat())
    if isinstance(value, date):
        return Cell(column, value.isoformat(), time=value.isoformat())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Cell(column, _thin(value) + (f" {column.unit}" if column.unit else ""))
    return Cell(column, "" if value is None else str(value))


def _thin(number: float) -> str:
    return format(number, ",").replace(",", "\u2009")
