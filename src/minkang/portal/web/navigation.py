"""The areas of the platform and the pages in them, in the order of the bar. A new page is one line here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

ADMINISTRATORS = frozenset(("administrator",))
"""A role that no program grants: only accounts that administer the platform see what asks for it."""


REVIEWERS = frozenset(("data-engineer", "person-reviewer"))
"""Who decides whether two records are one person."""


@dataclass(frozen=True)
class Place:
    """A page that can be gone to.

    Attributes:
        key: its words (`areas.records`), also its name in the palette.
        address: without parameters.
        letter: the key after `g` that goes there; empty for none.
        roles: who sees it; empty for all who are signed in.
    """

    key: str
    address: str
    letter: str = ""
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Area:
    """One word of the bar: the page it opens, the pages in it, and whether it stands in the bar."""

    front: Place
    pages: tuple[Place, ...] = ()
    below: tuple[str, ...] = ()
    bar: bool = True

    def holds(self, path: str) -> int:
        """How well a path fits: the length of the longest beginning that does; 0 where none does."""
        starts = (*self.below, self.front.address, *(page.address for page in self.pages))
        return max(
            (len(start) for start in starts if path == start or path.startswith(start.rstrip("/") + "/")), default=0
        )


AREAS: tuple[Area, ...] = (
    Area(
        Place("areas.people", "/records/Patient", "p"),
        (
            Place("areas.population", "/persons", "o"),
            Place("areas.review", "/persons/review", "v", REVIEWERS),
            Place("areas.disagreements", "/persons/disagreements"),
        ),
    ),
    Area(Place("areas.institutions", "/institutions", "i"), (Place("areas.regions", "/regions"),)),
    Area(
        Place("areas.data", "/records", "d"),
        (
            Place("areas.observations", "/records/Observation"),
            Place("areas.catalogue", "/data/catalogue", "", ADMINISTRATORS),
            Place("areas.sql", "/data/sql", "q", ADMINISTRATORS),
        ),
    ),
    Area(
        Place("areas.exchange", "/exchange", "x", ADMINISTRATORS),
        (
            Place("areas.ledger", "/exchange/ledger", "", ADMINISTRATORS),
            Place("areas.rejects", "/exchange/rejects", "r", ADMINISTRATORS),
            Place("areas.unmapped", "/exchange/unmapped", "", ADMINISTRATORS),
            Place("areas.mappings", "/exchange/mappings", "", ADMINISTRATORS),
            Place("areas.quality", "/exchange/quality", "", ADMINISTRATORS),
            Place("areas.take", "/exchange/take", "", ADMINISTRATORS),
        ),
    ),
    Area(
        Place("areas.administration", "/administration", "a", ADMINISTRATORS),
        (
            Place("areas.accounts", "/administration/accounts", "", ADMINISTRATORS),
            Place("areas.clients", "/administration/clients", "", ADMINISTRATORS),
            Place("areas.audit", "/administration/audit", "", ADMINISTRATORS),
            Place("areas.health", "/administration/health", "", ADMINISTRATORS),
            Place("areas.settings", "/administration/settings", "", ADMINISTRATORS),
        ),
    ),
    Area(
        Place("areas.home", "/", "h"),
        (Place("areas.work", "/work", "w"), Place("areas.notices", "/notices", "n"), Place("areas.design", "/design")),
        bar=False,
    ),
)


def seen_by(roles: Collection[str], *, all_roles: bool) -> list[Area]:
    """The areas that an account with these roles sees, each with the pages it sees."""
    return [
        Area(area.front, tuple(one for one in area.pages if _open(one, roles, all_roles)), area.below, area.bar)
        for area in AREAS
        if _open(area.front, roles, all_roles)
    ]


def area_of(areas: list[Area], path: str) -> Area | None:
    """The area a page belongs to."""
    best = max(areas, key=lambda area: area.holds(path), default=None)
    return best if best is not None and best.holds(path) else None


def _open(place: Place, roles: Collection[str], all_roles: bool) -> bool:
    return all_roles or not place.roles or not place.roles.isdisjoint(roles)
