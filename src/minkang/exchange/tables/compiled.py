"""A mapping made into closures: what a row costs is calls over lists, and no look at the mapping.

A row is a list: place 0 holds its `Context`, the places after it the read values of the columns, None where empty.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import msgspec

from minkang.codes.maps import code_maps
from minkang.codes.systems import plain
from minkang.codes.translator import Coded, Translator
from minkang.codes.units import units
from minkang.errors import Fault
from minkang.exchange.message import Note, reference
from minkang.exchange.tables import reading
from minkang.exchange.tables.reading import Context, Read
from minkang.exchange.tables.refs import names_in, steps
from minkang.exchange.tables.spec import Column, Mapping, Resource, Value, When

Row = list[Any]
Build = Callable[[Row], Any]
Test = Callable[[Row], bool]


class Plan:
    """A compiled mapping.

    Attributes:
        mapping: what it was made of.
        places: column name to place in a row.
        required: places and names of required columns.
        heads: what `head` found so far.
        defaults: places and what stands in for an empty cell there.
        resources: (resource, gate, test, key, body) each.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self.places = {name: place for place, name in enumerate(mapping.columns, 1)}
        self._kept: dict[tuple[str, str], int] = {}
        self.required = [(self.places[one.name], one.name) for one in mapping.columns.values() if one.required]
        self.resources = [
            (one, self.gate(one.when), self.test(one.when), self.template(one.key), self.body(one))
            for one in mapping.resources
        ]
        self.defaults = [
            (self.places[one.name], self.template(one.default)) for one in mapping.columns.values() if one.default
        ]
        self.size = len(self.places) + len(self._kept) + 1
        self.at = [self.places[name] for name in mapping.table.at]
        self.skip = [self.test((one,)) for one in mapping.table.skip]
        self._ignored = {plain(name) for name in mapping.table.ignored}
        self._readers = {name: (self.places[name], reading.reader(one)) for name, one in mapping.columns.items()}
        self.heads: dict[str, tuple[int, Read | None]] = {}

    def head(self, head: str) -> tuple[int, Read | None]:
        """Place and reader of a column by its head as sent; place 0 for a head that is ignored, -1 for an unknown."""
        found = self.heads.get(head)
        if found is None:
            found = self._head(head)
            if len(self.heads) > 4096:  # Heads come from senders: they must not fill the memory.
                self.heads.clear()
            self.heads[head] = found
        return found

    def _head(self, head: str) -> tuple[int, Read | None]:
        said = plain(head)
        name = self.mapping.headers.get(said)
        if name is not None:
            return self._readers[name]
        bare, unit = split_unit(said)
        name = self.mapping.headers.get(bare)
        if name is not None and unit:
            one = self.mapping.columns[name]
            return self.places[name], reading.reader(one, unit)
        return (0 if said in self._ignored else -1), None

    @cached_property
    def known(self) -> frozenset[str]:
        """Heads it knows, as plain text."""
        return frozenset(self.mapping.headers) | self._ignored

    def knows(self, head: str) -> bool:
        """Whether a head is one of its columns or ignored ones."""
        said = plain(head)
        return said in self.known or split_unit(said)[0] in self.known

    def test(self, whens: tuple[When, ...]) -> Test:
        """Whether all conditions hold."""
        tests = [self._test(one) for one in whens]
        if not tests:
            return _always
        if len(tests) == 1:
            return tests[0]
        return lambda row: all(test(row) for test in tests)

    def _test(self, one: When) -> Test:
        place, values = self.places[one.column], one.values
        if values is None:
            return _filled(place) if one.present else _blank(place)
        if one.present:
            return lambda row: ("" if row[place] is None else str(row[place])) in values
        return lambda row: ("" if row[place] is None else str(row[place])) not in values

    def template(self, text: str) -> Build:
        """A text with columns in it; None where one of them is empty."""
        names = names_in(text)
        if not names:
            return lambda row: text
        if text == "{" + names[0] + "}":
            place = self.places[names[0]]
            return lambda row: None if row[place] is None else str(row[place])
        shape = text
        for name in names:
            shape = shape.replace("{" + name + "}", "%s", 1)
        if shape.count("%") != len(names):
            raise Fault("TABLES-001", problem=f"“{text}”中不能有 % / must not hold a percent sign")
        places = [self.places[name] for name in names]

        def filled(row: Row) -> str | None:
            found = tuple([row[place] for place in places])
            return None if None in found else shape % found

        return filled

    def body(self, one: Resource) -> Build:
        """The resource without id and meta."""
        tree: dict[str | int, Any] = {}
        for path, value in one.set.items():
            walk = steps(path)
            assert walk is not None, path
            here = tree
            for step in walk[:-1]:
                here = here.setdefault(step, {})
            here[walk[-1]] = value
        children = [(str(name), *self._node(below)) for name, below in tree.items()]
        moving = [(name, build) for name, build, one in children if one]
        still = _constant([("resourceType", lambda row: one.type, False), *(one for one in children if not one[2])])

        def made(row: Row) -> dict[str, Any]:
            out: dict[str, Any] = still(row)
            for name, build in moving:
                found = build(row)
                if found is not None:
                    out[name] = found
            return out

        return made

    def _node(self, node: Any) -> tuple[Build, bool]:
        """How an element is built, and whether it depends on the row."""
        if isinstance(node, Value):
            return self._leaf(node)
        if all(isinstance(step, int) for step in node):
            listed = [(self._gate(node[step]), *self._node(node[step])) for step in sorted(node)]
            return _list([(gate, build) for gate, build, _ in listed]), any(moving for *_, moving in listed)
        children = [(str(name), *self._node(below)) for name, below in node.items()]
        moving = any(one for _, _, one in children)
        return (_object(children) if moving else _constant(children)), moving

    def _gate(self, node: Any) -> int:
        """The place that must be filled for an element to be there, 0 where none or more than one must be."""
        if isinstance(node, Value):
            return self.gate(node.when)
        moving = [below for below in node.values() if not (isinstance(below, Value) and below.fixed is not None)]
        gates = {self._gate(below) for below in moving}
        return gates.pop() if len(gates) == 1 else 0

    def gate(self, whens: tuple[When, ...]) -> int:
        """The place that a condition wants filled, 0 where it is another kind of condition."""
        simple = len(whens) == 1 and whens[0].present and whens[0].values is None
        return self.places[whens[0].column] if simple else 0

    def _leaf(self, one: Value) -> tuple[Build, bool]:
        build = self._unconditional(one)
        if one.when:
            test = self.test(one.when)
            return (lambda row: build(row) if test(row) else None), True
        return build, one.fixed is None

    def _unconditional(self, one: Value) -> Build:
        if one.fixed is not None:
            fixed = one.fixed
            return (lambda row: fixed) if isinstance(fixed, str | int | float) else _fresh(fixed)
        if one.first:
            places = [self.places[name] for name in one.first]
            return lambda row: next((row[place] for place in places if row[place] is not None), None)
        if one.type:
            return self._reference(one.type, one.template)
        if one.template:
            return self.template(one.template)
        return self._column(one)

    def _reference(self, type_name: str, template: str) -> Build:
        """A reference; many elements of a row refer to the same resource, so that it is named once and kept."""
        key = self.template(template)
        place = self._kept.setdefault((type_name, template), len(self.places) + len(self._kept) + 1)

        def made(row: Row) -> dict[str, str] | None:
            said = row[place]
            if said is None:
                found = key(row)
                if found is None:
                    return None
                said = row[place] = reference(row[0].sender, type_name, found)["reference"]
            return {"reference": said}

        return made

    def _column(self, one: Value) -> Build:
        column, place = self.mapping.columns[one.column], self.places[one.column]
        form = one.form or {"code": "concept"}.get(column.kind, "value")
        if column.kind == "code" or one.map:
            text = self.places[one.text] if one.text else 0
            return _coded(form, one.map or column.map, (place, text), column.name)
        if form == "date":
            return lambda row: None if row[place] is None else row[place][:10]
        if form == "quantity":
            return _quantity(place, column)
        if form == "money":
            return lambda row: None if row[place] is None else {"value": row[place], "currency": "CNY"}
        if form == "text":
            return lambda row: None if row[place] is None else str(row[place])
        return lambda row: row[place]


