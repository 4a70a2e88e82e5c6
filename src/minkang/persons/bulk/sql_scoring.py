"""The score of a pair as SQL (DuckDB): `scoring.Scorer` says the same in Python, and a test holds both together.

The text is made of a profile and a model, which are the program's own data; values of records never enter it.
"""

from __future__ import annotations

import math

from minkang.persons.comparing import Test
from minkang.persons.model import Model
from minkang.persons.profile import Comparison, Level, Profile, Rule

FREQUENCY = "lf_"


def level_case(one: Comparison, left: str = "l.", right: str = "r.") -> str:
    """The number of the level that holds, -1 where a side has nothing to compare."""
    needs = Test("present", one.needs).sql(left, right) if one.needs else ""
    whens = [f"WHEN {level.test.sql(left, right)} THEN {k}" for k, level in enumerate(one.levels) if level.test]
    inner = f"CASE {' '.join(whens)} ELSE {len(one.levels) - 1} END"
    return f"CASE WHEN {needs} THEN {inner} ELSE -1 END" if needs else inner


def bits_case(one: Comparison, model: Model, gamma: str) -> str:
    """The bits of the level of which `gamma` holds the number."""
    whens = [f"WHEN {k} THEN {_bits(one, level, model)}" for k, level in enumerate(one.levels)]
    return f"CASE {gamma} {' '.join(whens)} ELSE 0.0 END"


def _bits(one: Comparison, level: Level, model: Model) -> str:
    weight = model.weights[one.name][level.name]
    fixed = math.log2(weight.m) - math.log2(weight.u)
    if not level.frequency or level.frequency not in model.frequencies:
        return f"CAST({fixed!r} AS DOUBLE)"
    column = FREQUENCY + level.frequency
    return (
        f"CAST({fixed!r} AS DOUBLE) + coalesce(CAST({math.log2(weight.u)!r} AS DOUBLE)"
        f" - CASE WHEN l_{column} > r_{column} THEN l_{column} ELSE r_{column} END, 0.0)"
    )


def score_select(profile: Profile, model: Model, pairs: str, kept: str) -> str:
    """`SELECT l, r, score, rule, band`, one row a pair of the table `pairs(l, r)` that `kept` keeps.

    Args:
        kept: a condition on `score`, `rule` (number of the rule, -1 for none) and `band`.
    """
    gammas = [f"{level_case(one)} AS g{k}" for k, one in enumerate(profile.comparisons)]
    tfs = [
        f"{side}.{FREQUENCY}{name} AS {side}_{FREQUENCY}{name}" for name in _weighed(profile, model) for side in "lr"
    ]
    bits = [f"({bits_case(one, model, f'g{k}')})" for k, one in enumerate(profile.comparisons)]
    inner = ", ".join(["p.l", "p.r", *gammas, *tfs, f"{rule_case(profile.rules)} AS rule"])
    score = " + ".join([f"CAST({model.prior!r} AS DOUBLE)", *bits])
    body = f"(SELECT {inner} FROM {pairs} p JOIN record l ON l.i = p.l JOIN record r ON r.i = p.r)"  # noqa: S608
    scored = f"(SELECT l, r, {score} AS score, rule FROM {body})"  # noqa: S608
    banded = f"(SELECT l, r, score, rule, {band_case(profile)} AS band FROM {scored})"  # noqa: S608
    return f"SELECT l, r, score, rule, band FROM {banded} WHERE {kept}"  # noqa: S608


def rule_case(rules: tuple[Rule, ...]) -> str:
    """The number of the first rule that holds, -1 for none."""
    if not rules:
        return "-1"
    return f"CASE {' '.join(f'WHEN {rule.test.sql()} THEN {k}' for k, rule in enumerate(rules))} ELSE -1 END"


def band_case(profile: Profile) -> str:
    """The band by rule, then by score."""
    whens = [f"WHEN rule = {k} THEN '{rule.band}'" for k, rule in enumerate(profile.rules)]
    scores = [f"WHEN score >= {profile.link!r} THEN 'link'", f"WHEN score >= {profile.review!r} THEN 'review'"]
    return f"CASE {' '.join([*whens, *scores])} ELSE 'separate' END"


def _weighed(profile: Profile, model: Model) -> list[str]:
    return [name for name in profile.frequencies if name in model.frequencies]
