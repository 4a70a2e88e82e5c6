"""Numbers as Chinese official documents print them, and the years of the national five-year plans."""

from __future__ import annotations

from minkang.plans.reading.numerals import from_numeral

Number = int | float

DIGITS = "零〇一二两三四五六七八九"
VALUES = (0, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9)
PRINTED = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
NUMERAL = "[零〇一二两三四五六七八九十百千]+"
FIRST_PLAN, LAST_PLAN = 9, 30


def printed(text: str) -> Number:
    """The value of a number printed in digits ("1,240", "7.70"); whole numbers are int.

    Raises:
        ValueError: the text is no number.
    """
    return plain(float(text.replace(",", "").strip()))


def plain(value: float) -> Number:
    """An int where nothing is lost by it."""
    return int(value) if float(value).is_integer() else value


def numeral(text: str) -> int | None:
    """The value of a numeral in characters ("三十六", "两百"); None if it is none."""
    total, digit = 0, 0
    for sign in text:
        if sign in DIGITS:
            digit = digit * 10 + VALUES[DIGITS.index(sign)]
        elif sign in "十百千":
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[sign]
            digit = 0
        else:
            return None
    return total + digit if text else None


def plan_end(ordinal: str) -> int | None:
    """The last year of the national five-year plan of that number ("十四" → 2025); None outside the known plans."""
    number = from_numeral(ordinal)
    return 1955 + 5 * number if number and FIRST_PLAN <= number <= LAST_PLAN else None
