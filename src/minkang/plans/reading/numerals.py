"""Chinese numerals of headings, as far as headings go."""

from __future__ import annotations

DIGITS = {"〇": 0, "零": 0, "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
UNITS = {"十": 10, "百": 100}


def from_numeral(text: str) -> int:
    """The value of a numeral below a thousand (`十二` → 12); 0 if it is none. ASCII digits are taken too."""
    if text.isdigit():
        return int(text)
    total = digit = 0
    for character in text:
        if character in UNITS:
            total += (digit or 1) * UNITS[character]
            digit = 0
        elif character in DIGITS:
            digit = DIGITS[character]
        else:
            return 0
    return total + digit


def to_numeral(number: int) -> str:
    """The numeral of a number from 1 to 99 (12 → `十二`)."""
    digits = "〇一二三四五六七八九"
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else digits[tens] + "十"
    return head + (digits[ones] if ones or not tens else "")
