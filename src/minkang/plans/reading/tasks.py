"""The tasks of a plan: numbered ones, and sections of the task chapters that have no numbered ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from minkang.plans.reading.departments import department_brackets, read_departments
from minkang.plans.reading.document import Block, Document
from minkang.plans.reading.gaps import MISSING
from minkang.plans.reading.headings import heading_of
from minkang.plans.reading.indicators import NORM

NUMBER = re.compile(r"^[(（]?(?:第\s*)?[〇零一二三四五六七八九十百\d]+\s*(?:[章节篇编]|[)）]|[、，．.])\s*[、.．]?\s*")
SAFEGUARDS = re.compile(r"保障|组织(实施|领导)|规划实施|实施机制|监测评估|附[件录表]|名词|术语")
GENERAL = re.compile(r"背景|基础|形势|环境|现状|回顾|成[就效绩]|总体|指导思想|基本原则|目标|前言|序言|编制")
EACH = re.compile(r"分别负责[）)]$")
TASKS = re.compile(r"任务|重点工作|重点工程|重大工程|主要举措|主要措施|重点举措")


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        no: its number as printed, without marks; of a section without numbered tasks, the section's (`（五）`).
        section: the headings above it, joined by `/`.
        title: without number.
        lead, partners: departments.
        dept_raw: the brackets that name them, as printed; None: none are named.
        remarks: what is peculiar about its print.
        offset, end: its text in the document.
    """

    no: str
    section: str
    title: str
    lead: tuple[str, ...]
    partners: tuple[str, ...]
    dept_raw: str | None
    remarks: tuple[str, ...]
    offset: int
    end: int

    def as_dict(self) -> dict[str, Any]:
        """The fields and conventions of `docs/reference/plan-import.md`."""
        line: dict[str, Any] = {
            "no": self.no,
            "section": self.section,
            "title": self.title,
            "lead": list(self.lead),
            "partners": list(self.partners),
            "dept_raw": self.dept_raw,
        }
        if self.remarks:
            line["remark"] = "; ".join(self.remarks)
        return line | {"offset": self.offset, "end": self.end, "norm": NORM}


def read_tasks(document: Document) -> list[Task]:
    """All tasks of the chapters that hold them, in order."""
    chapters = _chapters(document)
    blocks = [block for block in document.blocks if block.section.split("/")[0] in chapters]
    return [_task(document, group) for group in _groups(blocks)]


def _chapters(document: Document) -> set[str]:
    """The chapters of tasks: those called so, or else all that are neither general parts nor safeguards."""
    titles = [block.text for block in document.blocks if block.kind == "heading" and block.level == 1]
    named = {title for title in titles if TASKS.search(title) and not title.endswith(("保障", "保障措施"))}
    return named or {title for title in titles if not SAFEGUARDS.search(title) and not GENERAL.search(title)}


def _groups(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """The blocks of each task, its title first; boxes are no part of it."""
    numbered = {block.section for block in blocks if block.kind == "task"}
    parents = {"/".join(section.split("/")[:-1]) for section in {block.section for block in blocks} if "/" in section}
    group: list[Block] = []
    for block in blocks:
        own = block.kind == "heading" and block.section not in numbered and block.section not in parents
        if block.kind in ("task", "heading"):
            if group:
                yield group
            group = [block] if block.kind == "task" or own else []
        elif group and not block.box and block.table is None:
            group.append(block)
    if group:
        yield group


def _task(document: Document, group: Sequence[Block]) -> Task:
    first = group[0]
    heading = heading_of(first.text)
    title = NUMBER.sub("", first.text, count=1).strip() if heading else first.text
    brackets = [bracket for block in group for bracket in department_brackets(block.text)]
    lead: list[str] = []
    partners: list[str] = []
    for bracket in brackets:
        for names, found in zip((lead, partners), read_departments(bracket), strict=True):
            names += [name for name in found if name not in names]
    section = first.section if first.kind == "task" else "/".join(first.section.split("/")[:-1])
    return Task(
        no=first.task if first.kind == "task" else _label(first.text),
        section=section,
        title=title,
        lead=tuple(lead),
        partners=tuple(name for name in partners if name not in lead),
        dept_raw="".join(brackets) or None,
        remarks=tuple(_remarks(document, first, brackets)),
        offset=first.start,
        end=group[-1].end,
    )


def _remarks(document: Document, first: Block, brackets: Sequence[str]) -> Iterator[str]:
    if MISSING in first.section:
        yield "section heading missing in print"
        gap = next(gap for gap in document.gaps if first.section.endswith(f"{gap.section}/{gap.label}{MISSING}"))
        before = document.block_at(gap.start - 1)
        if before is not None and before.box:
            yield "the item follows the box of the previous section"
    if document.text[first.end : first.end + 1] == "，":
        yield "no separate title printed; title = first clause"
    if any(EACH.search(bracket) for bracket in brackets):
        yield "printed as 分别负责 (each responsible), no lead/partner split"


def _label(text: str) -> str:
    match = NUMBER.match(text)
    return match[0].strip() if match else ""
