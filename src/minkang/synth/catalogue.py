"""The generator's vocabularies: what is measured, diagnosed, prescribed, operated, vaccinated, reported, died of.

Each is a CSV file in `data/`; rows keep their order, and a table of the truth holds the row number. Frequencies are
modelled (see docs/decisions/0006-synthetic-county.md); codes are ICD-10 (WHO, four characters), ICD-9-CM-3 (national
edition), ATC and LOINC.
"""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from minkang.synth.arrays import Floats, Ints, Texts

Row = dict[str, str]


@cache
def rows(name: str) -> tuple[Row, ...]:
    """The rows of `data/<name>.csv`."""
    text = (files("minkang.synth") / "data" / f"{name}.csv").read_text("utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def index(name: str) -> dict[str, int]:
    """Key to row number; for vocabularies whose keys stand once."""
    return {row["key"]: number for number, row in enumerate(rows(name))}


def texts(name: str, column: str) -> Texts:
    """One column as text."""
    return np.array([row[column] for row in rows(name)], dtype=object)


def numbers(name: str, *columns: str) -> Floats:
    """Columns as numbers, shape (rows, columns); empty cells are 0."""
    return np.array([[float(row[column] or 0) for column in columns] for row in rows(name)], dtype=np.float64)


def number(name: str, column: str) -> Floats:
    """One column as numbers, shape (rows,)."""
    return numbers(name, column)[:, 0]


def links(name: str, column: str, to: str, width: int) -> Ints:
    """A column of keys of another vocabulary (`a|b`) as row numbers, shape (rows, width); -1 where there is none."""
    out = np.full((len(rows(name)), width), -1, dtype=np.int64)
    for number, row in enumerate(rows(name)):
        for place, key in enumerate([key for key in row[column].split("|") if key][:width]):
            out[number, place] = index(to)[key]
    return out


@cache
def given_names() -> list[dict[str, Any]]:
    """The cohorts of given names, oldest first."""
    text = (files("minkang.synth") / "data" / "given_names.toml").read_text("utf-8")
    cohorts: list[dict[str, Any]] = tomllib.loads(text)["cohort"]
    return cohorts
