"""Numbers and their implied precision (R4 search, "number")."""

from __future__ import annotations

import re
from decimal import Context, Decimal

FORMAT = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?(?:[eE][+-]?\d{1,3})?\Z", re.ASCII)
INFINITY = Decimal("Infinity")
_EXACT = Context(prec=100)


def implied(text: str) -> tuple[Decimal, Decimal, Decimal]:
    """The number and the range [low, high) that its digits imply: `100` is 99.5 to 100.5, `100.00` 99.995 to 100.005.

    The standard's own table has `1e2` as 95 to 105, not 50 to 150: a single digit with an exponent counts as two.
    `ValueError` where the text is no number.
    """
    if not FORMAT.match(text):
        raise ValueError(text)
    value = Decimal(text)
    digits = value.as_tuple()
    exponent = int(digits.exponent)
    if "e" in text.lower() and len(digits.digits) == 1:
        exponent -= 1
    half = Decimal((0, (5,), exponent - 1))
    return value, _EXACT.subtract(value, half), _EXACT.add(value, half)
