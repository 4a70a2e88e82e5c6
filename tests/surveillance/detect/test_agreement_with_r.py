"""Every recorded result of R's `surveillance` 1.20.3, reproduced through the door that the command uses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.surveillance.detect.results_of_r import Result, compared, names

EXACT = 1e-9
CLOSE = 1e-6

# Rows where R's own arithmetic fails and we do not follow it; docs/reference/detectors.md gives the reasons.
R_FAILS = {
    "m1__glrnb_estS1trend_alpha02": "R's Newton steps overflow at a mean of 0.00007 and it reports no evidence at all",
    "hepatitisA__glrpois_epi": "R's search on the logarithm of the size sticks at zero",
    "salmonella.agona__glrpois_epi": "R's search on the logarithm of the size sticks at zero",
}
ROWS_THAT_MAY_DIFFER = {
    "m1__glrnb_estS1trend_alpha02": 1,
    "hepatitisA__glrpois_epi": 13,
    "salmonella.agona__glrpois_epi": 90,
}


def differing(result: Result, column: str, tolerance: float) -> np.ndarray:
    """Rows in which a column differs by more than the tolerance, or is NA on one side only."""
    ours, theirs = result.ours[column], result.theirs[column]
    gap = np.isnan(ours) != np.isnan(theirs)
    with np.errstate(invalid="ignore"):
        return gap | (np.abs(ours - theirs) > tolerance * np.maximum(np.abs(theirs), 1e-2))


@pytest.mark.reference
@pytest.mark.parametrize("name", names())
def test_every_result_of_r_is_reproduced(reference: Path, name: str) -> None:
    """Thresholds within 1e-6 (EARS within rounding), alarms and gaps the same, for the rows of `range`."""
    result = compared(reference / "surveillance", name)
    assert result.ours["t"].tolist() == result.theirs["t"].tolist()
    tolerance = EXACT if result.document["function_"] == "earsC" else CLOSE
    allowed = ROWS_THAT_MAY_DIFFER.get(name, 0)
    for column in ("upperbound", "expected"):
        if column in result.theirs:
            bad = differing(result, column, tolerance)
            assert bad.sum() <= allowed, (column, result.theirs["t"][bad][:5], R_FAILS.get(name))
    alarms = differing(result, "alarm", EXACT)
    assert alarms.sum() <= allowed, result.theirs["t"][alarms][:5]
