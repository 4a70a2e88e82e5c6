"""The truth as Parquet: one file a table, one row group a chunk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from minkang.synth.county import County
from minkang.synth.figures import Figures
from minkang.synth.schema import TABLES
from minkang.synth.townships import WHOLE, Townships
from minkang.synth.truth import Truth


def write_truth(truth: Truth | Iterable[Truth], folder: Path | str) -> dict[str, int]:
    """Write one Parquet file a table, one row group a chunk; county tables (institutions, staff, places)
    and `figures` (what each indicator really is, by year and township) beside them.

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
    figures: Townships | None = None
    try:
        for part in [truth] if isinstance(truth, Truth) else truth:
            county = part.county
            figures = figures or Townships(county.years)
            figures.count(part)
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
        for name, table in (county_tables(county) | {"figures": figures_table(figures)}).items():
            pq.write_table(table, place / f"{name}.parquet", compression="zstd")
            counts[name] = table.num_rows
    return counts


def write_tables(part: Truth, folder: Path) -> dict[str, int]:
    """Write the tables of one chunk alone; rows by table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        pq.write_table(part.arrow(name), folder / f"{name}.parquet", compression="zstd")
    return {name: part.count(name) for name in TABLES}


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


def figures_table(townships: Townships) -> pa.Table:
    """Township (empty: the county), indicator, year, numerator, denominator and value in its usual unit.

    Year 0 is all years together; it is given for what only they can tell (life expectancy, premature mortality).
    """
    rows: list[tuple[str, str, int, float | None, float | None, float]] = []
    for township in sorted(townships.figures):
        rows += _figures(township, townships.figures[township])
    names = ("township", "indicator", "year", "numerator", "denominator", "value")
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)})


def _figures(township: str, figures: Figures) -> list[tuple[str, str, int, float | None, float | None, float]]:
    rows: list[tuple[str, str, int, float | None, float | None, float]] = []
    for name, table in figures.counts.items():
        for year, (top, bottom) in enumerate(table.tolist(), figures.years[0]):
            rows.append((township, name, year, top, bottom, figures.value(name, year)))
    if township == WHOLE:
        rows.append((township, "life_expectancy", 0, None, None, figures.life_expectancy()))
        rows.append((township, "premature_mortality", 0, None, None, figures.premature_mortality()))
    return rows
