"""The detectors by name, and the one door to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from minkang.errors import Fault
from minkang.surveillance.detect.cusum import Cusum, cusum
from minkang.surveillance.detect.ears import Ears, EarsC3, ears_c1, ears_c2, ears_c3
from minkang.surveillance.detect.ensemble import Ensemble, ensemble
from minkang.surveillance.detect.farrington import Farrington, farrington
from minkang.surveillance.detect.farrington_flexible import FarringtonFlexible, farrington_flexible
from minkang.surveillance.detect.glr import Glr, GlrPoisson, glr
from minkang.surveillance.detect.percentile import MovingPercentile, moving_percentile
from minkang.surveillance.detect.reference_values import (
    CdcSums,
    Reference2,
    Reference3,
    ReferenceValues,
    bayes,
    cdc_sums,
    rki,
)
from minkang.surveillance.detect.series import Series, Verdicts
from minkang.surveillance.detect.simple_charts import Ewma, Fixed, Onset, ewma, fixed, onset


@dataclass(frozen=True)
class Method:
    """A detector.

    Attributes:
        settings: a frozen struct of its settings with their defaults; unknown names are refused.
        judge: the pure function that does the work.
    """

    settings: type[msgspec.Struct]
    judge: Callable[[Series, Any], Verdicts]


METHODS: dict[str, Method] = {
    "bayes-1": Method(ReferenceValues, bayes),
    "bayes-2": Method(Reference2, bayes),
    "bayes-3": Method(Reference3, bayes),
    "cdc": Method(CdcSums, cdc_sums),
    "fixed": Method(Fixed, fixed),
    "glr-nb": Method(Glr, glr),
    "glr-pois": Method(GlrPoisson, glr),
    "moving-percentile": Method(MovingPercentile, moving_percentile),
    "outbreak-p": Method(Onset, onset),
    "rki": Method(ReferenceValues, rki),
    "rki-2": Method(Reference2, rki),
    "rki-3": Method(Reference3, rki),
    "cusum": Method(Cusum, cusum),
    "ears-c1": Method(Ears, ears_c1),
    "ears-c2": Method(Ears, ears_c2),
    "ears-c3": Method(EarsC3, ears_c3),
    "ensemble": Method(Ensemble, ensemble),
    "ewma": Method(Ewma, ewma),
    "farrington": Method(Farrington, farrington),
    "farrington-flexible": Method(FarringtonFlexible, farrington_flexible),
}


def detect(method: str, series: Series, params: Mapping[str, Any] | None = None) -> Verdicts:
    """Judge all `series` by one method.

    Args:
        method: a name of `METHODS`.
        series: the counts; every series of the batch shares the axis of time.
        params: settings by name; what is not named has its default.

    Raises:
        Fault: SURVEILLANCE-001 for an unknown method, SURVEILLANCE-002 for a setting that is unknown or out of range.
    """
    found = METHODS.get(method)
    if found is None:
        raise Fault("SURVEILLANCE-001", where="method", method=method, known=", ".join(sorted(METHODS)))
    try:
        settings = msgspec.convert(dict(params or {}), found.settings)
    except msgspec.ValidationError as error:
        raise Fault("SURVEILLANCE-002", where="params", method=method, reason=str(error)) from error
    return found.judge(series, settings)
