"""The refusal of a value inside a resource, raised where only the element's name is known."""

from __future__ import annotations

from minkang.errors import Fault


class Broken(Fault, ValueError):
    """A fault of one element. `decode` gives it the whole place; built in Python, it names the element alone.

    It is a `ValueError` too, because that is what msgspec carries out of a type's own checks.
    """
