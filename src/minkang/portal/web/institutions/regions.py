"""Regions as their folders describe them: townships on a schematic map, divisions, published figures."""

from __future__ import annotations

import csv
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from minkang.portal.web.components import FigureCard, Place, Tab, Tabs, TileMap
from minkang.portal.web.language import language_of
from minkang.portal.web.page import Head, page, said
from minkang.portal.web.tables import Column, Link, ListSource, Row, Table
from minkang.synth.region import Region, read_region, region_names, regions_folder


@cache
def region_of(name: str) -> Region:
    """A region, read once a process (some hundred milliseconds for the largest).

    Raises:
        Fault: `SYNTH-002` for a name without a folder.
    """
    return read_region(name)


@cache
def _figures(name: str) -> list[dict[str, str]]:
    with (regions_folder() / name / "figures.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def regions(request: HttpRequest) -> HttpResponseBase:
    """All regions."""
    columns = [
        Column("name", said(request, "regions.name"), sortable=True, filter="text"),
        Column("within", said(request, "regions.within")),
        Column("code", said(request, "regions.code"), sortable=True),
        Column("townships", said(request, "regions.townships"), "number", sortable=True),
        Column("places", said(request, "regions.places"), "number", sortable=True),
        Column("institutions", said(request, "areas.institutions"), "number", sortable=True),
        Column("people", said(request, "regions.people"), "number", sortable=True),
    ]
    rows = [_row(request, region_of(name)) for name in region_names()]
    table = Table(request, ListSource("regions", columns, rows), empty="")
    head = Head(
        said(request, "areas.regions"), [(said(request, "areas.institutions"), reverse("institutions"))], as_of=False
    )
    return table.answer() or page(request, "listing.html", head, table=table)


def _named(request: HttpRequest, region: Region, key: str = "name") -> str:
    return str(region.facts[f"{key}_en" if language_of(request) == "en" else key])


def _row(request: HttpRequest, region: Region) -> Row:
    return {
        "name": Link(_named(request, region), reverse("region", args=[region.id])),
        "within": _named(request, region, "within"),
        "code": region.code,
        "townships": len(_townships(region)),
        "places": sum(len(code) == 12 for code in region.divisions),
        "institutions": len(region.institutions),
        "people": int(region.facts["population"]["people_2020"]),
    }


def region(request: HttpRequest, name: str) -> HttpResponseBase:
    """One region: `?show=divisions` (from the start) or `figures`, or `institutions`."""
    found = region_of(name)
    shown = request.GET.get("show", "divisions")
    source = {"figures": _figure_source, "institutions": _institution_source}.get(shown, _division_source)(
        request, found
    )
    table = Table(request, source, empty=said(request, "regions.nothing"))
    if answer := table.answer():
        return answer
    head = Head(
        _named(request, found),
        [(said(request, "areas.regions"), reverse("regions"))],
        "2020",
        _named(request, found, "within"),
    )
    tabs = Tabs(
        _named(request, found),
        [
            Tab(said(request, f"regions.tab_{one}"), f"?show={one}", one == source.name)
            for one in ("divisions", "figures", "institutions")
        ],
    )
    return page(
        request, "region.html", head, cards=_cards(request, found), map=_map(request, found), tabs=tabs, table=table
    )


def _cards(request: HttpRequest, region: Region) -> list[FigureCard]:
    facts: dict[str, Any] = region.facts
    people = f"{int(facts['population']['people_2020']):,}".replace(",", "\u2009")
    source = str(facts["population"]["source"])
    held: dict[str, Any] = facts.get("resources", {})
    cards = [FigureCard(said(request, "regions.people"), people, as_of="2020", evidence=source)]
    for name in ("beds", "doctors", "nurses"):
        if name in held:
            value = f"{int(held[name]):,}".replace(",", "\u2009")
            cards.append(
                FigureCard(said(request, f"regions.{name}"), value, as_of="2020", evidence=str(held.get("source", "")))
            )
    return cards


def _map(request: HttpRequest, region: Region) -> TileMap:
    newest = max((year for year, _ in region.residents), default=0)
    weights = {town: float(values.sum()) for (year, town), values in region.residents.items() if year == newest}
    whole = sum(weights.values()) or 1.0
    people = float(region.facts["population"]["people_2020"])
    places = [
        Place(
            code,
            region.divisions[code],
            round(weights[code] / whole * people / 1000, 1) if code in weights else None,
            f"?show=divisions&f.code={code}",
        )
        for code in _townships(region)
    ]
    return TileMap(places, said(request, "regions.map", year=newest), said(request, "regions.thousand"))


def _townships(region: Region) -> list[str]:
    return [code for code in region.divisions if len(code) == 9]


def _division_source(request: HttpRequest, region: Region) -> ListSource:
    levels = [(str(length), said(request, f"regions.level_{length}")) for length in (6, 9, 12)]
    words = dict(levels)
    columns = [
        Column("name", said(request, "regions.name"), sortable=True, filter="text"),
        Column("code", said(request, "regions.code"), sortable=True, filter="text"),
        Column("level", said(request, "regions.level"), filter="choice", choices=[(word, word) for _, word in levels]),
        Column("within", said(request, "regions.within")),
    ]
    rows: list[Row] = [
        {
            "name": name,
            "code": code,
            "level": words.get(str(len(code)), ""),
            "within": region.divisions.get(code[:9] if len(code) == 12 else code[:6], "") if len(code) > 6 else "",
        }
        for code, name in region.divisions.items()
    ]
    return ListSource("divisions", columns, rows)


def _figure_source(request: HttpRequest, region: Region) -> ListSource:
    words = {
        name: said(request, f"regions.figure_{name}")
        for name in ("domain", "name", "role", "year", "as_printed", "unit", "nature")
    }
    kinds: dict[str, Any] = {"name": "text", "domain": "text"}
    columns = [Column(name, title, sortable=True, filter=kinds.get(name, "")) for name, title in words.items()]
    rows: list[Row] = [{name: row[name] for name in words} for row in _figures(region.id)]
    return ListSource("figures", columns, rows)


def _institution_source(request: HttpRequest, region: Region) -> ListSource:
    columns = [
        Column("name", said(request, "institutions.name"), sortable=True, filter="text"),
        Column("category", said(request, "institutions.kind"), sortable=True, filter="text"),
        Column("place", said(request, "regions.within"), filter="text"),
        Column("beds", said(request, "regions.beds"), "number", sortable=True, filter="range"),
        Column("synthetic", said(request, "regions.made_up")),
    ]
    yes = said(request, "regions.yes")
    rows: list[Row] = [
        {
            "name": one.name,
            "category": one.category,
            "place": region.divisions.get(one.division, ""),
            "beds": one.beds,
            "synthetic": yes if one.synthetic else "",
        }
        for one in region.institutions
    ]
    return ListSource("institutions", columns, rows)
