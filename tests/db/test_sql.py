"""Named SQL files."""

from __future__ import annotations

import pytest

from minkang.db import Queries

GOOD = """-- A file about greetings.

-- name: greet
-- Says hello.
-- To one person.
SELECT 'hello' || %(name)s;

-- name: two_lines
-- Ends without a semicolon.
SELECT 1,
  -- a comment within
  2
"""


def test_statements_are_found_by_name() -> None:
    """Each statement has its text, without the semicolon, and its description in one line."""
    queries = Queries.parse(GOOD, "greetings.sql")
    assert list(queries) == ["greet", "two_lines"]
    assert queries["greet"] == "SELECT 'hello' || %(name)s"
    assert queries.statements["greet"].description == "Says hello. To one person."
    assert queries["two_lines"].splitlines()[-1] == "  2"


def test_a_file_of_a_package_is_read() -> None:
    """`read` finds a file beside the code."""
    assert "take_turn" in Queries.read("minkang.db", "migrations.sql")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("-- name: a\n-- One.\nSELECT 1;\n-- name: a\n-- Two.\nSELECT 2;\n", "x.sql:4: a is there twice"),
        ("-- name:\n-- One.\nSELECT 1;\n", "x.sql:1: '' is not a name"),
        ("-- name: Big\n-- One.\nSELECT 1;\n", "x.sql:1: 'Big' is not a name"),
        ("-- name: a\nSELECT 1;\n", "x.sql:1: a has no description"),
        ("-- name: a\n-- One.\n\n-- only words\n", "x.sql:1: a has no SQL"),
        ("SELECT 1;\n-- name: a\n-- One.\nSELECT 1;\n", "x.sql:1: SQL before the first name"),
        ("\nSELECT 1;\n", "x.sql:2: SQL before the first name"),
    ],
)
def test_a_file_with_a_fault_is_refused_with_its_place(text: str, said: str) -> None:
    """Names are present, well formed and unique, and every statement is described."""
    with pytest.raises(ValueError, match=said):
        Queries.parse(text, "x.sql")


def test_an_unknown_name_says_which_file() -> None:
    """A misspelt name is heard of with the file it was looked for in."""
    with pytest.raises(KeyError, match=r"greetings\.sql has no statement gret"):
        Queries.parse(GOOD, "greetings.sql")["gret"]
