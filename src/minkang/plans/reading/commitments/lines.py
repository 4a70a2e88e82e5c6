"""Commitments as the lines of the imported plan: the fields of `docs/reference/plan-import.md`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minkang.plans.reading.commitments.model import Commitment

NORM = "strip_bookmark_crlf"


def as_lines(commitments: Sequence[Commitment], slug: str) -> list[dict[str, Any]]:
    """One JSON object a commitment, numbered `<slug>-c001` on; what does not apply is left out, except the deadline."""
    names = [f"{slug}-c{number:03d}" for number in range(1, len(commitments) + 1)]
    lines = []
    for name, one in zip(names, commitments, strict=True):
        line: dict[str, Any] = {"id": name}
        line |= {field: getattr(one, field) for field in ("section", "quote", "subject", "op", "value", "unit")}
        line |= {"deadline": one.deadline, "offset": one.offset, "value_basis": one.value_basis}
        if one.value_max is not None:
            line["value_max"] = one.value_max
        if one.repeat and one.repeat_of is not None:
            line |= {"repeat": True, "repeat_of": names[one.repeat_of]}
        if one.quote_occurrences > 1:
            line["quote_occurrences"] = one.quote_occurrences
        if one.doubts:
            line["doubts"] = list(one.doubts)
        lines.append(line | {"norm": NORM})
    return lines
