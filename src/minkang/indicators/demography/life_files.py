"""Life tables of CSV files: columns `age_start` (or `age_interval` such as `1-5`, `85+`), `deaths`, `population`,
optional `sex`, `group`, and `ax` (fraction of the interval, as Chiang has it) or `nax` (years)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minkang.errors import Fault, Faults
from minkang.indicators.demography.lifetable import AgeGroup, LifeRow, Sex, life_table

_AGE = re.compile(r"\s*(\d+(?:\.\d+)?)")
_SEXES: Mapping[str, Sex] = {
    **dict.fromkeys(("1", "m", "male", "男", "男性"), "male"),
    **dict.fromkeys(("2", "f", "female", "女", "女性"), "female"),
}
_NEEDED = ("deaths", "population")


def life_tables(lines: Iterable[str], source: str = "") -> Iterator[tuple[str, str, list[LifeRow]]]:
    """The table of each group and sex of a file, in the order in which they first appear.

    Args:
        lines: of the CSV, head first.
        source: the file's name, for faults.

    Yields:
        Group (empty where there is no such column), sex as written (likewise), rows.

    Raises:
        Fault: `INDICATORS-010` a column is missing; `INDICATORS-011` a cell is no number, with line and column;
            `INDICATORS-012` no rows; and those of `life_table`, with the group as place.
    """
    reader = csv.DictReader(lines)
    columns = {(name or "").strip().lower().lstrip("\ufeff"): name for name in reader.fieldnames or ()}
    missing = [name for name in _NEEDED if name not in columns]
    if "age_start" not in columns and "age_interval" not in columns:
        missing.insert(0, "age_start")
    if missing:
        raise Faults([Fault("INDICATORS-010", where=source, column=name) for name in missing])
    gathered: dict[tuple[str, str], list[tuple[float, float, float, float | None, bool]]] = {}
    for number, cells in enumerate(reader, 2):
        row = {name: (cells.get(given) or "").strip() for name, given in columns.items()}
        if any(row.values()):
            key = (row.get("group", ""), row.get("sex", ""))
            gathered.setdefault(key, []).append(_counted(row, f"{source}:{number}"))
    if not gathered:
        raise Fault("INDICATORS-012", where=source)
    for (group, sex), counted in gathered.items():
        yield group, sex, _table(counted, sex, ", ".join(filter(None, (source, group, sex))))


def _counted(row: Mapping[str, str], where: str) -> tuple[float, float, float, float | None, bool]:
    age = row.get("age_start") or row.get("age_interval") or ""
    found = _AGE.match(age)
    if not found:
        raise Fault("INDICATORS-011", where=where, column="age_start", value=age[:20])
    fraction = not row.get("nax")
    given = row.get("nax") or row.get("ax") or ""
    lived = _number(given, where, "ax" if fraction else "nax") if given else None
    deaths, people = (_number(row[name], where, name) for name in _NEEDED)
    return float(found[1]), deaths, people, lived, fraction


def _number(text: str, where: str, column: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        raise Fault("INDICATORS-011", where=where, column=column, value=text[:20]) from None


def _table(counted: list[tuple[float, float, float, float | None, bool]], sex: str, where: str) -> list[LifeRow]:
    counted.sort(key=lambda one: one[0])
    ends = [one[0] for one in counted[1:]] + [None]
    groups = []
    for (start, deaths, people, lived, fraction), end in zip(counted, ends, strict=True):
        years = lived * (end - start) if lived is not None and fraction and end is not None else lived
        groups.append(AgeGroup(start, deaths, people, years))
    try:
        return life_table(groups, _SEXES.get(sex.lower(), ""))
    except Fault as fault:
        raise Fault(fault.code, where=where, **fault.params) from fault


def as_json(group: str, sex: str, row: LifeRow) -> dict[str, Any]:
    """A row for programs; `age_end` is null in the open group."""
    return {
        "group": group,
        "sex": sex,
        "age_start": row.start,
        "age_end": None if row.width is None else row.start + row.width,
        "mx": row.mx,
        "nax": row.ax,
        "qx": row.qx,
        "lx": row.lx,
        "dx": row.dx,
        "Lx": row.person_years,
        "Tx": row.total,
        "ex": row.ex,
        "se_qx": row.se_qx,
        "se_ex": row.se_ex,
        "ex_low": row.low,
        "ex_high": row.high,
    }
