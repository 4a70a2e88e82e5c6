"""What paths mean beyond the official examples, each by its rows."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.views.test_official import in_python, over_files, over_table

PATIENTS = [
    {
        "resourceType": "Patient",
        "id": "p1",
        "birthDate": "1970-06",
        "_birthDate": {"extension": [{"url": "time", "valueDateTime": "1970-06-01T08:00:00Z"}]},
        "name": [
            {"family": "A", "given": ["a", "b"], "_given": [None, {"extension": [{"url": "q", "valueCode": "c"}]}]}
        ],
        "deceasedDateTime": "2020-01-01",
        "managingOrganization": {"reference": "http://example.org/fhir/Organization/o1/_history/2"},
        "contained": [{"resourceType": "Organization", "id": "o", "name": "Org"}],
        "multipleBirthInteger": 3,
        "link": [{"other": {"reference": "Patient/p1"}, "type": "seealso"}],
    },
    {"resourceType": "Patient", "id": "p2", "name": [{"given": ["x"]}]},
]


def test_a_primitive_that_is_only_an_extension_is_no_value(tmp_path: Path) -> None:
    """JSON writes null for it; a table has nothing to show for it."""
    patient = {"resourceType": "Patient", "name": [{"given": [None, "x"], "_given": [{"id": "g"}, None]}]}
    column = {"name": "v", "path": "name.given", "collection": True}
    for way in (over_table, over_files, in_python):
        assert way({"resource": "Patient", "select": [{"column": [column]}]}, [patient], tmp_path) == [{"v": ["x"]}]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("birthDate.extension('time').value.ofType(dateTime)", ["1970-06-01T08:00:00Z", None]),
        ("name.given.extension('q').value.ofType(code)", ["c", None]),
        ("name.given.count()", [2, 1]),
        ("contained.ofType(Organization).name", ["Org", None]),
        ("deceased.exists()", [True, False]),
        ("deceased is dateTime", [True, None]),
        ("deceased.ofType(boolean).empty()", [True, True]),
        ("birthDate < @1971", [True, None]),
        ("birthDate = @1970-06-01", [None, None]),
        ("(birthDate < @1971) or true", [True, True]),
        ("(birthDate < @1971) and true", [True, None]),
        ("managingOrganization.getReferenceKey()", ["o1", None]),
        ("managingOrganization.getReferenceKey(Patient)", [None, None]),
        ("multipleBirth.ofType(integer) / 2", [Decimal("1.5"), None]),
        ("0.1 + 0.2", [Decimal("0.3"), Decimal("0.3")]),
        ("1.5 * 2.25", [Decimal("3.375"), Decimal("3.375")]),
        ("7 div 2", [3, 3]),
        ("7 mod 2", [1, 1]),
        ("1 / 0", [None, None]),
        ("getResourceKey() = link.other.getReferenceKey()", [True, None]),
        ("getResourceKey() = link.other.getReferenceKey(Patient)", [True, None]),
        ("getResourceKey() = link.other.getReferenceKey(RelatedPerson)", [None, None]),
        ("where(id = 'p1').id", ["p1", None]),
        ("%resource.id", ["p1", "p2"]),
        ("name.given[1]", ["b", None]),
        ("id in ('p1' | 'p9')", [True, False]),
        ("'a\\'b'", ["a'b", "a'b"]),
        ("name.first().family & '!'", ["A!", "!"]),
        ("name.family.first() + '!'", ["A!", None]),
    ],
)
def test_a_path_means_what_the_standard_says(path: str, expected: list[Any], tmp_path: Path) -> None:
    """All three ways give these values."""
    definition = {"resource": "Patient", "select": [{"column": [{"name": "v", "path": path}]}]}
    for way in (over_table, over_files, in_python):
        assert [row["v"] for row in way(definition, PATIENTS, tmp_path)] == expected, way.__name__


QUESTIONS = [
    {
        "resourceType": "QuestionnaireResponse",
        "id": "q",
        "item": [
            {
                "linkId": "1",
                "item": [
                    {"linkId": "1.1", "answer": [{"valueDecimal": Decimal("1.50"), "item": [{"linkId": "1.1.1"}]}]},
                    {"linkId": "1.2"},
                ],
            },
            {"linkId": "2"},
        ],
    }
]


def ways(
    select: list[dict[str, Any]], resource: str, resources: list[Any], folder: Path
) -> list[list[tuple[Any, ...]]]:
    """The rows of a view by all three ways."""
    definition = {"resource": resource, "select": select}
    return [
        [tuple(row.values()) for row in way(definition, resources, folder)]
        for way in (over_table, over_files, in_python)
    ]


def test_repeat_goes_down_to_the_end_parents_first(tmp_path: Path) -> None:
    """Every item at any depth is a row, numbered as it is met; decimals keep their digits on the way."""
    select = {
        "repeat": ["item", "answer.item"],
        "column": [
            {"name": "i", "path": "%rowIndex"},
            {"name": "l", "path": "linkId"},
            {"name": "low", "path": "answer.value.ofType(decimal).lowBoundary()"},
        ],
    }
    expected = [(0, "1", None), (1, "1.1", Decimal("1.495")), (2, "1.1.1", None), (3, "1.2", None), (4, "2", None)]
    for rows in ways([select], "QuestionnaireResponse", QUESTIONS, tmp_path):
        assert rows == expected


def test_repeat_within_and_beside_other_parts(tmp_path: Path) -> None:
    """A walk may stand in a union, under forEach, and beside columns that read the same element."""
    walk = {"repeat": ["item"], "column": [{"name": "l", "path": "linkId"}]}
    for rows in ways([{"unionAll": [walk, walk]}], "QuestionnaireResponse", QUESTIONS, tmp_path):
        assert [row[0] for row in rows] == ["1", "1.1", "1.2", "2"] * 2
    beside = [{"column": [{"name": "n", "path": "item.count()"}, {"name": "f", "path": "item.linkId.first()"}]}, walk]
    for rows in ways(beside, "QuestionnaireResponse", QUESTIONS, tmp_path):
        assert rows == [(2, "1", "1"), (2, "1", "1.1"), (2, "1", "1.2"), (2, "1", "2")]
    under = [{"forEach": "item", "column": [{"name": "top", "path": "%rowIndex"}], "select": [walk]}]
    for rows in ways(under, "QuestionnaireResponse", QUESTIONS, tmp_path):
        assert rows == [(0, "1.1"), (0, "1.2")]
    nested = [{**walk, "select": [{"forEachOrNull": "item", "column": [{"name": "c", "path": "linkId"}]}]}]
    for rows in ways(nested, "QuestionnaireResponse", QUESTIONS, tmp_path):
        assert rows == [("1", "1.1"), ("1", "1.2"), ("1.1", None), ("1.2", None), ("2", None)]


def test_a_row_of_nothing_has_nothing_but_its_index(tmp_path: Path) -> None:
    """forEachOrNull over nothing gives one row, with nested parts, all NULL; %rowIndex is 0."""
    select = {
        "forEachOrNull": "contact",
        "column": [
            {"name": "i", "path": "%rowIndex"},
            {"name": "k", "path": "'K'"},
            {"name": "e", "path": "name.exists()"},
        ],
        "select": [
            {"forEach": "telecom", "column": [{"name": "t", "path": "value"}, {"name": "j", "path": "%rowIndex"}]}
        ],
    }
    for rows in ways([select], "Patient", [{"resourceType": "Patient", "id": "p"}], tmp_path):
        assert rows == [(0, None, None, None, 0)]


@pytest.mark.parametrize(
    ("constant", "path"),
    [
        ({"valueBase64Binary": "YQ=="}, "%c = 'YQ=='"),
        ({"valueBoolean": True}, "%c"),
        ({"valueCanonical": "http://x"}, "%c = 'http://x'"),
        ({"valueDate": "1970-06"}, "birthDate = %c"),
        ({"valueDateTime": "2020-01-01"}, "deceased.ofType(dateTime) = %c"),
        ({"valueDecimal": 3.0}, "multipleBirth.ofType(integer) = %c"),
        ({"valueId": "p1"}, "id = %c"),
        ({"valueInstant": "2019-01-01T00:00:00Z"}, "deceased.ofType(dateTime) > %c"),
        ({"valueInteger": 3}, "multipleBirth.ofType(integer) = %c"),
        ({"valueInteger64": "3"}, "multipleBirth.ofType(integer) = %c"),
        ({"valueOid": "urn:oid:1"}, "%c = 'urn:oid:1'"),
        ({"valuePositiveInt": 2}, "multipleBirth.ofType(integer) > %c"),
        ({"valueTime": "10:00:00"}, "%c < @T11:00:00"),
        ({"valueUnsignedInt": 0}, "name[%c].family = 'A'"),
        ({"valueUri": "urn:x"}, "%c = 'urn:x'"),
        ({"valueUrl": "http://x"}, "%c = 'http://x'"),
        ({"valueUuid": "urn:uuid:1"}, "%c = 'urn:uuid:1'"),
        ({"valueCode": "A"}, "name.exists(family = %c)"),
    ],
)
def test_a_constant_of_every_type(constant: dict[str, Any], path: str, tmp_path: Path) -> None:
    """The first patient is kept by the condition."""
    definition = {
        "resource": "Patient",
        "constant": [{"name": "c", **constant}],
        "where": [{"path": path}, {"path": "id = 'p1'"}],
        "select": [{"column": [{"name": "id", "path": "id"}]}],
    }
    for way in (over_table, over_files, in_python):
        assert way(definition, PATIENTS, tmp_path) == [{"id": "p1"}], way.__name__


def test_decimals_are_exact(tmp_path: Path) -> None:
    """Eighteen digits come out as they went in, by any way."""
    digits = [
        Decimal("120.10"),
        Decimal("0.123456789012345678"),
        Decimal("27.700000000000003"),
        Decimal("1234567890123.25"),
    ]
    resources = [
        {"resourceType": "Observation", "id": str(number), "valueQuantity": {"value": value}}
        for number, value in enumerate(digits)
    ]
    definition = {
        "resource": "Observation",
        "select": [{"column": [{"name": "v", "path": "value.ofType(Quantity).value", "type": "decimal"}]}],
    }
    for way in (over_table, over_files, in_python):
        assert [row["v"] for row in way(definition, resources, tmp_path)] == digits, way.__name__


def test_a_tag_gives_the_column_its_sql_type(tmp_path: Path) -> None:
    """A birth date tagged DATE is a date."""
    definition = {
        "resource": "Patient",
        "select": [{"column": [{"name": "d", "path": "birthDate", "tag": [{"name": "ansi/type", "value": "DATE"}]}]}],
    }
    rows = over_files(definition, [{"resourceType": "Patient", "birthDate": "1970-06-01"}], tmp_path)
    assert rows[0]["d"].isoformat() == "1970-06-01"


def test_a_complex_column_is_json(tmp_path: Path) -> None:
    """With its type declared, a complex element comes as JSON text."""
    definition = {
        "resource": "Patient",
        "select": [
            {
                "column": [
                    {"name": "n", "path": "name.first()", "type": "HumanName"},
                    {"name": "f", "path": "name.family"},
                ]
            }
        ],
    }
    rows = over_table(definition, [{"resourceType": "Patient", "name": [{"family": "F", "given": ["g"]}]}], tmp_path)
    assert json.loads(rows[0]["n"]) == {"family": "F", "given": ["g"]}
    assert rows[0]["f"] == "F"
