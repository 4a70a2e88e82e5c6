"""The finders that every installation has: pages, record types and addresses, persons, institutions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from django.http import HttpRequest
from django.urls import reverse

from minkang.fhir.search.reading import parse_query
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.language import language_of
from minkang.portal.web.navigation import seen_by
from minkang.portal.web.page import access, administers, said
from minkang.portal.web.palette.finding import Found
from minkang.portal.web.templatetags.page import typename
from minkang.portal.web.titles import title_of
from minkang.records.types import TYPE_CODES, TYPE_NAMES
from minkang.wording import words

_ADDRESS = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})")
_NUMBER = re.compile(r"[0-9A-Za-z]{6,}")


def pages(request: HttpRequest, text: str, most: int) -> Iterable[Found]:
    """Pages whose words, in either language, hold the text; without a text all of them."""
    language, kind = language_of(request), said(request, "palette.pages")
    areas = seen_by((), all_roles=administers(request))
    places = [place for area in areas for place in (area.front, *area.pages)]
    held = [one for one in places if any(text.casefold() in word.casefold() for word in words()[one.key].values())]
    return [Found(kind, words()[one.key][language], one.address, one.address) for one in held[:most]]


def records(request: HttpRequest, text: str, most: int) -> Iterable[Found]:
    """`Patient/1` leads to the record, `Pati` or `居民` to the types that begin or are called so."""
    language, kind = language_of(request), said(request, "palette.records")
    exact = _ADDRESS.fullmatch(text)
    if exact and exact[1] in TYPE_CODES:
        return [Found(kind, text, "", reverse("show", args=[exact[1], exact[2]]))]
    if len(text) < 2:
        return []
    held = [one for one in TYPE_NAMES if one.casefold().startswith(text.casefold()) or text in typename(one, "zh")]
    return [Found(kind, typename(one, language), "", reverse("search", args=[one])) for one in held[:most]]


def persons(request: HttpRequest, text: str, most: int) -> Iterable[Found]:
    """Persons by the beginning of a name, or by an identifier or phone number."""
    parameter = "identifier" if _NUMBER.fullmatch(text) and any(map(str.isdigit, text)) else "name"
    return [
        Found(
            said(request, "palette.persons"),
            title_of(body) or id,
            f"{body.get('birthDate', '')}",
            reverse("show", args=["Patient", id]),
        )
        for id, body in _search(request, "Patient", parameter, text, most)
    ]


def institutions(request: HttpRequest, text: str, most: int) -> Iterable[Found]:
    """Institutions by the beginning of a name."""
    return [
        Found(said(request, "palette.institutions"), title_of(body) or id, "", reverse("institution", args=[id]))
        for id, body in _search(request, "Organization", "name", text, most)
    ]


def _search(request: HttpRequest, type: str, parameter: str, text: str, most: int) -> list[tuple[str, dict[str, Any]]]:
    reader = access(request)
    if len(text) < (2 if text.isascii() else 1) or not reader.allows(type, "search") or "/" in text:
        return []
    query = parse_query(type, [(parameter, text.replace(",", "\\,").replace("|", "\\|")), ("_count", str(most))])
    found = the_platform().repository.search(reader, query).matches
    return [(one.id, msgspec.json.decode(one.body)) for one in found if one.body]
