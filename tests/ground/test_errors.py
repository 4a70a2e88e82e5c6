"""The catalogue of faults is complete, in both languages, and says only what the code says."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pytest

from minkang.errors import CATEGORIES, Fault, Faults, catalogue, placeholders

SOURCE = Path(__file__).parents[2] / "src" / "minkang"
RAISED = re.compile(r"\"([A-Z]{2}[A-Z0-9]*-\d{3})\"")


def raised_codes() -> dict[str, str]:
    """Each code that a module names, with the file that does."""
    found: dict[str, str] = {}
    for path in SOURCE.rglob("*.py"):
        for code in RAISED.findall(path.read_text("utf-8")):
            found.setdefault(code, str(path.relative_to(SOURCE)))
    return found


def test_every_code_that_is_raised_stands_in_the_catalogue() -> None:
    """A fault without words is found here and not by a user."""
    missing = {code: path for code, path in raised_codes().items() if code not in catalogue()}
    assert not missing


def test_every_line_of_the_catalogue_is_used() -> None:
    """A line nobody raises is deleted, not kept."""
    assert not set(catalogue()) - set(raised_codes())


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_both_languages_say_the_same_and_advise(code: str) -> None:
    """Chinese and English name the same values, and both say what to do."""
    entry = catalogue()[code]
    zh, en = (
        # `state_zh` and `state_en` are the same thing, each in its language.
        {name.removesuffix(f"_{language}") for name in placeholders(entry.words[language])}
        for language in ("zh", "en")
    )
    assert zh == en
    assert placeholders(entry.advice["zh"]) == placeholders(entry.advice["en"])
    assert re.search(r"[\u4e00-\u9fff]", entry.words["zh"])
    assert re.search(r"[\u4e00-\u9fff]", entry.advice["zh"])
    assert entry.advice["en"].strip()


def test_a_fault_speaks_both_languages_and_says_where() -> None:
    """Words, place and advice come out of the catalogue with their values filled in."""
    fault = Fault("SETTINGS-001", where="environment", name="MINKANG_PORT", value="x")
    assert fault.text("zh") == "环境变量 MINKANG_PORT 的值“x”不可用。 (environment)"
    assert "MINKANG_PORT" in fault.text("en")
    assert str(fault).startswith("SETTINGS-001: ")
    assert fault.category is CATEGORIES["setup"]


def test_a_fault_travels_between_processes() -> None:
    """Worker processes hand faults back as they are."""
    fault = pickle.loads(pickle.dumps(Fault("SETTINGS-002", where="here", name="MINKANG_X")))
    assert (fault.code, fault.where, fault.params) == ("SETTINGS-002", "here", {"name": "MINKANG_X"})
    several = pickle.loads(pickle.dumps(Faults([fault, fault])))
    assert [one.code for one in several.faults] == ["SETTINGS-002", "SETTINGS-002"]
    assert str(several).count("SETTINGS-002") == 2
