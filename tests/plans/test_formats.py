"""The sample plan from Word, web page, PDF and both shapes of text: the same items; and what cannot be read."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import pytest
from pypdf import PdfReader, PdfWriter
from tests.plans.made import SAMPLE, as_cells, as_tabs, as_web, lines, sample, write_pdf, writer_of_sample

from minkang.errors import Fault
from minkang.plans.reading.document import Document
from minkang.plans.reading.opening import read_document
from minkang.plans.reading.plan import Reading, read_plan

PLACES = {"offset", "end", "id", "full_text", "dept_raw"}
Made = Callable[[Path], None]
FORMATS: dict[str, Made] = {
    "plan.html": lambda path: path.write_bytes(as_web(lines(sample())).encode("gb18030")) and None,
    "tabs.txt": lambda path: path.write_text(as_tabs(lines(sample())), "utf-8") and None,
    "cells.txt": lambda path: path.write_text(as_cells(lines(sample())), "gb18030") and None,
    "plan.pdf": lambda path: write_pdf(path, lines(sample())),
}


def items(reading: Reading, kind: str) -> list[dict[str, Any]]:
    """Items without their places, which differ from format to format."""
    left_out = PLACES | ({"text"} if kind == "projects" else set())
    return [{key: value for key, value in one.items() if key not in left_out} for one in reading.items[kind]]


@pytest.mark.parametrize("name", list(FORMATS))
def test_formats_agree(name: str, tmp_path: Path) -> None:
    """Indicators, tasks, projects and terms are those of the Word file; places point into the text of each."""
    FORMATS[name](tmp_path / name)
    word, other = read_plan(SAMPLE), read_plan(tmp_path / name)
    for kind in ("indicators", "tasks", "projects", "terms"):
        assert items(other, kind) == items(word, kind) != []
    assert len(other.items["commitments"]) == len(word.items["commitments"])
    for one in other.items["commitments"]:
        assert other.document.text[one["offset"] :].startswith(one["quote"])


def test_lines_of_a_pdf_become_paragraphs_and_headings(tmp_path: Path) -> None:
    """A heading and a paragraph that run over lines are whole again; a full line before a box does not swallow it."""
    heading = "（一）健全强大而有韧性的公共卫生体系，提高重大疫情和突发公共卫生事件的早期发现报告和处置能力与水平"
    parts = [heading if part == "（一）健全公共卫生体系" else part for part in lines(sample())]
    write_pdf(tmp_path / "plan.pdf", parts)
    document = read_document(tmp_path / "plan.pdf")
    assert heading in [block.text for block in document.blocks if block.kind == "heading"]
    assert paragraphs(document) >= paragraphs(sample())
    assert not any("文件" in block.text or block.text.startswith("—") for block in document.blocks)


def test_sample_is_what_its_tool_writes(tmp_path: Path) -> None:
    """The sample in the package says what the tool's text says now."""
    writer_of_sample()(tmp_path / "county.docx")
    assert read_document(tmp_path / "county.docx").text == sample().text


def test_sample_holds_what_plans_hold() -> None:
    """Automatic numbers, merged domains, boxes and departments of the Word file are all read."""
    found = read_plan(SAMPLE)
    counts = {kind: len(one) for kind, one in found.items.items() if kind not in ("commitments", "consistency")}
    assert counts == {"indicators": 35, "tasks": 7, "projects": 6, "terms": 2}
    assert (found.document.title, found.document.region) == ("示例县“十四五”卫生与健康规划", "示例县")
    assert (found.document.first_year, found.document.last_year) == (2021, 2025)
    assert found.items["tasks"][4]["partners"] == ["各乡镇人民政府（街道办事处）"]
    assert found.items["projects"][2]["investment_yuan"] == 320_000_000
    assert {one["domain"] for one in found.items["indicators"][5:14]} == {"健康促进疾病防控"}


def paragraphs(document: Document) -> set[str]:
    """Paragraphs without spaces, which a page does not keep."""
    return {block.text.replace(" ", "") for block in document.blocks if block.kind == "paragraph"}


def write_scan(path: Path) -> None:
    """Pages without any text."""
    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(595, 842)
    writer.write(path)


def write_locked_pdf(path: Path) -> None:
    """A PDF that asks for a password."""
    plain = path.with_suffix(".plain")
    write_pdf(plain, ["一、总体要求", "内容。" * 30])
    writer = PdfWriter(clone_from=PdfReader(plain))
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(path)


