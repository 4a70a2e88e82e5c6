"""A message as segments, fields, repetitions, components and sub-components.

Only segments are cut at once; a field is cut when it is asked for, since a conversion looks at few of them.
Source: HL7 v2.8, chapter 2 (2.3 to 2.7 are subsets of its grammar).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from minkang.errors import Fault
from minkang.exchange.hl7v2.charsets import decode_body
from minkang.exchange.hl7v2.escapes import Delimiters, unescape

MOST_SEGMENTS = 50_000
MOST_REPETITIONS = 5_000
NULL = '""'
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_LINES = re.compile(r"\r\n|\r|\n")


class Repetition:
    """One repetition of a field. Components and sub-components are counted from 1, as in the standard."""

    __slots__ = ("_codec", "_components", "_marks", "raw")

    def __init__(self, raw: str, marks: Delimiters, codec: str) -> None:
        self.raw = raw
        self._marks = marks
        self._codec = codec
        self._components = raw.split(marks.component) if marks.component in raw else [raw]

    def __bool__(self) -> bool:
        return self.raw not in {"", NULL}

    def __len__(self) -> int:
        return len(self._components)

    def get(self, component: int, sub: int = 1) -> str:
        """Unescaped text of a component's sub-component; empty where there is none or it is the null value."""
        try:
            text = self._components[component - 1]
        except IndexError:
            return ""
        if not text:
            return ""
        if self._marks.sub and self._marks.sub in text:
            subs = text.split(self._marks.sub)
            text = subs[sub - 1] if sub <= len(subs) else ""
        elif sub > 1:
            return ""
        if text.isascii() and text.isprintable() and self._marks.escape not in text and text != NULL:
            return text.strip()
        return "" if text in {"", NULL} else unescape(text, self._marks, self._codec).strip()

    def subs(self, component: int) -> Repetition:
        """A component whose sub-components are read as components (an HD inside a CX)."""
        text = self._components[component - 1] if component <= len(self._components) else ""
        marks = self._marks
        inner = Delimiters(marks.field, marks.sub or "\x00", marks.repetition, marks.escape, "", marks.truncation)
        return Repetition(text, inner, self._codec)

    def whole(self) -> str:
        """All of it as one text, for a value that should have no components but holds their marks."""
        return "" if self.raw == NULL else unescape(self.raw, self._marks, self._codec).strip()

    def shown(self) -> str:
        """Its parts joined by spaces, for people."""
        return " ".join(filter(None, (self.get(number) for number in range(1, len(self) + 1))))


NOTHING = Repetition("", Delimiters("|", "^", "~", "\\", "&"), "ascii")


class Segment:
    """One segment: `PID`, its place in the message, and its fields."""

    __slots__ = ("_cache", "_codec", "_fields", "marks", "name", "ordinal")

    def __init__(self, name: str, fields: Sequence[str], ordinal: int, marks: Delimiters, codec: str) -> None:
        self.name = name
        self.ordinal = ordinal
        self.marks = marks
        self._fields = fields
        self._codec = codec
        self._cache: dict[int, list[Repetition]] = {}

    def __len__(self) -> int:
        return len(self._fields) - 1

    def where(self, field: int = 0, repetition: int = 0) -> str:
        """Its place for people: `OBX[3]-5.1`."""
        place = f"{self.name}[{self.ordinal}]"
        if field:
            place += f"-{field}"
        return f"{place}({repetition})" if repetition else place

    def raw(self, field: int) -> str:
        """The field as sent."""
        return self._fields[field] if field < len(self._fields) else ""

    def all(self, field: int) -> list[Repetition]:
        """The repetitions of a field that say something.

        Raises:
            Fault: `HL7-006` for more than `MOST_REPETITIONS`.
        """
        known = self._cache.get(field)
        if known is None:
            if field >= len(self._fields) or not self._fields[field]:
                return []
            known = self._cache[field] = self._cut(field)
        return known

    def first(self, field: int) -> Repetition:
        """The first repetition that says something, or an empty one."""
        found = self.all(field)
        return found[0] if found else NOTHING

    def get(self, field: int, component: int = 1, sub: int = 1) -> str:
        """Text of the first repetition; empty where there is none."""
        if field >= len(self._fields) or not self._fields[field]:
            return ""
        return self.first(field).get(component, sub)

    def _cut(self, field: int) -> list[Repetition]:
        text = self.raw(field)
        if not text:
            return []
        marks = self.marks
        if self.name in {"MSH", "FHS", "BHS"} and field <= 2:
            marks, parts = Delimiters(marks.field, "\x00", "\x00", "", ""), [text]
        elif marks.repetition and marks.repetition in text:
            if text.count(marks.repetition) >= MOST_REPETITIONS:
                raise Fault("HL7-006", self.where(field), most=MOST_REPETITIONS)
            parts = text.split(marks.repetition)
        else:
            parts = [text]
        return [one for one in (Repetition(part, marks, self._codec) for part in parts) if one]


