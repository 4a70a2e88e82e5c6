"""What the pages of the lake share: the lake itself, who may ask it, tabs, and words for levels."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest
from django.urls import reverse

from minkang.access.audit import AuditEntry
from minkang.lake.query import Lake
from minkang.lake.tables import LEVELS
from minkang.portal.accounts.project import the_platform
from minkang.portal.web.components import Tab, Tabs
from minkang.portal.web.components.forms import Choice
from minkang.portal.web.page import access, require_administrator, said
from minkang.wiring import Platform, open_lake

MOST_LEVEL = 3
"""The highest sensitivity a query sees unless more is asked for: nothing that says who a person is."""
_TABS = ("records", "catalogue", "sql")
_ADDRESSES = {"records": "choose", "catalogue": "lake_catalogue", "sql": "lake_sql"}
_lakes: list[tuple[Platform, Lake]] = []


def enter(request: HttpRequest) -> None:
    """Refuse who may not query the records of everybody.

    Raises:
        Fault: `WEB-010`.
    """
    require_administrator(request)


def the_lake() -> Lake:
    """The lake of the platform, opened once a process."""
    platform = the_platform()
    if not _lakes or _lakes[0][0] is not platform:
        for _, lake in _lakes:
            lake.close()
        _lakes[:] = [(platform, open_lake(platform.settings))]
    return _lakes[0][1]


def there_is_a_lake() -> bool:
    """Whether it was ever refreshed."""
    return the_lake().folder.current() is not None


def audit(request: HttpRequest, query: str, count: int = 1, *, outcome: str = "ok") -> None:
    """Leave a row in the audit trail for a look into the lake."""
    the_platform().audit.write(AuditEntry(access(request), "search", query=query, count=count, outcome=outcome))


def tabs(request: HttpRequest, chosen: str) -> Tabs:
    """Records, catalogue, SQL."""
    return Tabs(
        said(request, "areas.data"),
        [Tab(said(request, f"shelf.tab_{one}"), reverse(_ADDRESSES[one]), one == chosen) for one in _TABS],
    )


def crumbs(request: HttpRequest, *below: str) -> list[tuple[str, str]]:
    """The pages above one."""
    above = [(said(request, "areas.data"), reverse("choose"))]
    return above + [(said(request, f"shelf.tab_{one}"), reverse(_ADDRESSES[one])) for one in below]


def level_word(request: HttpRequest, level: int) -> str:
    """A sensitivity in a word, with its number: `3 个人信息`."""
    return f"{level} {said(request, f'shelf.level_{LEVELS[level]}')}"


def level_choices(request: HttpRequest) -> Sequence[Choice]:
    """All sensitivities."""
    return [(str(level), level_word(request, level)) for level in LEVELS]
