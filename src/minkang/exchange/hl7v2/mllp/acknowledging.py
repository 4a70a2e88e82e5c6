"""Acknowledgements: original mode (AA, AE, AR) and enhanced mode (CA, CE, CR, then AA, AE, AR where wanted).

Source: HL7 v2.8, chapter 2.9; error codes of table 0357. Our own code and words stand in ERR-5 and ERR-7, ERR-8, for
senders of 2.3 in MSA-3.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from minkang.errors import Fault
from minkang.exchange.hl7v2.parsing import Segment, parse_text

APPLICATION = "MINKANG"
UNSUPPORTED = {"HL7-012": ("200", "Unsupported message type")}
CODES = {
    "HL7-001": ("100", "Segment sequence error"), "HL7-002": ("101", "Required field missing"),
    "HL7-004": ("101", "Required field missing"), "HL7-011": ("101", "Required field missing"),
    "HL7-013": ("100", "Segment sequence error"),
}  # fmt: skip
REFUSED = {"HL7-012", "HL7-015", "HL7-016", "EXCHANGE-022", "EXCHANGE-023", "EXCHANGE-024"}
"""Not for their content: AR and CR. With AE and CE the message was kept, and sending it again changes nothing."""


class Head(NamedTuple):
    """What of a message's MSH its answer needs.

    Attributes:
        fields: of the MSH, by number as in the standard; empty for what is no message.
        charset: the codec to answer in.
    """

    fields: dict[int, str]
    event: str
    charset: str

    def wants(self, field: int, good: bool) -> bool:
        """Whether MSH-15 or MSH-16 asks for an answer (table 0155)."""
        said = self.fields.get(field, "").upper()
        return said in {"AL", "SU" if good else "ER"}

    @property
    def enhanced(self) -> bool:
        """Whether the sender speaks enhanced mode."""
        return bool(self.fields.get(15) or self.fields.get(16))


def head_of(body: bytes) -> Head:
    """Read the MSH of a message as far as it can be read."""
    line = body[:4096].lstrip(b"\r\n\xef\xbb\xbf ").split(b"\r", 1)[0].split(b"\n", 1)[0]
    charset = "utf-8"
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        text, charset = line.decode("gb18030", "replace"), "gb18030"
    try:
        msh: Segment = parse_text(text).head
    except Fault:
        return Head({}, "", charset)
    fields = {number: msh.get(number) for number in (3, 4, 5, 6, 9, 10, 11, 12, 15, 16, 18)}
    if fields[18].upper().startswith("GB"):
        charset = "gb18030"
    return Head(fields, msh.get(9, 2), charset)


def answers(head: Head, fault: Fault | None) -> list[bytes]:
    """The messages that answer one: none, one or (enhanced mode) two.

    Args:
        fault: why it is refused; None where it is durable or was so before.
    """
    good = fault is None
    letter = "A" if good else "R" if fault is not None and fault.code in REFUSED else "E"
    if not head.enhanced:
        return [_answer(head, f"A{letter}", fault)]
    found = []
    if head.wants(15, good):
        found.append(_answer(head, f"C{letter}", fault))
    if head.wants(16, good):
        found.append(_answer(head, f"A{letter}", fault))
    return found


def _answer(head: Head, code: str, fault: Fault | None) -> bytes:
    fields = head.fields
    now = datetime.now(UTC)
    key = f"{now:%Y%m%d%H%M%S%f}{code}"
    kind = f"ACK^{_plain(head.event)}^ACK" if head.event else "ACK"
    named = "GB 18030-2000" if head.charset == "gb18030" else "UNICODE UTF-8"
    who = (APPLICATION, _plain(fields.get(6, "")), _plain(fields.get(3, "")), _plain(fields.get(4, "")))
    version = _plain(fields.get(12, "")) or "2.5"
    quiet = ("NE", "NE") if head.enhanced else ("", "")
    msh = ("MSH", "^~\\&", *who, f"{now:%Y%m%d%H%M%S}+0000", "", kind, key, _plain(fields.get(11, "")) or "P", version)
    lines = ["|".join((*msh, "", "", *quiet, "", named))]
    words = f"|{fault.code} {_plain(fault.text('zh'))}" if fault is not None else ""
    lines.append(f"MSA|{code}|{_plain(fields.get(10, ''))}{words}"[:2000])
    if fault is not None:
        lines.append(_error(fault))
    return ("\r".join(lines) + "\r").encode(head.charset, "replace")


def _error(fault: Fault) -> str:
    number, name = UNSUPPORTED.get(fault.code) or CODES.get(fault.code, ("207", "Application internal error"))
    place = _place(fault.where)
    own = f"{fault.code}^{_plain(fault.text('en'))}"
    return f"ERR||{place}|{number}^{name}^HL70357|E|{own}||{_plain(fault.advice('zh'))}|{_plain(fault.text('zh'))}"[
        :4000
    ]


def _place(where: str) -> str:
    """ERL of `OBX[3]-5`: segment, its number, field."""
    segment, _, rest = where.partition("[")
    number, _, field = rest.partition("]-")
    if len(segment) == 3 and segment.isalnum() and number.rstrip("]").isdigit():
        return "^".join(filter(None, (segment, number.rstrip("]"), field if field.isdigit() else "")))
    name, _, field = where.partition("-")
    return f"{name}^1^{field}".rstrip("^") if len(name) == 3 and name.isupper() and field.isdigit() else ""


def _plain(text: str) -> str:
    """A text as a field may hold it."""
    escaped = text.replace("\\", "\\E\\").replace("|", "\\F\\").replace("^", "\\S\\").replace("&", "\\T\\")
    return " ".join(escaped.replace("~", "\\R\\").split())
