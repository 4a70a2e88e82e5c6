"""What a mapping speaks of must be there: columns, FHIR types and elements; and the filling in of repeat numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from minkang.errors import Fault
from minkang.exchange.tables.fields import Path, Problems
from minkang.exchange.tables.spec import Mapping, Resource, Value, When
from minkang.fhir.schema import PRIMITIVES, elements_of
from minkang.fhir.types import is_resource_type

_NAMED = re.compile(r"\{([^{}]+)\}")
_STEP = re.compile(r"([A-Za-z_]\w*)(?:\[(\d+)\])?")


def names_in(template: str) -> list[str]:
    """The columns a template speaks of."""
    return _NAMED.findall(template)


def steps(path: str) -> list[str | int] | None:
    """`name[0].text` as `["name", 0, "text"]`; None where it is no path."""
    found: list[str | int] = []
    for part in path.split("."):
        one = _STEP.fullmatch(part)
        if not one:
            return None
        found.append(one[1])
        if one[2]:
            found.append(int(one[2]))
    return found


def fill(text: str, number: int) -> str:
    """Put the number of a repeated group in; `{n0}` counts from zero, as paths do."""
    return text.replace("{n0}", str(number - 1)).replace("{n}", str(number))


def numbered(one: Resource, number: int) -> Resource:
    """One resource of a repeated group."""
    return replace(
        one,
        key=fill(one.key, number),
        when=tuple(_numbered_when(when, number) for when in one.when),
        set={fill(path, number): numbered_value(value, number) for path, value in one.set.items()},
    )


def numbered_value(one: Value, number: int) -> Value:
    """One value of a repeated group."""
    return replace(
        one,
        column=fill(one.column, number),
        text=fill(one.text, number),
        template=fill(one.template, number),
        fixed=number if one.fixed == "{n}" else one.fixed,
        first=tuple(fill(name, number) for name in one.first),
        when=tuple(_numbered_when(when, number) for when in one.when),
    )


def _numbered_when(one: When, number: int) -> When:
    return replace(one, column=fill(one.column, number))


def check(made: Mapping, problems: Problems) -> None:
    """Say which columns are named and not listed, and which paths no FHIR resource has."""
    table = made.table
    spoken: list[tuple[Path, str]] = [(("table", "key"), name) for name in table.key]
    spoken += [(("table", "at"), name) for name in table.at]
    spoken += [(("table", "skip"), when.column) for when in table.skip]
    spoken += [(("columns", one.name), name) for one in made.columns.values() for name in names_in(one.default)]
    spoken += [(("table", "state"), table.state.column)] if table.state else []
    for number, one in enumerate(made.resources):
        spoken += [(("resource", str(number)), name) for name in _spoken(one)]
        _check_paths(one, ("resource", str(number)), problems)
    for number, rule in enumerate(made.checks):
        of = [*rule.columns, rule.total, rule.born, rule.sex]
        spoken += [(("check", str(number)), name) for name in of if name]
    told = set()
    for path, name in spoken:
        if name not in made.columns and name not in told:
            told.add(name)
            problems.add(path, f"列“{name}”没有列在 [columns] 中 / the column is not listed under [columns]")


def _spoken(one: Resource) -> Iterator[str]:
    yield from names_in(one.key)
    yield from (when.column for when in one.when)
    for value in one.set.values():
        yield from filter(None, (value.column, value.text, *value.first))
        yield from names_in(value.template)
        yield from (when.column for when in value.when)


def _check_paths(one: Resource, path: Path, problems: Problems) -> None:
    if not is_resource_type(one.type):
        problems.add(path, f"FHIR R4 没有“{one.type}”这种资源 / has no such resource type")
        return
    for said in one.set:
        if wrong := _wrong(one.type, said):
            problems.add((*path, "set", said), f"{one.type}.{said}: {wrong}")


def _wrong(type_name: str, said: str) -> str:
    """What keeps a path from being one of this type; empty where nothing does."""
    walk = steps(said)
    if walk is None:
        return "不是路径 / is no path"
    here = type_name
    for place, step in enumerate(walk):
        if isinstance(step, int):
            continue
        try:
            element = elements_of(here).get(step)
        except Fault:
            element = None
        if element is None:
            return f"{here} 没有元素 {step} / has no such element"
        indexed = place + 1 < len(walk) and isinstance(walk[place + 1], int)
        last = place + 1 + indexed == len(walk)
        if indexed != element.is_list and not last:
            return f"{step} 应写成 / is to be written {step}[0]" if element.is_list else f"{step} 不重复 / is no list"
        if indexed and not element.is_list:
            return f"{step} 不重复 / is no list"
        here = element.types[0]
        if here in PRIMITIVES and not last:
            return f"{step} 之下没有元素 / has nothing below it"
    return ""
