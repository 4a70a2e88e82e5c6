"""From paragraphs to commitments: which sentences promise, what, how much, by when; repeats joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from minkang.plans.reading.commitments.bearers import Subject
from minkang.plans.reading.commitments.clauses import Clause, sentences
from minkang.plans.reading.commitments.context import (
    GOAL_CHAPTER,
    TIME_ONLY,
    creates,
    done,
    due,
    past_chapter,
    promises,
)
from minkang.plans.reading.commitments.levels import Level, everyone, grade
from minkang.plans.reading.commitments.model import Commitment, Passage
from minkang.plans.reading.commitments.quantities import Quantity, quantities
from minkang.plans.reading.commitments.similar import alike
from minkang.plans.reading.commitments.subjects import strip_lead, subjects, tidy

PATIENTS = re.compile(r"^[^、，]{2,14}?(?:患者|人群|病人|感染者|儿童|学生|孕产妇|老年人|居民)")
WHAT_FOR = re.compile(r"^(?:支持|推动|促进|使)其(?P<does>(?:达到|成为|建成|创建)[^\d]+)$")
LONGEST = 1000  # Characters without a comma are no sentence: a table that lost its lines, or worse.
NAMES = 3  # Characters; a shorter subject says too little.
SIZE = re.compile(r"占地|面积$|投资$|资金$")
PROJECT = re.compile(
    r"^\s*[（(]?\d*[)）.．、]?\s*(?P<name>[^。：:，；]{2,30}?(?:项目|工程|建设|中心|医院|院区|行动))[。：:]"
)


@dataclass
class _Sentence:
    """What is known while the clauses of one sentence are read."""

    passage: Passage
    deadline: str | None
    subject: str = ""
    # A count in the clause before: a list may go on without its verb.
    verb: bool = False
    # The words before a colon: what the rest of the sentence is about.
    label: str = ""
    label_from: int = 0
    before: str = ""
    before_from: int = 0
    counted: bool = False
    quote_from: int | None = None
    open: list[Commitment] = field(default_factory=list)


def read_commitments(text: str, passages: Iterable[Passage], end_year: int | None = None) -> list[Commitment]:
    """The quantitative commitments of a plan, in the order of the text.

    Args:
        text: the normalised text of the document.
        passages: its paragraphs of running text (no tables, no contents).
        end_year: the last year of the plan; goals in chapters of goals are due then. Found in the text if not given.
    """
    end_year = end_year or _end_year(text)
    found: list[Commitment] = []
    for passage in passages:
        if past_chapter(passage.section):
            continue
        goal = str(end_year) if GOAL_CHAPTER.search(passage.section) else None
        for clauses in sentences(passage.text, passage.start):
            found += _sentence(clauses, passage, goal, end_year - 5)
    _occurrences(found, text)
    return _repeats(found)


def _end_year(text: str) -> int:
    years = [
        due(text[found.start() : found.end()], 2000)
        for found in re.finditer(r"“十[四五六七八九]五”时期|到20\d\d年", text)
    ]
    known = [int(year) for year in years if year]
    return max(set(known), key=known.count) if known else 2025


def _sentence(clauses: list[Clause], passage: Passage, goal: str | None, last_past: int) -> list[Commitment]:
    whole = "，".join(clause.text for clause in clauses)
    if done(whole, last_past, ahead=goal is not None):
        return []
    state = _Sentence(passage, goal)
    found: list[Commitment] = []
    for index, clause in enumerate(clauses):
        if len(clause.text) > LONGEST:
            continue
        year = due(clause.text, last_past)
        if year:
            state.deadline = year
        if TIME_ONLY.match(clause.text):
            state.quote_from = clause.start
            continue
        if not _what_for(clause, state) and not done(clause.text, last_past, ahead=state.deadline is not None):
            found += _clause(clause, state, index)
        state.quote_from = None
        bearer = PATIENTS.match(clause.text)
        if bearer and not quantities(clause.text):
            state.subject = strip_lead(bearer[0])
        state.before, state.before_from = clause.text, clause.start
        if clause.stop in ("：", ":"):
            state.label, state.label_from = clause.text, clause.start
    return found


def _what_for(clause: Clause, state: _Sentence) -> bool:
    """ "选取3家卫生院，支持其达到二级医院服务能力": the clause says what those counted before shall become."""
    then = WHAT_FOR.match(clause.text)
    if not then or not state.open or not state.counted:
        return False
    last, passage = state.open[-1], state.passage
    last.subject = f"{then['does']}的{last.subject}"
    last.quote = passage.text[last.offset - passage.start : clause.end - passage.start]
    return True


def _clause(clause: Clause, state: _Sentence, index: int) -> list[Commitment]:
    numbers = quantities(clause.text)
    numbers = [number for number in numbers if promises(clause.text, number, numbers)]
    every = everyone(clause.text, state.label or state.before)
    if (
        numbers
        and all(number.count for number in numbers)
        and not _gains(clause.text, numbers, state, every is not None)
    ):
        numbers = []
    if numbers:
        made = _numbered(clause, numbers, state)
        if state.counted and numbers[0].count and numbers[0].start == 0:
            _one_quote(state.open, made)
        state.open = made
        state.verb, state.counted = True, any(number.count for number in numbers)
        return made
    level = every or (None if state.counted else grade(clause.text))
    state.counted = state.counted and bool(re.match(r"支持|将|使", clause.text))
    return [_levelled(clause, level, state)] if level else []


def _gains(text: str, numbers: Sequence[Quantity], state: _Sentence, every: bool) -> bool:
    """Whether counts are to be gained, rather than tell how many there are."""
    if every and re.search("全部|均", text[numbers[-1].end :]):  # "18个卫生院全部达到": they exist.
        return False
    lead = text[: numbers[0].start]
    going_on = state.verb and (state.counted or not lead.strip())
    return creates(lead) or going_on or numbers[0].op == "<=" or _possesses(text, numbers)


def _possesses(text: str, numbers: Sequence[Quantity]) -> bool:
    """ "10家乡镇卫生院达到一级甲等水平": the count stands first and something is done after it."""
    return not text[: numbers[0].start].strip("全县市区将把使到 ") and bool(
        re.match(r"[^，]+?(?:达到|建成|创建|通过|开设|设立|配备|纳入|打造|提升)", text[numbers[0].end :])
    )


def _numbered(clause: Clause, numbers: list[Quantity], state: _Sentence) -> list[Commitment]:
    numbers = _alike(clause.text, numbers)
    result: list[Commitment] = []
    start = clause.start if state.quote_from is None else state.quote_from
    for number, names in zip(numbers, subjects(clause.text, numbers, state.subject), strict=True):
        for name in names:
            project = _project(state) if number.op == "=" and SIZE.search(name.text) else ""
            # "总投资：12000万元": what it is stands before the colon.
            sized = not name.text and SIZE.search(state.label)
            bound = replace(number, op="=") if sized else number
            words = Subject(project + (name.text or state.label), name.doubtful or not name.text)
            result.append(_made(clause, state, start, bound, words))
            state.subject = name.text or state.subject
    return result


def _project(state: _Sentence) -> str:
    """The name of the project a paragraph of a box describes, where its first words are one."""
    named = PROJECT.match(state.passage.text)
    return named["name"] if named else ""


def _alike(text: str, numbers: list[Quantity]) -> list[Quantity]:
    """In a list of numbers the last one's bound and unit hold for all ("7.7/10万、3.1‰、3.8‰以下")."""
    last = numbers[-1]
    result: list[Quantity] = []
    for index, number in enumerate(numbers):
        rest = [text[a.end : b.start].strip() for a, b in zip(numbers[index:], numbers[index + 1 :], strict=False)]
        joined = bool(rest) and all(gap in ("、", "和", "及", "与", "或") for gap in rest)
        result.append(
            Quantity(
                number.start,
                number.end,
                number.value,
                number.value_max,
                number.unit,
                last.op,
                number.basis,
                number.count,
            )
            if joined
            else number
        )
    return result


