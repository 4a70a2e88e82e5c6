"""The projects of a plan: the items of its boxes, buildings named within them, and those named in tasks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from minkang.plans.reading.amounts import amounts
from minkang.plans.reading.columns import read_header
from minkang.plans.reading.document import Block, Document
from minkang.plans.reading.indicators import NORM
from minkang.plans.reading.tasks import Task

QUOTED = 80  # Characters of the document that `text` shows from the place of the project on.
LONGEST_TITLE = 45
SHORTEST_NAME = 4
NUMBER = re.compile(
    r"^\s*[*＊●•◆■]?\s*(?:[(（]?\d{1,2}\s*[)）．.、]?|[(（][一二三四五六七八九十]+[)）])\s*(?=[^\d\s年月—\-–.%％个项])"
)
FOOTNOTE = re.compile(r"^[（(]?\s*[*＊]?\s*[（(]?(\*|＊|注|备注|说明)")
PLANNED = re.compile(r"^\s*[*＊]")
TITLE = re.compile(rf"^(.{{2,{LONGEST_TITLE}}}?)\s*[：:]\s*(?=\S)|^(.{{2,{LONGEST_TITLE}}}?)。\s*(?=\S)")
# A list of named buildings before 项目: 加快A建设项目、B新院区、C等医疗卫生领域重点项目建设.
VERBS = (
    r"加快推进|加快建设|加快|持续推进|积极推进|全面推进|大力推进|推进|推动|实施|完成|谋划建设|谋划|规划建设|启动|支持|做好|"
    r"依托|重点推进|抓好|争取|开展|确保|通过"
)
LIST_OF_PROJECTS = re.compile(
    rf"(?:^|[，。；：:*＊])(?:{VERBS})?(?P<list>[^，。；：:]{{4,160}}?)(?:等(?P<kind>[^，。；：、]{{0,16}}?)(?:建设)?项目(?:建设)?)(?=[，。；]|$)"
)
SINGLE = re.compile(
    rf"(?:^|[，。；：:*＊])(?:{VERBS})?(?P<list>[^，。；：:*＊]{{4,80}}?(?:建设项目|(?:改扩建|迁建|扩建|改造|新建|搬迁)(?:项目|工程)))(?=[，。；]|$)"
)
BUILT = re.compile(
    r"(?:^|[，。；：:、])(?:谋划|规划|支持|加快|推进|启动|完成)?(?:新建|扩建|改扩建|改（扩）建|整体迁建|迁建|选址新建|谋划建设|建设|建立)(?P<list>[^，。；：:]{4,120})(?=[，。；]|$)"
)
# In boxes a bare list of buildings is one of projects: 推动A东院区、B综合楼项目建设; 支持C新院区建设; 推进D投入使用.
LISTED = re.compile(
    rf"(?:^|[，。；：:])(?:{VERBS})(?P<list>[^，。；：:]{{4,160}}?)(?:项目)?(?:等)?(?:重点)?(?:项目)?(?:建设|(?:建成)?投入使用|落地实施)(?=[，。；]|$)"
)
BUILDING = re.compile(
    r"(医院|卫生院|院区|新院|医养中心|养老中心|康复中心|疾控中心|控制中心|服务中心|急救中心|保健院|综合楼|门诊楼|住院楼|感染楼|业务楼|楼|用房|"
    r"产业园|科技园|园区|公馆|小镇|康养|旅居|学院|皮防所|医疗中心|医学中心|公寓|方舱[^、]*)"
    r"(（[^（）]*）)?[^、，]{0,16}?$|(建设|迁建|扩建|改造)(项目|工程)$|(改扩建|迁建)$"
)
COUNTED = re.compile(
    r"^\d|^(或|由|的|各|所有|全部|一批|若干|县级|市级|省级|二级|三级|政府办|乡镇卫生院|社区)|标准化|达到|纳入|能力|体系|机制|[学流]派|一批|智慧|互联网|哨点|“|基地|专科医院$|^(我|其|该|每|参与|指导|综合性|专业化|功能|健全|上下级|分院区|活力|高端|特色|新型)|布局$|之城$|负总?责"
)
LINKS = re.compile(r"、|(?<=[区楼院心园所])和(?=\S)")
MADE = re.compile(rf"^(?:{VERBS}|新建|扩建|改扩建|迁建|建设)+")


@dataclass(frozen=True)
class Project:
    """One project.

    Attributes:
        box: the title of its box, or `任务6`, the task whose text names it.
        title: its name.
        level: `item` of a box, or `sub`: a building named within an item or a task.
        kind: `box` or `text`.
        parent: the item that names it, of a sub-project in a box.
        offset: where its text begins in the document.
        full: the whole text of the item, or the clause that names a sub-project.
        planned: whether an asterisk marks it as only intended (拟建).
    """

    box: str
    title: str
    level: Literal["item", "sub"]
    kind: Literal["box", "text"]
    parent: str
    offset: int
    full: str
    planned: bool

    def as_dict(self, document: Document, number: int, slug: str) -> dict[str, Any]:
        """The fields and conventions of `docs/reference/plan-import.md`."""
        # The text of an item ends with it; of a name within a text, the document simply goes on.
        text = self.full[:QUOTED] if self.level == "item" else document.text[self.offset : self.offset + QUOTED]
        line: dict[str, Any] = {"id": f"{slug}-p{number:03}", "box": self.box, "title": self.title, "text": text}
        line |= {"level": self.level, "kind": self.kind}
        if self.parent:
            line["parent"] = self.parent
        if self.planned and self.level == "sub":
            line["remark"] = "marked * 拟建设项目"
        return line | amounts(self.full) | {"full_text": self.full, "offset": self.offset, "norm": NORM}


def read_projects(document: Document, tasks: Sequence[Task]) -> list[Project]:
    """Projects of boxes in the order of print, then those that only the text of tasks names."""
    boxed = [project for block in document.blocks if block.box for project in _of_block(document, block)]
    return [*boxed, *_of_tasks(document, tasks)]


def _of_block(document: Document, block: Block) -> Iterator[Project]:
    if block.table is not None:
        if read_header(block.table, document) is None:
            yield from _of_table(block)
        return
    if block.kind != "paragraph" or FOOTNOTE.match(block.text):
        return
    number = NUMBER.match(block.text)
    body = block.text[number.end() :] if number else block.text
    title = TITLE.match(body)
    if not title and len(body) > LONGEST_TITLE:
        item = Project(block.box, block.box.partition(" ")[2] or block.box, "item", "box", "", block.start, body, False)
    else:
        name = (title[1] or title[2]) if title else body.rstrip("。；;")
        full = body[title.end() :] if title else body
        start = block.end - len(full)
        item = Project(block.box, name.strip(), "item", "box", "", start, full, bool(PLANNED.match(full)))
    yield item
    for name, at, clause in _named(item.full, LISTED):
        planned = item.full[max(at - 1, 0) : at] in ("*", "＊")
        if not _same(name, item.title):
            yield Project(block.box, name, "sub", "box", item.title, item.offset + at, clause, planned)


def _of_table(block: Block) -> Iterator[Project]:
    """A box printed as a table with columns: its first text column names the project, the rest says more."""
    assert block.table is not None
    for row in block.table.rows[1:]:
        cells = [cell for cell in row if cell.text and not re.fullmatch(r"[\d.、]+", cell.text)]
        if cells and not any("合计" in cell.text for cell in cells):
            named = cells[1] if len(cells) > 2 and len(cells[1].text) > len(cells[0].text) else cells[0]
            full = "；".join(cell.text for cell in cells)
            yield Project(block.box, named.text, "item", "box", "", named.start, full, False)


def _of_tasks(document: Document, tasks: Sequence[Task]) -> Iterator[Project]:
    for task in tasks:
        for block in document.blocks:
            inside = task.offset <= block.start < task.end and block.kind == "paragraph" and not block.box
            for name, at, clause in _named(block.text) if inside else ():
                yield Project(f"任务{task.no}", name, "sub", "text", "", block.start + at, clause, False)


def _same(name: str, title: str) -> bool:
    """Whether a building named in an item is the item itself (县疾控中心 of 县疾控中心建设项目)."""
    name, title = (
        re.sub(r"(整体)?(建设|迁建|搬迁|改造|扩建)|(项目|工程)$|^.{1,4}县(?=县)", "", text) for text in (name, title)
    )
    return name in title or title.endswith(name) or (title in name and len(title) >= SHORTEST_NAME)


def _named(text: str, *more: re.Pattern[str]) -> Iterator[tuple[str, int, str]]:
    """Buildings named in a text, each with its place and the clause it stands in; each once, in order."""
    found: dict[int, tuple[str, str]] = {}
    taken: list[tuple[int, int]] = []
    for pattern in (LIST_OF_PROJECTS, SINGLE, BUILT, *more):
        for match in pattern.finditer(text):
            begin, end = match.span("list")
            if any(first < end and begin < last for first, last in taken):
                continue
            names = list(_names(match["list"], begin))
            if names:
                taken.append((begin, end))
            found |= {at: (name, match[0].strip("，。；：: ")) for name, at in names}
    for at in sorted(found):
        yield found[at][0], at, found[at][1]


def _names(listed: str, begin: int) -> Iterator[tuple[str, int]]:
    at = 0
    parts = LINKS.split(listed)
    if any(len(part) < SHORTEST_NAME for part in parts):  # 甲医院及乙、丙、丁县级医院改扩建工程: places, not buildings
        parts = [listed]
    for part in parts:
        at = listed.index(part, at)
        made = MADE.match(part)
        name = part[made.end() :] if made else part
        where = begin + at + (made.end() if made else 0)
        name, where = name.lstrip("*＊ "), where + len(name) - len(name.lstrip("*＊ "))
        if len(name) >= SHORTEST_NAME and BUILDING.search(name) and not COUNTED.search(name):
            yield re.sub(r"(?<=[院区楼心园])项目(建设)?$", "", name.rstrip()), where
        at += len(part)
