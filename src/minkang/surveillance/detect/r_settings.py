"""Settings and answers as R's package `surveillance` has them, so that results can be laid side by side.

A request is the settings R was called with: its `control`, or a document that holds it as `control`, beside
`function_`, `freq` and `epochAsDate`. Names and defaults are R's; what only concerns R's running is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minkang.errors import Fault
from minkang.surveillance.detect.series import Floats, Reason, Series, Verdicts

Control = Mapping[str, Any]
FAMILIES = {
    "farrington-flexible": "farrington-flexible", "farrington": "farrington",
    "ears-c1": "ears", "ears-c2": "ears", "ears-c3": "ears",
    "bayes-1": "bayes", "bayes-2": "bayes", "bayes-3": "bayes", "rki": "bayes", "rki-2": "bayes", "rki-3": "bayes",
    "cdc": "cdc", "cusum": "cusum", "glr-nb": "glr", "glr-pois": "glr", "outbreak-p": "outbreak-p",
}  # fmt: skip
CALM_RATE = 0.05


@dataclass(frozen=True)
class Request:
    """What R was asked, in our words.

    Attributes:
        method: ours.
        params: its settings.
        freq: steps a year, None when not said.
        dated: whether dates are the axis, None when not said.
        means: in-control means for the judged rows, empty when they are to be estimated or stand in the table.
    """

    method: str
    params: dict[str, Any]
    freq: int | None = None
    dated: bool | None = None
    means: list[float] = field(default_factory=list)


def read_request(method: str, document: Control) -> Request:
    """Translate R's settings for one of our methods.

    Raises:
        Fault: SURVEILLANCE-002 where the method has no counterpart in R or a setting cannot be read.
    """
    control: Control = document.get("control", document)
    family = FAMILIES.get(method)
    if family is None:
        raise Fault("SURVEILLANCE-002", where="params.r", method=method, reason="R ∅")
    try:
        params = TRANSLATIONS[family](control)
        params |= _rows(control)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise Fault("SURVEILLANCE-002", where="params.r", method=method, reason=repr(error)) from error
    if family == "ears":
        method = f"ears-{str(control.get('method', method[-2:])).lower()}"
    if "glrpois" in str(document.get("function_", "")) or method == "glr-pois":
        params["alpha"] = 0.0
    freq, dated = document.get("freq"), document.get("epochAsDate")
    means = control.get("mu0")
    return Request(
        method, params, None if freq is None else int(freq), dated,
        [float(mean) for mean in means] if isinstance(means, list) else [],
    )  # fmt: skip


def with_means(series: Series, request: Request) -> Series:
    """The series with the request's means in their rows."""
    if not request.means:
        return series
    known = np.full(series.shape, np.nan)
    columns = series.rows(request.params.get("rows"))
    part = known[:, columns.start : columns.stop]
    part[:] = np.resize(np.array(request.means), part.shape[1])
    return Series(series.counts, series.dates, series.freq, series.population, known, series.names)


def as_r(request: Request, found: Verdicts) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """Expected, threshold and alarm as R gives them; NaN and -1 are its NA.

    R's `farrington` shows its mean always and a threshold of 0 where there are too few cases; its flexible method
    shows an expected count of 0 where the fit failed.
    """
    expected, threshold = found.expected.copy(), found.threshold.copy()
    if request.method == "farrington":
        expected = found.details["mean"].copy()
        threshold[found.reason == Reason.FEW] = 0.0
    if request.method == "farrington-flexible":
        expected[found.reason == Reason.FIT] = 0.0
    if request.method == "cusum":
        lost = np.isnan(found.details["statistic"]) & np.isfinite(expected)
        threshold[lost] = 0.0
    return expected, threshold, found.alarm


def _rows(control: Control) -> dict[str, Any]:
    rows = control.get("range")
    if rows is None:
        return {}
    if isinstance(rows, list):
        return {"rows": (int(min(rows)), int(max(rows)))}
    return {"rows": (int(rows), int(rows))}


def _picked(control: Control, names: Mapping[str, str]) -> dict[str, Any]:
    """Settings that only change their name; null means the default."""
    return {ours: control[theirs] for theirs, ours in names.items() if control.get(theirs) is not None}


def _flexible(control: Control) -> dict[str, Any]:
    defaults = {
        "alpha": CALM_RATE, "seasons": 1, "trend_below": CALM_RATE,
        "past_excluded": int(control.get("w") or 3), "errors": "r",
    }  # fmt: skip
    method = control.get("thresholdMethod", "delta")
    names = {
        "b": "years", "w": "half_width", "noPeriods": "seasons", "pastWeeksNotIncluded": "past_excluded",
        "alpha": "alpha", "powertrans": "power", "reweight": "reweight", "weightsThreshold": "reweight_above",
        "trend": "trend", "pThresholdTrend": "trend_below", "limit54": "limit", "populationOffset": "population_offset",
    }  # fmt: skip
    return {**defaults, **_picked(control, names), "threshold": "nb-plugin" if method == "nbPlugin" else method}


def _original(control: Control) -> dict[str, Any]:
    names = {
        "b": "years", "w": "half_width", "alpha": "alpha", "powertrans": "power", "reweight": "reweight",
        "trend": "trend", "limit54": "limit",
    }  # fmt: skip
    return {"alpha": CALM_RATE, **_picked(control, names)}


def _ears(control: Control) -> dict[str, Any]:
    third = str(control.get("method", "")).upper() == "C3"
    found = {"alpha": 0.025 if third else 0.001}
    found |= _picked(control, {"baseline": "baseline", "minSigma": "least_deviation", "alpha": "alpha"})
    return {**found, "rule": "r"} if third else found


def _bayes(control: Control) -> dict[str, Any]:
    return _picked(control, {"b": "years", "w": "half_width", "actY": "this_year", "alpha": "alpha"})


def _cdc(control: Control) -> dict[str, Any]:
    return _picked(control, {"b": "years", "m": "neighbours", "alpha": "alpha"})


def _cusum(control: Control) -> dict[str, Any]:
    found: dict[str, Any] = {"transformation": "standard", "arithmetic": "r"}
    found |= _picked(control, {"k": "k", "h": "h", "trans": "transformation", "alpha": "alpha", "reset": "reset"})
    if control.get("m") == "glm":
        found["mean"] = "seasonal"
    elif control.get("m") is not None:
        raise ValueError(f"m = {control['m']}")
    return found


def _glr(control: Control) -> dict[str, Any]:
    found: dict[str, Any] = {"alpha": control.get("alpha", control.get("alpha_used", 0.0))}
    found |= _picked(control, {"c.ARL": "limit", "change": "change", "theta": "size", "Mtilde": "shortest"})
    if (longest := int(control.get("M", -1))) > 0:
        found["longest"] = longest
    found["bound"] = "count" if control.get("ret") == "cases" else "statistic"
    found["direction"] = "fall" if control.get("dir") == "dec" else "rise"
    means = control.get("mu0")
    if isinstance(means, Mapping):
        found |= {"harmonics": int(means.get("S", 1)), "trend": bool(means.get("trend", True))}
    else:
        found |= {"mean": "seasonal" if means is None else "known"}
    return found


def _onset(control: Control) -> dict[str, Any]:
    return _picked(control, {"k": "limit"})


TRANSLATIONS: dict[str, Callable[[Control], dict[str, Any]]] = {
    "farrington-flexible": _flexible,
    "farrington": _original,
    "ears": _ears,
    "bayes": _bayes,
    "cdc": _cdc,
    "cusum": _cusum,
    "glr": _glr,
    "outbreak-p": _onset,
}
