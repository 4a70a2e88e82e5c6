"""Series from the lines of a CSV table, laid out on even axes of time, and the way back to the table's rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from minkang.errors import Fault, Faults
from minkang.surveillance.detect.series import Days, Floats, Series

TIMES = ("date", "index", "t")
KNOWN_MEANS = ("known", "expected", "mu0")
MEANT = {"series", "observed", "population", "year", "period", "state", *TIMES, *KNOWN_MEANS}
GAPS = {"", "NA", "NaN", "nan", "null"}
MOST_STEPS = 200_000
MOST_FAULTS = 20
LEAST_FILLED = 0.25  # of an axis of days; below it the dates are not those of a daily series


@dataclass
class Batch:
    """Series that share an axis.

    Attributes:
        series: the counts.
        places: for each series the column of each of its rows, in the table's order.
    """

    series: Series
    places: list[NDArray[np.int64]]


@dataclass
class Table:
    """What a table holds.

    Attributes:
        batches: its series. ignored: columns of it that no detector reads. last: its last date, None without dates.
    """

    batches: list[Batch]
    ignored: list[str]
    last: np.datetime64 | None


@dataclass
class _Rows:
    """The rows of one series."""

    time: list[str] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)
    population: list[float] = field(default_factory=list)
    known: list[float] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


def read_table(lines: Iterable[str], name: str, *, freq: int | None = None, dated: bool | None = None) -> Table:
    """Read columns `series`, `date` or `index` (or `t`), `observed`, and where there are `population` and `expected`.

    Args:
        lines: of the CSV file, with a head.
        name: of the file, for faults.
        freq: steps a year; found from the dates when None, else 52.
        dated: whether dates are the axis; None means where there are dates, False takes rows as evenly spaced steps.

    Raises:
        Fault: SURVEILLANCE-010 to -014 (no column, no number, no date, a time twice, no even axis); all at once.
    """
    reader = csv.reader(lines)
    head = [title.strip() for title in next(reader, [])]
    if "observed" not in head:
        raise Fault("SURVEILLANCE-010", where=name, columns=", ".join(head) or "—")
    axis = _axis_column(head, dated=dated)
    faults: list[Fault] = []
    groups = _collect(reader, head, axis, name, faults)
    shapes: dict[tuple[str, int, int], list[tuple[str, _Rows, NDArray[np.int64]]]] = {}
    for title, rows in groups.items():
        try:
            start, places, steps = _axis(rows, axis, f"{name}: {title}", freq)
        except Fault as fault:
            faults.append(fault)
            continue
        shapes.setdefault((str(start), int(places.max(initial=0)) + 1, steps), []).append((title, rows, places))
    if faults:
        raise faults[0] if len(faults) == 1 else Faults(faults[:MOST_FAULTS])
    batches = [_batch(key, members, axis, freq) for key, members in shapes.items()]
    dates = [batch.series.dates[-1] for batch in batches if batch.series.dates is not None]
    return Table(batches, [title for title in head if title not in MEANT], max(dates) if dates else None)


def _axis_column(head: list[str], *, dated: bool | None) -> str:
    if "date" in head and dated is not False:
        return "date"
    if dated:
        raise Fault("SURVEILLANCE-010", where="date", columns=", ".join(head))
    return next((name for name in TIMES[1:] if name in head), "")


def _collect(
    reader: Iterator[list[str]], head: list[str], axis: str, name: str, faults: list[Fault]
) -> dict[str, _Rows]:
    """Rows by series; what is no number is noted as a fault."""
    at = {title: place for place, title in enumerate(head)}
    known = next((title for title in KNOWN_MEANS if title in at), "")
    groups: dict[str, _Rows] = {}
    for line, row in enumerate(reader, 2):
        if not any(row):
            continue
        if len(row) < len(head):
            faults.append(Fault("SURVEILLANCE-011", where=f"{name}:{line}", value=",".join(row)))
            continue
        rows = groups.setdefault(row[at["series"]] if "series" in at else "", _Rows())
        try:
            rows.counts.append(_number(row[at["observed"]]))
            rows.population.append(_number(row[at["population"]]) if "population" in at else np.nan)
            rows.known.append(_number(row[at[known]]) if known else np.nan)
        except ValueError as error:
            faults.append(Fault("SURVEILLANCE-011", where=f"{name}:{line}", value=str(error)))
            if len(faults) >= MOST_FAULTS:
                raise Faults(faults) from error
        rows.time.append(row[at[axis]].strip() if axis else "")
        rows.lines.append(line)
    return groups


def _number(text: str) -> float:
    text = text.strip()
    if text in GAPS:
        return np.nan
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError(text) from error
    if not np.isfinite(value):
        raise ValueError(text)
    return value


def _axis(rows: _Rows, axis: str, where: str, freq: int | None) -> tuple[object, NDArray[np.int64], int]:
    """Where the axis begins, the column of each row, and its steps a year."""
    if not axis:
        return 0, np.arange(len(rows.time)), freq or 52
    if axis != "date":
        numbers = _whole_numbers(rows, where)
        _refuse_twice(rows, numbers, where)
        return 0, _bounded(numbers - numbers.min(), where), freq or 52
    try:
        days = np.array(rows.time, dtype="datetime64[D]")
    except ValueError as error:
        raise Fault("SURVEILLANCE-012", where=where, reason=str(error)) from error
    if np.isnat(days).any():
        raise Fault("SURVEILLANCE-012", where=f"{where} ({rows.lines[int(np.isnat(days).argmax())]})", reason="—")
    _refuse_twice(rows, days.astype(np.int64), where)
    return _date_axis(days, where, freq)


def _whole_numbers(rows: _Rows, where: str) -> NDArray[np.int64]:
    try:
        return np.array([int(text) for text in rows.time], dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise Fault("SURVEILLANCE-012", where=where, reason=str(error)) from error


def _refuse_twice(rows: _Rows, times: NDArray[np.int64], where: str) -> None:
    values, number = np.unique(times, return_counts=True)
    if (number > 1).any():
        place = np.flatnonzero(times == values[number > 1][0])
        told = ", ".join(str(rows.lines[row]) for row in place[:5])
        raise Fault("SURVEILLANCE-013", where=where, time=rows.time[int(place[0])], lines=told)


def _date_axis(days: Days, where: str, freq: int | None) -> tuple[object, NDArray[np.int64], int]:
    first = days.min()
    away = (days - first).astype(np.int64)
    months = days.astype("datetime64[M]")
    same_day = np.unique((days - months.astype("datetime64[D]")).astype(np.int64)).size == 1
    weekly = not (away % 7).any()
    if freq is None:
        freq = 52 if weekly else 12 if same_day else 365
    if freq == 12 and same_day:
        return first, _bounded((months - first.astype("datetime64[M]")).astype(np.int64), where), 12
    if freq == 52 and weekly:
        return first, _bounded(away // 7, where), 52
    if freq == 365 and len(days) >= LEAST_FILLED * (int(away.max()) + 1):
        return first, _bounded(away, where), 365
    raise Fault("SURVEILLANCE-014", where=where, freq=freq)


def _bounded(places: NDArray[np.int64], where: str) -> NDArray[np.int64]:
    if places.max(initial=0) >= MOST_STEPS:
        raise Fault("SURVEILLANCE-014", where=where, freq=int(places.max()))
    return places


def _batch(
    key: tuple[str, int, int], members: list[tuple[str, _Rows, NDArray[np.int64]]], axis: str, freq: int | None
) -> Batch:
    start, length, steps = key

    def laid(values: list[list[float]]) -> Floats:
        grid = np.full((len(members), length), np.nan)
        for row, (each, (_, _, places)) in enumerate(zip(values, members, strict=True)):
            grid[row, places] = each
        return grid

    population = laid([rows.population for _, rows, _ in members])
    known = laid([rows.known for _, rows, _ in members])
    series = Series(
        laid([rows.counts for _, rows, _ in members]),
        _dates(start, length, steps) if axis == "date" else None,
        steps if axis == "date" else (freq or 52),
        population if np.isfinite(population).any() else None,
        known if np.isfinite(known).any() else None,
        tuple(title for title, _, _ in members),
    )
    return Batch(series, [places for _, _, places in members])


def _dates(start: str, length: int, freq: int) -> Days:
    first = np.datetime64(start, "D")
    if freq == 12:
        month = first.astype("datetime64[M]")
        days = (month + np.arange(length)).astype("datetime64[D]") + (first - month.astype("datetime64[D]"))
    else:
        days = first + np.arange(length) * (7 if freq == 52 else 1)
    return np.asarray(days, dtype="datetime64[D]")
