"""Arithmetic in SQL, on decimals that stay exact.

Source: FHIRPath 2.0, "Math".
"""

from __future__ import annotations

from dataclasses import replace

from minkang.views.kinds import DECIMAL, family
from minkang.views.values import Scope, Value, converted


def signed(operator: str, operand: Value, scope: Scope) -> Value:
    """`-operand` and `+operand`."""
    value = converted(operand, scope.draft)
    if value.type and family(value.type) not in {"integer", "decimal"}:
        raise scope.fault("VIEWS-021", operator=operator, left=value.type, right="")
    negative = f"-({value.sql})" if "-" in value.sql else f"-{value.sql}"
    return value if operator == "+" else replace(value, sql=negative)


def arithmetic(operator: str, left: Value, right: Value, scope: Scope) -> Value:  # noqa: PLR0911 - one an operator
    """`+ - * / div mod`; text is joined by `+`. Nothing comes of an empty side or a division by 0."""
    one, two = (converted(side, scope.draft) for side in (left, right))
    if "" in {one.type, two.type}:
        return Value("NULL", "")
    kinds = {family(one.type), family(two.type)}
    if operator == "+" and kinds == {"text"}:
        return Value(f"({one.sql} || {two.sql})", "string")
    if not kinds <= {"integer", "decimal"}:
        raise scope.fault("VIEWS-021", operator=operator, left=one.type, right=two.type)
    whole = kinds == {"integer"}
    type = "integer" if whole else "decimal"
    a, b = (f"CAST({side.sql} AS {_number_type(type)})" for side in (one, two))
    match operator:
        case "+" | "-":
            return Value(f"({a} {operator} {b})", type)
        case "*":
            if whole:
                return Value(f"({a} * {b})", type)
            # Nine places each, so that the product keeps its eighteen.
            a, b = (f"CAST({side.sql} AS DECIMAL(38,9))" for side in (one, two))
            return Value(f"CAST({a} * {b} AS {DECIMAL})", "decimal")
        case "/":
            return Value(_quotient(one.sql, two.sql), "decimal")
        case "div":
            exact = f"({a} // nullif({b}, 0))"
            return Value(exact if whole else f"CAST(trunc({_quotient(one.sql, two.sql)}) AS BIGINT)", "integer")
        case _:
            return Value(f"({a} % nullif({b}, 0))", type)


def _quotient(one: str, two: str) -> str:
    """Exact division to twelve places by whole numbers, since the engine divides decimals as floating point."""
    a, b = (f"CAST(CAST({side} AS DECIMAL(38,9)) * 1000000000 AS HUGEINT)" for side in (one, two))
    return f"CAST(CAST({a} * 1000000000000 // nullif({b}, 0) AS DECIMAL(38,0)) * 0.000000000001 AS {DECIMAL})"


def _number_type(type: str) -> str:
    return "BIGINT" if type == "integer" else DECIMAL