class Hl7Message:
    """A parsed message.

    Attributes:
        segments: in order, the MSH first.
        codec: what the bytes were read with; `declared`: what MSH-18 said.
        odd: lines that are no segment, as (line number, text).
    """

    __slots__ = ("codec", "declared", "odd", "segments")

    def __init__(self, segments: list[Segment], codec: str, declared: str, odd: list[tuple[int, str]]) -> None:
        self.segments = segments
        self.codec = codec
        self.declared = declared
        self.odd = odd

    @property
    def head(self) -> Segment:
        """The MSH."""
        return self.segments[0]

    @property
    def key(self) -> str:
        """MSH-10, the message's own number; may be empty."""
        return self.head.get(10)

    @property
    def kind(self) -> tuple[str, str]:
        """Message code and trigger event: `("ADT", "A01")`; the event may stand in EVN-1 or the structure only."""
        code, event = self.head.get(9).upper(), self.head.get(9, 2).upper()
        if not event:
            event = next((one.get(1).upper() for one in self.segments if one.name == "EVN"), "")
        return code, event or self.head.get(9, 3).upper().partition("_")[2]

    def named(self, name: str) -> list[Segment]:
        """All segments of one name, in order."""
        return [one for one in self.segments if one.name == name]


def parse(body: bytes) -> Hl7Message:
    """Read one message.

    Args:
        body: its bytes, with segments ended by CR, LF or CRLF; the last end may be missing, and so may the frame.

    Raises:
        Fault: `HL7-001` no MSH at the beginning; `HL7-002` its separators are missing; `HL7-003` no text in any
            character set; `HL7-005` too many segments.
    """
    text, codec, declared = decode_body(body.strip(b"\x0b\x1c\r\n\x00 "))
    return parse_text(text, codec, declared)


def parse_text(text: str, codec: str = "utf-8", declared: str = "") -> Hl7Message:
    """Read one message that is text already; see `parse`."""
    text = text.strip("\x0b\x1c\r\n\x00 ")
    if not text.startswith("MSH"):
        raise Fault("HL7-001", "MSH", begins=text[:20].encode("ascii", "replace").decode())
    marks = _delimiters(text)
    if text.count("\r") + text.count("\n") > 2 * MOST_SEGMENTS:
        raise Fault("HL7-005", most=MOST_SEGMENTS)
    segments: list[Segment] = []
    odd: list[tuple[int, str]] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(_LINES.split(text), 1):
        name = line[:3]
        if len(name) < 3 or not _NAME.match(name) or (len(line) > 3 and line[3] != marks.field):
            if line.strip():
                odd.append((number, line))
            continue
        seen[name] = ordinal = seen.get(name, 0) + 1
        fields = line.split(marks.field)
        if name == "MSH":
            fields.insert(1, marks.field)
        segments.append(Segment(name, fields, ordinal, marks, codec))
    if len(segments) > MOST_SEGMENTS:
        raise Fault("HL7-005", most=MOST_SEGMENTS)
    return Hl7Message(segments, codec, declared, odd)


def _delimiters(text: str) -> Delimiters:
    field = text[3:4]
    if not field or field.isalnum() or field.isspace() or not field.isprintable():
        raise Fault("HL7-002", "MSH-1")
    named = _LINES.split(text[4:64], maxsplit=1)[0].split(field, 1)[0]
    marks = named[:5]
    if not marks or len(set(marks + field)) != len(marks) + 1 or any(one.isalnum() for one in marks):
        raise Fault("HL7-002", "MSH-2")
    padded = [*marks, *[""] * (5 - len(marks))]
    component, repetition, escape, sub, truncation = padded
    return Delimiters(field, component, repetition, escape, sub, truncation)
