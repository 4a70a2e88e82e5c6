"""Words stand in both languages with the same values."""

from __future__ import annotations

import re

import pytest

from minkang.errors import placeholders
from minkang.wording import language_of_terminal, say, words


def test_both_languages_name_the_same_values() -> None:
    """A wording that drops a value in one language is found here."""
    for key, line in words().items():
        # `more_zh` and `more_en` are the same thing, each in its language.
        zh, en = ({name.removesuffix(f"_{one}") for name in placeholders(line[one])} for one in ("zh", "en"))
        assert zh == en, key


def test_chinese_wordings_are_chinese() -> None:
    """A wording left in English is found here; product names alone may stay."""
    for key, line in words().items():
        said = re.sub(r"\{[^}]*\}", "", line["zh"])
        assert re.search(r"[\u4e00-\u9fff]", said) or not re.search(r"[a-z]{4}", said), key


def test_an_unknown_key_is_a_fault_of_the_program() -> None:
    """It is never shown to a user as a bare key."""
    with pytest.raises(KeyError):
        say("no.such.key")


@pytest.mark.parametrize(("asked", "given"), [("zh", "zh"), ("en", "en"), ("", None)])
def test_the_language_of_commands_can_be_set(monkeypatch: pytest.MonkeyPatch, asked: str, given: str | None) -> None:
    """MINKANG_LANGUAGE decides; without it the system's locale does."""
    monkeypatch.setenv("MINKANG_LANGUAGE", asked)
    assert language_of_terminal() == (given or language_of_terminal())
