"""Clauses of a parsed search as conditions on the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from uuid import UUID

from minkang.fhir.search import identifier_branch, of_type_branch
from minkang.fhir.search.conversion import PLAIN_TOKENS
from minkang.fhir.search.extraction import target_type
from minkang.fhir.search.parameters import Branch, SearchParameter
from minkang.fhir.search.query import (
    Chain,
    Clause,
    CompositeValue,
    Criterion,
    DateValue,
    Has,
    IdValue,
    Link,
    NumberValue,
    ReferenceValue,
    SetValue,
    TextValue,
    TokenValue,
    UriValue,
    Value,
)
from minkang.records.keys import record_key, system_mark
from minkang.records.search import values as on
from minkang.records.search.conditions import (
    Condition,
    Either,
    Far,
    Found,
    Never,
    Not,
    OnRecord,
    Reach,
    Referred,
    Refers,
    Rows,
)
from minkang.records.search.pieces import Piece, piece
from minkang.records.search.tables import Types
from minkang.records.types import TYPE_NAMES, type_code, type_name

SHARED = frozenset(
    (
        "Account", "ActivityDefinition", "CareTeam", "Device", "Endpoint", "Group", "HealthcareService",
        "InsurancePlan", "Library", "Location", "Measure", "Medication", "Organization", "PlanDefinition",
        "Practitioner", "PractitionerRole", "Questionnaire", "Schedule", "Substance",
    )
)  # fmt: skip
"""Types that very many records may refer to; a reference to any other type is taken to be rare without counting."""

OWN = frozenset(("Identifier", "ContactPoint"))
"""Data types whose values belong to few records."""

PLAIN = frozenset((*PLAIN_TOKENS, "boolean", "truth"))
"""Data types whose tokens have no system."""

Expand = Callable[[Criterion, SetValue], tuple[TokenValue, ...]]
"""Gives the codes that a value set, or a place in a code system, stands for."""


def condition(clause: Clause, types: Types, expand: Expand) -> Condition:
    """What a clause means for records of these types."""
    match clause:
        case Criterion():
            return _criterion(clause, types, expand)
        case Chain():
            return Refers(_branches(clause.parameter), tuple(_far(link, expand) for link in clause.links))
        case Has():
            there = type_code(clause.type)
            return _referred(clause, there, condition(clause.clause, (there,), expand))


def conditions(clauses: Sequence[Clause], types: Types, expand: Expand) -> list[Condition]:
    """What clauses mean that must all hold.

    `date=ge2025-03&date=lt2025-04` are two conditions, each with half of all records. Where a record has at most one
    such date they are one, with the records of a month.
    """
    together: dict[str, list[Criterion]] = {}
    for clause in clauses:
        if isinstance(clause, Criterion) and _is_one_date(clause):
            together.setdefault(clause.parameter.code, []).append(clause)
    found = []
    for clause in clauses:
        same = together.get(clause.parameter.code, []) if isinstance(clause, Criterion) else []
        if len(same) < 2 or all(clause is not one for one in same):
            found.append(condition(clause, types, expand))
        elif clause is same[0]:
            values = [value for one in same for value in one.values if isinstance(value, DateValue)]
            found.append(Found((on.dates(_ids(clause.parameter, "dates"), *values),)))
    return found


def _is_one_date(criterion: Criterion) -> bool:
    """Whether one date is asked for of which a record has at most one: one path, where nothing repeats.

    The types of a choice (`effectiveDateTime`, `effectivePeriod`) exclude each other; a Timing counts as one stretch.
    """
    parameter = criterion.parameter
    if parameter.type != "date" or parameter.row or parameter.pairings or len(parameter.branches) != 1:
        return False
    steps = [step for leaf in parameter.branches[0].leaves for step in leaf.steps]
    repeats = any("*" in step or "#" in step for step in steps)
    return not repeats and criterion.missing is None and not criterion.modifier and len(criterion.values) == 1


def _far(link: Link, expand: Expand) -> Far:
    code = type_code(link.type)
    return Far(code, condition(link.clause, (code,), expand))


def _referred(clause: Has, there: int, inner: Condition) -> Condition:
    """One condition a set of types that the branches are narrowed to."""
    narrowed: dict[tuple[str, ...], list[int]] = {}
    for branch in clause.parameter.branches:
        narrowed.setdefault(branch.targets, []).append(branch.id)
    parts = [
        Referred(there, tuple(branches), tuple(type_code(type) for type in targets), inner)
        for targets, branches in narrowed.items()
    ]
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def _branches(parameter: SearchParameter) -> tuple[int, ...]:
    return tuple(branch.id for branch in parameter.branches)


def _criterion(criterion: Criterion, types: Types, expand: Expand) -> Condition:
    parameter = criterion.parameter
    if criterion.missing is not None:
        return _missing(parameter, criterion.missing)
    if criterion.modifier in {"not", "not-in"}:
        return Not(_any_value(criterion, types, expand))
    return _any_value(criterion, types, expand)


def _missing(parameter: SearchParameter, missing: bool) -> Condition:
    if parameter.row:
        return Never() if missing else Not(Never())
    components = [part for pairing in parameter.pairings for part in pairing]
    marks = sorted({branch.presence for one in (parameter, *components) for branch in one.branches})
    present = OnRecord(lambda row: piece("{row}.present && %s::integer[]", marks, row=row))
    return Not(present) if missing else present


def _any_value(criterion: Criterion, types: Types, expand: Expand) -> Condition:
    parameter = criterion.parameter
    if parameter.row == "id":
        ids = [value.id for value in criterion.values if isinstance(value, IdValue)]
        return _by_id(ids, types)
    if parameter.row == "lastUpdated":
        found = [_by_change(value) for value in criterion.values if isinstance(value, DateValue)]
        return found[0] if len(found) == 1 else Either(tuple(found))
    if parameter.pairings:
        rows = [row for value in criterion.values for row in _composite(parameter, value, types)]
        return Found(tuple(rows)) if rows else Never()
    tokens = [value for value in _expanded(criterion, expand) if isinstance(value, TokenValue)]
    rows = list(_tokens(criterion, tokens, types))
    for value in criterion.values:
        rows += _rows(parameter, criterion, value)
    return _with_whole_systems(criterion, tokens, rows)


def _expanded(criterion: Criterion, expand: Expand) -> Iterator[Value]:
    for value in criterion.values:
        if isinstance(value, SetValue):
            yield from expand(criterion, value)
        else:
            yield value


# Tokens.


def _tokens(criterion: Criterion, tokens: Sequence[TokenValue], types: Types) -> Iterator[Rows]:
    exact: list[tuple[int, str, str]] = []
    loose: list[tuple[int, str]] = []
    for branch, value in product(_with_tokens(criterion), tokens):
        number, system = _token_branch(criterion, branch), _system(branch, value)
        if value.code is None or system == _NONE:
            continue
        if system is None:
            loose.append((number, value.code))
        else:
            exact.append((number, system, value.code))
    if exact:
        yield on.exact_tokens(exact)
    if loose:
        yield on.codes_of_any_system(loose, types)


def _with_tokens(criterion: Criterion) -> tuple[Branch, ...]:
    parameter = criterion.parameter
    return parameter.branches if criterion.modifier == "identifier" else _of_kind(parameter, "tokens")


_NONE = "\0"


def _system(branch: Branch, value: TokenValue) -> str | None:
    """The system to look for: None any; `_NONE` when the branch holds another one only."""
    if not branch.system:
        return "" if value.system is None and _is_plain(branch) else value.system
    return branch.system if value.system in {None, branch.system} else _NONE


def _is_plain(branch: Branch) -> bool:
    """Whether its tokens never have a system (a code, a boolean): so that any system means none, which is one key."""
    return all(leaf.type in PLAIN for leaf in branch.leaves)


def _token_branch(criterion: Criterion, branch: Branch) -> int:
    match criterion.modifier:
        case "identifier":
            return identifier_branch(branch.id)
        case "of-type":
            return of_type_branch(branch.id)
        case _:
            return branch.id


def _with_whole_systems(criterion: Criterion, tokens: Sequence[TokenValue], rows: Sequence[Rows]) -> Condition:
    """Rows, and for `system|` the mark on the record that it has codes of that system (plain codes have none)."""
    marks = [
        system_mark(_token_branch(criterion, branch), system) if system else branch.presence
        for branch, value in product(_with_tokens(criterion), tokens)
        if value.code is None and (system := _system(branch, value)) is not None and system != _NONE
    ]
    parts: list[Condition] = [Found(tuple(rows), _reach(criterion))] if rows else []
    if marks:
        parts.append(OnRecord(lambda row: piece("{row}.present && %s::integer[]", marks, row=row)))
    if not parts:
        return Never()
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


# All other kinds.


def _rows(parameter: SearchParameter, criterion: Criterion, value: Value) -> Iterator[Rows]:
    match value:
        case ReferenceValue():
            yield from _references(parameter, criterion, value)
        case DateValue():
            yield on.dates(_ids(parameter, "dates"), value)
        case NumberValue():
            yield on.quantities(_ids(parameter, "numbers"), value)
        case TextValue():
            yield _text(parameter, criterion, value)
        case UriValue():
            yield from _uri(parameter, criterion, value)


def _references(parameter: SearchParameter, criterion: Criterion, value: ReferenceValue) -> Iterator[Rows]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for branch in _of_kind(parameter, "references"):
        allowed = criterion.types or branch.targets
        targets = tuple(target for target in value.targets if _may_point(target, allowed))
        if targets:
            groups.setdefault(targets, []).append(branch.id)
    for targets, branches in groups.items():
        yield on.references(branches, targets)


def _may_point(target: str, allowed: Sequence[str]) -> bool:
    return not allowed or target_type(target) in allowed


def _text(parameter: SearchParameter, criterion: Criterion, value: TextValue) -> Rows:
    if parameter.type == "token":
        return on.contains(_ids(parameter, "tokens"), value.folded)
    branches = _ids(parameter, "texts")
    match criterion.modifier:
        case "exact":
            return on.equals(branches, value)
        case "contains":
            return on.contains(branches, value.folded)
        case _:
            return on.begins(branches, value.folded)


def _uri(parameter: SearchParameter, criterion: Criterion, value: UriValue) -> list[Rows]:
    branches = _ids(parameter, "uris")
    match criterion.modifier:
        case "below":
            return on.below(branches, value.value)
        case "above":
            return [on.is_one_of(branches, prefixes(value.value))]
        case _:
            return [on.is_one_of(branches, [value.value])]


def prefixes(uri: str) -> list[str]:
    """A URI and all it lies below: `http://a/b/c` gives itself, `http://a/b`, `http://a`, and each with a slash."""
    cuts = [at for at, character in enumerate(uri) if character == "/"]
    return [uri, *(uri[:at] for at in cuts if at), *(uri[: at + 1] for at in cuts)]


def _composite(parameter: SearchParameter, value: Value, types: Types) -> Iterator[Rows]:
    assert isinstance(value, CompositeValue)
    for pairing in parameter.pairings:
        choices = [list(_part(part, one, types)) for part, one in zip(pairing, value.parts, strict=True)]
        for first, *others in product(*choices):
            rows, grouped = first
            yield on.in_one_group(rows, [(other, grouped and also) for other, also in others], types)


def _part(parameter: SearchParameter, value: Value, types: Types) -> Iterator[tuple[Rows, bool]]:
    """The rows of one component, a branch at a time, with whether they are grouped."""
    for branch in parameter.branches:
        alone = SearchParameter(parameter.resource, parameter.code, parameter.type, parameter.url, (branch,))
        criterion = Criterion(alone)
        tokens = [value] if isinstance(value, TokenValue) else []
        for rows in (*_tokens(criterion, tokens, types), *_rows(alone, criterion, value)):
            yield rows, branch.grouped


# The record's own row.


def _by_id(ids: Sequence[str], types: Types) -> Condition:
    names = [type_name(code) for code in types] or list(TYPE_NAMES)
    keys = [UUID(bytes=record_key(f"{name}/{id}")) for name in names for id in dict.fromkeys(ids)]
    return OnRecord(lambda row: piece("{row}.key = ANY(%s)", keys, row=row), Reach.FEW)


def _by_change(value: DateValue) -> Condition:
    def where(row: Piece) -> Piece:
        at = piece("{row}.at", row=row)
        compared = on.compare_dates(at, piece("({row}.at + '1 microsecond'::interval)", row=row), value)
        if value.prefix not in {"gt", "ge", "ap"}:
            return compared
        # It follows from the comparison, and is a range of the index, which a comparison with an expression is not.
        return piece("{at} >= %s AND {compared}", value.low, at=at, compared=compared)

    return OnRecord(where, Reach.SOME)


# What a criterion is expected to find.


def _reach(criterion: Criterion) -> Reach:
    if criterion.modifier in {"text", "contains", "missing", "below", "above", "in"}:
        return Reach.SOME
    leaves = {leaf.type for branch in criterion.parameter.branches for leaf in branch.leaves}
    if criterion.parameter.type == "token" and leaves and leaves <= OWN:
        return Reach.FEW
    if criterion.parameter.type == "reference" and all(_is_own(value) for value in criterion.values):
        return Reach.FEW
    return Reach.SOME


def _is_own(value: Value) -> bool:
    if not isinstance(value, ReferenceValue):
        return False
    types = {target.partition("/")[0] for target in value.targets}
    return "Patient" in types or types.isdisjoint(SHARED)


def _of_kind(parameter: SearchParameter, kind: str) -> tuple[Branch, ...]:
    return tuple(branch for branch in parameter.branches if kind in branch.kinds)


def _ids(parameter: SearchParameter, kind: str) -> list[int]:
    return [branch.id for branch in _of_kind(parameter, kind)]
