"""`{% show component %}`, `{% word "area.key" %}`, and how figures, states and types are written."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString, mark_safe

from minkang.errors import Language
from minkang.portal.web.components.figures import State
from minkang.wording import say
from minkang.wording import words as wordings

register = template.Library()
_HANDED_DOWN = ("w", "language", "request", "csrf_token", "here", "prefers", "account")


@register.simple_tag(takes_context=True)
def show(context: Context, thing: Any) -> SafeString:
    """A component, by the template it names; nothing for None."""
    if thing is None:
        return mark_safe("")
    engine = context.template.engine  # type: ignore[union-attr]
    inner = Context({name: context.get(name) for name in _HANDED_DOWN} | {"it": thing}, autoescape=True)
    inner.template = context.template
    return mark_safe(engine.get_template(thing.template).nodelist.render(_bound(inner, context)))


def _bound(inner: Context, context: Context) -> Context:
    inner.render_context = context.render_context
    return inner


@register.simple_tag(takes_context=True)
def word(context: Context, key: str, **params: object) -> str:
    """A wording by its full key, in the language of the page."""
    return say(key, context["language"], **params)


@register.filter
def said(key: str, language: Language) -> str:
    """A wording without parameters, by a key that a variable holds."""
    return say(key, language)


@register.filter
def thin(number: float) -> str:
    """Groups of three with a thin space, as tables of figures have them: `92 114`."""
    return format(number, ",").replace(",", "\u2009")


@register.filter
def stateword(state: State, language: Language) -> str:
    """A state in a word."""
    return state.word(language)


@register.filter
def method(name: str, language: Language) -> str:
    """`create`, `update`, `delete` in words."""
    return say(f"pages.method_{name}", language)


@register.filter
def typename(type: str, language: Language) -> str:
    """A resource type in words, where there are words for it: `观测 Observation`; FHIR's own name alone in English."""
    found = wordings().get(f"types.{type}")
    return f"{found['zh']} {type}" if found and language == "zh" else type
