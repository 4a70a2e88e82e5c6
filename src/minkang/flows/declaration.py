"""Flows as they are declared, in TOML: states, the events that join them, who may, within what time.

    id = "pair-review"
    zh = "疑似同一人复核"
    en = "Pairs to review"
    start = "open"

    [states.open]
    zh = "待复核"
    en = "to review"
    holders = ["data-engineer"]     # the roles whose inbox it waits in; none: it waits for nobody
    hours = 72                      # the time limit; 0 or absent: none
    late = "escalate"               # the event that the clock fires when the limit has passed

    [events.link]
    zh = "认定为同一人"
    en = "link"
    from = ["open", "escalated"]
    to = "linked"
    roles = ["data-engineer"]
    reason = true                   # whoever does it says why

A state that no event leaves is final.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from minkang.errors import Fault, Faults, Language

_FLOW_KEYS = {"id", "zh", "en", "start", "states", "events"}
_STATE_KEYS = {"zh", "en", "holders", "hours", "late"}
_EVENT_KEYS = {"zh", "en", "from", "to", "roles", "reason"}


@dataclass(frozen=True)
class State:
    """Where an item can be.

    Attributes:
        words: its name in both languages.
        holders: roles whose inbox it waits in.
        hours: time limit; 0 for none.
        late: the event that the clock fires after the limit; empty for none.
    """

    name: str
    words: Mapping[Language, str]
    holders: frozenset[str] = frozenset()
    hours: float = 0.0
    late: str = ""


@dataclass(frozen=True)
class Event:
    """A step.

    Attributes:
        sources: the states it leads from; `target`: the one it leads to.
        roles: who may do it.
        reason: whether a reason must be given.
    """

    name: str
    words: Mapping[Language, str]
    sources: frozenset[str]
    target: str
    roles: frozenset[str] = frozenset()
    reason: bool = False


@dataclass(frozen=True)
class Flow:
    """A state machine."""

    id: str
    words: Mapping[Language, str]
    start: str
    states: Mapping[str, State]
    events: Mapping[str, Event]

    def leaving(self, state: str) -> list[Event]:
        """The events that lead from a state, in the order declared."""
        return [event for event in self.events.values() if state in event.sources]

    def final(self, state: str) -> bool:
        """Whether nothing leads from it."""
        return not self.leaving(state)


def read_flow(package: str, file: str) -> Flow:
    """A flow that a package declares in a file beside its modules.

    Raises:
        Fault: as `parse_flow`.
    """
    return parse_flow(files(package).joinpath(file).read_text("utf-8"), f"{package}/{file}")


def parse_flow(text: str, source: str = "") -> Flow:
    """Read a declaration, strictly.

    Raises:
        Faults: every problem found, each with its place: `FLOWS-001` not TOML, `FLOWS-002` an unknown key, `FLOWS-003`
            a key missing or of the wrong kind, `FLOWS-004` a name that is declared nowhere, `FLOWS-005` a state that
            no event leads to.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Fault("FLOWS-001", where=source, reason=str(error)) from error
    found: list[Fault] = []
    _keys(told, _FLOW_KEYS, {"id", "zh", "en", "start", "states", "events"}, source, found)
    states, events = _tables(told, "states", source, found), _tables(told, "events", source, found)
    for name, table in states.items():
        _keys(table, _STATE_KEYS, {"zh", "en"}, f"{source} states.{name}", found)
    for name, table in events.items():
        _keys(table, _EVENT_KEYS, {"zh", "en", "from", "to"}, f"{source} events.{name}", found)
    if found:
        raise Faults(found)
    _names(told, states, events, source, found)
    if found:
        raise Faults(found)
    return Flow(
        told["id"],
        _words(told),
        told["start"],
        {name: _state(name, table) for name, table in states.items()},
        {name: _event(name, table) for name, table in events.items()},
    )


def _keys(table: Mapping[str, Any], known: set[str], needed: set[str], where: str, found: list[Fault]) -> None:
    found += [Fault("FLOWS-002", where=where, key=key) for key in sorted(table.keys() - known)]
    found += [Fault("FLOWS-003", where=where, key=key) for key in sorted(needed - table.keys())]
    kinds: dict[str, type | tuple[type, ...]] = {
        **dict.fromkeys(("id", "zh", "en", "start", "to", "late"), str),
        **dict.fromkeys(("from", "roles", "holders"), list),
        "hours": (int, float),
        "reason": bool,
    }
    found += [
        Fault("FLOWS-003", where=where, key=key)
        for key, value in table.items()
        if key in kinds and (not isinstance(value, kinds[key]) or (key == "hours" and isinstance(value, bool)))
    ]


def _tables(told: Mapping[str, Any], key: str, where: str, found: list[Fault]) -> dict[str, Mapping[str, Any]]:
    table = told.get(key, {})
    if not isinstance(table, dict) or not all(isinstance(value, dict) for value in table.values()):
        found.append(Fault("FLOWS-003", where=where, key=key))
        return {}
    return table


def _names(
    told: Mapping[str, Any],
    states: Mapping[str, Mapping[str, Any]],
    events: Mapping[str, Mapping[str, Any]],
    source: str,
    found: list[Fault],
) -> None:
    named = [("start", told["start"])]
    named += [(f"events.{name}", state) for name, event in events.items() for state in (*event["from"], event["to"])]
    found += [Fault("FLOWS-004", where=f"{source} {place}", name=name) for place, name in named if name not in states]
    found += [
        Fault("FLOWS-004", where=f"{source} states.{name}", name=state["late"])
        for name, state in states.items()
        if state.get("late") and name not in events.get(state["late"], {"from": ()})["from"]
    ]
    reached = {told["start"], *(event["to"] for event in events.values())}
    found += [Fault("FLOWS-005", where=source, state=name) for name in states if name not in reached]


def _words(table: Mapping[str, Any]) -> Mapping[Language, str]:
    return {"zh": table["zh"], "en": table["en"]}


def _state(name: str, table: Mapping[str, Any]) -> State:
    holders = frozenset(table.get("holders", ()))
    return State(name, _words(table), holders, float(table.get("hours", 0)), table.get("late", ""))


def _event(name: str, table: Mapping[str, Any]) -> Event:
    roles = frozenset(table.get("roles", ()))
    return Event(name, _words(table), frozenset(table["from"]), table["to"], roles, table.get("reason", False))
