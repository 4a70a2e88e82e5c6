"""Settings are read strictly and documented by the table they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from minkang.errors import Fault
from minkang.settings import SETTINGS, read_settings

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"


def test_defaults_make_a_working_platform() -> None:
    """Nothing needs to be set."""
    settings = read_settings({})
    assert settings.embedded
    assert settings.base_url == "http://127.0.0.1:8642"


def test_the_public_address_loses_its_last_slash() -> None:
    """Addresses are joined with a slash, so the base has none."""
    assert read_settings({"MINKANG_BASE_URL": "https://x.example/"}).base_url == "https://x.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MINKANG_PORT", "http"),
        ("MINKANG_PORT", "-1"),
        ("MINKANG_WORKERS", "0"),
        ("MINKANG_STATEMENT_SECONDS", "soon"),
        ("MINKANG_CHECK_REFERENCES", "never"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    """The operator reads which variable and which value."""
    with pytest.raises(Fault) as caught:
        read_settings({name: value})
    assert caught.value.code == "SETTINGS-001"
    assert caught.value.params == {"name": name, "value": value}


def test_a_mistyped_setting_is_refused_and_not_ignored() -> None:
    """MINKANG_PROT would otherwise silently do nothing."""
    with pytest.raises(Fault, match="SETTINGS-002"):
        read_settings({"MINKANG_PROT": "80"})


def test_the_reference_lists_every_setting_with_its_default() -> None:
    """docs/reference/settings.md is written by tools/write_reference.py from the table."""
    text = REFERENCE.read_text("utf-8")
    for setting in SETTINGS:
        assert f"`{setting.name}`" in text
        assert setting.zh in text
        assert setting.en in text
