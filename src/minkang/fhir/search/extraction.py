"""Extraction: one Python function a resource type, written once from the branches' leaves, walks a struct to its keys.

The function is plain source (`extractor_source("Observation")` shows it): nested `if`s and `for`s along the elements
that search needs, nothing looked up while it runs. It is written when the first resource of its type is stored.
"""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import cache
from keyword import iskeyword
from typing import Any

import msgspec

from minkang.fhir.search import conversion, dates
from minkang.fhir.search.keys import Dates, Keys, Reference, Text, Token, Uri
from minkang.fhir.search.parameters import (
    Branch,
    branches_of,
    identifier_branch,
    of_type_branch,
    parameters_of,
)
from minkang.fhir.search.text import fold

_STEP = re.compile(r"(?P<name>\w+)(?P<mark>[*#])?(?:\[(?P<place>\d+)\])?(?:\{(?P<key>\w+)=(?P<value>[^}]*)\})?\Z")


def extract(resource: Any, zone: tzinfo = dates.CHINA) -> Keys:
    """All search keys of a decoded resource.

    Args:
        resource: a struct of `minkang.fhir.r4`.
        zone: the zone of dates that name none.
    """
    keys: Keys = _extractor(type(resource).__name__)(resource, zone)
    return keys


@cache
def _extractor(type: str) -> Callable[[Any, tzinfo], Keys]:
    source = extractor_source(type)
    name = f"<search keys of {type}>"
    # Tracebacks and debuggers find the text here.
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    names: dict[str, Any] = {**_NAMES}
    exec(compile(source, name, "exec"), names)  # our own text, made of the packaged data alone
    found: Callable[[Any, tzinfo], Keys] = names["extract"]
    return found


class _Whole(msgspec.Struct):
    """Type and id of a resource kept inside another."""

    resourceType: str
    id: str = ""


def _inner_reference(out: list[Reference], branch: int, value: msgspec.Raw, group: int) -> None:
    """A resource kept in place (`Bundle.entry[0].resource`), found by its type and id."""
    whole = msgspec.json.decode(value, type=_Whole)
    if whole.id:
        out.append(Reference(branch, f"{whole.resourceType}/{whole.id}", group))


_NAMES: dict[str, Any] = {
    "Keys": Keys,
    "Token": Token,
    "Text": Text,
    "Dates": Dates,
    "Uri": Uri,
    "new": tuple.__new__,
    "fold": fold,
    "stretch": dates.stretch,
    "timing": dates.timing,
    "period": conversion.period_dates,
    "inner_reference": _inner_reference,
    **{one.__name__: one for one in conversion.CONVERTERS.values()},
    "typed_tokens": conversion.typed_tokens,
    "logical_tokens": conversion.logical_tokens,
}


@dataclass
class _Place:
    """An element on the way: what is read there, and what lies below."""

    lines: list[str] = field(default_factory=list)
    below: dict[str, _Place] = field(default_factory=dict)
    primitive: bool = False


def extractor_source(type: str) -> str:
    """The source of a type's extractor."""
    top = _Place()
    for branch in branches_of(type):
        for leaf in branch.leaves:
            if leaf.type == "truth":
                top.lines += _truth(branch, leaf.steps)
                continue
            place = top
            for step in leaf.steps:
                place = place.below.setdefault(step, _Place())
            place.primitive = leaf.type[0].islower()
            group = "group" if branch.grouped else "0"
            for kind in branch.kinds:
                place.lines += _leaf_lines(kind, leaf.type, branch, group)
    lines = [
        "def extract(resource, zone):",
        f"    keys = Keys({type!r})",
        "    tokens, references, dates = keys.tokens, keys.references, keys.dates",
        "    numbers, texts, uris = keys.numbers, keys.texts, keys.uris",
        *(f"    {line.replace('value', 'resource')}" for line in top.lines),
        *_below(top, "resource", 1),
        "    return keys.squeeze()",
    ]
    return "\n".join([*lines, ""])


def _truth(branch: Branch, steps: tuple[str, ...]) -> list[str]:
    """Whether any of a choice's elements is there and not false."""
    condition = " or ".join(f"value.{_attribute(step)}" for step in steps)
    return [f'tokens.append(new(Token, ({branch.id}, "", "true" if {condition} else "false", 0, "")))']


