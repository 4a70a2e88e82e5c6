"""Join what the chunks gave: files one behind another, row groups one behind another."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from minkang.synth.county import County
from minkang.synth.feeds.merge import Written
from minkang.synth.making.parts import FIGURES
from minkang.synth.parquet import county_tables, figures_table
from minkang.synth.schema import TABLES
from minkang.synth.townships import Townships


def join_fhir(parts: Sequence[Path], folder: Path) -> None:
    """Each type's file: the parts' in order of chunk."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted({place.name for part in parts for place in part.glob("*.ndjson")}):
        pieces = [part / name for part in parts if (part / name).exists()]
        if len(pieces) == 1:
            pieces[0].rename(folder / name)
            continue
        with (folder / name).open("wb") as whole:
            for piece in pieces:
                with piece.open("rb") as file:
                    shutil.copyfileobj(file, whole, 1 << 20)
                piece.unlink()


def join_truth(parts: Sequence[Path], folder: Path, county: County) -> None:
    """Each table with a row group a chunk; the tables of the county, and the figures, beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        join_tables([part / f"{name}.parquet" for part in parts], folder / f"{name}.parquet")
    figures = Townships(county.years)
    for part in parts:
        figures.add(pickle.loads((part / FIGURES).read_bytes()))
    for name, table in (county_tables(county) | {"figures": figures_table(figures)}).items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def join_tables(places: Sequence[Path], place: Path) -> None:
    """One Parquet file of several with the same columns; only one of them is in memory at a time."""
    if len(places) == 1:
        places[0].rename(place)
        return
    writer: Any = None
    try:
        for piece in places:
            table = pq.read_table(piece)
            writer = writer or pq.ParquetWriter(place, table.schema, compression="zstd")
            writer.write_table(table)
            piece.unlink()
    finally:
        if writer:
            writer.close()


def join_carried(stems: Sequence[Path], folder: Path) -> None:
    """`carried.parquet`: what each message carried, all chunks and feeds."""
    join_tables([stem.with_suffix(".carried.parquet") for stem in stems], folder / "carried.parquet")


def join_identities(stems: Sequence[Sequence[Path]], folder: Path) -> None:
    """`identities.parquet`: every registration once; `stems` by chunk, since feeds of a chunk share senders."""
    writer: Any = None
    try:
        for chunk in stems:
            pieces = [pq.read_table(stem.with_suffix(".identities.parquet")) for stem in chunk]
            table = pa.concat_tables(pieces).unify_dictionaries()
            _, first = np.unique(table.column("code").to_numpy(), return_index=True)
            table = table.take(pa.array(first)).drop_columns(["code"])
            writer = writer or pq.ParquetWriter(folder / "identities.parquet", table.schema, compression="zstd")
            writer.write_table(table)
    finally:
        if writer:
            writer.close()


def write_files(written: Sequence[Written], folder: Path) -> None:
    """`files.parquet`: every file of the feeds."""
    columns = {name: [row[place] for row in written] for place, name in enumerate(Written._fields)}
    pq.write_table(pa.table(columns), folder / "files.parquet", compression="zstd")
