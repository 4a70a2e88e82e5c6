"""CSV files into the table `record`: heads found by the profile, every row prepared, ids checked."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as arrow_csv  # type: ignore[import-untyped]

from minkang.errors import Fault
from minkang.persons.preparing import NUMBERS, preparation, prepared_columns
from minkang.persons.profile import Profile

ROWS_A_PART = 50_000
PARALLEL_FROM = 200_000
_SNIFFED = 1 << 20


@dataclass(frozen=True)
class Source:
    """One input: a file, and the number that stands for it in the table."""

    path: Path
    number: int


@dataclass(frozen=True)
class Loaded:
    """What was read: records, whether an id stands in two inputs, and remarks."""

    records: int
    repeated: bool
    remarks: tuple[Fault, ...]


def load(
    connection: duckdb.DuckDBPyConnection,
    inputs: Sequence[Path],
    profile: Profile,
    divisions: dict[str, str],
    processes: int = 2,
) -> Loaded:
    """Fill `record(i, rid, input, sender, <prepared columns>)`, `i` counting from 0 by (rid, input).

    `rid` is the id as written.

    Raises:
        Fault: `PERSONS-005` for a file that cannot be read, `PERSONS-006` for one with no fitting column,
            `PERSONS-007` for ids that repeat within a file.
    """
    remarks: list[Fault] = []
    connection.execute(f"CREATE OR REPLACE TABLE raw ({', '.join(_declared(profile))})")
    for number, path in enumerate(inputs):
        table = _table(path, remarks)
        heads = _heads(table.column_names, profile, path)
        parts = _parts(table, heads, number)
        size = max(1, processes) if table.num_rows >= PARALLEL_FROM else 1
        for done in _prepared(parts, profile, divisions, size):
            connection.register("part", pa.Table.from_batches([done]))
            connection.execute("INSERT INTO raw SELECT * FROM part")
            connection.unregister("part")
    _refuse_repeats(connection, inputs)
    connection.execute(
        "CREATE OR REPLACE TABLE record AS SELECT row_number() OVER (ORDER BY rid, input) - 1 AS i, * FROM raw"
    )
    connection.execute("DROP TABLE raw")
    records, ids = connection.execute("SELECT count(*), count(DISTINCT rid) FROM record").fetchall()[0]
    return Loaded(int(records), records != ids, tuple(remarks))


def _declared(profile: Profile) -> Iterator[str]:
    yield "rid VARCHAR, input INTEGER, sender VARCHAR"
    for name in prepared_columns(profile):
        yield f'"{name}" {"INTEGER" if name in NUMBERS else "VARCHAR"}'


def _table(path: Path, remarks: list[Fault]) -> pa.Table:
    """The file as text columns; lines of another width are counted and left out."""
    bad = 0

    def skip(_row: object) -> str:
        nonlocal bad
        bad += 1
        return "skip"

    try:
        encoding = _encoding(path)
        head = _head(path, encoding)
        table = arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(encoding=encoding, column_names=head, skip_rows=1),
            parse_options=arrow_csv.ParseOptions(invalid_row_handler=skip, newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(head, pa.string())),
        )
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise Fault("PERSONS-005", str(path), reason=str(error)) from error
    if bad:
        remarks.append(Fault("PERSONS-014", str(path), count=bad))
    return table


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(_SNIFFED)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start, final=False)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def _head(path: Path, encoding: str) -> list[str]:
    """The column heads; ones that repeat or are empty get a number."""
    with path.open(encoding=encoding, newline="") as file:
        first = next(arrow_rows(file.readline()), [])
    seen: dict[str, int] = {}
    out = []
    for one in first:
        name = one.strip()
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return out


def arrow_rows(line: str) -> Iterator[list[str]]:
    """One line as its fields."""
    import csv  # noqa: PLC0415 - named so that `arrow_csv` and `csv` are not mistaken for each other above

    return csv.reader([line], skipinitialspace=True)


def _heads(found: Sequence[str], profile: Profile, path: Path) -> dict[str, str]:
    """Field to head. A field takes the first of its names that the file has; without an id column the first serves."""
    known = {name.lower(): name for name in found}
    heads = {
        field: next(known[name.lower()] for name in names if name.lower() in known)
        for field, names in profile.names.items()
        if any(name.lower() in known for name in names)
    }
    if not set(heads) - {"id", "sender"}:
        raise Fault("PERSONS-006", str(path), heads=", ".join(found))
    heads.setdefault("id", found[0])
    return heads


def _parts(table: pa.Table, heads: dict[str, str], number: int) -> Iterator[tuple[pa.Table, int]]:
    kept = table.select(list(dict.fromkeys(heads.values())))
    named = pa.table({field: kept.column(head) for field, head in heads.items()})
    for start in range(0, max(1, named.num_rows), ROWS_A_PART):
        yield named.slice(start, ROWS_A_PART).combine_chunks(), number


def _prepared(
    parts: Iterator[tuple[pa.Table, int]], profile: Profile, divisions: dict[str, str], processes: int
) -> Iterator[pa.RecordBatch]:
    if processes == 1:
        for part, number in parts:
            yield prepare_part(part, number, profile, divisions)
        return
    listed = list(parts)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        tables, numbers = zip(*listed, strict=True)
        yield from pool.map(prepare_part, tables, numbers, repeat(profile), repeat(divisions))


def prepare_part(part: pa.Table, number: int, profile: Profile, divisions: dict[str, str]) -> pa.RecordBatch:
    """Some rows prepared, as the columns of `raw`."""
    prepare = preparation(profile, divisions)
    names = prepared_columns(profile)
    fields = part.column_names
    rows = [
        prepare(dict(zip(fields, row, strict=True)))
        for row in zip(*(part.column(field).to_pylist() for field in fields), strict=True)
    ]
    size = part.num_rows
    sender = part.column("sender") if "sender" in fields else pa.nulls(size, pa.string())
    columns = [_flat(part.column("id")), pa.array([number] * size, pa.int32()), _flat(sender)]
    for name in names:
        columns.append(pa.array([row[name] for row in rows], pa.int32() if name in NUMBERS else pa.string()))
    return pa.RecordBatch.from_arrays(columns, names=["rid", "input", "sender", *names])


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _refuse_repeats(connection: duckdb.DuckDBPyConnection, inputs: Sequence[Path]) -> None:
    connection.execute("UPDATE raw SET rid = trim(rid)")
    found = connection.execute(
        "SELECT input, count(*), min(rid) FROM (SELECT input, rid FROM raw GROUP BY ALL HAVING count(*) > 1) GROUP BY 1"
    ).fetchall()
    if found:
        number, count, example = found[0]
        raise Fault("PERSONS-007", str(inputs[number]), count=count, example=example)
