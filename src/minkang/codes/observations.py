"""The catalogue of what is measured and asked: LOINC, Chinese name, unit, reference range, map of its answers."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from minkang.codes.systems import folder

OBSERVATION = "urn:minkang:code:observation"
LOINC = "http://loinc.org"


@dataclass(frozen=True)
class Item:
    """One kind of observation.

    Attributes:
        key: in `urn:minkang:code:observation`; `loinc`: empty where there is none.
        category: of FHIR's observation categories; `unit`: UCUM, empty for coded answers.
        low, high: reference range of adults, None where there is none.
        least, most: what a living person may have; outside, value or unit is doubted.
        map: code map of its answers; empty for numbers.
    """

    key: str
    loinc: str
    en: str
    zh: str
    category: str
    unit: str
    low: float | None
    high: float | None
    least: float | None
    most: float | None
    map: str


@cache
def items() -> Mapping[str, Item]:
    """All kinds by key; read once."""
    rows = csv.DictReader((folder() / "observations.csv").read_text("utf-8").splitlines())
    return {row["key"]: _item(row) for row in rows}


def _item(row: Mapping[str, str]) -> Item:
    numbers = {name: float(row[name]) if row[name] else None for name in ("low", "high", "least", "most")}
    texts = {name: row[name] for name in ("key", "loinc", "en", "zh", "category", "unit", "map")}
    return Item(**texts, **numbers)  # type: ignore[arg-type]