def _always(row: Row) -> bool:
    return True


def _filled(place: int) -> Test:
    return lambda row: row[place] is not None


def _blank(place: int) -> Test:
    return lambda row: row[place] is None


def _list(builds: list[tuple[int, Build]]) -> Build:
    """The items that are there. Of forty other diagnoses most are not, which their gates tell without a call."""

    def made(row: Row) -> list[Any] | None:
        found = [
            one for gate, build in builds if (not gate or row[gate] is not None) and (one := build(row)) is not None
        ]
        return found or None

    return made


def _object(children: list[tuple[str, Build, bool]]) -> Build:
    """An object of which something must come from the row; constants alone do not make one."""
    moving = [(name, build) for name, build, one in children if one]
    still = _constant([one for one in children if not one[2]])
    if len(moving) == 1:
        only, get = moving[0]

        def short(row: Row) -> dict[str, Any] | None:
            found = get(row)
            if found is None:
                return None
            out: dict[str, Any] = still(row)
            out[only] = found
            return out

        return short

    def made(row: Row) -> dict[str, Any] | None:
        out: dict[str, Any] = {}
        for name, build in moving:
            found = build(row)
            if found is not None:
                out[name] = found
        if out:
            out.update(still(row))
            return out
        return None

    return made


def _constant(children: list[tuple[str, Build, bool]]) -> Build:
    """An object of constants, made once."""
    return _fresh({name: build([]) for name, build, _ in children})


