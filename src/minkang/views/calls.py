"""The FHIRPath functions a view may use, as SQL. Growing the language is adding a function to `CALLS`.

Source: FHIRPath 2.0, "Functions"; SQL on FHIR v2, "Required FHIRPath Expressions/Functions".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from minkang.fhir.path.tree import Call, Node
from minkang.views import boundaries
from minkang.views.comparing import distinct
from minkang.views.expressions import (
    CALLS,
    EMPTY,
    as_text,
    beside_primitive,
    condition,
    item_at,
    of_type,
    run,
    single_result,
    step,
    type_argument,
    type_test,
    value_of,
)
from minkang.views.kinds import DECIMAL, family, is_known
from minkang.views.shape import text_literal
from minkang.views.values import Choice, Result, Scope, Value, converted, each, present, single

Work = Callable[[Call, Scope], Result]


def function(name: str, least: int = 0, most: int | None = None) -> Callable[[Work], Work]:
    """Enter a function in the table, with the number of arguments it takes."""

    def enter(work: Work) -> Work:
        def checked(call: Call, scope: Scope) -> Result:
            if not least <= len(call.arguments) <= (least if most is None else most):
                raise scope.fault("VIEWS-020", name=name)
            return work(call, scope)

        CALLS[name] = checked
        return work

    return enter


def filtered(source: Result, criterion: Node, scope: Scope) -> Value:
    """The items of a collection for which a criterion holds."""
    if isinstance(source, Choice):
        raise scope.fault(
            "VIEWS-025", element=source.elements[0].choice_of, types=", ".join(e.types[0] for e in source.elements[:12])
        )
    if source.type == "":
        return source
    if source.many:
        variable = scope.draft.name("item")
        place = scope.draft.name("place")
        one = replace(source, sql=variable, many=False)
        test = condition(criterion, scope.at(one, f"({place} - 1)"))
        names = f"{variable}, {place}" if place in test else variable
        return replace(source, sql=f"list_filter({source.sql}, lambda {names}: {test})")
    test = condition(criterion, scope.at(source, "0"))
    if source.is_row:
        return replace(source, guard=f"{source.guard} AND ({test})" if source.guard else test)
    return replace(source, sql=f"CASE WHEN {test} THEN {source.sql} END")


@function("where", 1)
def _where(call: Call, scope: Scope) -> Result:
    return filtered(run(call.source, scope), call.arguments[0], scope)


@function("exists", 0, 1)
def _exists(call: Call, scope: Scope) -> Result:
    source = run(call.source, scope)
    kept = filtered(source, call.arguments[0], scope) if call.arguments else source
    return Value(_presence(kept, scope), "boolean")


def _presence(result: Result, scope: Scope) -> str:
    return "false" if isinstance(result, Value) and result.sql == "NULL" else present(result, scope.draft)


@function("empty")
def _empty(call: Call, scope: Scope) -> Result:
    return Value(f"NOT ({_presence(run(call.source, scope), scope)})", "boolean")


@function("hasValue")
def _has_value(call: Call, scope: Scope) -> Result:
    source = run(call.source, scope)
    if isinstance(source, Choice) or not source.type or family(source.type) == "complex":
        return Value("false", "boolean")
    sql = f"coalesce(len({source.sql}), 0) = 1" if source.many else present(source, scope.draft)
    return Value(sql, "boolean")


@function("not")
def _not(call: Call, scope: Scope) -> Result:
    return Value(f"NOT ({condition(call.source, scope)})", "boolean")


@function("all", 1)
def _all(call: Call, scope: Scope) -> Result:
    source = value_of(call.source, scope)
    if source.type == "":
        return Value("true", "boolean")
    kept = filtered(source, call.arguments[0], scope)
    if source.many:
        return Value(f"coalesce(len({kept.sql}), 0) = coalesce(len({source.sql}), 0)", "boolean")
    return Value(f"({present(kept, scope.draft)} OR NOT {present(source, scope.draft)})", "boolean")


@function("first")
def _first(call: Call, scope: Scope) -> Result:
    source = run(call.source, scope)
    if isinstance(source, Choice) and not source.owner.many:
        return source
    return item_at(value_of(call.source, scope), "0")


@function("last")
def _last(call: Call, scope: Scope) -> Result:
    source = value_of(call.source, scope)
    return replace(source, sql=f"({source.sql})[-1]", many=False) if source.many else source


@function("single")
def _single(call: Call, scope: Scope) -> Result:
    return single(value_of(call.source, scope), scope)


def _slice(call: Call, scope: Scope, start: str, stop: str) -> Value:
    source = value_of(call.source, scope)
    if source.type == "":
        return source
    listed = source.sql if source.many else f"list_filter([{source.sql}], lambda one: one IS NOT NULL)"
    return replace(source, sql=f"({listed})[{start}:{stop}]", many=True)


def _number(call: Call, scope: Scope) -> str:
    value = single(value_of(call.arguments[0], scope), scope)
    if family(value.type) != "integer":
        raise scope.fault("VIEWS-020", name=call.name)
    return f"greatest({converted(value, scope.draft).sql}, 0)"


@function("tail")
def _tail(call: Call, scope: Scope) -> Result:
    return _slice(call, scope, "2", "")


@function("skip", 1)
def _skip(call: Call, scope: Scope) -> Result:
    return _slice(call, scope, f"{_number(call, scope)} + 1", "")


@function("take", 1)
def _take(call: Call, scope: Scope) -> Result:
    return _slice(call, scope, "1", _number(call, scope))


@function("count")
def _count(call: Call, scope: Scope) -> Result:
    source = run(call.source, scope)
    if isinstance(source, Value) and source.many:
        return Value(f"coalesce(len({source.sql}), 0)", "integer")
    return Value(f"CAST({_presence(source, scope)} AS INTEGER)", "integer")


@function("distinct")
def _distinct(call: Call, scope: Scope) -> Result:
    source = converted(value_of(call.source, scope), scope.draft)
    if not source.many or not source.type:
        return source
    if family(source.type) == "complex":
        raise scope.fault("VIEWS-021", operator="distinct()", left=source.type, right="")
    return replace(source, sql=distinct(source.sql))


@function("select", 1)
def _select(call: Call, scope: Scope) -> Result:
    source = value_of(call.source, scope)
    if source.type == "":
        return source

    def chosen(one: Value) -> Value:
        return value_of(call.arguments[0], scope.at(one, "0"))

    return each(scope.draft, source, chosen)


@function("iif", 2, 3)
def _iif(call: Call, scope: Scope) -> Result:
    test = condition(call.arguments[0], scope)
    sides = [value_of(argument, scope) for argument in call.arguments[1:]]
    one, two = (converted(side, scope.draft) for side in (sides[0], sides[1] if len(sides) > 1 else EMPTY))
    if one.type and two.type and family(one.type) != family(two.type):
        raise scope.fault("VIEWS-021", operator="iif()", left=one.type, right=two.type)
    many = one.many or two.many
    texts = [side.sql if side.many or not many or not side.type else f"[{side.sql}]" for side in (one, two)]
    return replace(one if one.type else two, sql=f"CASE WHEN {test} THEN {texts[0]} ELSE {texts[1]} END", many=many)


@function("ofType", 1)
def _of_type(call: Call, scope: Scope) -> Result:
    return of_type(run(call.source, scope), _type(call, scope), scope)


@function("as", 1)
def _as(call: Call, scope: Scope) -> Result:
    return of_type(run(call.source, scope), _type(call, scope), scope)


@function("is", 1)
def _is(call: Call, scope: Scope) -> Result:
    return type_test(single_result(run(call.source, scope), scope), _type(call, scope), "is", scope)


def _type(call: Call, scope: Scope) -> str:
    type = type_argument(call, scope)
    plain = type[:1].lower() + type[1:] if type in {"String", "Boolean", "Integer", "Decimal"} else type
    if not is_known(plain):
        raise scope.fault("VIEWS-029", type=type)
    return plain


@function("extension", 1)
def _extension(call: Call, scope: Scope) -> Result:
    source: Result | None = beside_primitive(call.source, scope)
    extensions = step(run(call.source, scope) if source is None else source, "extension", scope)
    url = single(value_of(call.arguments[0], scope), scope)
    if isinstance(extensions, Choice) or extensions.type == "":
        return EMPTY
    variable = scope.draft.name("extension")
    one = step(replace(extensions, sql=variable, many=False), "url", scope)
    assert isinstance(one, Value)
    return replace(extensions, sql=f"list_filter({extensions.sql}, lambda {variable}: {one.sql} = {url.sql})")


@function("join", 0, 1)
def _join(call: Call, scope: Scope) -> Result:
    source = as_text(converted(value_of(call.source, scope), scope.draft), scope)
    between = single(value_of(call.arguments[0], scope), scope).sql if call.arguments else "''"
    if source.many:
        return Value(f"coalesce(array_to_string({source.sql}, {between}), '')", "string")
    return Value(f"coalesce({source.sql}, '')", "string")


@function("getResourceKey")
def _resource_key(call: Call, scope: Scope) -> Result:
    source = value_of(call.source, scope)
    if not source.is_row and "." in source.type:
        raise scope.fault("VIEWS-021", operator="getResourceKey()", left=source.type, right="")
    key = step(source, "id", scope)
    return replace(key, type="id") if isinstance(key, Value) else key


@function("getReferenceKey", 0, 1)
def _reference_key(call: Call, scope: Scope) -> Result:
    source = value_of(call.source, scope)
    wanted = _type(call, scope) if call.arguments else ""
    if source.type not in {"Reference", ""}:
        raise scope.fault("VIEWS-021", operator="getReferenceKey()", left=source.type, right="Reference")
    texts = step(source, "reference", scope)
    if not isinstance(texts, Value) or texts.type == "":
        return EMPTY
    return each(scope.draft, texts, lambda one: Value(_key(one.sql, wanted), "id"), "reference")


def _key(reference: str, wanted: str) -> str:
    """The id in `Patient/123`, `…/Patient/123` and `…/_history/…`; NULL for another type and for what is no such."""
    plain = f"split_part({reference}, '/_history/', 1)"
    type = f"split_part({plain}, '/', -2)"
    last = f"split_part({plain}, '/', -1)"
    if not wanted:
        return f"CASE WHEN regexp_matches({type}, '^[A-Z]') THEN {last} END"
    short, rest = text_literal(f"{wanted}/"), f"substr({reference}, {len(wanted) + 2})"
    return (
        f"CASE WHEN starts_with({reference}, {short}) AND NOT contains({rest}, '/') THEN {rest} "
        f"WHEN {type} = {text_literal(wanted)} THEN {last} END"
    )


def _boundary(low: bool) -> Work:
    def work(call: Call, scope: Scope) -> Result:
        source = run(call.source, scope)
        if isinstance(source, Choice):
            raise scope.fault(
                "VIEWS-025", element=source.elements[0].choice_of, types=", ".join(e.types[0] for e in source.elements)
            )
        if source.type == "Period":
            inner = step(source, "start" if low else "end", scope)
            source = inner if isinstance(inner, Value) else source
        if source.type == "":
            return source
        made = boundaries.sql_of(source.type, low)
        if made is None:
            raise scope.fault("VIEWS-021", operator=f"{call.name}()", left=source.type, right="")
        if family(source.type) in {"decimal", "integer"}:
            scope.draft.as_written = True
        type, write = made
        return each(scope.draft, source, lambda one: Value(write(as_text(one, scope).sql), type), "text")

    return work


function("lowBoundary")(_boundary(True))
function("highBoundary")(_boundary(False))


def on_text(name: str, least: int, most: int, type: str, write: Callable[..., str]) -> None:
    """Enter a function of one text; nothing comes of an empty text or argument."""

    def work(call: Call, scope: Scope) -> Result:
        source = single(value_of(call.source, scope), scope)
        if source.type == "":
            return EMPTY
        if family(source.type) not in {"text", "date", "time"}:
            raise scope.fault("VIEWS-021", operator=f"{name}()", left=source.type, right="string")
        given = [converted(single(value_of(argument, scope), scope), scope.draft) for argument in call.arguments]
        return Value(write(source.sql, *(one.sql for one in given)), type)

    function(name, least, most)(work)


on_text("startsWith", 1, 1, "boolean", "starts_with({0}, {1})".format)
on_text("endsWith", 1, 1, "boolean", "ends_with({0}, {1})".format)
on_text("contains", 1, 1, "boolean", "contains({0}, {1})".format)
on_text("matches", 1, 1, "boolean", "regexp_matches({0}, {1}, 's')".format)
on_text("replace", 2, 2, "string", "replace({0}, {1}, {2})".format)
on_text("length", 0, 0, "integer", "CAST(length({0}) AS INTEGER)".format)
on_text("upper", 0, 0, "string", "upper({0})".format)
on_text("lower", 0, 0, "string", "lower({0})".format)
on_text("trim", 0, 0, "string", "trim({0})".format)
on_text("indexOf", 1, 1, "integer", "CAST(strpos({0}, {1}) - 1 AS INTEGER)".format)


def _substring(text: str, start: str, length: str = "") -> str:
    size = f", greatest({length}, 0)" if length else ""
    part = f"substr({text}, CAST({start} AS BIGINT) + 1{size})"
    return f"CASE WHEN {start} >= 0 AND {start} < length({text}) THEN {part} END"


on_text("substring", 1, 2, "string", _substring)


def _conversion(name: str, type: str, write: Callable[[str], str]) -> None:
    def work(call: Call, scope: Scope) -> Result:
        source = single(value_of(call.source, scope), scope)
        text = as_text(source, scope)
        return Value(write(text.sql), type) if source.type else EMPTY

    function(name)(work)


_WHOLE = text_literal(r"^[+-]?[0-9]{1,9}$")
_EXACT = text_literal(r"^[+-]?[0-9]+(\.[0-9]+)?$")
_conversion("toString", "string", str)
_CAST = "CASE WHEN regexp_matches({0}, {1}) THEN CAST({0} AS {2}) END"
_conversion("toInteger", "integer", lambda text: _CAST.format(text, _WHOLE, "INTEGER"))
_conversion("toDecimal", "decimal", lambda text: _CAST.format(text, _EXACT, DECIMAL))
