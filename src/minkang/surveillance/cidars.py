"""The rule that the national system uses for a disease, as a method and its settings."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class DiseaseRule(NamedTuple):
    """A method of `detect`, its settings, and where the choice comes from."""

    method: str
    params: Mapping[str, Any]
    source: str


@cache
def disease_rules() -> Mapping[str, DiseaseRule]:
    """The rule of each disease by its Chinese name; what is not named has no rule of the national system."""
    told = tomllib.loads((files("minkang.surveillance") / "cidars.toml").read_text("utf-8"))
    fixed, moving = told["fixed"], told["moving-percentile"]
    rules = {name: DiseaseRule("fixed", {"cases": fixed["cases"]}, fixed["source"]) for name in fixed["diseases"]}
    for name, percentile in moving["percentile"].items():
        params = {"percentile": percentile, "least_cases": moving["least_cases"]}
        rules[name] = DiseaseRule("moving-percentile", params, moving["source"])
    return rules
