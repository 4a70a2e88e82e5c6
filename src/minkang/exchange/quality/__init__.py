"""How good the data of each sender are: rules as data, kept up to date from records and ledger, down to the record."""

from minkang.exchange.quality.figures import Figure, Finding, Quality, Trend
from minkang.exchange.quality.refreshing import Refreshed, refresh
from minkang.exchange.quality.rules import DIMENSIONS, Dataset, Rule, Rules, rules

__all__ = [
    "DIMENSIONS",
    "Dataset",
    "Figure",
    "Finding",
    "Quality",
    "Refreshed",
    "Rule",
    "Rules",
    "Trend",
    "refresh",
    "rules",
]
