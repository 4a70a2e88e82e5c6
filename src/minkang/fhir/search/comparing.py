"""How ordered values compare under a prefix (R4 search, "Prefixes"): ranges with ranges.

The search value and the resource's value are both ranges. `eq` holds where the searched range contains the whole of the
resource's; `gt` where the resource's reaches above the searched; `sa` where it lies above altogether; `ap` where they
overlap.
"""

from __future__ import annotations

from minkang.fhir.search.keys import Dates, Number
from minkang.fhir.search.query import DateValue, NumberValue


def dates_match(value: DateValue, key: Dates) -> bool:  # noqa: PLR0911 - one return a prefix
    """Both are [low, high); for `ap` the value has been widened."""
    contained = value.low <= key.low and key.high <= value.high
    match value.prefix:
        case "eq":
            return contained
        case "ne":
            return not contained
        case "gt":
            return key.high > value.high
        case "lt":
            return key.low < value.low
        case "ge":
            return key.high > value.high or contained
        case "le":
            return key.low < value.low or contained
        case "sa":
            return key.low >= value.high
        case "eb":
            return key.high <= value.low
        case "ap":
            return key.low < value.high and key.high > value.low


def numbers_match(value: NumberValue, key: Number) -> bool:  # noqa: PLR0911 - one return a prefix
    """The resource's value is a point or the closed range key.low … key.high.

    Its own precision does not matter. `eq`, `ne` and `ap` use the range that the searched digits imply; the others take
    the searched number as exact.
    """
    contained = value.low <= key.low and (key.high < value.high)
    match value.prefix:
        case "eq":
            return contained
        case "ne":
            return not contained
        case "gt":
            return key.high > value.value
        case "lt":
            return key.low < value.value
        case "ge":
            return key.high >= value.value
        case "le":
            return key.low <= value.value
        case "sa":
            return key.low > value.value
        case "eb":
            return key.high < value.value
        case "ap":
            return key.low <= value.high and key.high >= value.low


def units_match(value: NumberValue, key: Number) -> bool:
    """Whether the unit is the one asked for; a unit without system is its code or what people read."""
    return value.code in {None, key.code} and value.system in {None, key.system}
