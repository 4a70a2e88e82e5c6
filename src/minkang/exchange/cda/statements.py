"""The entries of a section as statements: code, value, time, and what stands inside, whatever element carries them."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from minkang.exchange.cda.parsing import Node
from minkang.exchange.cda.values import Said, said

ACTS = {"observation", "organizer", "procedure", "substanceAdministration", "act", "encounter", "supply"}
RELATIONS = {"entryRelationship", "component", "entryReationship", "entryRelationShip"}  # two misspellings are common


class Person(Struct, frozen=True):
    """Someone who took part: `role` in words (第一助手), `id` of staff, name."""

    role: str = ""
    id: str = ""
    name: str = ""


class Statement(Struct):
    """One act of an entry.

    Attributes:
        tag: the element (`observation`).
        code, system, name: of its `code`; `name` is the displayName; `qualifier`: what qualifies it (主要诊断).
        said: its value, None where there is none.
        start, end: of its effectiveTime, as sent.
        people: who took part.
        inner: statements inside.
        node: the element.
    """

    tag: str
    code: str
    system: str
    name: str
    qualifier: str
    said: Said | None
    start: str
    end: str
    people: list[Person]
    node: Node
    inner: list[Statement] = field(default_factory=list)


def statements(section: Node) -> Iterator[Statement]:
    """The entries of a section, in order."""
    for entry in section.all("entry"):
        for node in entry.children:
            if node.name in ACTS:
                yield _statement(node)


def _statement(node: Node) -> Statement:
    code = node.first("code")
    value = node.first("value")
    inner = [_statement(child) for relation in node.children if relation.name in RELATIONS
             for child in relation.children if child.name in ACTS]  # fmt: skip
    start, end = times(node)
    return Statement(
        node.name, code.get("code") if code else "", code.get("codeSystem") if code else "",
        code.get("displayName") if code else "", _qualifier(code), said(value) if value else None, start, end,
        list(_people(node)), node, inner,
    )  # fmt: skip


def times(node: Node) -> tuple[str, str]:
    """Beginning and end of an effectiveTime, as sent."""
    found = node.first("effectiveTime")
    if found is None:
        return "", ""
    low, high = found.first("low"), found.first("high")
    return (found.get("value") or (low.get("value") if low else ""), high.get("value") if high else "")


def _qualifier(code: Node | None) -> str:
    found = code.first("qualifier", "name") if code else None
    return found.get("displayName") if found else ""


def _people(node: Node) -> Iterator[Person]:
    for child in node.children:
        if child.name in {"performer", "participant", "author"}:
            one = person(child)
            if one.name or one.id:
                yield one


def person(node: Node) -> Person:
    """A participation, wherever its parts stand."""
    role = identifier = name = ""
    for inner in node.every():
        if inner.name == "code" and not role:
            role = inner.get("displayName")
        elif inner.name == "id" and not identifier:
            identifier = inner.get("extension")
        elif inner.name in {"assignedPerson", "playingEntity", "associatedPerson"} and not name:
            name = inner.words("name")
    return Person(role, identifier, name)
