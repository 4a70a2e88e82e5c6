"""How well alarms found the outbreaks of a benchmark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Performance:
    """Figures over all series and judged weeks together; NaN where nothing was there to divide by.

    Attributes:
        series: how many.
        false_positive_rate: share of weeks with an alarm when the outbreak is left out.
        detected: share of outbreaks with at least one alarm between their first and last week (POD).
        detected_at_once: share with an alarm in their first week.
        sensitivity: share of outbreak weeks with an alarm.
        specificity: share of other weeks without one.
        predictive_value: share of alarms that lie in outbreak weeks.
        delay: mean weeks from start to first alarm, detected outbreaks only.
        delay_penalised: the same, an undetected outbreak counted with its whole duration.
    """

    series: int
    false_positive_rate: float
    detected: float
    detected_at_once: float
    sensitivity: float
    specificity: float
    predictive_value: float
    delay: float
    delay_penalised: float


def performance(clean_alarm: Bools, alarm: Bools, outbreak: Bools) -> Performance:
    """Judge alarms; all arrays are series × judged weeks.

    Args:
        clean_alarm: alarms on the series without their current outbreaks.
        alarm: alarms on the series as observed.
        outbreak: True from the first to the last week of each outbreak, which is one run of weeks in a row.
    """
    has = outbreak.any(axis=1)
    first = outbreak.argmax(axis=1)
    hit = alarm & outbreak
    found = hit.any(axis=1)
    wait = np.where(found, hit.argmax(axis=1) - first, outbreak.sum(axis=1))
    at_once = alarm[np.arange(len(alarm)), first] & has
    return Performance(
        series=len(alarm),
        false_positive_rate=_share(clean_alarm.sum(), clean_alarm.size),
        detected=_share(found.sum(), has.sum()),
        detected_at_once=_share(at_once.sum(), has.sum()),
        sensitivity=_share(hit.sum(), outbreak.sum()),
        specificity=_share((~alarm & ~outbreak).sum(), (~outbreak).sum()),
        predictive_value=_share(hit.sum(), alarm.sum()),
        delay=_share(wait[found].sum(), found.sum()),
        delay_penalised=_share(wait[has].sum(), has.sum()),
    )


def _share(part: np.integer | float, whole: np.integer | float) -> float:
    return float(part) / float(whole) if whole else float("nan")
