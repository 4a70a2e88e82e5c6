"""The consistency report: all checks over a plan that has been read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from minkang.plans.reading.commitments import Commitment, passages_of
from minkang.plans.reading.consistency import agreement, targets
from minkang.plans.reading.consistency.agreement import stated_at
from minkang.plans.reading.consistency.figures import reported
from minkang.plans.reading.consistency.finding import Finding, Place, finding
from minkang.plans.reading.consistency.marks import marks
from minkang.plans.reading.consistency.structure import numbering
from minkang.plans.reading.consistency.sums import sums
from minkang.plans.reading.document import Document
from minkang.plans.reading.indicators import Indicator

ORDER = {"error": 0, "warning": 1, "note": 2}


def check(document: Document, indicators: Sequence[Indicator], commitments: Sequence[Commitment]) -> list[Finding]:
    """Everything a careful reader would object to: gravest first, then in the order of the text."""
    passages = list(passages_of(document))
    figures = reported(passages, (document.first_year or 2021) - 1)
    found = chain(
        targets.units(indicators, commitments),
        agreement.targets(indicators, commitments),
        agreement.baselines(indicators, figures),
        agreement.two_values(commitments),
        targets.progress(indicators),
        targets.years(indicators),
        targets.promised_below(indicators, commitments, figures),
        targets.possible(indicators, commitments, figures),
        targets.nested(indicators, commitments, figures),
        targets.capacity(indicators, figures),
        sums(passages),
        marks(passages),
        numbering(document),
        _deadlines(document, commitments),
    )
    placed = [_placed(one, document) for one in _once(found)]
    return sorted(placed, key=lambda one: (ORDER[one.severity], one.places[0].offset))


def _once(found: Iterable[Finding]) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for one in found:
        words = one.zh if one.kind != "unbalanced" else f"{one.places[0].offset}"
        if (one.kind, words) not in seen:
            seen.add((one.kind, words))
            yield one


def _placed(one: Finding, document: Document) -> Finding:
    """The finding with sections filled in where a check did not know them (rows of tables)."""
    places = []
    for place in one.places:
        block = document.block_at(place.offset)
        places.append(place if place.section or block is None else Place(place.offset, block.place, place.quote))
    return Finding(one.kind, one.severity, tuple(places), one.zh, one.en, one.evidence)


def _deadlines(document: Document, commitments: Sequence[Commitment]) -> Iterator[Finding]:
    # The size of a project is no promise with a year of its own.
    open_ended = [one for one in commitments if one.deadline is None and not (one.op == "=" and "/" not in one.unit)]
    if open_ended and document.last_year:
        yield finding(
            "no_deadline",
            *(stated_at(one) for one in open_ended),
            count=len(open_ended),
            total=len(commitments),
            year=document.last_year,
        )
