"""The truth as Parquet: one file a table, one row group a chunk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from minkang.synth.county import County
from minkang.synth.figures import Figures, count
from minkang.synth.schema import TABLES
from minkang.synth.truth import Truth


def write_truth(truth: Truth | Iterable[Truth], folder: Path | str) -> dict[str, int]:
    """Write one Parquet file a table, one row group a chunk; county tables (institutions, staff, places)
    and `figures` (what each indicator really is, by year) beside them.

    Args:
        truth: a whole county, or its chunks one after another (memory stays that of one chunk).

    Returns:
        rows by table.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    writers: dict[str, pq.ParquetWriter] = {}
    counts = dict.fromkeys(TABLES, 0)
    county: County | None = None
    figures: Figures | None = None
    try:
        for part in [truth] if isinstance(truth, Truth) else truth:
            county = part.county
            figures = figures or Figures(county.years)
            count(part, figures)
            for name in TABLES:
                table = part.arrow(name)
                if name not in writers:
                    writers[name] = pq.ParquetWriter(place / f"{name}.parquet", table.schema, compression="zstd")
                writers[name].write_table(table)
                counts[name] += table.num_rows
    finally:
        for writer in writers.values():
            writer.close()
    if county is not None and figures is not None:
        for name, table in (county_tables(county) | {"figures": _figures(figures)}).items():
            pq.write_table(table, place / f"{name}.parquet", compression="zstd")
            counts[name] = table.num_rows
    return counts


def county_tables(county: County) -> dict[str, pa.Table]:
    """Institutions, staff and places with the positions that the other tables use."""
    institutions = [vars(one) | {"position": number} for number, one in enumerate(county.institutions)]
    staff = {name: pa.array(column) for name, column in county.staff.items()}
    places = [
        {
            "position": number,
            "code": code,
            "name": county.region.divisions[code],
            "residents": int(county.sizes[number]),
        }
        for number, code in enumerate(county.places)
    ]
    return {
        "institutions": pa.Table.from_pylist(institutions),
        "staff": pa.table(staff),
        "places": pa.Table.from_pylist(places),
    }


def _figures(figures: Figures) -> pa.Table:
    """Indicator, year, numerator, denominator and value in its usual unit; year 0 is all years together."""
    rows = []
    for name, table in figures.counts.items():
        for year, (top, bottom) in enumerate(table.tolist(), figures.years[0]):
            rows.append((name, year, top, bottom, figures.value(name, year)))
    rows.append(("life_expectancy", 0, None, None, figures.life_expectancy()))
    rows.append(("premature_mortality", 0, None, None, figures.premature_mortality()))
    names = ("indicator", "year", "numerator", "denominator", "value")
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})
