"""A workbook of one sheet of text (Office Open XML, ECMA-376), written row by row.

By hand, because the same rows must give the same bytes and a county has millions of cells: the tables of 20,000 people
took 25 s of processor time with XlsxWriter's workbooks and take 6 s with these. What is written is the least that a
reader needs; tests read it by two libraries.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

DATED = (1980, 1, 1, 0, 0, 0)
ROWS_AT_ONCE = 500
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": (
        f'{HEAD}<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{KIND}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{HEAD}<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>"
    ),
    "xl/_rels/workbook.xml.rels": (
        f'{HEAD}<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def write_workbook(place: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write rows of text; an empty text is no cell."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in PARTS.items():
            archive.writestr(_entry(name), text)
        with archive.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>'.encode())
            waiting: list[str] = []
            for number, row in enumerate(rows, 1):
                waiting.append(_row(number, row))
                if len(waiting) == ROWS_AT_ONCE:
                    sheet.write("".join(waiting).encode())
                    waiting.clear()
            sheet.write(("".join(waiting) + "</sheetData></worksheet>").encode())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, DATED)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def _row(number: int, row: Sequence[str]) -> str:
    cells = "".join(
        [
            f'<c r="{letters}{number}" t="inlineStr"><is><t>{text if text.isalnum() else escape(text)}</t></is></c>'
            for letters, text in zip(LETTERS, row, strict=False)
            if text
        ]
    )
    return f'<row r="{number}">{cells}</row>'


def _letters(column: int) -> str:
    """A to Z, AA to ZZ: the name of a column, the first being 0."""
    return chr(65 + column) if column < 26 else chr(64 + column // 26) + chr(65 + column % 26)


LETTERS = [_letters(column) for column in range(26 * 27)]
