"""Typing errors of one registration: what a clerk's hand makes of a name, a birthday, an ID number."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from importlib.resources import files

from minkang.synth.arrays import EPOCH


@cache
def same_sound() -> dict[str, str]:
    """Each character to the others of its sound, of those that names here are made of."""
    text = (files("minkang.synth") / "data" / "homophones.csv").read_text("utf-8")
    groups = [row["characters"] for row in csv.DictReader(text.splitlines())]
    return {one: group.replace(one, "") for group in groups for one in group}


def other_name(name: str, share: float) -> str:
    """One character replaced by another of the same sound; unchanged where none has one."""
    places = [place for place, one in enumerate(name) if one in same_sound()]
    if not places:
        return name
    place = places[int(share * len(places))]
    others = same_sound()[name[place]]
    return name[:place] + others[int(share * 997) % len(others)] + name[place + 1 :]


def swapped_name(name: str) -> str:
    """Given name before surname."""
    return name[1:] + name[0]


def slipped_birth(days: int, share: float) -> int:
    """Day and month exchanged where both are months, else the day or the year off by one.

    Args:
        days: since 1970-01-01; `share`: 0 to 1, chooses.
    """
    one = date.fromordinal(days + EPOCH)
    if share < 0.4 and one.day <= 12 and one.day != one.month:
        return date(one.year, one.day, one.month).toordinal() - EPOCH
    if share < 0.7:
        return days + (1 if share < 0.55 else -1)
    year = one.year + (1 if share < 0.85 else -1)
    return date(year, one.month, min(one.day, 28)).toordinal() - EPOCH


def typed_card(card: str, share: float) -> str:
    """Two neighbouring digits exchanged where they differ, else one digit one higher."""
    place = 6 + int(share * (len(card) - 8))
    if share * 10 % 1 < 0.5 and card[place] != card[place + 1]:
        return card[:place] + card[place + 1] + card[place] + card[place + 2 :]
    digit = str((int(card[place]) + 1) % 10) if card[place].isdigit() else "0"
    return card[:place] + digit + card[place + 1 :]
