"""Our ensemble: forecasts weighed together, judged by likelihood ratios for an outbreak of the last weeks.

`docs/explanation/surveillance.md` gives the method, its sources and what was measured.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import NDArray

from minkang.surveillance.detect.calendar_effects import day_columns
from minkang.surveillance.detect.ensemble_evidence import SHARES, Evidence
from minkang.surveillance.detect.ensemble_forecast import BURN_IN, Forecast, Levels, Regression, seasonal_design
from minkang.surveillance.detect.series import Floats, Reason, Series, Verdicts, unjudged, verdicts

BATCH = 256
YEAR_OF_DAYS = 365.2425
EPOCH = np.datetime64("1970-01-01", "D")
# Share of steps that alarm without an outbreak, and the bound on the log ratio that gave it on our own simulated
# series (seed 11, 80 of each of the 42 scenarios); `benchmarks/surveillance.py` measures it again.
CALIBRATION = (
    (0.0005, 5.00), (0.001, 4.61), (0.002, 4.19), (0.004, 3.73), (0.007, 3.31), (0.01, 3.06),
    (0.02, 2.52), (0.04, 1.95), (0.08, 1.35), (0.15, 0.75), (0.25, 0.28),
)  # fmt: skip


class Ensemble(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings.

    Attributes:
        false_alarms: share of steps without an outbreak that may alarm, over a mixed set of series.
        bound: the bound on the log likelihood ratio itself, in place of `false_alarms`.
        harmonics: of the year.
        history: steps needed before the first verdict; half a year's at least, by default one year's.
        years: how many years back are fitted; 0 for all.
        holidays: with daily series that have dates, model days of the week and Chinese holidays.
        population_offset: model the rate instead of the count.
        rows: 1-based first and last row to judge; all that have the history by default.
    """

    false_alarms: Annotated[float, Meta(ge=0.0005, le=0.25)] = 0.007
    bound: float | None = None
    harmonics: Annotated[int, Meta(ge=0, le=6)] = 2
    history: Annotated[int, Meta(ge=0)] = 0
    years: Annotated[int, Meta(ge=0)] = 12
    holidays: bool = True
    population_offset: bool = False
    rows: tuple[int, int] | None = None


