"""By what an item of a plan is known again in another text of the same plan."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

FIELDS: Mapping[str, tuple[str, ...]] = {
    "indicators": ("name", "unit"),
    "commitments": ("subject", "quote"),
    "tasks": ("section", "title"),
    "projects": ("box", "parent", "title"),
    "consistency": ("kind", "zh"),
    "terms": ("term",),
}
# These move when anything before them changes; an item that differs in nothing else has not changed.
MOVING = {"id", "no", "row", "offset", "end", "repeat_of", "quote_occurrences", "places"}


def keyed(kind: str, items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every item with its key; of items that are called alike, the second has `#2` at its end."""
    seen: Counter[str] = Counter()
    for item in items:
        key = " | ".join(re.sub(r"\s+", "", str(item.get(field, ""))) for field in FIELDS[kind])
        seen[key] += 1
        yield (key if seen[key] == 1 else f"{key} #{seen[key]}"), item


def content(item: Mapping[str, Any]) -> dict[str, Any]:
    """What of an item is its own, and not only its place."""
    return {name: value for name, value in item.items() if name not in MOVING}
