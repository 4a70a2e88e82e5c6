"""The recorded results of R's package beside this clone, and how our answers compare with them."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minkang.surveillance.detect.judged import judge_table

FOLDER = Path(__file__).parents[4] / "shared" / "reference" / "surveillance"
METHODS = {
    "farringtonFlexible": "farrington-flexible",
    "farrington": "farrington",
    "algo.bayes": "bayes-1",
    "algo.rki": "rki",
    "algo.cdc": "cdc",
    "algo.cusum": "cusum",
    "algo.glrnb": "glr-nb",
    "algo.glrpois": "glr-pois",
    "algo.outbreakP": "outbreak-p",
}


def names() -> list[str]:
    """Every result file; a single name that no file has where the reference data are absent."""
    found = sorted(path.stem for path in (FOLDER / "results").glob("*__*.json"))
    return found or ["reference-absent"]


@dataclass(frozen=True)
class Result:
    """One file: what R was asked, what it said, and what we say."""

    document: dict[str, Any]
    theirs: dict[str, np.ndarray]
    ours: dict[str, np.ndarray]


def compared(folder: Path, name: str) -> Result:
    """Judge the same data with the same settings, through the door that the command uses."""
    document = json.loads((folder / "results" / f"{name}.json").read_text("utf-8"))
    with (folder / "results" / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    theirs = {key: np.array([_number(row[key]) for row in rows]) for key in rows[0]}
    asked = dict(document)
    if isinstance(document["control"].get("mu0"), str):
        asked["control"] = {**document["control"], "mu0": theirs["expected"].tolist()}
    method = METHODS.get(document["function_"]) or f"ears-{document['control']['method'].lower()}"
    lines = (folder / document["data_file"]).read_text("utf-8").splitlines()
    judged = judge_table(lines, document["data_file"], method, {"r": asked})
    ours = {
        "t": np.array([point.index for point in judged.points], dtype=float),
        "upperbound": np.array([_value(point.threshold) for point in judged.points]),
        "expected": np.array([_value(point.expected) for point in judged.points]),
        "alarm": np.array([_value(point.alarm) for point in judged.points]),
    }
    return Result(document, theirs, ours)


def _number(text: str) -> float:
    return float(text) if text not in {"", "NA"} else np.nan


def _value(value: float | bool | None) -> float:
    return np.nan if value is None else float(value)
