"""What every page is given: its language, its words, the account, the addresses of its assets."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import get_language

from minkang import __version__
from minkang.errors import Language
from minkang.portal.web.assets import addresses
from minkang.wording import words


class Words:
    """Wordings of the pages by name, for templates: `{{ w.start_title }}` is `pages.start_title`."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language

    def __getitem__(self, name: str) -> str:
        return words()[f"pages.{name}"][self._language]


def language_of(request: HttpRequest) -> Language:
    """The language of a page: the cookie's, else the browser's, else Chinese."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of every template."""
    language = language_of(request)
    return {
        "w": Words(language),
        "language": language,
        "lang_tag": "zh-CN" if language == "zh" else "en",
        "other": ("en", "English") if language == "zh" else ("zh-hans", "中文"),
        "here": request.get_full_path(),
        "account": getattr(request, "user", None),
        "assets": addresses(),
        "version": __version__,
    }
