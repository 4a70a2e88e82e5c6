"""One small county, made once for all tests of this folder."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from minkang.synth import Truth, generate


@pytest.fixture(scope="session")
def truth() -> Truth:
    return generate("wenshang", 4000, (2019, 2025), seed=1)


@pytest.fixture(scope="session")
def of(truth: Truth) -> Callable[[NDArray[np.int64]], NDArray[np.int64]]:
    """Rows of the table persons by id."""
    ids = truth.tables["persons"]["id"]
    return lambda person: np.searchsorted(ids, person)
