"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def reference() -> Path:
    """The reference data beside the repository; a test that needs it is skipped, and says so, where it is absent."""
    place = ROOT.parent / "shared" / "reference"
    if not place.is_dir():
        pytest.skip("reference data absent: ../shared/reference is not beside this clone, so this test did NOT run")
    return place
