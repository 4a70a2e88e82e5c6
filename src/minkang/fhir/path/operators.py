"""What the operators mean (FHIRPath 2.0, "Operations"): equality, order, three-valued logic, arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal, DivisionByZero, InvalidOperation, localcontext
from typing import Any

from minkang.fhir.path.items import Item, Items, Quantity
from minkang.fhir.path.temporal import Temporal


def plain(value: Any) -> Any:
    """A value ready to compare: floats as decimals, a FHIR Quantity as a quantity."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, dict) and "value" in value and ("code" in value or "unit" in value) and "start" not in value:
        return Quantity(Decimal(str(value["value"])), value.get("code") or value["unit"])
    return value


def _pair(left: Item, right: Item) -> tuple[Any, Any]:
    """Two values made comparable: text becomes a date beside a date, or where both are known to be dates."""
    one, two = plain(left.value), plain(right.value)
    dated = {left.type, right.type} & {"date", "dateTime", "instant", "time"}
    if isinstance(two, Temporal) or (isinstance(two, str) and dated):
        one = Temporal.parse(one) or one if isinstance(one, str) else one
    if isinstance(one, Temporal) and isinstance(two, str):
        two = Temporal.parse(two) or two
    return one, two


def equal(left: Items, right: Items) -> bool | None:
    """`=`: None where either side is empty or dates of different precision do not tell."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    answers = [_same(one, two) for one, two in zip(left, right, strict=True)]
    return False if False in answers else None if None in answers else True


def _same(left: Item, right: Item) -> bool | None:
    one, two = _pair(left, right)
    if isinstance(one, Temporal) and isinstance(two, Temporal):
        order = one.compare(two)
        return None if order is None else order == 0
    if isinstance(one, bool) != isinstance(two, bool):
        return False
    return bool(one == two)


def same(left: Item, right: Item) -> bool:
    """Whether two items count as one in `|`, `in`, `distinct()` and the like."""
    return _same(left, right) is True


def equivalent(left: Items, right: Items) -> bool:
    """`~`: never unknown; order does not matter, nor case and spaces in text, nor digits beyond the shorter number."""
    if len(left) != len(right):
        return False
    rest = list(right)
    for one in left:
        found = next((two for two in rest if _alike(one, two)), None)
        if found is None:
            return False
        rest.remove(found)
    return True


def _alike(left: Item, right: Item) -> bool:
    one, two = _pair(left, right)
    if isinstance(one, str) and isinstance(two, str):
        return " ".join(one.casefold().split()) == " ".join(two.casefold().split())
    if isinstance(one, Decimal | int) and isinstance(two, Decimal | int) and not isinstance(one, bool):
        places = max(_exponent(one), _exponent(two))
        return round(Decimal(one), -places) == round(Decimal(two), -places)
    if isinstance(one, Temporal) and isinstance(two, Temporal):
        return one.compare(two) == 0
    return same(left, right)


def _exponent(number: Decimal | int) -> int:
    exponent = Decimal(number).normalize().as_tuple().exponent
    return min(exponent, 0) if isinstance(exponent, int) else 0


class Incomparable(Exception):
    """Two values that have no order."""


def order(left: Item, right: Item) -> int | None:
    """-1, 0 or 1; None where unknown. Raises Incomparable for values of different kinds."""
    one, two = _pair(left, right)
    if isinstance(one, Temporal) and isinstance(two, Temporal):
        return one.compare(two)
    if isinstance(one, Quantity) and isinstance(two, Quantity):
        if one.unit != two.unit:
            return None
        one, two = one.value, two.value
    numbers = all(isinstance(side, int | Decimal) and not isinstance(side, bool) for side in (one, two))
    if not numbers and not (isinstance(one, str) and isinstance(two, str)):
        raise Incomparable
    return int(one > two) - int(one < two)


def logic_and(left: bool | None, right: bool | None) -> bool | None:
    """`and` in three values."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def logic_or(left: bool | None, right: bool | None) -> bool | None:
    """`or` in three values."""
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def logic_xor(left: bool | None, right: bool | None) -> bool | None:
    """`xor` in three values."""
    return None if left is None or right is None else left is not right


def logic_implies(left: bool | None, right: bool | None) -> bool | None:
    """`implies` in three values."""
    return logic_or(None if left is None else not left, right)


LOGIC: dict[str, Callable[[bool | None, bool | None], bool | None]] = {
    "and": logic_and,
    "or": logic_or,
    "xor": logic_xor,
    "implies": logic_implies,
}


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """`+ - * / div mod` on two numbers, or `+` on two texts; None where there is no result (division by 0)."""
    one, two = plain(left), plain(right)
    if operator == "+" and isinstance(one, str) and isinstance(two, str):
        return one + two
    if not all(isinstance(side, int | Decimal) and not isinstance(side, bool) for side in (one, two)):
        raise Incomparable
    try:
        return _calculate(operator, one, two)
    except (ZeroDivisionError, DivisionByZero, InvalidOperation):
        return None


def _calculate(operator: str, one: int | Decimal, two: int | Decimal) -> int | Decimal:
    with localcontext() as context:
        context.prec = 28
        match operator:
            case "+":
                return one + two
            case "-":
                return one - two
            case "*":
                return one * two
            case "/":
                return Decimal(one) / Decimal(two)
            case "div":
                return int((Decimal(one) / Decimal(two)).to_integral_value(rounding=ROUND_DOWN))
            case _:
                rest = Decimal(one) % Decimal(two)
                return int(rest) if isinstance(one, int) and isinstance(two, int) else rest
