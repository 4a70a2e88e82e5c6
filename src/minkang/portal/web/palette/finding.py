"""What a finder gives. A finder is named in `FINDERS` of `palette/view.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True)
class Found:
    """Something found: what sort it is (a heading), its name, a few words to tell it from others, and its address."""

    kind: str
    title: str
    detail: str
    address: str


Finder = Callable[[HttpRequest, str, int], Iterable[Found]]
"""From the request, the text and the most wanted to what was found; each takes a few milliseconds."""
