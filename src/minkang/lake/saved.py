"""The analytic queries that come with the program: files of SQL that every engine answers alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from msgspec import Struct

from minkang.errors import Fault

_PARAMETER = re.compile(r"\$(\w+)")


class SavedQuery(Struct, frozen=True):
    """One of them.

    Attributes:
        text: its SQL.
        about: what it answers, in English.
        parameters: the names it wants values for.
    """

    name: str
    text: str
    about: str
    parameters: tuple[str, ...]


@cache
def saved_queries() -> Mapping[str, SavedQuery]:
    """By name."""
    places = (one for one in files("minkang.lake").joinpath("queries").iterdir() if one.name.endswith(".sql"))
    found = [_query(one.name.removesuffix(".sql"), one.read_text("utf-8")) for one in places]
    return {query.name: query for query in sorted(found, key=lambda one: one.name)}


def saved_query(name: str) -> SavedQuery:
    """One by its name.

    Raises:
        Fault: `LAKE-015` where there is none of that name.
    """
    found = saved_queries().get(name)
    if found is None:
        raise Fault("LAKE-015", name=name, names=", ".join(saved_queries()))
    return found


def _query(name: str, text: str) -> SavedQuery:
    head, _, _ = text.partition("\n")
    body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return SavedQuery(name, text, head.removeprefix("-- "), tuple(dict.fromkeys(_PARAMETER.findall(body))))
