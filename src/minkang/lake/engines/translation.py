"""A query of DuckDB in the SQL of Spark, meaning the same.

SQLGlot knows how each engine writes things. Where both write alike and mean different things, the tree is changed
first: counting of months between dates, truncated times, weekdays, division, means, rounding casts, logarithms. What
Spark cannot say, or would say differently, is refused by name; nothing is let through in the hope that it is rare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from minkang.errors import Fault

_DAY_AND_MORE = frozenset(("DAY", "WEEK", "MONTH", "QUARTER", "YEAR"))
_FINER = {"HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_WHOLE = (exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT)
_KNOWN_WHOLE = (exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.Count, exp.DateDiff, exp.Year, exp.Month)
REFUSED = frozenset(
    (
        "age", "date_sub", "datesub", "epoch_ms", "format", "printf", "list_aggregate", "regexp_extract_all",
        "strptime", "time_bucket", "unnest", "generate_series", "range", "now", "today", "random", "approx_quantile",
    )
)  # fmt: skip
"""Functions that Spark lacks or means otherwise, and that have no plain translation."""
_REFUSED_NODES: tuple[type[exp.Expression], ...] = (
    exp.ArrayAgg, exp.ApproxQuantile, exp.CurrentDate, exp.CurrentTimestamp, exp.Rand, exp.Unnest, exp.GenerateSeries,
    exp.Format, exp.First, exp.Last, exp.JSONExtract, exp.JSONExtractScalar, exp.Lambda, exp.Pivot, exp.TableSample,
    exp.StrToTime, exp.Explode,
)  # fmt: skip


def translate(text: str) -> str:
    """A query of DuckDB's dialect in Spark's; a parameter `$name` becomes `:name`.

    Raises:
        Fault: `LAKE-012` where it cannot be said in Spark SQL with the same meaning.
    """
    try:
        tree: Any = sqlglot.parse_one(text, read="duckdb")
        _refuse(tree)
        # Children before their parents, and nothing that a change has made.
        for node in reversed(list(tree.walk())):
            changed = _changed(node)
            if changed is not node:
                tree = changed if node is tree else tree
                node.replace(changed)
        return str(tree.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE))
    except SqlglotError as error:
        raise Fault("LAKE-012", reason=str(error).splitlines()[0]) from None


def _refuse(tree: Any) -> None:
    for node in tree.find_all(*_REFUSED_NODES):
        raise Fault("LAKE-012", reason=node.sql(dialect="duckdb"))
    for node in tree.find_all(exp.Anonymous):
        if str(node.this).lower() in REFUSED:
            raise Fault("LAKE-012", reason=node.sql(dialect="duckdb"))
    for join in tree.find_all(exp.Join):
        if join.args.get("method") in {"ASOF", "POSITIONAL"}:
            raise Fault("LAKE-012", reason=f"{join.args['method']} JOIN")
    for like in tree.find_all(exp.Like, exp.ILike):
        # Spark reads a backslash in a pattern as an escape; DuckDB has none.
        if not isinstance(like.expression, exp.Literal) or "\\" in like.expression.name:
            raise Fault("LAKE-012", reason=like.sql(dialect="duckdb"))


def _changed(node: Any) -> Any:
    """A node of the tree as Spark is to have it."""
    for kind, change in _CHANGES.items():
        if isinstance(node, kind):
            return change(node)
    return node


def _parameter(node: Any) -> exp.Expression:
    return exp.Placeholder(this=node.this.name if isinstance(node.this, exp.Expression) else node.this)


def _truncated(node: Any) -> exp.Expression:
    """DuckDB gives a date where the unit is a day or more, and a time without zone else; Spark a time with zone."""
    type = "DATE" if node.unit.name.upper() in _DAY_AND_MORE else "TIMESTAMP_NTZ"
    return exp.cast(node.copy(), type, dialect="spark")


def _difference(node: Any) -> exp.Expression:
    """DuckDB counts the borders between two times; Spark the whole units that fit between them."""
    later, earlier = node.this, node.expression
    unit = node.args["unit"].name.upper() if node.args.get("unit") else "DAY"
    if unit in _FINER:
        seconds = [_call("UNIX_TIMESTAMP", _floor(unit, one)) for one in (later, earlier)]
        between = exp.paren(exp.Sub(this=seconds[0], expression=seconds[1]))
        return exp.cast(exp.IntDiv(this=between, expression=exp.Literal.number(_FINER[unit])), "BIGINT")
    if unit in {"DAY", "WEEK"}:
        days = _call("DATEDIFF", exp.cast(later.copy(), "DATE"), exp.cast(earlier.copy(), "DATE"))
        # Of weeks DuckDB counts the whole ones, from day to day.
        return days if unit == "DAY" else exp.IntDiv(this=days, expression=exp.Literal.number(7))
    if unit not in {"MONTH", "QUARTER", "YEAR"}:
        raise Fault("LAKE-012", reason=node.sql(dialect="duckdb"))
    return exp.paren(exp.Sub(this=_ordinal(unit, later), expression=_ordinal(unit, earlier)))


def _ordinal(unit: str, moment: Any) -> exp.Expression:
    """The number of a month, quarter or year since year 0."""
    year = exp.Year(this=moment.copy())
    if unit == "YEAR":
        return exp.paren(year)
    part = exp.Month(this=moment.copy()) if unit == "MONTH" else exp.Quarter(this=moment.copy())
    times = exp.Mul(this=year, expression=exp.Literal.number(12 if unit == "MONTH" else 4))
    return exp.paren(exp.Add(this=times, expression=part))


def _floor(unit: str, moment: Any) -> exp.Expression:
    return _call("DATE_TRUNC", exp.Literal.string(unit), moment.copy())


def _named(node: Any) -> exp.Expression:
    """`date_part('isodow', x)` and its like, which SQLGlot passes on by name."""
    name, given = str(node.this).lower(), node.expressions
    if name in {"date_part", "datepart"} and isinstance(given[0], exp.Literal):
        return _part(exp.Extract(this=exp.var(given[0].name.upper()), expression=given[1].copy()))
    return cast(exp.Expression, node)


def _part(node: Any) -> exp.Expression:
    weekdays = {"ISODOW": exp.DayOfWeekIso, "DOW": exp.DayOfWeek, "DAYOFWEEK": exp.DayOfWeek}
    kind = weekdays.get(node.this.name.upper())
    return cast(exp.Expression, node) if kind is None else _weekday(kind(this=node.expression.copy()))


def _weekday(node: Any) -> exp.Expression:
    """DuckDB: Sunday 0, in ISO Monday 1 to Sunday 7; Spark's `DAYOFWEEK`: Sunday 1; its `WEEKDAY`: Monday 0."""
    if isinstance(node, exp.DayOfWeekIso):
        return exp.paren(exp.Add(this=_call("WEEKDAY", node.this.copy()), expression=exp.Literal.number(1)))
    return exp.paren(exp.Sub(this=_call("DAYOFWEEK", node.this.copy()), expression=exp.Literal.number(1)))


