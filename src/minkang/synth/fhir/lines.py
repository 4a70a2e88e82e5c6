"""Lines of JSON made by whole columns: constants and text columns are joined in Arrow's compiled code.

A resource is written as a list of parts in the order of its canonical form (`resourceType` first, then R4 element
order), so that its line equals what `minkang.fhir.encode` would write. No text column may hold a character that JSON
escapes; the vocabularies and names of this package hold none, and a test decodes what is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from minkang.synth.arrays import Bools, Column, Floats, Ints, day
from minkang.synth.catalogue import texts

FIRST_DAY, LAST_DAY = day(1890), day(2040)
Text = Any  # a pyarrow string array; pyarrow has no types of its own
Part = Any  # a constant `str` or a Text

BATCH = 100_000


@cache
def _dates() -> Text:
    days = np.arange(FIRST_DAY, LAST_DAY).astype("datetime64[D]").astype(str)
    return pa.array(days.tolist(), pa.string())


@cache
def _times() -> Text:
    return pa.array([f"T{m // 60:02d}:{m % 60:02d}:00+08:00" for m in range(1440)], pa.string())


@cache
def _decimals(digits: int, low: int, high: int) -> Text:
    return pa.array([f"{number / 10**digits:.{digits}f}" for number in range(low, high + 1)], pa.string())


def dates(days: Ints) -> Text:
    """`2020-05-17`."""
    return _dates().take(pa.array(np.clip(days, FIRST_DAY, LAST_DAY - 1) - FIRST_DAY))


def times(minutes: Ints) -> Text:
    """`T08:31:00+08:00`, to follow a date."""
    return _times().take(pa.array(np.clip(minutes, 0, 1439)))


def integers(numbers: Ints) -> Text:
    """Plain digits."""
    return pc.cast(pa.array(numbers.astype(np.int64)), pa.string())


def decimals(values: Floats, digits: int) -> Text:
    """Numbers with a fixed count of digits after the point, written exactly."""
    scaled = np.round(values * 10**digits).astype(np.int64)
    if not len(scaled):
        return pa.array([], pa.string())
    low, high = int(scaled.min()), int(scaled.max())
    if high - low > 200_000:
        return pa.array([f"{number / 10**digits:.{digits}f}" for number in scaled.tolist()], pa.string())
    return _decimals(digits, low, high).take(pa.array(scaled - low))


def words(column: Column) -> Text:
    """A column of Python strings."""
    return pa.array(column, pa.string())


def word(vocabulary: str, column: str, rows: Ints) -> Text:
    """A column of a vocabulary for each row number (at least 0)."""
    return pa.array(texts(vocabulary, column), pa.string()).take(pa.array(np.maximum(rows, 0)))


def pick_text(choices: Sequence[str], rows: Ints) -> Text:
    """One of some constants for each row."""
    return pa.array(list(choices), pa.string()).take(pa.array(rows.astype(np.int64)))


def where(present: Bools, *parts: Part) -> Text:
    """The joined parts where `present`, nothing elsewhere; parts may hold anything where it is not."""
    return pc.if_else(pa.array(present), join(len(present), *parts), "")


def join(size: int, *parts: Part) -> Text:
    """Join constants and columns row by row."""
    if all(isinstance(part, str) for part in parts):
        return pa.repeat(pa.scalar("".join(parts)), size)
    return pc.binary_join_element_wise(*parts, "")


def gathered(text: Text, starts: Ints) -> Text:
    """Runs of rows joined by commas: one text a run, the runs beginning at `starts` (ascending, the first 0)."""
    offsets = pa.array(np.append(starts, len(text)).astype(np.int32))
    return pc.binary_join(pa.ListArray.from_arrays(offsets, text), ",")


def instant(days: Ints, minutes: Ints) -> Text:
    """Date and time with the zone of China."""
    return join(len(days), dates(days), times(minutes))


def write_lines(file: BinaryIO, size: int, *parts: Part) -> int:
    """Write one line a row and say how many.

    The text buffer of the joined column is written as it is, so no Python string is made for a line.
    """
    if not size:
        return 0
    column = join(size, *parts, "\n")
    for array in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        offsets = np.frombuffer(array.buffers()[1], dtype=np.int32)
        start, end = offsets[array.offset], offsets[array.offset + len(array)]
        file.write(memoryview(array.buffers()[2])[int(start) : int(end)])
    return size
