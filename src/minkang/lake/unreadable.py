"""Whether one resource is what a view needs it to be, said precisely: the careful way of reading.

The engine reads what it can and is silent about the rest, so each resource is first decoded into a type made from
the view's own needs (about 3 µs a resource); everything the view does not read is passed over. Only the form is
judged here: an object, a list or a single value where the definitions have one. Whether a single value is a number or
a date is for the SQL to say, which reads `"72.5"` and `72.5` alike.
"""

from __future__ import annotations

from typing import Any, Optional

import msgspec

from minkang.views.compiler import Compiled
from minkang.views.kinds import is_primitive
from minkang.views.shape import Shape

_SINGLE = str | bool | int | float


class Checker:
    """Says of the text of a resource why a view cannot read it."""

    def __init__(self, compiled: Compiled) -> None:
        self._nested = compiled.needs_nested
        self._decoder = msgspec.json.Decoder(_type_of(compiled.needs, "Resource"))
        self._walks = [(name, shape) for name, shape in compiled.needs.fields.items() if self._opens(shape)]

    def reason(self, body: bytes) -> str:
        """Why the resource cannot be read; empty for a good one."""
        try:
            self._decoder.decode(body)
            if self._walks:
                whole = msgspec.json.decode(body)
                for name, shape in self._walks:
                    self._walk(whole.get(name), shape, f"$.{name}")
        except (msgspec.DecodeError, _Unfit, UnicodeDecodeError, RecursionError) as error:
            return str(error) or type(error).__name__
        return ""

    def _opens(self, shape: Shape) -> bool:
        """Whether a node has JSON below it that the view opens later."""
        return (shape.raw and shape.type in self._nested) or any(map(self._opens, shape.fields.values()))

    def _walk(self, value: Any, shape: Shape, place: str) -> None:
        """Check what lies below a node of unread JSON, down to its end."""
        if value is None:
            return
        if shape.many:
            if not isinstance(value, list):
                raise _Unfit(f"Expected `array`, got `{_kind(value)}` - at `{place}`")
            for item in value:
                self._item(item, shape, f"{place}[...]")
        else:
            self._item(value, shape, place)

    def _item(self, value: Any, shape: Shape, place: str) -> None:
        if is_primitive(shape.type):
            if isinstance(value, dict | list):
                raise _Unfit(f"Expected `str`, got `{_kind(value)}` - at `{place}`")
            return
        if not isinstance(value, dict):
            raise _Unfit(f"Expected `object`, got `{_kind(value)}` - at `{place}`")
        needed = self._nested.get(shape.type) if shape.raw else shape
        for name, field in needed.fields.items() if needed else ():
            self._walk(value.get(name), field, f"{place}.{name}")


class _Unfit(Exception):
    """A value of the wrong kind."""


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case dict():
            return "object"
        case list():
            return "array"
        case _:
            return type(value).__name__


def _type_of(shape: Shape, name: str) -> Any:
    """A decoding type of a node: a struct of its needed properties, a primitive, or anything."""
    item: Any
    if is_primitive(shape.type):
        # JSON has null in a list of primitives where only the extension is given.
        return _list_of(Optional[_SINGLE]) if shape.many else _SINGLE  # noqa: UP045 - of a value, not of a type
    if shape.raw or not shape.fields:
        item = msgspec.Raw
    else:
        fields = [
            (f"f{index}", Optional[_type_of(field, f"{name}_{key}")], msgspec.field(default=None, name=key))  # noqa: UP045
            for index, (key, field) in enumerate(shape.fields.items())
        ]
        item = msgspec.defstruct(name, fields)
    return _list_of(item) if shape.many else item


def _list_of(item: Any) -> Any:
    return list.__class_getitem__(item)
