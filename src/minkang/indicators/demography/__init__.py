"""Demography: life tables, premature mortality, standardised rates. Pure: no database, no files but given streams."""

from minkang.indicators.demography.lifetable import AgeGroup, LifeRow, life_table
from minkang.indicators.demography.premature import CAUSES, premature_mortality
from minkang.indicators.demography.rates import Rate, poisson_interval, standardised_rate, wilson_interval
from minkang.indicators.demography.sullivan import HealthyRow, healthy_life

__all__ = [
    "CAUSES",
    "AgeGroup",
    "HealthyRow",
    "LifeRow",
    "Rate",
    "healthy_life",
    "life_table",
    "poisson_interval",
    "premature_mortality",
    "standardised_rate",
    "wilson_interval",
]
