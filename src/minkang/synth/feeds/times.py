"""Days and minutes of the truth as the texts that feeds write."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from minkang.synth.arrays import NEVER, Ints

DAY = 1440


def minute_of(days: Ints, minute: Ints | int = 0) -> Ints:
    """Minutes since 1970-01-01 of days and minutes of the day."""
    return np.asarray(days * DAY + minute, dtype=np.int64)


@lru_cache(maxsize=100_000)
def day10(day: int) -> str:
    """`2020-05-17`; empty for a day that never comes."""
    return "" if abs(day) >= NEVER else str(np.datetime64(day, "D"))


@lru_cache(maxsize=100_000)
def day8(day: int) -> str:
    """`20200517`; empty for a day that never comes."""
    return day10(day).replace("-", "")


def clock(minute: int) -> str:
    """`2020-05-17 08:31:00` of minutes since 1970."""
    return f"{day10(minute // DAY)} {minute % DAY // 60:02d}:{minute % 60:02d}:00"


def stamp(minute: int) -> str:
    """`20200517083100` of minutes since 1970 (HL7 TS, CDA)."""
    return f"{day8(minute // DAY)}{minute % DAY // 60:02d}{minute % 60:02d}00"


def instant(minute: int) -> str:
    """`2020-05-17T08:31:00+08:00` of minutes since 1970 (FHIR)."""
    return f"{day10(minute // DAY)}T{minute % DAY // 60:02d}:{minute % 60:02d}:00+08:00"
