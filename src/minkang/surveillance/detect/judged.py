"""A table of counts judged by one method: every row asked for, with its reason where it has no verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minkang.errors import Fault
from minkang.surveillance.detect.r_settings import Request, as_r, read_request, with_means
from minkang.surveillance.detect.registry import detect
from minkang.surveillance.detect.series import UNKNOWN, Floats, Reason, Verdicts
from minkang.surveillance.detect.tables import Batch, read_table

FREQUENCIES = (12, 52, 365)


@dataclass(frozen=True)
class Point:
    """One row of the table.

    Attributes:
        series: its name. index: the 1-based row within its series. time: date or row, for people.
        observed: NaN for a gap.
        expected, threshold, alarm: None where there is none; then `reason` (a name of `Reason`) says why, else "".
    """

    series: str
    index: int
    time: str
    observed: float
    expected: float | None
    threshold: float | None
    alarm: bool | None
    reason: str

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        found = {
            "series": self.series, "index": self.index, "expected": self.expected, "threshold": self.threshold,
            "alarm": self.alarm,
        }  # fmt: skip
        return {**found, "reason": self.reason} if self.reason else found


@dataclass(frozen=True)
class Judged:
    """The points, columns of the table that were not read, and its last date."""

    points: list[Point]
    ignored: list[str]
    last: date | None


def judge_table(lines: Iterable[str], name: str, method: str, params: Mapping[str, Any]) -> Judged:
    """Judge a CSV table.

    Args:
        lines: of the table (see `tables.read_table`).
        name: of the file, for faults.
        method: of the registry.
        params: its settings; `freq` (12, 52 or 365) sets the steps a year; `r` holds settings as R has them, then
            answers are R's for the rows of `range`.

    Raises:
        Fault: SURVEILLANCE-001, -002 and -010 to -014.
    """
    given = dict(params)
    if "r" in given:
        if not isinstance(given["r"], Mapping):
            raise Fault("SURVEILLANCE-002", where="params.r", method=method, reason=type(given["r"]).__name__)
        request = read_request(method, given["r"])
    else:
        freq = given.pop("freq", None)
        if freq is not None and freq not in FREQUENCIES:
            raise Fault("SURVEILLANCE-002", where="params.freq", method=method, reason=f"freq = {freq}")
        request = Request(method, given, freq)
    table = read_table(lines, name, freq=request.freq, dated=request.dated)
    points: list[Point] = []
    for batch in table.batches:
        series = with_means(batch.series, request)
        found = detect(request.method, series, request.params)
        shown = (found.expected, found.threshold, found.alarm)
        if "r" in given:
            shown = as_r(request, found)
        points += _points(batch, found, *shown)
    last = None if table.last is None else table.last.astype("datetime64[D]").item()
    return Judged(points, table.ignored, last)


def _points(batch: Batch, found: Verdicts, expected: Floats, threshold: Floats, alarm: NDArray[np.int8]) -> list[Point]:
    series = batch.series
    points = []
    for row, (name, places) in enumerate(zip(series.names, batch.places, strict=True)):
        for index, place in enumerate(places.tolist(), 1):
            reason = Reason(int(found.reason[row, place]))
            if reason == Reason.OUTSIDE:
                continue
            verdict = int(alarm[row, place])
            points.append(
                Point(
                    name, index, str(index) if series.dates is None else str(series.dates[place]),
                    float(series.counts[row, place]), _plain(expected[row, place]), _plain(threshold[row, place]),
                    None if verdict == UNKNOWN else bool(verdict),
                    "" if reason == Reason.JUDGED else reason.name.lower(),
                )
            )  # fmt: skip
    return points


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
