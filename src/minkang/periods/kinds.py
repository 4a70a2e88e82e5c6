"""The kinds of period that figures are made for."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal["day", "week", "month", "quarter", "year", "mch-year"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""`mch-year` is the statistical year of maternal and child health: 1 October of the year before to 30 September."""