def write_locked_word(path: Path) -> None:
    """What Word writes when it encrypts: an OLE file that holds an EncryptedPackage."""
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(400)
    )


def write_headless(path: Path) -> None:
    """A plan whose table lost its header."""
    parts = lines(sample())
    path.write_text(as_cells([part if isinstance(part, str) or len(part) < 3 else part[1:] for part in parts]), "utf-8")


def write_letter(path: Path) -> None:
    """A Word document that is no plan."""
    word = docx.Document()
    word.add_paragraph("关于召开年度工作会议的通知")
    word.add_paragraph("各科室：定于下周三上午九点在三楼会议室召开年度工作会议，请准时参加。")
    word.save(str(path))


BAD: dict[str, tuple[str, Made]] = {
    "scan.pdf": ("PLANS-007", write_scan),
    "locked.pdf": ("PLANS-006", write_locked_pdf),
    "locked.docx": ("PLANS-006", write_locked_word),
    "broken.pdf": ("PLANS-009", lambda path: path.write_bytes(b"%PDF-1.7\nnothing") and None),
    "broken.docx": ("PLANS-005", lambda path: path.write_bytes(b"PK\x03\x04nothing") and None),
    "headless.txt": ("PLANS-020", write_headless),
    "letter.docx": ("PLANS-021", write_letter),
    "empty.txt": ("PLANS-004", lambda path: path.write_text(" \n\n") and None),
    "empty.html": ("PLANS-004", lambda path: path.write_text("<html><body></body></html>") and None),
    "plan.xlsx.rar": ("PLANS-002", lambda path: path.write_bytes(b"Rar!\x1a") and None),
    "bytes.txt": ("PLANS-001", lambda path: path.write_bytes(struct.pack("<8d", *range(8)) * 9) and None),
    "absent.txt": ("PLANS-001", lambda path: None),
}


@pytest.mark.parametrize("name", list(BAD))
def test_bad_input_is_refused_in_words(name: str, tmp_path: Path) -> None:
    """Each has a fault of its own that names the file and says in both languages what to do."""
    code, make = BAD[name]
    make(tmp_path / name)
    with pytest.raises(Fault) as refused:
        read_plan(tmp_path / name)
    assert refused.value.code == code
    for language in ("zh", "en"):
        assert len(refused.value.text(language)) > 5 < len(refused.value.advice(language))


def test_old_word_needs_an_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without LibreOffice an old Word file is refused with what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "plan.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    with pytest.raises(Fault) as refused:
        read_plan(tmp_path / "plan.doc")
    assert refused.value.code == "PLANS-010"


def test_old_word_goes_through_an_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the office program writes is read; here a program that copies the sample stands in for it."""
    program = tmp_path / "soffice"
    program.write_text(f'#!/bin/sh\nwhile [ "$1" != "--outdir" ]; do shift; done\n/bin/cp "{SAMPLE}" "$2/plan.docx"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}")
    (tmp_path / "plan.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))
    assert read_plan(tmp_path / "plan.doc").document.text == sample().text


def test_two_hundred_pages(tmp_path: Path) -> None:
    """A text of two hundred pages (160,000 characters) is read in seconds, and no part of it is lost."""
    parts = lines(sample())
    at = next(n for n, part in enumerate(parts) if isinstance(part, str) and part.startswith("四、"))
    more = [
        f"{number}. 第{number}项工作。{'持续推进相关工作，完善体制机制，' * 60}（牵头部门：县卫健局）"
        for number in range(8, 178)
    ]
    (tmp_path / "long.txt").write_text(as_cells([*parts[:at], *more, *parts[at:]]), "utf-8")
    began = time.process_time()
    found = read_plan(tmp_path / "long.txt")
    assert len(found.document.text) > 160_000
    assert len(found.items["tasks"]) == 177
    assert time.process_time() - began < 20


@pytest.mark.long
def test_two_hundred_pages_of_pdf(tmp_path: Path) -> None:
    """A PDF of two hundred pages is read whole."""
    parts = lines(sample())
    at = next(n for n, part in enumerate(parts) if isinstance(part, str) and part.startswith("四、"))
    more = [
        f"{number}. 第{number}项工作。{'持续推进相关工作，完善体制机制，' * 60}（牵头部门：县卫健局）"
        for number in range(8, 408)
    ]
    write_pdf(tmp_path / "long.pdf", [*parts[:at], *more, *parts[at:]])
    pages = len(PdfReader(tmp_path / "long.pdf").pages)
    assert pages >= 200
    assert len(read_plan(tmp_path / "long.pdf").items["tasks"]) == 407
