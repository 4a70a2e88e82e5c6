"""A source record as the columns that comparisons read: one function for bulk and for intake, so both agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from minkang.persons.normalise.characters import plain
from minkang.persons.normalise.dates import Birth, read_birth
from minkang.persons.normalise.documents import NO_CARD, Card, read_card, read_document, read_phone, sex_of
from minkang.persons.normalise.names import Name, read_name
from minkang.persons.normalise.places import Places
from minkang.persons.profile import Profile

Raw = Mapping[str, str | None]
Columns = dict[str, str | int | None]
Preparation = Callable[[Raw], Columns]

MOTHER_DAYS = 12 * 365  # a card whose owner was born this long before the record's birth date is a parent's
RESIDENT = ("name", "surname", "given", "sound", "shape", "bag", "short", "first", "pair", "sex", "birth", "birth_year",
            "birth_days", "birth_turned", "birth_lunar", "id", "id_strict", "id_written", "phone", "place", "town",
            "guardian", "guardian_sound", "mother", "order", "document", "health_card", "odd_name",
            "odd_birth")  # fmt: skip
NUMBERS = frozenset({"birth_year", "birth_days"})


@dataclass(frozen=True)
class _Read:
    """The fields of a resident, read."""

    name: Name
    birth: Birth
    card: Card
    phone: str
    sex: str


def preparation(profile: Profile, divisions: Mapping[str, str] | None = None) -> Preparation:
    """The function that prepares records for a profile.

    Args:
        divisions: code to name of the region's divisions (`regions/<id>/divisions.csv`), for addresses.
    """
    if profile.prepare == "plain":
        return lambda raw: _plain_columns(raw, profile.kinds)
    places = Places(divisions or {})
    return lambda raw: _resident(raw, places)


def prepared_columns(profile: Profile) -> tuple[str, ...]:
    """The names of the columns, in their order."""
    if profile.prepare == "resident":
        return RESIDENT
    made = (_PLAIN_COLUMNS.get(kind, ("",)) for kind in profile.kinds.values())
    return tuple(field + ending for field, endings in zip(profile.kinds, made, strict=True) for ending in endings)


def _resident(raw: Raw, places: Places) -> Columns:
    """Columns of a resident's registration; a missing one is None."""
    one = _read(raw)
    card, mother = one.card, read_card(raw.get("mother_id")).valid
    if card.born and one.birth.day and _days(one.birth.day)[2] - _days(card.born)[2] > MOTHER_DAYS:
        card, mother = NO_CARD, mother or card.valid
    birth = one.birth.day or card.born
    turned, year, days = _days(birth)
    guardian = read_name(raw.get("guardian"))
    said = guardian.full or one.name.mother
    place = places.code(raw.get("address"), raw.get("division"))
    name, given = one.name, one.name.given
    two = len(given) == 2
    return {
        "name": name.full or None, "surname": name.surname or None, "given": given or None,
        "sound": name.sound or None, "shape": name.shape or None, "bag": name.bag or None,
        "short": name.short or None, "first": name.surname + given[0] if name.surname and two else None,
        "pair": given if two else None, "sex": one.sex or card.sex or None, "birth": birth or None,
        "birth_year": year or None, "birth_days": days or None, "birth_turned": turned or None,
        "birth_lunar": one.birth.lunar or None, "id": card.valid or None,
        "id_strict": None if card.short else card.valid or None, "id_written": card.written or None,
        "phone": one.phone or None, "place": place if len(place) == 12 else None,
        "town": place[:9] if len(place) >= 9 else None, "guardian": said or None,
        "guardian_sound": guardian.sound or read_name(said).sound or None, "mother": mother or None,
        "order": _order(raw.get("birth_order")) or name.order or None,
        "document": read_document(raw.get("document")) or None,
        "health_card": read_document(raw.get("health_card")) or None,
        "odd_name": plain(raw.get("name")) if name.nobody else None,
        "odd_birth": plain(raw.get("birth_date")) if one.birth.filler else None,
    }  # fmt: skip


@lru_cache(maxsize=100_000)
def _days(birth: str) -> tuple[str, int, int]:
    """The date with month and day exchanged ("" where that is no date or the same), the year, the day's number."""
    if not birth:
        return "", 0, 0
    year, month, day = int(birth[:4]), int(birth[4:6]), int(birth[6:8])
    turned = birth[:4] + birth[6:] + birth[4:6] if day <= 12 and day != month else ""
    return turned, year, date(year, month, day).toordinal()


def _read(raw: Raw) -> _Read:
    """The fields, with ID number and telephone put back where each stands in the other's place."""
    card, phone = read_card(raw.get("id_card")), read_phone(raw.get("phone"))
    if not card.valid and not phone:
        crossed, number = read_card(raw.get("phone")), read_phone(raw.get("id_card"))
        if crossed.valid or (number and not card.valid):
            card, phone = crossed, number or phone
    return _Read(read_name(raw.get("name")), read_birth(raw.get("birth_date")), card, phone, sex_of(raw.get("sex")))


def _order(text: str | None) -> str:
    """The order among children of one birth: "1" to "9", "" for none."""
    written = plain(text)
    return written if re.fullmatch(r"[1-9]", written) else ""


_PLAIN_COLUMNS: dict[str, tuple[str, ...]] = {"date": ("", "_turned")}
_NOT_WORD = re.compile(r"[^0-9a-z]+")


def _plain_columns(raw: Raw, kinds: Mapping[str, str]) -> Columns:
    """Columns of any other record: words in lower case and joined, digits only, dates as YYYYMMDD."""
    out: Columns = {}
    for field, kind in kinds.items():
        text = plain(raw.get(field)).lower()
        text = "" if text in {"nan", "none", "null"} else text
        if kind == "date":
            digits = re.sub(r"\D", "", text)[:8]
            digits = digits if len(digits) == 8 else ""
            out[field] = digits or None
            out[f"{field}_turned"] = digits[:4] + digits[6:] + digits[4:6] if digits else None
        elif kind == "digits":
            text = text.removesuffix(".0")
            out[field] = re.sub(r"\D", "", text).lstrip("0") or None
        else:
            out[field] = _NOT_WORD.sub("", text) or None
    return out
