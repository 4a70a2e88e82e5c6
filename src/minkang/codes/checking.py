"""What is wrong with the code data themselves: maps that contradict each other or lead to codes that do not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from minkang.codes.maps import CodeMap, MapRow, code_maps
from minkang.codes.systems import MARKS, CodeSystem, code_systems, system_uris
from minkang.errors import Fault


def check(maps: Mapping[str, CodeMap] | None = None) -> list[Fault]:
    """All that is wrong with the maps (the shipped ones, unless others are given) and the code systems.

    Returns:
        `CODES-020` for a target that its system does not have, `CODES-021` for a source that its system does not
        have, `CODES-022` for two rows in force at once that disagree, `CODES-023` for a period that ends before it
        begins, `CODES-024` for a mark that is none, `CODES-025` for a map that leads nowhere.
    """
    faults = [fault for one in (code_maps() if maps is None else maps).values() for fault in _map(one)]
    return faults + [fault for one in code_systems().values() for fault in _system(one)]


def _map(one: CodeMap) -> Iterator[Fault]:
    if not one.national and not one.rows:
        yield Fault("CODES-025", one.name)
    groups: dict[tuple[str, str, str, str], list[MapRow]] = {}
    for row in one.rows:
        yield from _row(row)
        groups.setdefault((row.sender, row.from_system, row.from_code, row.to.system), []).append(row)
    for rows in groups.values():
        for place, row in enumerate(rows):
            yield from (
                Fault("CODES-022", other.place, given=row.from_code, one=row.to.code, other=other.to.code)
                for other in rows[place + 1 :]
                if _meet(row, other)
            )


def _row(row: MapRow) -> Iterator[Fault]:
    target = system_uris().get(row.to.system)
    if target is not None and (target.codes or target.pattern) and target.find(row.to.code) is None:
        yield Fault("CODES-020", row.place, given=row.to.code, system=target.zh)
    source = system_uris().get(row.from_system)
    if source is not None and (source.codes or source.pattern) and source.find(row.from_code) is None:
        yield Fault("CODES-021", row.place, given=row.from_code, system=source.zh)
    if row.begins and row.ends and row.begins >= row.ends:
        yield Fault("CODES-023", row.place, begins=row.begins, ends=row.ends)


def _meet(one: MapRow, other: MapRow) -> bool:
    """Whether two rows are in force on some day together."""
    begins = max(one.begins or date.min, other.begins or date.min)
    ends = min(one.ends or date.max, other.ends or date.max)
    return begins < ends


def _system(one: CodeSystem) -> Iterator[Fault]:
    for code in one.codes.values():
        if code.mark not in MARKS:
            yield Fault("CODES-024", f"{one.name}.csv", given=code.code, mark=code.mark)
