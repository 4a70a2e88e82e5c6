r"""Escape sequences of HL7 v2 text (v2.8, chapter 2.7): \F\ \S\ \T\ \R\ \E\ \P\ \H\ \N\ \X..\ \C..\ \M..\ \.br\ …"""

from __future__ import annotations

import re
from dataclasses import dataclass

SHIFTS = {
    "2842": "ascii", "284A": "ascii", "2D41": "iso8859-1", "2D42": "iso8859-2", "2D43": "iso8859-3",
    "2D44": "iso8859-4", "2D4C": "iso8859-5", "2D47": "iso8859-6", "2D46": "iso8859-7", "2D48": "iso8859-8",
    "2D4D": "iso8859-9", "2442": "jis", "242842": "jis", "242941": "gb2312", "2441": "gb2312", "242943": "euc-kr",
    "2949": "shift_jis",
}  # fmt: skip
LONGEST_COUNT = 200
UNWANTED = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))


@dataclass(frozen=True)
class Delimiters:
    """The characters that MSH-1 and MSH-2 name."""

    field: str
    component: str
    repetition: str
    escape: str
    sub: str
    truncation: str = ""

    def meaning(self, sequence: str) -> str | None:
        """What an escape sequence that stands for one delimiter means."""
        return {
            "F": self.field, "S": self.component, "R": self.repetition, "E": self.escape, "T": self.sub,
            "P": self.truncation or "#", "H": "", "N": "",
        }.get(sequence)  # fmt: skip


def clean(text: str) -> str:
    """Without control characters, which no FHIR text may hold, and without half of a pair of UTF-16."""
    found = text.translate(UNWANTED) if not text.isprintable() else text
    return found.encode("utf-8", "ignore").decode() if not found.isascii() else found


def unescape(text: str, marks: Delimiters, codec: str) -> str:
    """Plain text of a field's part. A sequence that means nothing stays as it is; the mark alone stays too."""
    if not marks.escape or marks.escape not in text:
        return clean(text)
    parts = text.split(marks.escape)
    out: list[str] = [parts[0]]
    shift = ""
    at = 1
    while at < len(parts):
        if at == len(parts) - 1:
            out.append(marks.escape + parts[at])
            break
        found = _sequence(parts[at], marks, codec)
        if found is None:
            out.append(marks.escape + parts[at])
            at += 1
            continue
        said, after = found
        shift = after if after is not None else shift
        out.append(said)
        out.append(_shifted(parts[at + 1], shift))
        at += 2
    return clean("".join(out))


def _sequence(name: str, marks: Delimiters, codec: str) -> tuple[str, str | None] | None:
    """The text a sequence stands for and the character set it shifts to (None: no change); None where unknown."""
    if not name:
        return None
    single = marks.meaning(name) if len(name) == 1 else None
    if single is not None:
        return single, None
    if name[:1] == "X" and (raw := _hexadecimal(name[1:])) is not None:
        return raw.decode(codec, "replace"), None
    if name[:1] in {"C", "M"} and name[1:].upper() in SHIFTS:
        return "", SHIFTS[name[1:].upper()]
    if name[:1] == ".":
        said = _formatting(name[1:])
        return None if said is None else (said, None)
    return None


def _hexadecimal(digits: str) -> bytes | None:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return None


def _formatting(command: str) -> str | None:
    """Formatted text (FT): line breaks and indents; alignment is not kept."""
    match = re.fullmatch(r"(br|sp|fi|nf|in|ti|sk|ce)\s*([+-]?\d{1,4})?", command)
    if match is None:
        return None
    count = min(max(int(match[2] or 1), 1), LONGEST_COUNT)
    return {"br": "\n", "sp": "\n" * count, "ce": "\n", "sk": " " * count}.get(match[1], "")


def _shifted(text: str, charset: str) -> str:
    r"""Text behind a \C..\ or \M..\ sequence: the bytes it was read from, in the set it names."""
    if not charset or not text:
        return text
    try:
        raw = text.encode("iso8859-1")
        if charset == "jis":
            return (b"\x1b$B" + bytes(byte & 0x7F for byte in raw)).decode("iso2022_jp")
        if charset in {"gb2312", "euc-kr"}:
            raw = bytes(byte | 0x80 for byte in raw)
        return raw.decode(charset)
    except UnicodeError:
        return text
