"""The best values of a person among its sources, each with where it comes from, and what cannot all be true; pure."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from minkang.codes.identifiers import parse_id_card
from minkang.persons.online.index import Entry

FIELDS = ("name", "sex", "birth", "id_card", "phone", "address", "division", "died")
ID_CARD = "@id_card"


@dataclass(frozen=True)
class Precedence:
    """Whose word counts, from `precedence.toml`."""

    fields: Mapping[str, Sequence[str]]
    births: Mapping[str, Any]
    deaths: Mapping[str, Any]
    household: int


@dataclass(frozen=True)
class Best:
    """One value with its source: `others` are values that other sources give."""

    value: str
    source: str
    sender: str
    feed: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A person in the register.

    Attributes:
        best: field to value and source; fields nobody tells are left out.
        residence: `resident` of the region, `elsewhere`, `unknown`.
        vital: `alive` (nobody says otherwise) or `dead`.
        household: a number inferred from village and telephone; empty where one is missing.
        disagreements: kind to what each source says.
    """

    person: str
    best: Mapping[str, Best]
    residence: str
    vital: str
    household: str
    sources: int
    disagreements: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def read_precedence(text: str | None = None) -> Precedence:
    """The precedence that comes with the program, or one written elsewhere (TOML)."""
    text = text or files("minkang.persons.register").joinpath("precedence.toml").read_text("utf-8")
    told = tomllib.loads(text)
    return Precedence(told["fields"], told["births"], told["deaths"], int(told["household"]["most"]))


def row_of(person: str, members: Sequence[Entry], precedence: Precedence, counties: frozenset[str], today: date) -> Row:
    """The register's row of a person.

    Args:
        members: its sources.
        counties: codes of six digits of the region; none: nobody's residence is known.
        today: for what is due by now.
    """
    best = {}
    for name in FIELDS:
        found = _best(name, members, precedence.fields[name])
        if found:
            best[name] = found
    dead = any(one.record.told.get("dead") for one in members)
    places = Counter(str(one.known.columns["place"]) for one in members if one.known.columns.get("place"))
    phones = Counter(str(one.known.columns["phone"]) for one in members if one.known.columns.get("phone"))
    household = ""
    if places and phones:
        text = f"{places.most_common(1)[0][0]}|{min(phones, key=lambda phone: (-phones[phone], phone))}"
        household = hashlib.sha256(text.encode()).hexdigest()[:16]
    return Row(
        person,
        best,
        _residence(best, counties),
        "dead" if dead else "alive",
        household,
        len(members),
        {kind: said for kind, said in _disagreements(members, best, precedence, today).items() if said},
    )


def _best(name: str, members: Sequence[Entry], order: Sequence[str]) -> Best | None:
    """The value of a field by the order of feeds, then by how many say so."""
    said = [(one, _value(name, one)) for one in members]
    values = Counter(value for _, value in said if value)
    ranked = [(place, -values[value], one.record.source, value, one)
              for one, value in said if value for place in (_place(one.record.feed, order),)]  # fmt: skip
    if ID_CARD in order:
        ranked += [(order.index(ID_CARD), -values[own], one.record.source, own, one)
                   for one in members for own in (_of_card(name, one),) if own]  # fmt: skip
    if not ranked:
        return None
    *_, value, one = min(ranked, key=lambda found: found[:4])
    others = tuple(sorted({other for other in values if other != value}))
    return Best(value, one.record.source, one.record.sender, one.record.feed, others)


def _place(feed: str, order: Sequence[str]) -> int:
    if feed in order:
        return order.index(feed)
    return order.index("*") if "*" in order else len(order)


def _value(name: str, one: Entry) -> str:
    columns, raw = one.known.columns, one.record.raw
    if name in {"name", "address"}:
        there = columns.get("name") if name == "name" else True
        return raw.get(name, "") if there else ""
    if name == "id_card":
        return str(columns.get("id") or "")
    if name == "birth":
        # A date that only stands in the number is the number's word, not this feed's.
        return _iso(str(columns.get("birth") or "")) if raw.get("birth_date") else ""
    if name == "division":
        return str(columns.get("place") or columns.get("town") or raw.get("division", ""))
    if name == "died":
        return str(one.record.told.get("died", ""))
    return str(columns.get(name) or "")


def _of_card(name: str, one: Entry) -> str:
    number = one.known.columns.get("id")
    if not number:
        return ""
    card = parse_id_card(str(number))
    return card.born.isoformat() if name == "birth" else "1" if int(card.sequence) % 2 else "2"


def _iso(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 else ""


def _residence(best: Mapping[str, Best], counties: frozenset[str]) -> str:
    code = best["division"].value if "division" in best else ""
    if not code or not counties:
        return "unknown"
    return "resident" if code[:6] in counties else "elsewhere"


def _disagreements(
    members: Sequence[Entry], best: Mapping[str, Best], precedence: Precedence, today: date
) -> dict[str, dict[str, Any]]:
    """What is said that cannot all be true, and what somebody ought to have told."""
    births = _said(members, lambda one: _value("birth", one))
    found = {
        "birth_dates": births if len(set(births.values())) > 1 else {},
        "sexes": _differ(_said(members, lambda one: str(one.known.columns.get("sex") or ""))),
        "numbers": _differ(_said(members, lambda one: str(one.known.columns.get("id_strict") or ""))),
        "death_dates": _differ(_said(members, lambda one: _value("died", one))),
    }
    feeds = {one.record.feed for one in members}
    dead = {one.record.source: _value("died", one) or "dead" for one in members if one.record.told.get("dead")}
    found["death_without_certificate"] = {} if feeds & set(precedence.deaths["certificate"]) else dead
    found |= _of_births(feeds, best, precedence, today, dead=bool(dead))
    return found


def _of_births(
    feeds: set[str], best: Mapping[str, Best], precedence: Precedence, today: date, *, dead: bool
) -> dict[str, dict[str, Any]]:
    """Children whom the birth certificates know and the vaccination register does not, and the other way round."""
    told = best["birth"].value if "birth" in best else ""
    if not told:
        return {}
    born, rules = date.fromisoformat(told), precedence.births
    if born < today - timedelta(days=365 * rules["years"]) or born > today:
        return {}
    certified = bool(feeds & set(rules["certificate"]))
    vaccinated = bool(feeds & set(rules["vaccination"]))
    late = born < today - timedelta(days=rules["until_days"])
    said = {best["birth"].source: told}
    return {
        "birth_without_vaccination": said if certified and late and not vaccinated and not dead else {},
        "birth_without_certificate": said if vaccinated and not certified else {},
    }


def _said(members: Sequence[Entry], value: Callable[[Entry], str]) -> dict[str, Any]:
    return {one.record.source: value(one) for one in members if value(one)}


def _differ(said: dict[str, Any]) -> dict[str, Any]:
    return said if len(set(said.values())) > 1 else {}
