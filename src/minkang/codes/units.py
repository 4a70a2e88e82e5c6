"""Units as laboratories write them, in UCUM, and conversions between them by analyte."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from minkang.codes.systems import folder, plain

UCUM = "http://unitsofmeasure.org"


@dataclass(frozen=True)
class Measured:
    """A value with its unit.

    Attributes:
        value: in `code`, or as sent where the unit is not known.
        unit: shown to people.
        code: in UCUM; empty where the unit is not known.
        known: whether it is.
        converted: whether the value was converted from another unit.
    """

    value: float
    unit: str
    code: str
    known: bool
    converted: bool = False

    def quantity(self) -> dict[str, Any]:
        """A FHIR Quantity (JSON)."""
        if not self.code:
            return {"value": self.value, "unit": self.unit} if self.unit else {"value": self.value}
        return {"value": self.value, "unit": self.unit, "system": UCUM, "code": self.code}


@cache
def units() -> Mapping[str, tuple[str, str]]:
    """What people write (without case, spaces and width) to UCUM code and the unit as shown."""
    rows = csv.DictReader((folder() / "units.csv").read_text("utf-8").splitlines())
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        for said in (row["ucum"], row["shown"], *row["alias"].split("|")):
            found.setdefault(_fold(said), (row["ucum"], row["shown"]))
    return found


@cache
def conversions() -> Mapping[tuple[str, str], tuple[str, float]]:
    """(analyte, UCUM code) to (UCUM code of the analyte, factor); analytes by LOINC code and by our key."""
    rows = csv.DictReader((folder() / "conversions.csv").read_text("utf-8").splitlines())
    found = {}
    for row in rows:
        for name in (row["analyte"], *row["loinc"].split("|")):
            if name:
                found[name, row["from_unit"]] = (row["to_unit"], float(row["factor"]))
    return found


def measure(value: float, unit: str, analyte: str = "") -> Measured:
    """Read a unit, and convert the value to the unit of the analyte where a conversion is known.

    Args:
        value: as sent; a converted one keeps four significant digits, as laboratories report no more.
        unit: as sent (`mg/dl`, `次/分`, `×10^9/L`); empty for none.
        analyte: LOINC code or key of `observations.csv`.
    """
    if not unit.strip():
        return Measured(value, "", "", True)
    found = units().get(_fold(unit))
    if found is None:
        return Measured(value, unit, "", False)
    code, shown = found
    onward = conversions().get((analyte, code)) if analyte else None
    if onward is None:
        return Measured(value, shown, code, True)
    code, factor = onward
    return Measured(float(f"{value * factor:.4g}"), _shown(code), code, True, True)


def _shown(code: str) -> str:
    found = units().get(_fold(code))
    return found[1] if found else code


_SIGNS = str.maketrans("×／＊μµ²³⁹℃", "x/*uu23" + "9c")


def _fold(unit: str) -> str:
    return plain(unit.translate(_SIGNS)).replace("*", "x").replace("^", "")