def _quotient(node: Any) -> exp.Expression:
    """A quotient of DuckDB is a double, of decimals as well."""
    return exp.Div(this=_double(node.this), expression=_double(node.expression), typed=True, safe=False)


def _mean(node: Any) -> exp.Expression:
    if not isinstance(node.this, exp.Distinct):
        node.set("this", _double(node.this))
    return cast(exp.Expression, node)


def _double(node: Any) -> exp.Expression:
    if isinstance(node, exp.Cast) and node.to.this == exp.DType.DOUBLE:
        return node
    return exp.cast(node.copy(), "DOUBLE")


def _cast(node: Any) -> exp.Expression:
    """DuckDB rounds what becomes a whole number (half to even); Spark cuts."""
    inner = node.this
    whole = node.to.this in _WHOLE and not isinstance(node, exp.TryCast)
    if not whole or isinstance(inner, _KNOWN_WHOLE) or (isinstance(inner, exp.Literal) and inner.is_int):
        return cast(exp.Expression, node)
    if isinstance(inner, exp.Anonymous) and inner.this == "RINT":
        return cast(exp.Expression, node)
    node.set("this", _call("RINT", inner.copy()))
    return cast(exp.Expression, node)


def _percentile(node: Any) -> exp.Expression:
    if isinstance(node.parent, exp.WithinGroup):
        return cast(exp.Expression, node)
    return _call("PERCENTILE", node.this.copy(), node.expression.copy())


def _ordered_percentile(node: Any) -> exp.Expression:
    """`percentile_cont(0.5) WITHIN GROUP (ORDER BY x)`, interpolated in both."""
    if not isinstance(node.this, exp.PercentileCont):
        return cast(exp.Expression, node)
    ordered = node.expression.expressions[0]
    share = node.this.this.copy()
    if ordered.args.get("desc"):
        share = exp.paren(exp.Sub(this=exp.Literal.number(1), expression=share))
    return _call("PERCENTILE", ordered.this.copy(), share)


def _logarithm(node: Any) -> exp.Expression:
    """`log(x)` is to base 10 in DuckDB, natural in Spark."""
    return cast(exp.Expression, node) if node.args.get("expression") else _call("LOG10", node.this.copy())


def _call(name: str, *given: exp.Expression) -> exp.Expression:
    return exp.Anonymous(this=name, expressions=list(given))


_CHANGES: Mapping[type[exp.Expression], Callable[[Any], exp.Expression]] = {
    exp.Parameter: _parameter,
    exp.TimestampTrunc: _truncated,
    exp.DateTrunc: _truncated,
    exp.DateDiff: _difference,
    exp.Anonymous: _named,
    exp.Extract: _part,
    exp.DayOfWeekIso: _weekday,
    exp.DayOfWeek: _weekday,
    exp.Div: _quotient,
    exp.Avg: _mean,
    exp.Cast: _cast,
    exp.WithinGroup: _ordered_percentile,
    exp.PercentileCont: _percentile,
    exp.Log: _logarithm,
}
