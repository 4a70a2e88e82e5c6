"""SMART scopes for service clients: `system/Observation.read`, `system/*.cruds`.

Source: SMART App Launch 2.2.0, "Scopes for requesting FHIR resources"; the version 1 forms `.read`, `.write` and
`.*` are read as the version 2 letters they stand for. A query part (`?category=…`) is refused, because a scope that
is granted but not applied would show more than it says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from minkang.errors import Fault

Interaction = Literal["create", "read", "update", "delete", "search"]

_LETTERS: dict[str, Interaction] = {"c": "create", "r": "read", "u": "update", "d": "delete", "s": "search"}
_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
_FORM = re.compile(r"system/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)")


@dataclass(frozen=True)
class Scope:
    """One granted scope: a resource type (or `*`) and the interactions allowed on it."""

    type: str
    interactions: frozenset[Interaction]

    def allows(self, type: str, interaction: Interaction) -> bool:
        """Whether this scope alone permits the interaction."""
        return self.type in ("*", type) and interaction in self.interactions


def parse_scopes(text: str) -> tuple[Scope, ...]:
    """Read a space-separated list of scopes.

    Raises:
        Fault: `ACCESS-001` for the first that is not of the form `system/TYPE.LETTERS`.
    """
    return tuple(_parse(word) for word in text.split())


def _parse(word: str) -> Scope:
    match = _FORM.fullmatch(word)
    if match is None or not match[2]:
        raise Fault("ACCESS-001", scope=word)
    letters = _VERSION_1.get(match[2], match[2])
    return Scope(match[1], frozenset(_LETTERS[letter] for letter in letters))
