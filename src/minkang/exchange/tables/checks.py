"""Checks across the columns of a row: dates in order, items that add up, an ID number against birth and sex."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minkang.codes.identifiers import parse_id_card
from minkang.errors import Fault
from minkang.exchange.message import Note
from minkang.exchange.tables.spec import Check

Row = list[Any]
Found = tuple[str, str, dict[str, Any]]
Look = Callable[[Row], Found | None]


def compile_checks(checks: tuple[Check, ...], places: dict[str, int]) -> Callable[[Row, list[Fault]], None]:
    """All checks as one call, which adds notes to the row's context and faults to the list it is given."""
    looks = [(look, check.reject) for check in checks for look in _looks(check, places)]

    def run(row: Row, faults: list[Fault]) -> None:
        for look, reject in looks:
            found = look(row)
            if found is None:
                continue
            code, where, params = found
            if reject:
                faults.append(Fault(code, where, **params))
            else:
                row[0].add(Note(code, where, params))

    return run


def _looks(check: Check, places: dict[str, int]) -> list[Look]:
    if check.kind == "order":
        return [_order(check, places)]
    if check.kind == "sum":
        return [_sum(check, places)]
    if check.kind == "needs":
        return [_needs(check, places)]
    return _card(check, places)


def _order(check: Check, places: dict[str, int]) -> Look:
    first, second = check.columns
    a, b = places[first], places[second]

    def look(row: Row) -> Found | None:
        one, other = row[a], row[b]
        if one is None or other is None:
            return None
        length = min(len(one), len(other))
        if one[:length] <= other[:length]:
            return None
        return "TABLES-031", first, {"first": first, "second": second, "one": one, "other": other}

    return look


def _sum(check: Check, places: dict[str, int]) -> Look:
    parts, total = [places[name] for name in check.columns], places[check.total]

    def look(row: Row) -> Found | None:
        said = row[total]
        if said is None:
            return None
        found = sum([row[place] or 0 for place in parts])
        if abs(found - said) <= check.tolerance:
            return None
        return "TABLES-032", check.total, {"sum": round(found, 2), "total": said}

    return look


def _needs(check: Check, places: dict[str, int]) -> Look:
    given, needed = check.columns
    a, b = places[given], places[needed]

    def look(row: Row) -> Found | None:
        return None if row[a] is None or row[b] is not None else ("TABLES-034", needed, {"field": given})

    return look


def _card(check: Check, places: dict[str, int]) -> list[Look]:
    name = check.columns[0]
    place, born, sex = places[name], places.get(check.born, 0), places.get(check.sex, 0)

    def of_birth(row: Row) -> Found | None:
        number, said = row[place], row[born]
        if number is None or said is None or len(number) != 18 or number[6:14] == said[:10].replace("-", ""):
            return None
        return None if _broken(number) else ("TABLES-033", name, {"field": check.born})

    def of_sex(row: Row) -> Found | None:
        number, said = row[place], row[sex]
        if number is None or said not in {"1", "2", "男", "女"} or len(number) != 18 or not number[16].isdigit():
            return None
        if (int(number[16]) % 2 == 1) == (said in {"1", "男"}):
            return None
        return None if _broken(number) else ("TABLES-033", name, {"field": check.sex})

    return [look for look, wanted in ((of_birth, born), (of_sex, sex)) if wanted]


def _broken(number: str) -> bool:
    """A number that is wrong by itself was doubted already."""
    try:
        parse_id_card(number)
    except Fault:
        return True
    return False
