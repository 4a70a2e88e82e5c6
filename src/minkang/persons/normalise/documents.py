"""Numbers people are known by: ID card (GB 11643), other documents, health card, telephone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from minkang.codes.identifiers import parse_id_card
from minkang.errors import Fault
from minkang.persons.normalise.characters import plain

_CONFUSED = str.maketrans({"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "|": "1", "Z": "2", "S": "5", "B": "8",
                           "×": "X", "*": "X", "х": "X", "Х": "X"})  # fmt: skip
_JUNK = re.compile(r"[\s\-_.,:'\"’‘“”/()（）]+")
_PHONE = re.compile(r"(?:\+?0{0,2}86)?(1\d{10})")
_LANDLINE = re.compile(r"(0\d{2,3})?([2-8]\d{6,7})(\d{1,5})?")
_SAME_DIGIT = re.compile(r"(\d)\1+")
_MANY = 400_000


@dataclass(frozen=True, slots=True)
class Card:
    """An ID number field.

    Attributes:
        valid: 18 characters with a right date and check character, or "".
        written: what stood there, cleaned of spaces and case, "" for nothing or a placeholder.
        born: YYYYMMDD of a valid number; `sex`: "1" or "2" of a valid number.
        mended: whether O, l and the like had to be read as digits.
        short: whether it came as 15 digits, which carry no check: such a number links, but never forbids.
    """

    valid: str = ""
    written: str = ""
    born: str = ""
    sex: str = ""
    mended: bool = False
    short: bool = False


NO_CARD = Card()


@lru_cache(maxsize=_MANY)
def read_card(text: str | None) -> Card:
    """Read an ID number: 18 or 15 characters, full width, lower-case x, O for 0 and l for 1.

    A number of one repeated digit, of 123456789… or shorter than eight characters is no number at all; one that fails
    its check keeps `written`, so that a wrong digit can still be compared.
    """
    written = _JUNK.sub("", plain(text)).upper()
    if len(written) < 8 or _filler(written):
        return NO_CARD
    for number, mended in ((written, False), (_confusables(written), True)):
        try:
            card = parse_id_card(number)
        except Fault:
            continue
        return Card(
            card.number, card.number, card.born.strftime("%Y%m%d"), "1" if card.male else "2", mended, card.widened
        )
    return Card(written=_confusables(written))


def _confusables(number: str) -> str:
    """Letters in the first 17 places as the digits they are taken for; the last place may be an X."""
    return number[:17].translate(_CONFUSED) + number[17:].translate(_CONFUSED)


def _filler(number: str) -> bool:
    digits = number.rstrip("X")
    return bool(_SAME_DIGIT.fullmatch(digits)) or "1234567890123456".startswith(digits[:16]) or not digits


@lru_cache(maxsize=_MANY)
def read_phone(text: str | None) -> str:
    """A mobile number (11 digits, the first a 1) or a landline with its area code; "" for placeholders and junk.

    Mobile numbers that were never given out are let through: synthetic persons have such.
    """
    written = re.sub(r"[^\d+]", "", plain(text))
    mobile = _PHONE.fullmatch(written)
    number = mobile[1] if mobile else written if _LANDLINE.fullmatch(written) else ""
    filler = bool(number) and len(set(number[-8:])) == 1
    return "" if filler or number in {"13800138000", "13888888888", "12345678"} else number


@lru_cache(maxsize=_MANY)
def read_document(text: str | None) -> str:
    """A passport, permit, birth certificate, health card or insurance number: letters and digits, upper case.

    Fewer than five characters, or one character repeated, say nothing and give "".
    """
    written = re.sub(r"[^0-9A-Z]", "", plain(text).upper())
    return "" if len(written) < 5 or len(set(written)) == 1 else written


def sex_of(text: str | None) -> str:
    """GB/T 2261.1: "1" man, "2" woman, "" for 0, 9, and what is not known."""
    written = plain(text).lower()
    if written in {"1", "男", "男性", "m", "male"}:
        return "1"
    return "2" if written in {"2", "女", "女性", "f", "female"} else ""
