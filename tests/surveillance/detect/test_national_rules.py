"""The rules of the national system by disease."""

from __future__ import annotations

import numpy as np

from minkang.surveillance.cidars import disease_rules
from minkang.surveillance.detect import ALARM, METHODS, QUIET, Series, detect


def test_every_rule_can_be_run_and_names_its_source() -> None:
    """Nineteen diseases by percentiles, seven by a single case; all are settings that the methods take."""
    rules = disease_rules()
    methods = [rule.method for rule in rules.values()]
    assert (methods.count("moving-percentile"), methods.count("fixed")) == (19, 7)
    for rule in rules.values():
        assert rule.method in METHODS
        assert rule.source
        detect(rule.method, Series(np.ones((1, 30))), rule.params)


def test_one_case_of_plague_alarms_and_one_of_dysentery_does_not() -> None:
    """A fixed threshold needs no history; a percentile of a steady history does not stir."""
    counts = np.zeros((1, 320))
    counts[0, -1] = 1
    plague, dysentery = disease_rules()["鼠疫"], disease_rules()["细菌性和阿米巴性痢疾"]
    assert detect(plague.method, Series(counts), plague.params).alarm[0, -1] == ALARM
    usual = counts.copy()
    usual[0, :-1] = 3
    assert detect(dysentery.method, Series(usual), dysentery.params).alarm[0, -1] == QUIET
