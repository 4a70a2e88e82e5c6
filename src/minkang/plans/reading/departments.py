"""Who leads a task and who takes part, from the brackets that end it."""

from __future__ import annotations

import re
from collections.abc import Iterator

MARKS = re.compile(
    r"牵头|责任(单位|部门|主体)|参与(单位|部门)|配合(单位|部门)|分别负责|分工负责|负责[）)]|[局委办厅院]负责|配合[）)]"
)
LABEL = re.compile(
    r"(?P<lead>(?:牵头|责任|主要责任|主责|主办|负责)(?:部门|单位|主体)?)[:：]|(?P<partner>(?:参与|配合|参加|协办|协助|协同|支持)(?:部门|单位)?)[:：]"
)
CLAUSE_END = re.compile(
    r"(?P<lead>(?:共同)?牵头(?:负责)?|(?:按照?)?(?:职责|职能|分工)*(?:分别|分工|共同)负责|负责)$|(?P<partner>(?:参与|配合|协助|协同)(?:实施|落实)?)$"
)
SEPARATORS = "、，,；;\n"
OPEN, CLOSE = "（(", "）)"
LONGEST = 600


def department_brackets(text: str) -> list[str]:
    """The brackets of a text that name departments, each with its brackets, nested ones kept whole."""
    return [bracket for bracket in _brackets(text) if MARKS.search(bracket)]


def read_departments(bracket: str) -> tuple[list[str], list[str]]:
    """Lead and partner departments of one bracket, in the order of print."""
    inner = bracket[1:-1].strip("。 ；;\u3000")
    lead: list[str] = []
    partners: list[str] = []
    labels = list(LABEL.finditer(inner))
    if labels:
        for at, label in enumerate(labels):
            end = labels[at + 1].start() if at + 1 < len(labels) else len(inner)
            (lead if label["lead"] else partners).extend(_names(inner[label.end() : end]))
        return lead, _without(partners, lead)
    for clause in re.split(r"[；;。]", inner):
        _clause(clause, lead, partners)
    return lead, _without(partners, lead)


def _clause(clause: str, lead: list[str], partners: list[str]) -> None:
    """`县卫生健康局牵头，县财政局、县医保局配合`: what follows the names says what they do."""
    waiting: list[str] = []
    for part in re.split(r"[，,]", clause):
        ending = CLAUSE_END.search(part.strip())
        waiting += _names(part.strip()[: ending.start()] if ending else part)
        if ending:
            (lead if ending["lead"] else partners).extend(waiting)
            waiting = []
    lead.extend(waiting)


def _names(text: str) -> list[str]:
    """Names parted by 、 and its like, but not within brackets (`各乡镇（街道、管委会）`)."""
    names, depth, current = [], 0, ""
    for character in text:
        depth += (character in OPEN) - (character in CLOSE)
        if character in SEPARATORS and depth == 0:
            names.append(current)
            current = ""
        else:
            current += character
    cleaned = (re.sub(r"\s+", "", name).strip("。．.：:") for name in (*names, current))
    return [re.sub(r"(?<=.{2})等(有关)?(部门|单位)?(?:按职责)?$", "", name) for name in cleaned if name]


def _without(partners: list[str], lead: list[str]) -> list[str]:
    return [name for name in partners if name not in lead]


def _brackets(text: str) -> Iterator[str]:
    """Every outermost pair of brackets with what is in it."""
    depth, begin = 0, 0
    for at, character in enumerate(text):
        if character in OPEN:
            if depth == 0:
                begin = at
            depth += 1
        elif character in CLOSE and depth:
            depth -= 1
            if depth == 0 and at - begin < LONGEST:
                yield text[begin : at + 1]
