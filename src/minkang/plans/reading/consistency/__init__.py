"""The consistency report of a plan: misprints, conflicts, targets that ask nothing, numbers that cannot be."""

from minkang.plans.reading.consistency.finding import Finding, Place, Severity, kinds
from minkang.plans.reading.consistency.report import check

__all__ = ["Finding", "Place", "Severity", "check", "kinds"]
