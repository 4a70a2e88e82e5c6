"""The sample plan in other formats, made while tests run."""

from __future__ import annotations

import html
import importlib.util
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

from minkang.plans.reading.document import Document
from minkang.plans.reading.opening import read_document

ROOT = Path(__file__).parents[2]
SAMPLE = Path(str(files("minkang.plans").joinpath("samples/county.docx")))
Lines = list[str | list[list[str]]]


def sample() -> Document:
    """The sample plan that comes with the program."""
    return read_document(SAMPLE)


def lines(document: Document) -> Lines:
    """A document as lines of text and tables of texts, a box as a table of one cell."""
    found: Lines = []
    last = ""
    for block in document.blocks:
        if block.table is not None:
            found.append([[cell.text for cell in row] for row in block.table.rows])
        elif block.box:
            if block.kind == "box":
                found.append([[block.text]])
            else:
                box = found[-1]
                assert isinstance(box, list)
                box[0][0] += "\n" + block.text
        elif last and block.start == document_end(document, last) and block.kind == "paragraph":
            found[-1] = f"{found[-1]}。{block.text}"
        else:
            found.append(block.text)
        last = f"{block.start}-{block.end}" if block.kind == "task" else ""
    return found


def document_end(document: Document, place: str) -> int:
    """Where the text after a title of `place` (`start-end`) begins: behind its full stop."""
    end = int(place.split("-")[1])
    return end + 1 if document.text[end : end + 1] == "。" else end


def as_web(parts: Lines) -> str:
    """A web page; domains that go on below are merged cells."""
    body = []
    for part in parts:
        if isinstance(part, str):
            body.append(f"<p>{html.escape(part)}</p>")
        else:
            rows = "".join(f"<tr>{_cells(part, at)}</tr>" for at in range(len(part)))
            body.append(f"<table>{rows}</table>")
    menu = "<nav><a href='#'>首页</a> 一、政务公开</nav><script>var a='二、总体要求'</script>"
    return f"<!DOCTYPE html><html><head><meta charset='gb2312'></head><body>{menu}{''.join(body)}</body></html>"


def _cells(rows: list[list[str]], at: int) -> str:
    cells = []
    for column, text in enumerate(rows[at]):
        if column == 0 and not text and at:
            continue
        high = 1
        while column == 0 and len(rows[at]) > 1 and at + high < len(rows) and not rows[at + high][0]:
            high += 1
        inner = "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n"))
        cells.append(f"<td rowspan='{high}'>{inner}</td>" if high > 1 else f"<td>{inner}</td>")
    return "".join(cells)


def as_tabs(parts: Lines) -> str:
    """Plain text whose table is lines of cells parted by tabs; boxes are lines below their title."""
    return "\n\n".join(part if isinstance(part, str) else "\n".join("\t".join(row) for row in part) for part in parts)


def as_cells(parts: Lines) -> str:
    """Plain text whose table has one cell a line, as word processors write it."""
    return "\n".join(
        part
        if isinstance(part, str)
        else "\n" + "\n\n".join("\n".join(f"\t{text}" for text in row) for row in part) + "\n\n"
        for part in parts
    )


def write_pdf(path: Path, parts: Lines, *, widths: Sequence[float] = (60, 25, 160, 40, 60, 60, 50)) -> None:
    """A PDF with text (STSong-Light), its table ruled and running over pages, with page numbers and a running head."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    style = ParagraphStyle("text", fontName="STSong-Light", fontSize=10, leading=16, wordWrap="CJK")
    flow: list[object] = []
    for part in parts:
        if isinstance(part, str):
            flow += [Paragraph(html.escape(part), style), Spacer(1, 4)]
        else:
            rows = [[Paragraph(html.escape(text).replace("\n", "<br/>"), style) for text in row] for row in part]
            single = len(part[0]) == 1
            ruled = [("GRID", (0, 0), (-1, -1), 0.5, "black")]
            flow.append(Table(rows, [450] if single else list(widths), style=ruled, repeatRows=0 if single else 1))
    frame: Callable[[object, object], None] = _page
    SimpleDocTemplate(str(path), pagesize=A4).build(flow, onFirstPage=frame, onLaterPages=frame)


def _page(canvas: object, document: object) -> None:
    canvas.setFont("STSong-Light", 9)  # type: ignore[attr-defined]
    canvas.drawString(200, 810, "示例县卫生健康局文件")  # type: ignore[attr-defined]
    canvas.drawString(280, 20, f"— {document.page} —")  # type: ignore[attr-defined]


def writer_of_sample() -> Callable[[Path], None]:
    """`tools/write_sample_plan.py`'s function."""
    spec = importlib.util.spec_from_file_location("write_sample_plan", ROOT / "tools" / "write_sample_plan.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written: Callable[[Path], None] = module.write
    return written
