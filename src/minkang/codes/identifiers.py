"""Numbers that carry their own check: ID card (GB 11643), organisation code (GB 11714), unified social credit
code (GB 32100) and the 22-digit institution code (WS 218). Pure: no table of regions is consulted, because a
region code may be abolished while the card that carries it stays good (norms, section 4.7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from minkang.errors import Fault

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

# The first two digits GB/T 2260 has ever given out, with those that residence permits of Hong Kong, Macao and
# Taiwan (81, 82, 83) and foreigners (91) carry. Whatever is not here was never the beginning of a real number.
_PROVINCE_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 91))
PROVINCES = frozenset(str(number) for low, high in _PROVINCE_RANGES for number in range(low, high + 1))

_ID_18 = re.compile(r"[0-9]{17}[0-9Xx]")
_ID_15 = re.compile(r"[0-9]{15}")
_ORGANISATION = re.compile(r"[0-9A-Z]{8}[0-9X]")
_INSTITUTION = re.compile(r"[0-9A-Z]{8}[0-9X][0-9]{6}[0-9]{2}[0-9A-Z]{4}[0-9]")
_CREDIT = re.compile(rf"[{CREDIT_ALPHABET}]{{2}}[0-9]{{6}}[{CREDIT_ALPHABET}]{{10}}")


@dataclass(frozen=True)
class IdCard:
    """What an ID number says.

    Attributes:
        number: 18 characters, upper case.
        region: six digits, the place of first registration.
        born: date of birth.
        sequence: three digits that tell those born in one place on one day apart.
        widened: whether it came as 15 digits.
    """

    number: str
    region: str
    born: date
    sequence: str
    widened: bool = False

    @property
    def male(self) -> bool:
        """Odd sequences are men's, even ones women's."""
        return int(self.sequence) % 2 == 1

    @property
    def assigned_province(self) -> bool:
        """Whether GB/T 2260 ever gave its first two digits out; synthetic persons' numbers never have such."""
        return self.region[:2] in PROVINCES


@dataclass(frozen=True)
class InstitutionCode:
    """The parts of a 22-digit institution code: organisation, region, ownership, category, profit class."""

    code: str
    organisation: str
    region: str
    ownership: str
    category: str
    profit: str


@dataclass(frozen=True)
class CreditCode:
    """The parts of an 18-character unified social credit code."""

    code: str
    authority: str
    region: str
    organisation: str


def id_check(first17: str) -> str:
    """The check character over 17 digits (GB 11643)."""
    return ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, ID_WEIGHTS, strict=True)) % 11]


def parse_id_card(text: str, where: str = "") -> IdCard:
    """Read an ID number of 18 or 15 characters; 15 digits are widened to the 20th century.

    Raises:
        Fault: `CODES-001` for the shape, `CODES-002` for a birth date that no calendar has, `CODES-003` for the
            check character. The number itself is never put into the fault, because faults reach logs.
    """
    number = text.strip().upper()
    widened = _ID_15.fullmatch(number) is not None
    if widened:
        number = f"{number[:6]}19{number[6:]}"
        number += id_check(number)
    if not _ID_18.fullmatch(number):
        raise Fault("CODES-001", where, length=len(text))
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise Fault("CODES-002", where) from None
    if number[17] != id_check(number[:17]):
        raise Fault("CODES-003", where)
    return IdCard(number=number, region=number[:6], born=born, sequence=number[14:17], widened=widened)


def narrow_id_card(number: str) -> str:
    """The 15 digits a card of the 1900s had before 1999; the caller gives a good 18-character number."""
    return number[:6] + number[8:17]


def organisation_check(first8: str) -> str:
    """The check character over eight of `0-9A-Z` (GB 11714)."""
    total = sum(int(character, 36) * weight for character, weight in zip(first8, ORGANISATION_WEIGHTS, strict=True))
    return "0X987654321"[total % 11]


def parse_institution_code(text: str, where: str = "") -> InstitutionCode:
    """Read a 22-digit institution code (9 organisation, 6 region, 2 ownership, 4 category, 1 profit class).

    Raises:
        Fault: `CODES-004` for the shape, `CODES-005` for the check character of its first nine.
    """
    code = text.strip().upper()
    if not _INSTITUTION.fullmatch(code):
        raise Fault("CODES-004", where, given=text)
    if code[8] != organisation_check(code[:8]):
        raise Fault("CODES-005", where, given=text)
    return InstitutionCode(code, code[:9], code[9:15], code[15:17], code[17:21], code[21])


def parse_organisation_code(text: str, where: str = "") -> str:
    """Read an organisation code with or without its hyphen (`12345678-9`, as the front page of a case has it).

    Returns:
        nine characters.

    Raises:
        Fault: `CODES-008` for the shape, `CODES-005` for the check character.
    """
    code = text.strip().upper().replace("-", "")
    if not _ORGANISATION.fullmatch(code):
        raise Fault("CODES-008", where, given=text)
    if code[8] != organisation_check(code[:8]):
        raise Fault("CODES-005", where, given=text)
    return code


def credit_check(first17: str) -> str:
    """The check character over 17 characters of its alphabet (GB 32100)."""
    total = sum(
        CREDIT_ALPHABET.index(character) * weight for character, weight in zip(first17, CREDIT_WEIGHTS, strict=True)
    )
    return CREDIT_ALPHABET[(31 - total % 31) % 31]


def parse_credit_code(text: str, where: str = "") -> CreditCode:
    """Read a unified social credit code; characters 9 to 17 are its organisation code and checked as such.

    Raises:
        Fault: `CODES-006` for the shape, `CODES-007` for its own check character, `CODES-005` for the
            organisation's.
    """
    code = text.strip().upper()
    if not _CREDIT.fullmatch(code):
        raise Fault("CODES-006", where, given=text)
    if code[17] != credit_check(code[:17]):
        raise Fault("CODES-007", where, given=text)
    if code[16] != organisation_check(code[8:16]):
        raise Fault("CODES-005", where, given=text)
    return CreditCode(code, code[:2], code[2:8], code[8:17])