def _below(place: _Place, owner: str, depth: int) -> Iterator[str]:
    for step, inner in place.below.items():
        found = _STEP.match(step)
        assert found is not None, step
        value, pad = f"v{depth}", "    " * depth
        path = f"{owner}.{_attribute(found['name'])}"
        if found["mark"] == "#":
            yield f"{pad}for group, {value} in enumerate({path} or (), 1):"
        elif found["mark"]:
            yield f"{pad}for {value} in {path} or ():"
        elif found["place"]:
            yield f"{pad}for {value} in ({path} or ())[{found['place']}:{int(found['place']) + 1}]:"
        else:
            yield f"{pad}{value} = {path}"
            yield f"{pad}if {value} is not None:"
        if found["key"]:
            yield f"{pad}    if {value}.{_attribute(found['key'])} != {found['value']!r}:"
            yield f"{pad}        continue"
        elif found["mark"] and inner.primitive:
            # The list of a repeating primitive has holes where only extensions stand.
            yield f"{pad}    if {value} is None:"
            yield f"{pad}        continue"
        for line in inner.lines:
            yield f"{pad}    {line.replace('value', value)}"
        yield from _below(inner, value, depth + 1)


def _attribute(name: str) -> str:
    return f"{name}_" if iskeyword(name) else name


def _leaf_lines(kind: str, type: str, branch: Branch, group: str) -> list[str]:  # noqa: PLR0911 - one return a type
    """What is done with one value; `value` stands for the variable that holds it."""
    number = branch.id
    match kind, type:
        case "tokens", "boolean":
            return [f'tokens.append(new(Token, ({number}, "", "true" if value else "false", {group}, "")))']
        case "tokens", plain if plain in conversion.PLAIN_TOKENS:
            return [f'tokens.append(new(Token, ({number}, "", value, {group}, "")))']
        case "tokens", "Identifier":
            typed = of_type_branch(branch.id)
            return [
                f"identifier_tokens(tokens, {number}, value, {group})",
                "if value.type is not None:",
                f"    typed_tokens(tokens, {typed}, value, {group})",
            ]
        case "references", "Reference":
            logical = identifier_branch(branch.id)
            return [
                f"reference_keys(references, {number}, value, {group})",
                "if value.identifier is not None:",
                f"    logical_tokens(tokens, {logical}, value, {group})",
            ]
        case "references", "Resource":
            return [f"inner_reference(references, {number}, value, {group})"]
        case "uris", plain if plain != "canonical":
            return [f"uris.append(new(Uri, ({number}, value, {group})))"]
        case "texts", plain if plain in conversion.STRINGS:
            return [f"texts.append(new(Text, ({number}, fold(value), value, {group})))"]
        case "dates", "Period" | "Timing":
            reader = "period" if type == "Period" else "timing"
            return [
                f"stretched = {reader}(value, zone)",
                "if stretched is not None:",
                f"    dates.append(new(Dates, ({number}, *stretched, {group})))",
            ]
        case "dates", _:
            return [f"dates.append(new(Dates, ({number}, *stretch(value, zone), {group})))"]
        case _:
            return [f"{conversion.CONVERTERS[kind, type].__name__}({kind}, {number}, value, {group})"]


@cache
def _narrowed(type: str) -> tuple[Branch, ...]:
    """The narrowed uses of branches (`subject` as `patient`), which have a presence of their own."""
    uses = {branch for one in parameters_of(type).values() for branch in one.branches if branch.presence != branch.id}
    return tuple(sorted(uses, key=lambda branch: branch.presence))


def present(keys: Keys) -> list[int]:
    """The `Branch.presence` numbers of all that a resource has a value for, ascending (for `:missing`)."""
    rows: tuple[list[Any], ...] = (keys.tokens, keys.references, keys.dates, keys.numbers, keys.texts, keys.uris)
    found: set[int] = {key[0] for each in rows for key in each}
    for branch in _narrowed(keys.type):
        if branch.id in found and _holds(branch, keys):
            found.add(branch.presence)
    return sorted(found)


def _holds(branch: Branch, keys: Keys) -> bool:
    if branch.system:
        return any(key.branch == branch.id and key.system == branch.system for key in keys.tokens)
    return any(key.branch == branch.id and target_type(key.target) in branch.targets for key in keys.references)


def target_type(target: str) -> str:
    """`Patient` for `Patient/1` and `http://there/fhir/Patient/1`; "" where the address does not say."""
    head, _, _ = target.rpartition("/")
    name = head.rpartition("/")[2]
    return name if name[:1].isupper() and name.isalpha() else ""
