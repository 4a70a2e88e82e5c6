"""Calendar meanings, said once: periods of statistics, epidemiological weeks, ages, the region's zone."""

from minkang.periods.ages import add_months, age_in_days, age_in_months, age_in_years, birthday
from minkang.periods.kinds import KINDS, Kind
from minkang.periods.spans import Period, parse_period, period_of, periods_between
from minkang.periods.weeks import EpiWeek, epi_week

__all__ = [
    "KINDS",
    "EpiWeek",
    "Kind",
    "Period",
    "add_months",
    "age_in_days",
    "age_in_months",
    "age_in_years",
    "birthday",
    "epi_week",
    "parse_period",
    "period_of",
    "periods_between",
]
