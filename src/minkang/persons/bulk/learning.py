"""Weights learned without labels: Splink's expectation maximisation, its result kept as our plain model.

`u` comes from random pairs, `m` from EM within blocks, the frequencies from counting (Linacre et al. 2022,
doi:10.23889/ijpds.v7i3.1794; Winkler 2000 for EM). Levels that were never seen get a small share, not none.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

from minkang.persons.comparing import Test
from minkang.persons.model import LevelWeight, Model
from minkang.persons.profile import Comparison, Profile

LEAST_M, LEAST_U = 1e-4, 1e-6
SEED = 20
U_PAIRS = 3_000_000
EM_PAIRS = 2_000_000


def learn(connection: duckdb.DuckDBPyConnection, profile: Profile, records: int) -> Model:
    """Learn the shares of every level from the table `record`; frequencies are left to `frequencies.count`."""
    # Splink takes a second to import and is needed only here.
    import splink.comparison_library as comparisons  # noqa: PLC0415
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: PLC0415

    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="i",
        comparisons=[comparisons.CustomComparison(**for_splink(one)) for one in profile.comparisons],
        blocking_rules_to_generate_predictions=[block_on(*profile.blocks[0])],
        retain_matching_columns=False,
    )
    np.random.seed(SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("splink").setLevel(logging.ERROR)
        linker = Linker(DuckDBAPI(connection).register("record"), settings, log_level=logging.ERROR)
        training = linker.training
        training.estimate_probability_two_random_records_match([block_on(*one) for one in profile.sure], recall=0.8)
        training.estimate_u_using_random_sampling(max_pairs=U_PAIRS, seed=SEED)
        for columns in profile.learn_from:
            training.estimate_parameters_using_expectation_maximisation(
                block_on(*columns), estimate_without_term_frequencies=True, max_pairs=EM_PAIRS
            )
        told: dict[str, Any] = linker.misc.save_model_to_json()
    prior = float(told["probability_two_random_records_match"])
    return Model(
        weights={
            one.name: _weights(one, known, profile.least.get(one.name, {}))
            for one, known in zip(profile.comparisons, told["comparisons"], strict=True)
        },
        pairs_a_record=prior * (records - 1) / 2.0,
        records=records,
        source=f"learned without labels from {records} records",
    )


def for_splink(one: Comparison) -> dict[str, Any]:
    """A comparison as Splink is told it: `CustomComparison(**told)`."""
    levels: list[dict[str, Any]] = []
    if one.needs:
        lacking = Test("one_lacks", one.needs).sql('"{}_l"', '"{}_r"')
        levels.append({"sql_condition": lacking, "label_for_charts": "missing", "is_null_level": True})
    for level in one.levels:
        condition = level.test.sql('"{}_l"', '"{}_r"') if level.test else "ELSE"
        levels.append({"sql_condition": condition, "label_for_charts": level.name})
    return {"output_column_name": one.name, "comparison_levels": levels}


def _weights(one: Comparison, told: dict[str, Any], least: Mapping[str, float]) -> dict[str, LevelWeight]:
    """Shares as learned, not below the least; a comparison never met is taken by its least, and as chance for `u`."""
    known = {level["label_for_charts"]: level for level in told["comparison_levels"]}
    seen_u = {name: float(level.get("u_probability") or 0.0) for name, level in known.items()}
    last = one.levels[-1].name
    out = {}
    for level in one.levels:
        m = float(known[level.name].get("m_probability") or 0.0)
        u = seen_u[level.name] or (1.0 if level.name == last else 0.0)
        out[level.name] = LevelWeight(max(m, least.get(level.name, LEAST_M)), max(u, LEAST_U))
    return out
