"""The caller of an interaction."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field

from minkang.access.scopes import Interaction, Scope
from minkang.errors import Fault

_ALL: frozenset[Interaction] = frozenset(("create", "read", "update", "delete", "search"))


@dataclass(frozen=True)
class Access:
    """Who asks, from where, and what was granted.

    Attributes:
        caller: stable name of the client or account; it goes into the audit trail.
        scopes: what was granted.
        address: the network address of the caller; empty inside the program.
        request: an id that joins all audit rows and log lines of one request.
        purpose: why, where the caller says so (a code of v3 PurposeOfUse); empty where it does not.
        roles: what the caller does here (`data-engineer`); `*` for the program itself and platform administrators.
    """

    caller: str
    scopes: tuple[Scope, ...]
    address: str = ""
    request: str = field(default_factory=lambda: uuid.uuid4().hex)
    purpose: str = ""
    roles: frozenset[str] = frozenset()

    def has_role(self, roles: Collection[str]) -> bool:
        """Whether the caller has one of these roles, or all."""
        return "*" in self.roles or not self.roles.isdisjoint(roles)

    def allows(self, type: str, interaction: Interaction) -> bool:
        """Whether any scope permits the interaction on records of this type."""
        return any(scope.allows(type, interaction) for scope in self.scopes)

    def require(self, type: str, interaction: Interaction) -> None:
        """Refuse what was not granted.

        Raises:
            Fault: `ACCESS-002`, naming type and interaction and nothing of the record.
        """
        if not self.allows(type, interaction):
            raise Fault("ACCESS-002", type=type, interaction=interaction)


def program_access(task: str) -> Access:
    """The access of the program's own work (loading, indexing, backup), named by its task for the audit trail."""
    return Access(caller=f"program:{task}", scopes=(Scope("*", _ALL),), roles=frozenset("*"))
