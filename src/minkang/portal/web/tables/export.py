"""A table as CSV or Excel: all rows that the filters leave, page after page, by the source's own rows."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from minkang.portal.web.tables.source import Column, Row, TableQuery, TableSource, Value

MOST_ROWS = 100_000
PAGE = 1000
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(kind: str, source: TableSource, columns: Sequence[Column], query: TableQuery) -> HttpResponseBase:
    """The answer that carries the file; `kind` is `csv` or `xlsx`. At most `MOST_ROWS` rows are written."""
    rows = all_rows(source, replace(query, after="", size=PAGE))
    answer: HttpResponseBase
    if kind == "csv":
        answer = StreamingHttpResponse(_csv(columns, rows), content_type="text/csv; charset=utf-8")
    else:
        answer = FileResponse(_excel(columns, rows), content_type=EXCEL)
    answer["Content-Disposition"] = f'attachment; filename="{source.name}.{kind}"'
    return answer


def all_rows(source: TableSource, query: TableQuery) -> Iterator[Row]:
    """The rows of all pages, to the limit."""
    seen = 0
    while seen < MOST_ROWS:
        found = source.rows(query)
        yield from found.rows[: MOST_ROWS - seen]
        seen += len(found.rows)
        more = str(seen) if len(found.rows) == query.size else ""
        following = found.next if source.paging == "keyset" else more
        if not following:
            return
        query = replace(query, after=following)


def _csv(columns: Sequence[Column], rows: Iterator[Row]) -> Iterator[bytes]:
    """UTF-8 with a mark at the start, without which Excel in a Chinese Windows reads it as GBK."""
    yield "\ufeff".encode()
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([column.title for column in columns])
    for number, row in enumerate(rows):
        writer.writerow([_harmless(_text(row.get(column.name))) for column in columns])
        if number % 500 == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _excel(columns: Sequence[Column], rows: Iterator[Row]) -> io.BufferedRandom:
    # Reading and writing workbooks takes a tenth of a second to import, and most pages never export.
    from openpyxl import Workbook  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    sheet.append([column.title for column in columns])
    for row in rows:
        sheet.append([_cell(row.get(column.name)) for column in columns])
    file = tempfile.TemporaryFile()  # noqa: SIM115  the answer closes it when it is sent
    book.save(file)
    file.seek(0)
    return file


def _cell(value: Value) -> object:
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None)
    return value if isinstance(value, int | float) or hasattr(value, "isoformat") else _harmless(_text(value))


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S}"
    return str(value)


def _harmless(text: str) -> str:
    """Text that a spreadsheet does not take for a formula (CWE-1236); a negative number stays one."""
    risky = text.startswith(_FORMULA) and not text.removeprefix("-").replace(".", "", 1).isdecimal()
    return f"'{text}" if risky else text
