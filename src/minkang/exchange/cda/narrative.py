"""Plain text as FHIR's narrative and back. Nothing of the sender's markup is kept, so nothing of it can act."""

from __future__ import annotations

import html
import re
from typing import Any

_TAG = re.compile(r"<[^>]*>")
_OPEN, _CLOSE = '<div xmlns="http://www.w3.org/1999/xhtml"><p>', "</p></div>"


def narrative(text: str) -> dict[str, str]:
    """A Narrative that shows a text."""
    shown = html.escape(text, quote=False).replace("\n", "<br/>")
    return {"status": "generated", "div": f"{_OPEN}{shown}{_CLOSE}"}


def words(found: Any) -> str:
    """The text of a Narrative; empty where there is none."""
    div = found.get("div", "") if isinstance(found, dict) else ""
    return html.unescape(_TAG.sub("", str(div).replace("<br/>", "\n"))).strip()