def ensemble(series: Series, settings: Ensemble) -> Verdicts:
    """Judge every row that has the history; each verdict uses counts up to its own row only.

    `threshold` is the largest count that does not alarm. `details`: `alarm_from` (the smallest that does), `phi`
    (variance over mean of the forecast) and `strength` (log mean likelihood ratio of the count).
    """
    columns = series.rows(settings.rows)
    size, steps = series.shape[0], len(columns)
    if not size or not steps:
        return unjudged(series)
    found = {name: np.full((size, steps), np.nan) for name in ("mean", "phi", "least", "strength")}
    reason = np.full((size, steps), Reason.HISTORY, dtype=np.int8)
    least = settings.history or series.freq
    first = max(columns.start, least, series.freq // 2)
    if first < columns.stop:
        design, precision = _design(series, settings)
        usable, offset = _offset(series, settings)
        bound = bound_of(settings.false_alarms) if settings.bound is None else settings.bound
        for begin in range(0, size, BATCH):
            part = slice(begin, min(begin + BATCH, size))
            counts = np.where(usable[part], series.counts[part], np.nan)
            run = _Run(counts, None if offset is None else offset[part], design, precision, bound)
            run.start(first, settings.years * series.freq)
            for step in range(first, columns.stop):
                run.judge(step, {name: values[part] for name, values in found.items()}, columns.start)
        reason[:, first - columns.start :] = Reason.JUDGED
        _withhold(series, usable, columns, least, reason)
    judged = reason == Reason.JUDGED
    shown = {name: np.where(judged, values, np.nan) for name, values in found.items()}
    return verdicts(
        series, columns, shown["mean"], shown["least"] - 1.0, reason,
        alarm_from=shown["least"], phi=shown["phi"], strength=shown["strength"],
    )  # fmt: skip


def bound_of(false_alarms: float) -> float:
    """The bound on the log ratio for a share of false alarms, between the calibrated ones by logarithm."""
    rates, bounds = zip(*CALIBRATION, strict=True)
    return float(np.interp(np.log(false_alarms), np.log(rates), bounds))


class _Run:
    """A batch of series on its way through time."""

    def __init__(self, counts: Floats, offset: Floats | None, design: Floats, precision: Floats, bound: float) -> None:
        self._counts = counts
        self._regression = Regression(counts, offset, design, precision)
        self._levels = Levels(len(counts))
        self._evidence = Evidence(len(counts))
        self._bound = bound
        self._oldest = 0

    def start(self, first: int, longest: int) -> None:
        """Fit to what lies before `first`, and let the levels and the evidence see the last of it."""
        self._longest = longest
        self._regression.fit(self._low(first), first)
        for step in range(max(self._low(first), first - BURN_IN), first):
            base = self._regression.forecast(step)
            forecast = self._levels.forecast(base)
            if step >= first - len(SHARES):
                self._take(step, forecast)
            self._levels.learn(self._counts[:, step], base)

    def _low(self, step: int) -> int:
        return max(0, step - self._longest) if self._longest else 0

    def judge(self, step: int, found: dict[str, Floats], offset: int) -> None:
        """Judge column `step` and put what was found into place."""
        self._regression.fit(self._low(step), step)
        base = self._regression.forecast(step)
        forecast = self._levels.forecast(base)
        at = step - offset
        found["mean"][:, at], found["phi"][:, at] = forecast.mean, forecast.phi
        found["least"][:, at], found["strength"][:, at] = self._take(step, forecast)
        self._levels.learn(self._counts[:, step], base)

    def _take(self, step: int, forecast: Forecast) -> tuple[Floats, Floats]:
        """The smallest count of this step that alarms, and the strength of the count that came."""
        count = self._counts[:, step]
        judgement = self._evidence.judge(forecast, self._bound)
        least = judgement.smallest()
        ratios = judgement.ratios(np.nan_to_num(count))
        strength = np.where(np.isfinite(count), judgement.strength(ratios), np.nan)
        with np.errstate(invalid="ignore"):
            alarm = count >= least
        self._evidence.learn(ratios, np.isfinite(count), alarm)
        return least, strength


def _design(series: Series, settings: Ensemble) -> tuple[Floats, Floats]:
    steps = series.shape[1]
    if series.dates is None:
        return seasonal_design(np.arange(steps) / series.freq, None, settings.harmonics)
    days = series.dates.astype("datetime64[D]")
    extra = day_columns(days) if settings.holidays and series.freq > 60 else None
    return seasonal_design((days - EPOCH).astype(np.float64) / YEAR_OF_DAYS, extra, settings.harmonics)


def _offset(series: Series, settings: Ensemble) -> tuple[NDArray[np.bool_], Floats | None]:
    """Which points have a population above zero, and its log over the first of the series."""
    if not settings.population_offset:
        return np.ones(series.shape, dtype=np.bool_), None
    if series.population is None:
        return np.zeros(series.shape, dtype=np.bool_), None
    usable = np.isfinite(series.population) & (series.population > 0)
    logs = np.log(np.where(usable, series.population, 1.0))
    first = logs[np.arange(len(logs)), usable.argmax(1)][:, None]
    return usable, np.where(usable, logs - first, 0.0)


def _withhold(series: Series, usable: NDArray[np.bool_], columns: range, least: int, reason: NDArray[np.int8]) -> None:
    """Say where too many counts are missing, or the population is."""
    known = np.cumsum(np.isfinite(series.counts), axis=1)
    before = np.concatenate([np.zeros((len(known), 1), dtype=known.dtype), known[:, :-1]], axis=1)
    part = slice(columns.start, columns.stop)
    judged = reason == Reason.JUDGED
    reason[judged & (before[:, part] * 2 < least)] = Reason.HISTORY
    reason[judged & ~usable[:, part]] = Reason.POPULATION
