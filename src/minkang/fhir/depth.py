"""The guard against documents that are nested without end.

The types themselves are at most a dozen levels deep. Only an element that leads back to its own type can go deeper, and
each way back passes through one of a few properties. So a document with few of these is shallow without being
measured, and only one with many is measured in full.
"""

from __future__ import annotations

from typing import Any

import msgspec

from minkang.errors import Fault

MAX_DEPTH = 100
"""Levels of objects and arrays in one resource, its contained resources apart."""
_FEW = 12
_WAYS_BACK = (b'"extension"', b'"assigner"')
_WAYS_BACK_OF: dict[str, tuple[bytes, ...]] = {}


def check_depth(text: bytes, type: str, where: str) -> None:
    """Refuse what is nested deeper than `MAX_DEPTH`.

    Raises:
        Fault: `FHIR-008`.
    """
    if text.count(b"{") > MAX_DEPTH // 2 and _depth(msgspec.json.decode(text)) > MAX_DEPTH:
        raise Fault("FHIR-008", where or type, limit=MAX_DEPTH)


def _depth(value: Any) -> int:
    depth = 0
    level = [value]
    while level:
        inner: list[Any] = []
        for one in level:
            inner += one.values() if isinstance(one, dict) else one
        level = [one for one in inner if isinstance(one, dict | list)]
        depth += 1
    return depth
