"""Mapping files from TOML to `spec.Mapping`; refused with all their problems at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path as FilePath
from typing import Any

from minkang.codes.maps import code_maps
from minkang.codes.systems import plain
from minkang.errors import Fault, Faults
from minkang.exchange.tables import parts, refs
from minkang.exchange.tables.fields import Fields, Lines, Path, Problems
from minkang.exchange.tables.spec import (
    FORMS,
    KINDS,
    MAX_REPEAT,
    Check,
    Column,
    Mapping,
    Resource,
    State,
    Table,
    Value,
    When,
)


def shipped() -> tuple[str, ...]:
    """The names of the mapping files that come with the program."""
    folder = files("minkang.exchange.tables") / "mappings"
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


@cache
def mapping(name: str) -> Mapping:
    """A shipped mapping by name.

    Raises:
        Fault: `TABLES-002` where there is none.
    """
    known = shipped()
    if name not in known:
        raise Fault("TABLES-002", name=name, known=", ".join(known))
    place = files("minkang.exchange.tables") / "mappings" / f"{name}.toml"
    return read_mapping(place.read_text("utf-8"), f"{name}.toml", name)


def find_mapping(what: str) -> Mapping:
    """A mapping by the name of a shipped one or by the path of a file of one's own."""
    place = FilePath(what)
    if place.suffix == ".toml" and place.is_file():
        return read_mapping(place.read_text("utf-8"), str(place), place.stem)
    return mapping(what)