def _one_quote(before: list[Commitment], made: list[Commitment]) -> None:
    """A list that runs on after a comma without a verb is quoted as one."""
    if not before:
        return
    start, last = before[0].offset, made[-1]
    gap = last.offset - before[-1].offset - len(before[-1].quote)
    quote = f"{before[-1].quote}{'，' * gap}{last.quote}"
    for one in (*before, *made):
        one.quote, one.offset = quote, start


def _made(clause: Clause, state: _Sentence, start: int, number: Quantity, subject: Subject) -> Commitment:
    passage = state.passage
    return Commitment(
        section=passage.section,
        quote=passage.text[start - passage.start : clause.end - passage.start],
        subject=subject.text,
        op=number.op,
        value=number.value,
        unit=number.unit,
        deadline=state.deadline,
        offset=start,
        value_basis=number.basis,
        value_max=number.value_max,
        doubts=("subject",) if subject.doubtful or len(subject.text) < NAMES else (),
    )


def _levelled(clause: Clause, level: Level, state: _Sentence) -> Commitment:
    start = clause.start if state.quote_from is None else state.quote_from
    if state.label and state.label in level.subject:
        start = state.label_from
    elif state.before and state.before in level.subject and clause.text.startswith(("实现", "全覆盖", "做到")):
        start = state.before_from
    passage = state.passage
    subject = tidy(re.sub(r"^(?:力争|到期末|20\d\d年|全县|全市|全区|实现|推动|推进|确保)+", "", level.subject))
    state.subject = subject
    return Commitment(
        section=passage.section,
        quote=passage.text[start - passage.start : clause.end - passage.start],
        subject=subject,
        op=">=",
        value=level.value,
        unit=level.unit,
        deadline=state.deadline,
        offset=start,
        value_basis=level.basis,
    )


def _occurrences(found: list[Commitment], text: str) -> None:
    for one in found:
        one.quote_occurrences = max(1, text.count(one.quote))


def _repeats(found: list[Commitment]) -> list[Commitment]:
    for index, one in enumerate(found):
        for earlier_index in range(index):
            earlier = found[earlier_index]
            if earlier.repeat or earlier.offset == one.offset:
                continue
            if (
                (earlier.value, earlier.unit, earlier.value_max) == (one.value, one.unit, one.value_max)
                and alike(earlier.subject, one.subject)
                and (one.op != "=" or earlier.subject == one.subject)
            ):
                one.repeat, one.repeat_of = True, earlier_index
                break
    return found
