"""Results that the text reports: the figures of the past, to be held against baselines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from minkang.plans.reading.commitments.clauses import Clause, sentences
from minkang.plans.reading.commitments.context import YEAR, done, past_chapter
from minkang.plans.reading.commitments.model import Passage
from minkang.plans.reading.commitments.quantities import Quantity, quantities
from minkang.plans.reading.commitments.subjects import subjects
from minkang.plans.reading.numbers import Number

COMPARED = re.compile(r"^(?:较|比|同比|增长|累计)|较.{0,8}(?:增长|提高|增加|下降|降低|减少)")
FROM = re.compile(r"由[^由]*$")


class Reported(Struct, frozen=True):
    """One result.

    Attributes:
        subject, value, unit: as printed.
        year: of the sentence; None: not said.
        quote, offset, section: where.
    """

    subject: str
    value: Number
    unit: str
    year: int | None
    quote: str
    offset: int
    section: str


def reported(passages: Iterable[Passage], last_past: int) -> list[Reported]:
    """The rates and measures that the account of the past gives, in order."""
    found: list[Reported] = []
    for passage in passages:
        past = past_chapter(passage.section)
        for clauses in sentences(passage.text, passage.start):
            whole = "，".join(clause.text for clause in clauses)
            if past or done(whole, last_past):
                found += _sentence(clauses, passage, last_past)
    return found


def _sentence(clauses: list[Clause], passage: Passage, last_past: int) -> Iterator[Reported]:
    year: int | None = None
    subject = ""
    for clause in clauses:
        years = [int(match["year"]) for match in YEAR.finditer(clause.text)]
        year = years[-1] if years else year
        if COMPARED.search(clause.text) or (year and year > last_past):
            continue
        numbers = [number for number in quantities(clause.text) if _reports(clause.text, number)]
        if not numbers:
            continue
        for number, names in zip(numbers, subjects(clause.text, numbers, subject), strict=True):
            for name in names:
                subject = name.text or subject
                yield Reported(
                    re.sub(r"由$|^\d{4}年", "", name.text),
                    number.value,
                    number.unit,
                    year,
                    clause.text,
                    clause.start,
                    passage.section,
                )


def _reports(clause: str, number: Quantity) -> bool:
    """A first figure of "由A提升至B" is older than the report; an age is no result."""
    before, after = clause[: number.start], clause[number.end :]
    if re.search(r"由$", before.rstrip()) or (FROM.search(before) and re.search(r"(?:至|到)\s*\d", after)):
        return False
    if number.unit.startswith("岁"):
        return "寿命" in before
    return not (number.value_max is not None or re.search(r"第\s*$|[“\"]$", before))
