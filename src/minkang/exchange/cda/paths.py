"""Places inside a FHIR resource, read and written alike: `component[8480-6].valueQuantity`, `identifier[urn:x].value`.

In brackets stands what tells items of a list apart: a number; for extensions their url; for identifiers and codings
their system; for components the code (LOINC where it looks like one, else the letter of the component).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_STEP = re.compile(r"([A-Za-z]+)(?:\[([^\]]+)\])?(?:\.|$)")
_LOINC = re.compile(r"\d{1,5}-\d")

Step = tuple[str, str]


@lru_cache(maxsize=1024)
def steps(path: str) -> tuple[Step, ...]:
    """A path as (name, selector) pairs; a path that is none is a `ValueError`."""
    found, place = [], 0
    while place < len(path):
        step = _STEP.match(path, place)
        if step is None:
            raise ValueError(path)
        found.append((step.group(1), step.group(2) or ""))
        place = step.end()
    return tuple(found)


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Set what stands at a path, making what leads there; a concept keeps a text that it had."""
    *way, (name, selector) = steps(path)
    for step in way:
        body = _into(body, step, make=True)
    if selector:
        place = _into(body, (name, selector), make=True)
        place.update(value)
    elif isinstance(value, dict) and isinstance(body.get(name), dict):
        body[name] = value | body[name]
    else:
        body[name] = value


def at(body: Any, path: str) -> Any:
    """What stands at a path; None where there is nothing."""
    for step in steps(path):
        body = _into(body, step, make=False) if isinstance(body, dict) else None
    return body


def _into(body: Any, step: Step, make: bool) -> Any:
    name, selector = step
    if not isinstance(body, dict) or not selector:
        return None if not isinstance(body, dict) else body.setdefault(name, {}) if make else body.get(name)
    items = body.setdefault(name, []) if make else body.get(name)
    return _item(items, step, make) if isinstance(items, list) else None


def _item(items: list[Any], step: Step, make: bool) -> Any:
    name, selector = step
    if selector.isdigit():
        while make and len(items) <= int(selector):
            items.append({})
        return items[int(selector)] if int(selector) < len(items) else None
    for item in items:
        if _told(name, item) == selector:
            return item
    if make:
        items.append(_new(name, selector))
        return items[-1]
    return None


def _told(name: str, item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    if name == "component":
        code = item.get("code", {})
        return str(next((one.get("code", "") for one in code.get("coding", ())), code.get("text", "")))
    return str(item.get("url" if name == "extension" else "system", ""))


COMPONENTS = {"8480-6": ("Systolic blood pressure", "收缩压"), "8462-4": ("Diastolic blood pressure", "舒张压")}


def _new(name: str, selector: str) -> dict[str, Any]:
    if name != "component":
        return {"url" if name == "extension" else "system": selector}
    if _LOINC.fullmatch(selector):
        display, text = COMPONENTS[selector]
        return {
            "code": {"coding": [{"system": "http://loinc.org", "code": selector, "display": display}], "text": text}
        }
    return {"code": {"text": selector}}