def read_mapping(text: str, place: str, name: str) -> Mapping:
    """Read and check the text of a mapping file.

    Raises:
        Fault: `TABLES-003` where it is no TOML; otherwise `Faults` of `TABLES-001`, one a problem.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Fault("TABLES-003", place, reason=str(error)) from None
    problems = Problems(Lines(text, place))
    found = _mapping(Fields(table, (), problems), name)
    if not problems.faults:
        refs.check(found, problems)
    if problems.faults:
        raise Faults(problems.faults)
    return found


def _mapping(top: Fields, name: str) -> Mapping:
    columns = _columns(top)
    resources = [
        *parts.patient(top, columns),
        *(one for inner in top.each("resource") for one in _resources(inner)),
        *(one for inner in top.each("observations") for one in parts.observations(inner, columns, _whens)),
        *parts.costs(top),
    ]
    made = Mapping(
        name=name,
        zh=top.text("zh", None),
        en=top.text("en", None),
        source=top.text("source", None),
        table=_table(top),
        columns=columns,
        resources=tuple(resources),
        checks=tuple(_check(inner) for inner in top.each("check")) + parts.costs_check(top),
        headers=_headers(top, columns),
    )
    top.done()
    return made


def _columns(top: Fields) -> dict[str, Column]:
    listed: dict[str, Column] = {}
    inner = top.inner("columns")
    if inner is None:
        top.bad("columns", "缺少 / is missing")
        return listed
    for name in inner.table:
        said = inner.any(name)
        one = Fields({"is": said} if isinstance(said, str) else said, (*inner.path, name), inner.problems)
        repeat = one.whole("repeat", 0, 2, MAX_REPEAT)
        if ("{n}" in name) != bool(repeat):
            one.bad("", "{n} 与 repeat 应同时使用 / {n} and repeat go together")
        made = _column(one, name)
        for number in range(1, (repeat or 1) + 1):
            copied = _numbered(made, number) if repeat else made
            listed[copied.name] = copied
    return listed


def _column(one: Fields, name: str) -> Column:
    kind = one.choice("is", KINDS, "text")
    found = Column(
        name=name,
        kind=kind,
        alias=one.texts("alias"),
        required=one.flag("required"),
        map=one.text("map"),
        unit=one.text("unit"),
        analyte=one.text("analyte"),
        max=one.whole("max", 0, 1, 1_000_000),
        range=one.pair("range"),
        plausible=one.pair("plausible"),
        note=one.flag("note"),
        values=one.texts("values"),
        default=one.text("default"),
    )
    if (kind == "code") != bool(found.map):
        one.bad("map", "代码列应写 map,其他列不写 / belongs to code columns and to them only")
    if found.map and found.map not in code_maps():
        one.bad("map", f"没有代码对照“{found.map}” / there is no code map of this name")
    if (found.unit or found.analyte or found.plausible) and kind not in {"number", "integer"}:
        one.bad("", "unit、analyte、plausible 只用于数字列 / unit, analyte and plausible belong to numbers")
    one.done()
    return found


def _numbered(one: Column, number: int) -> Column:
    fill = str(number)
    alias = tuple(name.replace("{n}", fill) for name in one.alias if "{n}" in name or number == 1)
    if number > 1 and one.required:
        one = _optional(one)
    return Column(**{**vars(one), "name": one.name.replace("{n}", fill), "alias": alias})


def _optional(one: Column) -> Column:
    return Column(**{**vars(one), "required": False})


def _headers(top: Fields, columns: dict[str, Column]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in columns.values():
        for head in (one.name, *one.alias):
            other = found.setdefault(plain(head), one.name)
            if other != one.name:
                top.problems.add(("columns", one.name), f"列名“{head}”也属于 / the head is also of “{other}”")
    return found


def _table(top: Fields) -> Table:
    one = top.inner("table")
    if one is None:
        top.bad("table", "缺少 / is missing")
        return Table((), ())
    state = one.inner("state")
    made = Table(
        key=one.texts("key", needed=True),
        at=one.texts("at", needed=True),
        sheets=one.texts("sheets"),
        header_within=one.whole("header_within", 20, 1, 200),
        ignored=one.texts("ignored"),
        skip=_whens(one, "skip"),
        state=None if state is None else _state(state),
    )
    one.done()
    return made


def _state(one: Fields) -> State:
    made = State(
        one.text("column", None), frozenset(one.texts("corrected")), frozenset(one.texts("withdrawn", needed=True))
    )
    one.done()
    return made


def _whens(one: Fields, name: str) -> tuple[When, ...]:
    """A condition, or a list of conditions that must all hold."""
    found = one.any(name)
    if found is None:
        return ()
    listed = found if isinstance(found, list) else [found]
    return tuple(_when(said, (*one.path, name), one) for said in listed)


def _when(said: object, path: Path, one: Fields) -> When:
    if isinstance(said, str):
        return When(said.removeprefix("!"), present=not said.startswith("!"))
    inner = Fields(said, path, one.problems)
    column, values, others = inner.text("column", None), inner.texts("in"), inner.texts("not_in")
    if bool(values) == bool(others):
        inner.bad("", "in 与 not_in 应恰有其一 / takes exactly one of in and not_in")
    inner.done()
    return When(column, present=bool(values), values=frozenset(values or others))


def _resources(one: Fields) -> Iterable[Resource]:
    """The resource as it is, or one for each number of its repeated columns."""
    repeat = one.whole("repeat", 0, 2, MAX_REPEAT)
    made = Resource(
        type=one.text("type", None),
        key=one.text("key", None),
        set=_values(one),
        when=_whens(one, "when"),
        authority=one.whole("authority", 1, 1, 2),
        shared=one.flag("shared"),
    )
    one.done()
    if not repeat:
        return [made]
    if "{n}" not in made.key:
        one.bad("key", "重复的资源,其 key 应含 {n} / of a repeated resource must hold {n}")
    return [refs.numbered(made, number) for number in range(1, repeat + 1)]


def _values(one: Fields) -> dict[str, Value]:
    inner = one.inner("set")
    if inner is None:
        one.bad("set", "缺少 / is missing")
        return {}
    found: dict[str, Value] = {}
    for path in inner.table:
        said = inner.any(path)
        if isinstance(said, str):
            found[path] = Value(column=said)
            continue
        value = Fields(said, (*inner.path, path), inner.problems)
        repeat = value.whole("repeat", 0, 2, MAX_REPEAT)
        made = _value(value)
        for number in range(1, repeat + 1) if repeat else ():
            found[refs.fill(path, number)] = refs.numbered_value(made, number)
        if not repeat:
            found[path] = made
    return found


def _value(one: Fields) -> Value:
    made = Value(
        column=one.text("column"),
        form=one.choice("as", ("", *FORMS), ""),
        text=one.text("text"),
        map=one.text("map"),
        fixed=one.any("fixed"),
        template=one.text("key") or one.text("template"),
        type=one.text("reference"),
        first=one.texts("first"),
        when=_whens(one, "when"),
    )
    given: list[Any] = [made.column, made.fixed is not None, made.template, made.first]
    if sum(map(bool, given)) != 1:
        one.bad("", "应恰有其一 / takes exactly one of: column, fixed, template, reference with key, first")
    if made.map and made.map not in code_maps():
        one.bad("map", f"没有代码对照“{made.map}” / there is no code map of this name")
    one.done()
    return made


def _check(one: Fields) -> Check:
    made = Check(
        kind=one.choice("kind", ("order", "sum", "id_card", "needs"), "order"),
        columns=one.texts("columns", needed=True),
        total=one.text("total"),
        born=one.text("born"),
        sex=one.text("sex"),
        reject=one.flag("reject"),
    )
    if made.kind == "sum" and not made.total:
        one.bad("total", "缺少 / is missing")
    if made.kind in {"order", "needs"} and len(made.columns) != 2:
        one.bad("columns", "应为两列 / must be two columns")
    one.done()
    return made
