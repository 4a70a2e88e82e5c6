"""The checks: each looks at one record and says whether it is good, or None where it has nothing to say of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from msgspec import Struct

from minkang.codes.identifiers import IdCard, parse_id_card
from minkang.codes.observations import Item, items
from minkang.errors import Fault
from minkang.exchange.quality.rules import Rule

ID_CARD = "urn:oid:2.16.156.10011.1.3"
KIND = "urn:minkang:code:observation"
LOINC = "http://loinc.org"
LOCAL = "urn:minkang:local:"
CENT = 0.015
CHINA = timezone(timedelta(hours=8))
"""Senders that give no offset write the one time that China has."""
Json = Mapping[str, Any]


class Seen(Struct):
    """A record with what the exchange knows of it.

    Attributes:
        body: FHIR JSON; `withdrawn`: its sender took it back.
        stated: when the sender made the statement, as it wrote it; empty where it said no time.
        late: hours between the statement and the arrival; None where one of them is unknown.
    """

    body: Json
    withdrawn: bool = False
    stated: str = ""
    late: float | None = None
    event: str = ""


def values(body: Any, path: str) -> Iterator[Any]:
    """What stands at a dotted path, through lists; `id_card` is the ID number of a Patient."""
    if path == "id_card":
        yield from (one.get("value", "") for one in body.get("identifier", ()) if one.get("system") == ID_CARD)
        return
    name, _, rest = path.partition(".")
    found = body.get(name) if isinstance(body, Mapping) else None
    for one in found if isinstance(found, list) else () if found is None else (found,):
        if rest:
            yield from values(one, rest)
        else:
            yield one


def first(body: Any, path: str) -> str:
    """The first value at a path as text; empty where there is none."""
    return next((str(one) for one in values(body, path)), "")


def _stands(seen: Seen, _: Rule) -> bool | None:
    return not seen.withdrawn


def _in_time(seen: Seen, rule: Rule) -> bool | None:
    return None if seen.late is None else seen.late <= rule.hours


def _not_ahead(seen: Seen, _: Rule) -> bool | None:
    event, stated = moment_of(seen.event), moment_of(seen.stated)
    if event is None or stated is None:
        return None
    return event.date() <= stated.astimezone(CHINA).date()


def _given(seen: Seen, rule: Rule) -> bool | None:
    return any(one not in {"", None} if not isinstance(one, dict) else one for one in values(seen.body, rule.path))


def _shape(seen: Seen, rule: Rule) -> bool | None:
    text = first(seen.body, rule.path)
    return _compiled(rule.pattern).fullmatch(text) is not None if text else None


def _id_card(seen: Seen, _: Rule) -> bool | None:
    return _card(seen.body) is not None if first(seen.body, "id_card") else None


def _birth_as_card(seen: Seen, _: Rule) -> bool | None:
    card, born = _card(seen.body), first(seen.body, "birthDate")
    return card.born.isoformat().startswith(born) if card and born else None


def _sex_as_card(seen: Seen, _: Rule) -> bool | None:
    card, sex = _card(seen.body), first(seen.body, "gender")
    return ("male" if int(card.sequence[2]) % 2 else "female") == sex if card and sex in {"male", "female"} else None


def _order(seen: Seen, rule: Rule) -> bool | None:
    begin, end = moment_of(first(seen.body, rule.first)), moment_of(first(seen.body, rule.last))
    return begin <= end if begin and end else None


def _coded(seen: Seen, rule: Rule) -> bool | None:
    found = [one for one in values(seen.body, f"{rule.path}.coding") if one.get("system") in rule.systems]
    if not rule.pattern:
        return bool(found)
    return any(_compiled(rule.pattern).fullmatch(str(one.get("code", ""))) for one in found)


def _valued(seen: Seen, _: Rule) -> bool | None:
    names = [name for name in seen.body if name.startswith("value") or name in {"component", "dataAbsentReason"}]
    return bool(names)


def _possible(seen: Seen, _: Rule) -> bool | None:
    parts = seen.body.get("component") or [seen.body]
    found = [(_item(part.get("code", {})), first(part, "valueQuantity.value")) for part in parts]
    judged = [_within(item, float(value)) for item, value in found if item and value and item.least is not None]
    return all(judged) if judged else None


def _within(item: Item, value: float) -> bool:
    return (item.least is None or value >= item.least) and (item.most is None or value <= item.most)


def _answer(seen: Seen, _: Rule) -> bool | None:
    coded = list(values(seen.body, "valueCodeableConcept.coding"))
    return any(not str(one.get("system", "")).startswith(LOCAL) for one in coded) if coded else None


def _adds_up(seen: Seen, _: Rule) -> bool | None:
    total = first(seen.body, "total.value")
    tops = [
        one for one in seen.body.get("item", ()) if not one.get("category") and first(one, "net.value")
    ]  # 其中 items have a category, or stand in `detail`
    if not total or not tops:
        return None
    return abs(sum(float(first(one, "net.value")) for one in tops) - float(total)) < CENT


def _only_once(_seen: Seen, _rule: Rule) -> bool | None:
    return None  # Two records are needed to see it: minkang/exchange/quality/quality.sql.


def _card(body: Json) -> IdCard | None:
    return _read_card(first(body, "id_card"))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _read_card(text: str) -> IdCard | None:
    try:
        return parse_id_card(text)
    except Fault:
        return None


def moment_of(text: str) -> datetime | None:
    """A FHIR or ISO date or time with its offset, China's where it has none; None for a part of a date or no time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _item(code: Json) -> Item | None:
    for one in code.get("coding", ()):
        if one.get("system") == KIND and (item := items().get(one.get("code", ""))):
            return item
        if one.get("system") == LOINC and (item := _by_loinc().get(one.get("code", ""))):
            return item
    return None


@cache
def _by_loinc() -> Mapping[str, Item]:
    return {one.loinc: one for one in items().values() if one.loinc}


LOOKS: Mapping[str, Callable[[Seen, Rule], bool | None]] = {
    "stands": _stands,
    "in_time": _in_time,
    "not_ahead": _not_ahead,
    "only_once": _only_once,
    "given": _given,
    "shape": _shape,
    "id_card": _id_card,
    "birth_as_card": _birth_as_card,
    "sex_as_card": _sex_as_card,
    "order": _order,
    "coded": _coded,
    "valued": _valued,
    "possible": _possible,
    "answer": _answer,
    "adds_up": _adds_up,
}
