"""What is wrong with a view, gathered so that its author can mend all of it at once."""

from __future__ import annotations

from minkang.errors import Fault, Faults


class Problems:
    """Faults that stop a view and notices that do not."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.notices: list[Fault] = []

    def add(self, code: str, place: str, **params: object) -> None:
        """Keep a fault that stops the view."""
        self.keep(Fault(code, where=place, **params))

    def keep(self, fault: Fault) -> None:
        """Keep a fault met elsewhere; the same at the same place counts once."""
        if not any((old.code, old.where, old.params) == (fault.code, fault.where, fault.params) for old in self.faults):
            self.faults.append(fault)

    def notice(self, code: str, place: str, **params: object) -> None:
        """Keep a notice: the view runs, but its author should know."""
        if not any((old.code, old.where) == (code, place) for old in self.notices):
            self.notices.append(Fault(code, where=place, **params))

    def raise_if_any(self) -> None:
        """Raise all faults together as `Faults`, if there are any."""
        if self.faults:
            raise Faults(self.faults)
