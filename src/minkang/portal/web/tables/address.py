"""The state of a table in the address of its page: `?sort=-date&f.kind=x&columns=a,b&after=50&size=100`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from minkang.portal.web.tables.source import Column, TableQuery

SIZES = (20, 50, 100, 200)
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Address:
    """What an address says of one table, and of everything else on its page.

    Attributes:
        query: what is asked of the source.
        chosen: the columns that somebody chose; empty where nobody did.
        others: parameters that are not this table's, which its links keep.
        prefix: before each of its parameters, where a page has several tables.
    """

    query: TableQuery
    chosen: tuple[str, ...]
    others: Pairs
    prefix: str = ""

    def link(self, **changes: str) -> str:
        """The address with some parameters changed (`sort="-date"`); an empty value takes one away.

        The place in the list is kept only where `after` is given: another order or filter begins at the top.
        """
        pairs = dict(self.pairs())
        pairs.pop(f"{self.prefix}after", None)
        pairs.update({f"{self.prefix}{name}": value for name, value in changes.items()})
        return "?" + urlencode([*self.others, *((name, value) for name, value in pairs.items() if value)])

    def without(self, filter: str) -> str:
        """The address without one filter."""
        left = {name: value for name, value in self.query.filters.items() if name != filter}
        return replace(self, query=replace(self.query, filters=left)).link()

    def hidden(self, *, besides: Iterable[str]) -> Pairs:
        """What a form must carry on, besides the parameters it sets itself (`f.` stands for all filters)."""
        left = tuple(besides)
        own = [
            (name, value)
            for name, value in self.pairs()
            if not name.removeprefix(self.prefix).startswith((*left, "after"))
        ]
        return (*self.others, *own)

    def pairs(self) -> Pairs:
        """All parameters of this table."""
        query = self.query
        found = [(f"f.{name}", value) for name, value in query.filters.items()]
        if query.sort:
            found.append(("sort", f"-{query.sort}" if query.descending else query.sort))
        if self.chosen:
            found.append(("columns", ",".join(self.chosen)))
        if query.size != SIZES[1]:
            found.append(("size", str(query.size)))
        if query.after:
            found.append(("after", query.after))
        return tuple((f"{self.prefix}{name}", value) for name, value in found)


def read(given: Iterable[tuple[str, Sequence[object]]], columns: Sequence[Column], prefix: str = "") -> Address:
    """Read the parameters of an address, each with its values (`QueryDict.lists`).

    What no column offers is left out, so that an old address still shows something.
    """
    own: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    names = {"sort", "columns", "size", "after", "export", *(f"f.{name}" for name in filter_names(columns))}
    for name, values in given:
        bare = name.removeprefix(prefix)
        if name.startswith(prefix) and bare in names:
            own[bare] = ",".join(map(str, values)) if bare == "columns" else str(values[-1])
        elif not name.startswith("export"):
            others += [(name, str(value)) for value in values]
    return Address(_query(own, columns), _chosen(own, columns), tuple(others), prefix)


def filter_names(columns: Sequence[Column]) -> list[str]:
    """The filters that columns offer."""
    names: list[str] = []
    for column in columns:
        if column.filter in ("range", "dates"):
            names += [f"{column.name}.from", f"{column.name}.to"]
        elif column.filter:
            names.append(column.name)
    return names


def _query(own: dict[str, str], columns: Sequence[Column]) -> TableQuery:
    sort = own.get("sort", "")
    sortable = {column.name for column in columns if column.sortable}
    size = int(own["size"]) if own.get("size", "").isdecimal() else SIZES[1]
    return TableQuery(
        filters={name: own[f"f.{name}"].strip() for name in filter_names(columns) if own.get(f"f.{name}", "").strip()},
        sort=sort.lstrip("-") if sort.lstrip("-") in sortable else "",
        descending=sort.startswith("-") and sort.lstrip("-") in sortable,
        after=own.get("after", ""),
        size=size if size in SIZES else SIZES[1],
    )


def _chosen(own: dict[str, str], columns: Sequence[Column]) -> tuple[str, ...]:
    asked = set(own.get("columns", "").split(","))
    return tuple(column.name for column in columns if column.name in asked)
