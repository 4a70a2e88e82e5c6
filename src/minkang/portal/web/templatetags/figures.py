"""How figures and methods are written on a page."""

from __future__ import annotations

from django import template

from minkang.errors import Fault, Language
from minkang.wording import say
from minkang.wording import words as wordings

register = template.Library()


@register.filter
def thin(number: int) -> str:
    """Groups of three with a thin space, as tables of figures have them: `92 114`."""
    return format(number, ",").replace(",", "\u2009")


@register.filter
def method(name: str, language: Language) -> str:
    """`create`, `update`, `delete` in words."""
    return say(f"pages.method_{name}", language)


@register.filter
def typename(type: str, language: Language) -> str:
    """A resource type in words, where there are words for it: `观测 Observation`; FHIR's own name alone in English."""
    found = wordings().get(f"types.{type}")
    return f"{found['zh']} {type}" if found and language == "zh" else type


@register.filter
def words(fault: Fault, language: Language) -> str:
    """What was wrong."""
    return fault.text(language)


@register.filter
def advice(fault: Fault, language: Language) -> str:
    """What to do."""
    return fault.advice(language)
