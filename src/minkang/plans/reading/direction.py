"""Whether more of an indicator is better or less, told by the words of its name; and how a target is judged."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from minkang.plans.reading.values import Number, Op, Printed

Direction = Literal["higher_better", "lower_better"]
BRACKETS = re.compile(r"[（(][^（）()]*[）)]")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    text = files("minkang.plans.reading").joinpath("directions.toml").read_text("utf-8")
    return {kind: re.compile("|".join(words)) for kind, words in tomllib.loads(text).items()}


def direction_of(name: str, target: Printed) -> Direction:
    """The direction by the vocabulary; a name it does not know goes by the sign printed before its target."""
    plain = re.sub(r"\s+", "", BRACKETS.sub("", name))
    patterns = _patterns()
    lower = bool(patterns["lower"].search(plain)) and not patterns["higher"].search(plain)
    if lower and patterns["fall"].search(plain):
        return "higher_better"
    if lower or (not patterns["higher"].search(plain) and target.op in ("<", "<=")):
        return "lower_better"
    return "higher_better"


def judge_op(target: Printed, direction: Direction) -> Op | None:
    """How a result is held against the target: as printed, or, of a bare number, as a floor or a cap."""
    if target.value is None or target.op is None:
        return None
    if target.op != "=":
        return target.op
    return ">=" if direction == "higher_better" else "<="


def meets(baseline: Printed, target: Printed, judge: Op | None) -> bool | None:
    """Whether the level at the start already meets the target; None where either has no number."""
    if baseline.value is None or target.value is None or judge is None:
        return None
    if judge == "range":
        top: Number = target.highest if target.highest is not None else target.value
        return target.value <= baseline.value <= top
    return _compare(baseline.value, baseline.op, target.value, judge)


def _compare(value: Number, op: Op | None, bound: Number, judge: Op) -> bool:
    if judge in (">", "<") and op == judge:  # "above 90" meets "above 90"
        judge = ">=" if judge == ">" else "<="
    results = {">=": value >= bound, ">": value > bound, "<=": value <= bound, "<": value < bound}
    return results[judge]
