"""Random small resources under random views: the SQL gives what the plain evaluator gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.views.test_official import comparable, written

from minkang.errors import Fault
from minkang.views.compiler import compile_view
from minkang.views.definition import read_view
from minkang.views.reference import rows_of

# --- resources -------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(["a", "b", "official", "usual", "phone", "李", "x'y", 'q"r', "{z", "[w", "2 3", "\\n"])
DAYS = st.sampled_from(["1970", "1970-06", "1970-06-01", "2000-02-29", "2024-12-31"])
MOMENTS = st.sampled_from(
    ["2024", "2024-01-31", "2024-01-31T23:30:00+08:00", "2024-01-31T15:30:00Z", "2024-02-01T00:00:00.250-05:00"]
)
DECIMALS = st.decimals(-1000, 1000, places=3).map(
    lambda value: value.quantize(Decimal("0.01") if value % 1 else Decimal("0.0"))
)


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with any of the fields, none of them empty."""
    return st.fixed_dictionaries({}, optional=fields).map(
        lambda found: {key: value for key, value in found.items() if value not in ([], {}, "")}
    )


def listed(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Up to three items, none of them empty."""
    return st.lists(items.filter(lambda item: item not in ({}, "")), max_size=3)


TELECOM = listed(some(system=WORDS, value=WORDS, rank=st.integers(1, 5)))
NAME = some(family=WORDS, use=WORDS, given=listed(WORDS), period=some(start=MOMENTS, end=MOMENTS))
EXTENSION = st.one_of(
    st.fixed_dictionaries({"url": st.sampled_from(["u1", "u2"]), "valueDecimal": DECIMALS}),
    st.fixed_dictionaries({"url": st.sampled_from(["u1", "u2"]), "valueCode": WORDS}),
    st.fixed_dictionaries({"url": st.just("u2"), "extension": listed(st.fixed_dictionaries({"url": WORDS}))}).filter(
        lambda found: bool(found["extension"])
    ),
)
PATIENT = some(
    id=st.sampled_from(["p1", "p2", "p3"]),
    active=st.booleans(),
    birthDate=DAYS,
    name=listed(NAME),
    telecom=TELECOM,
    contact=listed(some(name=NAME, telecom=TELECOM, gender=WORDS)),
    extension=listed(EXTENSION),
    managingOrganization=st.sampled_from(["Organization/o1", "http://x/Organization/o2", "#c", "urn:uuid:1"]).map(
        lambda reference: {"reference": reference}
    ),
).flatmap(
    lambda found: st.sampled_from(
        [{}, {"deceasedBoolean": True}, {"deceasedBoolean": False}, {"deceasedDateTime": "2024-01-31T10:00:00+08:00"}]
    ).flatmap(
        lambda dead: st.sampled_from([{}, {"multipleBirthInteger": 2}, {"multipleBirthBoolean": True}]).map(
            lambda born: {"resourceType": "Patient", **found, **dead, **born}
        )
    )
)

# --- views -----------------------------------------------------------------------------------------------------------
# A path is (text, whether it may give several values); `elements` of a context are what iterations go over.

TEXTS: dict[str, list[tuple[str, bool]]] = {
    "Patient": [
        ("id", False),
        ("birthDate", False),
        ("name.family", True),
        ("name.given", True),
        ("telecom.value", True),
    ],
    "HumanName": [
        ("family", False),
        ("use", False),
        ("given", True),
        ("period.start", False),
        ("$this.family", False),
    ],
    "ContactPoint": [
        ("system", False),
        ("value", False),
    ],
    "Contact": [
        ("gender", False),
        ("name.family", False),
        ("name.given", True),
        ("telecom.system", True),
    ],
    "Extension": [
        ("url", False),
        ("value.ofType(code)", False),
        ("extension.url", True),
    ],
    "text": [
        ("$this", False),
    ],
}
LISTS: dict[str, list[tuple[str, str]]] = {
    "Patient": [
        ("name", "HumanName"),
        ("telecom", "ContactPoint"),
        ("contact", "Contact"),
        ("contact.telecom", "ContactPoint"),
        ("extension", "Extension"),
        ("name.given", "text"),
        ("name.first()", "HumanName"),
        ("contact.name", "HumanName"),
        ("name.where(use = 'official')", "HumanName"),
        ("telecom[0]", "ContactPoint"),
    ],
    "HumanName": [
        ("given", "text"),
        ("given.first()", "text"),
        ("period", "Period"),
    ],
    "ContactPoint": [],
    "Extension": [
        ("extension", "Extension"),
    ],
    "text": [],
    "Contact": [
        ("telecom", "ContactPoint"),
        ("name", "HumanName"),
        ("name.given", "text"),
    ],
    "Period": [],
}
OTHERS: dict[str, list[tuple[str, str]]] = {
    "Patient": [
        ("active", "boolean"),
        ("deceased.exists()", "boolean"),
        ("deceased.ofType(boolean)", "boolean"),
        ("deceased is dateTime", "boolean"),
        ("multipleBirth.ofType(integer)", "integer"),
        ("multipleBirth.ofType(integer) * 3 + 1", "integer"),
        ("name.count()", "integer"),
        ("extension('u1').value.ofType(decimal).first()", "decimal"),
        ("extension('u2').value.ofType(decimal).first() * 2", "decimal"),
        ("extension('u1').value.ofType(decimal).first().lowBoundary()", "decimal"),
        ("extension('u1').value.ofType(decimal).first() + 0.5", "decimal"),
        ("birthDate < @1970-06-15", "boolean"),
        ("birthDate = @1970", "boolean"),
        ("birthDate >= @2000-02-29", "boolean"),
        ("birthDate.highBoundary()", "date"),
        ("deceased.ofType(dateTime).lowBoundary()", "dateTime"),
        ("getResourceKey()", "id"),
        ("managingOrganization.getReferenceKey(Organization)", "id"),
        ("managingOrganization.getReferenceKey(Patient)", "id"),
        ("name.exists(family = 'a' and use != 'b')", "boolean"),
        ("name.all(given.exists())", "boolean"),
        ("%rowIndex", "integer"),
        ("name.where($index = 1).family.first()", "string"),
        ("iif(active, 'yes', 'no')", "string"),
        ("telecom.rank.first() > 2", "boolean"),
        ("name.family.join(';')", "string"),
        ("'a' in name.family", "boolean"),
        ("name.family = 'a'", "boolean"),
        ("(name.family | name.given).count()", "integer"),
        ("active and deceased.ofType(boolean)", "boolean"),
        ("active or (birthDate > @1980)", "boolean"),
        ("active implies deceased.exists()", "boolean"),
        ("active xor true", "boolean"),
        ("(id = 'p1').not()", "boolean"),
        ("contact.exists(telecom.exists(rank > 2))", "boolean"),
        ("contact[1].name.family", "string"),
    ],
    "HumanName": [
        ("given.exists()", "boolean"),
        ("given.first() & '-' & family", "string"),
        ("%rowIndex", "integer"),
        ("given.join()", "string"),
        ("family.length()", "integer"),
        ("period.lowBoundary()", "dateTime"),
        ("period.start > @2024-01-31T15:00:00Z", "boolean"),
        ("family.startsWith('o')", "boolean"),
        ("given.empty()", "boolean"),
        ("'const'", "string"),
        ("given.last()", "string"),
        ("period.start <= period.end", "boolean"),
        ("%resource.id", "string"),
        ("use = %use", "boolean"),
    ],
    "ContactPoint": [
        ("rank", "positiveInt"),
        ("rank / 2", "decimal"),
        ("rank > %least", "boolean"),
        ("%rowIndex", "integer"),
    ],
    "Contact": [
        ("telecom.count()", "integer"),
        ("telecom.where(rank > 1).value.first()", "string"),
        ("name.exists()", "boolean"),
    ],
    "Extension": [
        ("value.ofType(decimal)", "decimal"),
        ("value.exists()", "boolean"),
    ],
    "text": [
        ("$this = 'a'", "boolean"),
        ("$this & '!'", "string"),
        ("%rowIndex", "integer"),
    ],
    "Period": [
        ("start", "dateTime"),
        ("%rowIndex", "integer"),
    ],
}
WHERE = st.sampled_from(
    ["active", "active = true", "name.exists()", "name.where(use = 'official').exists()", "birthDate < @2001",
     "telecom.exists(rank >= 2 or value = 'a')", "deceased.exists().not()", "true", "contact.empty() or id = 'p1'"]
)  # fmt: skip


class Names:
    """Column names that are never used twice."""

    def __init__(self) -> None:
        self.count = 0

    def next(self) -> str:
        """The next name."""
        self.count += 1
        return f"c{self.count}"


@st.composite
def columns(draw: st.DrawFn, context: str, names: Names) -> list[dict[str, Any]]:
    """One to three columns of a context."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        texts = TEXTS.get(context, [])
        if texts and draw(st.booleans()):
            path, many = draw(st.sampled_from(texts))
            found.append({"name": names.next(), "path": path, **({"collection": True} if many else {})})
        else:
            path, type = draw(st.sampled_from(OTHERS[context]))
            found.append({"name": names.next(), "path": path, "type": type})
    return found


@st.composite
def selects(draw: st.DrawFn, context: str, names: Names, depth: int) -> dict[str, Any]:
    """A selection of a context, with iterations, inner selections and unions."""
    found: dict[str, Any] = {}
    if LISTS[context] and draw(st.booleans()):
        path, context = draw(st.sampled_from(LISTS[context]))
        found[draw(st.sampled_from(["forEach", "forEachOrNull"]))] = path
    found["column"] = draw(columns(context, names))
    if depth and draw(st.integers(0, 2)) == 0:
        found["select"] = [draw(selects(context, names, depth - 1)) for _ in range(draw(st.integers(1, 2)))]
    if depth and draw(st.integers(0, 3)) == 0:
        found["unionAll"] = draw(unions(context, names))
    return found


@st.composite
def unions(draw: st.DrawFn, context: str, names: Names) -> list[dict[str, Any]]:
    """Two or three branches with one text column of one name, and a number."""
    text, number = names.next(), names.next()
    found: list[dict[str, Any]] = []
    for _ in range(draw(st.integers(2, 3))):
        branch: dict[str, Any] = {}
        inner = context
        if LISTS[context] and draw(st.booleans()):
            path, inner = draw(st.sampled_from(LISTS[context]))
            branch[draw(st.sampled_from(["forEach", "forEachOrNull"]))] = path
        texts = [path for path, many in TEXTS.get(inner, []) if not many] or ["'t'"]
        branch["column"] = [
            {"name": text, "path": draw(st.sampled_from(texts)), "type": "string"},
            {"name": number, "path": "%rowIndex", "type": "integer"},
        ]
        found.append(branch)
    return found


@st.composite
def views(draw: st.DrawFn) -> dict[str, Any]:
    """A view of Patient."""
    names = Names()
    return {
        "resource": "Patient",
        "constant": [{"name": "use", "valueCode": "official"}, {"name": "least", "valueInteger": 2}],
        "select": [draw(selects("Patient", names, 2)) for _ in range(draw(st.integers(1, 2)))],
        "where": [{"path": draw(WHERE)}] if draw(st.booleans()) else [],
    }


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """One engine for all examples."""
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


Rows = list[dict[str, Any]]


def by_sql(connection: duckdb.DuckDBPyConnection, view: dict[str, Any], resources: Rows) -> Rows:
    """The rows by SQL."""
    connection.register("resources", pa.table({"resource": pa.array([written(one) for one in resources], pa.string())}))
    found = connection.execute(compile_view(view).over_table())
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(view=views(), resources=st.lists(PATIENT, min_size=1, max_size=3))
def test_sql_equals_the_reference(
    connection: duckdb.DuckDBPyConnection, view: dict[str, Any], resources: list[dict[str, Any]]
) -> None:
    """Rows, their values and their order are the same; where one refuses for too many values, so does the other."""
    try:
        wanted: list[str] | str = [comparable(row) for row in rows_of(read_view(view), resources)]
    except Fault as fault:
        wanted = fault.code
    try:
        got: list[str] | str = [comparable(row) for row in by_sql(connection, view, resources)]
    except duckdb.InvalidInputException as error:
        got = str(error).split("Error: ")[-1].split("|")[0]
    assert got == wanted or (isinstance(got, str) and wanted in {"FHIRPATH-006", got}), json.dumps(view, default=str)


ITEMS = st.recursive(
    st.fixed_dictionaries({"linkId": WORDS}),
    lambda inner: some(
        linkId=WORDS,
        item=st.lists(inner, max_size=3),
        answer=listed(some(valueDecimal=DECIMALS, item=st.lists(inner, max_size=2))),
    ).filter(bool),
    max_leaves=8,
)
WALKS = [
    {
        "repeat": paths,
        "column": [
            {"name": "i", "path": "%rowIndex"},
            {"name": "l", "path": "linkId"},
            {"name": "d", "path": path},
        ],
    }
    for paths in (["item"], ["item", "answer.item"], ["answer.item", "item"])
    for path in ("answer.value.ofType(decimal).first()", "item.count()")
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(items=st.lists(ITEMS, max_size=3), walk=st.sampled_from(WALKS), united=st.booleans())
def test_walks_equal_the_reference(
    connection: duckdb.DuckDBPyConnection, items: list[dict[str, Any]], walk: dict[str, Any], united: bool
) -> None:
    """Nested items come out in the same order with the same numbers, alone and in a union."""
    resource = {"resourceType": "QuestionnaireResponse", "id": "q", **({"item": items} if items else {})}
    definition = {
        "resource": "QuestionnaireResponse",
        "select": [{"unionAll": [walk, walk]} if united else walk],
    }
    wanted = [comparable(row) for row in rows_of(read_view(definition), [resource])]
    assert [comparable(row) for row in by_sql(connection, definition, [resource])] == wanted
