"""The language of a page."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import get_language

from minkang.errors import Language


def language_of(request: HttpRequest) -> Language:
    """The language of a page: the cookie's, else the browser's, else Chinese."""
    return "en" if (get_language() or "").startswith("en") else "zh"
