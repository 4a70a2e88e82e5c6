"""The detectors by name, and the one door to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from minkang.errors import Fault
from minkang.surveillance.detect.farrington_flexible import FarringtonFlexible, farrington_flexible
from minkang.surveillance.detect.series import Series, Verdicts


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
