"""How headings, numbered tasks and boxes of a plan are told from text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from minkang.plans.reading.numerals import from_numeral, to_numeral

NUMERAL = "[〇零一二三四五六七八九十百]+"
CHAPTER = re.compile(rf"^第\s*({NUMERAL}|\d+)\s*[章篇编]\s*(?=\S|$)")
PART = re.compile(rf"^第\s*({NUMERAL}|\d+)\s*节\s*(?=\S|$)")
COMMA = re.compile(rf"^({NUMERAL})\s*[、，．.](?![年月])\s*(?=\S)")
BRACKET = re.compile(rf"^[(（]\s*({NUMERAL})\s*[)）]\s*[、.．]?\s*(?=\S)")
NUMBER = re.compile(r"^(\d{1,3})\s*[．.、](?!\d)\s*(?=\S|$)")
BOX = re.compile(rf"^[【\[(（]?\s*专\s*栏\s*((?:\d+|{NUMERAL})(?:\s*[—–\-－]+\s*\d+)?)?\s*[】\])）]?\s*[:：]?\s*(.*)$")
TITLE_LENGTH = 60
LONG_TITLE = 40  # A first sentence above this is no title any more; its first clause is.
SENTENCE_END = "。；;！？"
DEPARTMENTS = re.compile(r"[（(][^（）()]*(牵头|责任|负责|配合)[^（）()]*[）)]?")


@dataclass(frozen=True)
class Heading:
    """A numbered heading at the beginning of a line.

    Attributes:
        form: `chapter`, `part`, `comma` (一、), `bracket` (（一）), `number` (1.).
        number: its value.
        text: the heading, without the sentence that may run on after it.
        rest: what runs on after it, and where in the line that begins.
    """

    form: str
    number: int
    text: str
    rest: str
    rest_at: int


FORMS = (("chapter", CHAPTER), ("part", PART), ("comma", COMMA), ("bracket", BRACKET), ("number", NUMBER))


def heading_of(line: str) -> Heading | None:
    """The heading a line begins with, if any; a sentence that merely begins with a number is none."""
    for form, pattern in FORMS:
        if (match := pattern.match(line)) and (number := from_numeral(match[1])):
            end = _end_of_title(line, match.end())
            title = line[:end].strip()
            if len(title) - match.end() > TITLE_LENGTH and form != "number":
                return None
            rest_at = end + len(line[end:]) - len(line[end:].lstrip("。：: \u3000"))
            return Heading(form, number, title, line[rest_at:].strip(), rest_at)
    return None


def _end_of_title(line: str, begin: int) -> int:
    """A title ends with its first full stop; one without a stop is the whole line, or its first clause if long."""
    stop = next((at for at in range(begin, len(line)) if line[at] in SENTENCE_END), len(line))
    if department := DEPARTMENTS.search(line, begin, stop):
        stop = department.start()
    longest = TITLE_LENGTH if stop == len(line) else LONG_TITLE  # A line of its own may be longer.
    if stop - begin <= longest or "，" not in line[begin:stop]:
        return stop
    return line.index("，", begin)


def box_title(line: str) -> str | None:
    """The title of a box, spaces reduced to one after the number; None if the line opens no box."""
    match = BOX.match(line)
    if not match or len(line) > TITLE_LENGTH or (line.rstrip()[-1:] in SENTENCE_END):
        return None
    if not match[1] and not (match[2] and line.lstrip("【[（( ").startswith("专栏")):
        return None
    number = re.sub(r"\s+", "", match[1] or "")
    return f"专栏{number} {match[2].strip()}".strip()


def label(form: str, number: int) -> str:
    """A heading's number as printed: `（三）`, `第五节`."""
    numeral = to_numeral(number)
    forms = {
        "chapter": f"第{numeral}章",
        "part": f"第{numeral}节",
        "comma": f"{numeral}、",
        "bracket": f"（{numeral}）",
    }
    return forms.get(form, f"{number}.")
