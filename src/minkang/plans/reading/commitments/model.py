"""A quantitative commitment: something a plan promises in running text that a number decides."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from minkang.plans.reading.numbers import Number

# = exactly (a norm, the size of a project); >= at least; <= at most; ~ about.
Op = Literal["=", ">=", "<=", "~"]
# printed in digits; zh_numeral: written in characters; ordinal: a grade; universal: all of them, so 100 %.
Basis = Literal["printed", "zh_numeral", "ordinal", "universal"]


class Commitment(Struct, omit_defaults=True):
    """One promise.

    Attributes:
        section: path of headings, "三、主要任务/（一）…/3".
        quote: the words of the document, exactly.
        subject: what is promised, in the words of the document, without the verb.
        op: how the value binds.
        value: the number as printed, in `unit`; of a range, its lower end.
        unit: as printed with its scale ("万人"); of rates with a denominator, "辆/3万人口".
        deadline: the year it is due, where the sentence or its chapter of goals says one.
        offset: where the quote begins in the normalised text.
        value_basis: how the value is written.
        value_max: of a range, its upper end.
        repeat: the same promise was made before in the document.
        repeat_of: the index of that earlier one in the list.
        quote_occurrences: how often the quote stands in the document.
        doubts: why a person should look at it ("subject": the subject was pieced together).
    """

    section: str
    quote: str
    subject: str
    op: Op
    value: Number
    unit: str
    deadline: str | None
    offset: int
    value_basis: Basis
    value_max: Number | None = None
    repeat: bool = False
    repeat_of: int | None = None
    quote_occurrences: int = 1
    doubts: tuple[str, ...] = ()


class Passage(Struct, frozen=True):
    """A paragraph of running text.

    Attributes:
        text: the paragraph, contiguous in the normalised text of the document.
        start: where it begins there.
        section: its path of headings.
        boxed: whether it stands in a box (专栏).
    """

    text: str
    start: int
    section: str
    boxed: bool = False
