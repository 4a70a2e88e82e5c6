"""Tests on a pair of prepared records, each with one meaning in two languages: SQL for bulk, Python for one pair.

A test is written in a profile as a table with one key:

| written | holds where |
|---|---|
| `equal = ["a", "b"]` | every column is there on both sides and the same |
| `differ = ["a"]` | every column is there on both sides and not the same |
| `cross = ["a", "b"]` | a of one side is b of the other (either way) |
| `edit = ["a", 1]` | Damerau-Levenshtein distance of Latin text or digits is at most 1 |
| `alike = ["a", 0.9]` | Jaro-Winkler similarity of Latin text is at least 0.9 |
| `near = ["a", 1]` | whole numbers differ by at most 1 |
| `starts = ["a", 9]` | the first 9 characters are there on both sides and the same |
| `present = ["a"]` | every column is there on both sides |
| `one_lacks = ["a"]` | at least one side has nothing in the column |
| `one_has = ["a"]` | one side has something in every column, the other side in none |
| `all`, `any`, `none` | of a list of tests |

`edit` and `alike` are used on ASCII only: DuckDB counts bytes there, and for Chinese names the prepared columns hold
what a comparison needs (docs/explanation/persons.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

from minkang.errors import Fault

Prepared = Mapping[str, Any]
_LISTS = ("all", "any", "none")
_COLUMNS = ("equal", "differ", "cross", "present", "one_lacks", "one_has")
_BOUNDED = ("edit", "alike", "near", "starts")


@dataclass(frozen=True)
class Test:
    """One test.

    Attributes:
        kind: its key in the table above.
        columns: the prepared columns it reads (of `all`, `any`, `none`: those of its parts).
        bound: of `edit`, `alike`, `near`, `starts`.
        parts: of `all`, `any`, `none`.
    """

    kind: str
    columns: tuple[str, ...]
    bound: float = 0
    parts: tuple[Test, ...] = ()

    def holds(self, left: Prepared, right: Prepared) -> bool:
        """Whether it holds of two prepared records; the order of the two makes no difference."""
        if self.kind in _LISTS:
            found = (part.holds(left, right) for part in self.parts)
            return all(found) if self.kind == "all" else any(found) if self.kind == "any" else not any(found)
        if self.kind == "cross":
            one, other = self.columns
            return _crossed(left.get(one), right.get(other)) or _crossed(left.get(other), right.get(one))
        both = [(left.get(column), right.get(column)) for column in self.columns]
        if self.kind == "one_has":
            return all((a is None) != (b is None) for a, b in both)
        if any(a is None or b is None for a, b in both):
            return self.kind == "one_lacks"
        return self._of_values(both)

    def _of_values(self, both: Sequence[tuple[Any, Any]]) -> bool:
        (a, b), kind = both[0], self.kind
        if kind in {"equal", "differ"}:
            return all((a == b) == (kind == "equal") for a, b in both)
        if kind == "edit":
            return DamerauLevenshtein.distance(a, b, score_cutoff=int(self.bound)) <= self.bound
        if kind == "alike":
            return JaroWinkler.similarity(a, b) >= self.bound
        if kind == "near":
            return bool(abs(a - b) <= self.bound)
        if kind == "starts":
            size = int(self.bound)
            return len(a) >= size and a[:size] == b[:size]
        return kind == "present"

    def sql(self, left: str = "l.", right: str = "r.") -> str:
        """The same as a condition in SQL (DuckDB); unknown counts as false.

        Args:
            left, right: what stands before a column's name, `l.` for a table; `{}` stands for the name (`"{}_l"`).
        """
        if self.kind in _LISTS:
            glue = " AND " if self.kind == "all" else " OR "
            inner = glue.join(f"({part.sql(left, right)})" for part in self.parts)
            return f"NOT coalesce({inner}, FALSE)" if self.kind == "none" else inner
        sides = [(_named(left, column), _named(right, column)) for column in self.columns]
        if self.kind == "cross":
            (la, ra), (lb, rb) = sides
            return f"{la} = {rb} OR {lb} = {ra}"
        if self.kind == "one_lacks":
            return " OR ".join(f"{a} IS NULL OR {b} IS NULL" for a, b in sides)
        return " AND ".join(_condition(self.kind, a, b, self.bound) for a, b in sides)


def _crossed(a: object, b: object) -> bool:
    return a is not None and a == b


def _named(side: str, column: str) -> str:
    return side.format(column) if "{}" in side else f'{side}"{column}"'


def _condition(kind: str, a: str, b: str, bound: float) -> str:
    size = int(bound)
    return {
        "equal": f"{a} = {b}",
        "differ": f"{a} <> {b}",
        "one_has": f"({a} IS NULL) <> ({b} IS NULL)",
        "present": f"{a} IS NOT NULL AND {b} IS NOT NULL",
        "edit": f"abs(length({a}) - length({b})) <= {size} AND damerau_levenshtein({a}, {b}) <= {size}",
        "alike": f"jaro_winkler_similarity({a}, {b}) >= {bound}",
        "near": f"abs({a} - {b}) <= {size}",
        "starts": f"length({a}) >= {size} AND substr({a}, 1, {size}) = substr({b}, 1, {size})",
    }[kind]


def read_test(written: Mapping[str, Any], where: str) -> Test:
    """A test from its table in a profile.

    Raises:
        Fault: `PERSONS-003` for a key that is none, or two keys.
    """
    if len(written) != 1:
        raise Fault("PERSONS-003", where, given=", ".join(written) or "{}")
    ((kind, value),) = written.items()
    if kind in _LISTS:
        parts = tuple(read_test(one, where) for one in value)
        columns = tuple(dict.fromkeys(column for part in parts for column in part.columns))
        return Test(kind, columns, parts=parts)
    if kind in _COLUMNS:
        return Test(kind, tuple(value))
    if kind in _BOUNDED:
        return Test(kind, (str(value[0]),), float(value[1]))
    raise Fault("PERSONS-003", where, given=kind)