def _fresh(fixed: Any) -> Build:
    """A constant of the caller's own each time, since whoever takes a draft may change it."""
    if isinstance(fixed, dict) and all(isinstance(value, str | int | float) for value in fixed.values()):
        return lambda row: fixed.copy()
    raw, decode = msgspec.json.encode(fixed), msgspec.json.Decoder().decode  # Three times as quick as a deep copy.
    return lambda row: decode(raw)


def _coded(form: str, map_name: str, places: tuple[int, int], where: str) -> Build:
    place, text = places
    national = {one.uri for one in code_maps()[map_name].national}

    def _preferred(found: Coded) -> dict[str, str] | None:
        """The national coding; the sender's own where there is none."""
        codings = [dict(one) for one in found.codings]
        return next((one for one in codings if one["system"] in national), codings[0] if codings else None)

    def made(row: Row) -> Any:
        code, said = row[place], row[text] if text else None
        if code is None and said is None:
            return None
        context: Context = row[0]
        translator: Translator = context.translator
        found = translator.find(map_name, "" if code is None else str(code), said or "")
        if not found.mapped:
            context.add(Note("TABLES-029", where, {"given": code or said, "map": map_name}))
        if form == "concept":
            return found.concept()
        if form == "code":
            return found.fhir
        if form == "coding":
            return _preferred(found)
        return found.text or None

    return made


def _quantity(place: int, column: Column) -> Build:
    code, shown = units().get(plain(column.unit), ("", column.unit)) if column.unit else ("", "")
    if not code:
        return lambda row: None if row[place] is None else {"value": row[place]} | ({"unit": shown} if shown else {})

    def made(row: Row) -> dict[str, Any] | None:
        value = row[place]
        if value is None:
            return None
        return {"value": value, "unit": shown, "system": "http://unitsofmeasure.org", "code": code}

    return made


def split_unit(head: str) -> tuple[str, str]:
    """`空腹血糖(mg/dL)` as head and unit; a head without a unit in brackets at its end has none."""
    if head.endswith(")") and "(" in head:
        bare, _, unit = head[:-1].rpartition("(")
        return bare, unit
    return head, ""
