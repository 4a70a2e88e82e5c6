"""What every page is given: its language, its words, the account, the bar, the status line, the addresses of assets."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from minkang import __version__
from minkang.errors import Fault, Language
from minkang.portal.accounts.project import the_platform
from minkang.portal.web import freshness, regional
from minkang.portal.web.assets import addresses
from minkang.portal.web.language import language_of
from minkang.portal.web.navigation import area_of, seen_by
from minkang.portal.web.notices import store as notices
from minkang.portal.web.preferences import preferences_of
from minkang.wording import words


class Words:
    """Wordings of the pages by name, for templates: `{{ w.start_title }}` is `pages.start_title`."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language

    def __getitem__(self, name: str) -> str:
        return words()[f"pages.{name}"][self._language]


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of every template."""
    language = language_of(request)
    common = {
        "w": Words(language),
        "language": language,
        "lang_tag": "zh-CN" if language == "zh" else "en",
        "other": ("en", "English") if language == "zh" else ("zh-hans", "中文"),
        "here": request.get_full_path(),
        "account": getattr(request, "user", None),
        "prefers": preferences_of(request),
        "assets": addresses(),
        "version": __version__,
    }
    return common | _inside(request) if getattr(common["account"], "is_authenticated", False) else common


def _inside(request: HttpRequest) -> dict[str, Any]:
    """What only the signed-in see; a page that reports a fault stands without what needs the database."""
    account = request.user
    areas = seen_by((), all_roles=bool(getattr(account, "is_superuser", False)))
    language, region = language_of(request), regional.chosen(preferences_of(request).region)
    inside: dict[str, Any] = {"areas": areas, "area": area_of(areas, request.path)}
    inside["region"] = (region.id, region.text(language))
    inside["regions"] = [(one.id, one.text(language)) for one in regional.offered()]
    try:
        database = the_platform().database
        inside["unread"] = notices.unread(database, account.get_username())
        inside["fresh"] = freshness.freshness(database)
    except Fault:
        inside["unread"], inside["fresh"] = 0, None
    return inside
