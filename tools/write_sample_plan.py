"""Write the sample plan that comes with the program: `python tools/write_sample_plan.py [FILE]`.

Its text is our own, in the form counties give their plans; the figures of its table are those a county published.
Sections carry Word's automatic numbers, domains are merged cells and boxes are tables of one cell, as in such plans.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

HERE = Path(__file__).parent / "sample_plan"
WANTED = HERE.parents[1] / "src" / "minkang" / "plans" / "samples" / "county.docx"
HEADER = ("领域", "序号", "主要指标", "单位", "2020年\n基期值", "2025年\n目标值", "指标\n性质")
NUMBERS = f"""<w:abstractNum {nsdecls("w")} w:abstractNumId="90"><w:multiLevelType w:val="multilevel"/>
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="（%2）"/></w:lvl>
</w:abstractNum>"""


def write(target: Path) -> None:
    """Write the sample to a file."""
    word = docx.Document()
    _number(word)
    box: list[str] = []
    for line in (HERE / "text.txt").read_text("utf-8").splitlines():
        mark, _, text = line.partition(" ")
        if mark == "[box]":
            box = [text]
        elif mark == "[end]":
            _box(word, box)
            box = []
        elif box:
            box.append(text)
        elif mark in ("#", "##"):
            _heading(word, text, len(mark) - 1)
        elif mark == "[table]":
            word.add_paragraph(text)
            _table(word)
        else:
            word.add_paragraph(text if mark in ("=", "~", "+") else line)
    target.parent.mkdir(parents=True, exist_ok=True)
    word.save(str(target))


def _number(word: Any) -> None:
    root = word.part.numbering_part.element
    root.insert(0, parse_xml(NUMBERS))
    root.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))


def _heading(word: Any, text: str, level: int) -> None:
    paragraph = word.add_paragraph(text)
    numbered = f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="90"/></w:numPr>'
    if text != "名词解释":
        paragraph._p.get_or_add_pPr().append(parse_xml(numbered))
    paragraph.runs[0].bold = True


def _box(word: Any, lines: list[str]) -> None:
    cell = word.add_table(rows=1, cols=1, style="Table Grid").cell(0, 0)
    cell.paragraphs[0].text = lines[0]
    for line in lines[1:]:
        cell.add_paragraph(line)


def _table(word: Any) -> None:
    with (HERE / "indicators.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    table = word.add_table(rows=len(rows) + 1, cols=len(HEADER), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, HEADER, strict=True):
        cell.text = text
    first = 0
    for at, row in enumerate(rows):
        cells = table.rows[at + 1].cells
        said = (str(at + 1), row["name"], row["unit"], row["baseline"], row["target"], row["nature"])
        for cell, text in zip(cells[1:], said, strict=True):
            cell.text = text
        if at + 1 == len(rows) or rows[at + 1]["domain"] != row["domain"]:
            table.cell(first + 1, 0).merge(table.cell(at + 1, 0)).text = row["domain"]
            first = at + 1
    assert table._tbl.find(f".//{qn('w:vMerge')}") is not None


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else WANTED)
