"""Detectors of outbreaks: pure functions over many series at once, without input or output."""

from minkang.surveillance.detect.registry import METHODS, Method, detect
from minkang.surveillance.detect.series import ALARM, QUIET, UNKNOWN, Reason, Series, Verdicts

__all__ = ["ALARM", "METHODS", "QUIET", "UNKNOWN", "Method", "Reason", "Series", "Verdicts", "detect"]
