"""PDF with text: lines and tables page by page, without page numbers and running heads."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfparser import PDFSyntaxError
from pdfplumber.utils.exceptions import PdfminerException

from minkang.errors import Fault
from minkang.plans.reading.pieces import Piece, Row, Table, Writer

MOST_PAGES = 500
LEAST_CHARACTERS = 20  # A page with fewer, on the average, is a picture of a page.
BEGINS = re.compile(
    r"^(专栏|表\s*\d|——|第[一二三四五六七八九十百]+[章节]|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十]+[)）]|\d+[．.、](?!\d))"
)
ENDS = "。！？；：:"
NEAR = 1.5  # Lines of one paragraph are less than this many times their size apart.
FULL = 2.0  # A line that ends less than this many characters from the margin is full.
PAGE_NUMBER = re.compile(r"^[\s—\-–－·第页/共]*\d{1,4}[\s—\-–－·第页/共\d]*$")

logging.getLogger("pdfminer").setLevel(logging.ERROR)  # It warns of every odd colour of every page.


def read_pdf(path: Path) -> tuple[str, list[Piece]]:
    """The normalised text of a PDF and its pieces.

    Raises:
        Fault: `PLANS-006` encrypted, `PLANS-007` scanned (no text), `PLANS-008` too many pages, `PLANS-009` damaged.
    """
    try:
        with pdfplumber.open(path) as pdf:
            if len(pdf.pages) > MOST_PAGES:
                raise Fault("PLANS-008", where=path.name, pages=len(pdf.pages), most=MOST_PAGES)
            pages = [list(_parts(page)) for page in pdf.pages]
            count = len(pdf.pages)
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise Fault("PLANS-006", where=path.name) from error
    except PdfminerException as error:
        locked = any(
            isinstance(one, (PDFPasswordIncorrect, PDFEncryptionError)) for one in (*error.args, error.__cause__)
        )
        raise Fault("PLANS-006" if locked else "PLANS-009", where=path.name) from error
    except (PDFSyntaxError, ValueError, KeyError, TypeError) as error:
        raise Fault("PLANS-009", where=path.name) from error
    characters = sum(len(part) if isinstance(part, str) else 1 for page in pages for part in page)
    if characters < LEAST_CHARACTERS * max(count, 1):
        raise Fault("PLANS-007", where=path.name, pages=count)
    return _pieces(pages)


def _parts(page: Any) -> Iterator[str | list[list[str]]]:
    """The lines and tables of a page from top to bottom."""
    tables = page.find_tables()
    boxes = [table.bbox for table in tables]
    outside = page.filter(lambda item: not any(_within(item, box) for box in boxes)) if boxes else page
    found: list[tuple[float, str | list[list[str]]]] = list(_paragraphs(outside.extract_text_lines()))
    for table in tables:
        found.append((table.bbox[1], [["" if cell is None else cell for cell in row] for row in table.extract()]))
    for _, part in sorted(found, key=lambda one: one[0]):
        yield part


def _paragraphs(lines: list[dict[str, Any]]) -> Iterator[tuple[float, str]]:
    """Lines with those that go on joined: the one before is full, and this one begins at the margin, not indented."""
    if not lines:
        return
    left, right = min(line["x0"] for line in lines), max(line["x1"] for line in lines)
    text, top, full, bottom = "", 0.0, False, 0.0
    for line in lines:
        size = line["chars"][0]["size"]
        near = line["top"] - bottom < size * NEAR
        if full and near and line["x0"] < left + size and not BEGINS.match(line["text"]):
            text += line["text"]
        else:
            if text:
                yield top, text
            text, top = line["text"], line["top"]
        full = line["x1"] > right - FULL * size and line["text"][-1] not in ENDS
        bottom = line["bottom"]
    yield top, text


def _within(item: dict[str, Any], box: tuple[float, float, float, float]) -> bool:
    if "x0" not in item or "top" not in item:
        return False
    across, down = (item["x0"] + item["x1"]) / 2, (item["top"] + item["bottom"]) / 2
    return bool(box[0] <= across <= box[2] and box[1] <= down <= box[3])


def _pieces(pages: list[list[str | list[list[str]]]]) -> tuple[str, list[Piece]]:
    writer, pieces, frame = Writer(), [], 0
    heads = _running_heads(pages)
    for page in pages:
        for part in page:
            if isinstance(part, str):
                if PAGE_NUMBER.match(part) or part.strip() in heads:
                    continue
                text, start = writer.add(part)
                if text:
                    pieces.append(Piece(text, start))
            elif max(len(row) for row in part) == 1:
                frame += 1
                for line in (line for row in part for line in row[0].split("\n")):
                    text, start = writer.add(line)
                    pieces += [Piece(text, start, frame=frame)] if text else []
            else:
                rows: list[Row] = [tuple(writer.cell(cell) for cell in row) for row in part]
                pieces.append(Piece("", rows[0][0].start, table=Table(tuple(rows))))
    return writer.text, pieces


def _running_heads(pages: list[list[str | list[list[str]]]]) -> set[str]:
    """Lines that stand first or last on most pages."""
    edges = Counter(part.strip() for page in pages for part in (*page[:1], *page[1:][-1:]) if isinstance(part, str))
    return {text for text, count in edges.items() if count > max(2, len(pages) // 2)}
