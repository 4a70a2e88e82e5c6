"""The generator as a whole: repeatable, chunk by chunk the same, near the published figures, refusing nonsense."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from minkang.errors import Fault
from minkang.synth import county as county_module
from minkang.synth import generate, generate_chunks, sample, write_fhir, write_truth
from minkang.synth.county import plan
from minkang.synth.figures import Figures, measure
from minkang.synth.generate import make_chunk
from minkang.synth.region import read_region, region_names


def digest(folder: Path) -> dict[str, str]:
    return {place.name: hashlib.sha256(place.read_bytes()).hexdigest() for place in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        truth = generate("wenshang", 500, (2024, 2025), seed)
        write_truth(truth, tmp_path / name / "truth")
        write_fhir(truth, tmp_path / name / "fhir")
    for kind in ("truth", "fhir"):
        first, again, other = (digest(tmp_path / name / kind) for name in "abc")
        assert first == again
        assert first.keys() == other.keys()
        assert first["persons.parquet" if kind == "truth" else "Patient.ndjson"] != other.get(
            "persons.parquet" if kind == "truth" else "Patient.ndjson"
        )


def test_chunks_do_not_depend_on_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second chunk alone is the second chunk of all: so chunks can be made in any order or process."""
    monkeypatch.setattr(county_module, "CHUNK", 400)
    county = plan(read_region("wenshang"), 1200, (2025, 2025), 3)
    assert len(county.chunks) >= 3
    parts = list(generate_chunks("wenshang", 1200, (2025, 2025), 3))
    alone = make_chunk(county, 1)
    for name, columns in alone.items():
        for column, values in columns.items():
            assert np.array_equal(values, parts[1].tables[name][column]), f"{name}.{column}"
    ids = np.concatenate([part.tables["persons"]["id"] for part in parts])
    cards = np.concatenate([part.tables["persons"]["card"] for part in parts])
    assert len(np.unique(ids)) == len(ids) == len(set(cards))


def test_written_chunk_by_chunk_is_written_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(county_module, "CHUNK", 400)
    whole = write_fhir(generate("wenshang", 900, (2025, 2025), 3), tmp_path / "whole")
    parts = write_fhir(generate_chunks("wenshang", 900, (2025, 2025), 3), tmp_path / "parts")
    assert whole == parts
    for place in (tmp_path / "whole").iterdir():
        ours = (tmp_path / "parts" / place.name).read_bytes()
        assert sorted(place.read_bytes().splitlines()) == sorted(ours.splitlines())


@pytest.mark.parametrize("name", region_names())
def test_every_region_can_be_made(name: str, tmp_path: Path) -> None:
    truth = generate(name, 800, (2025, 2025), 1)
    assert truth.count("persons") >= 800
    assert truth.count("encounters") > 800
    assert write_fhir(truth, tmp_path)["Patient"] == truth.count("persons")


def test_a_sample_is_ready_to_load(tmp_path: Path) -> None:
    counts = sample(300, 1, tmp_path)
    assert {place.stem for place in tmp_path.iterdir()} == set(counts)
    for place in tmp_path.iterdir():
        assert place.read_bytes().count(b"\n") == counts[place.stem]


@pytest.mark.parametrize(
    ("region", "people", "years", "code"),
    [
        ("atlantis", 1000, (2019, 2025), "SYNTH-002"),
        ("wenshang", 10, (2019, 2025), "SYNTH-003"),
        ("wenshang", 1000, (2025, 2019), "SYNTH-003"),
        ("wenshang", 1000, (2019, 2030), "SYNTH-003"),
    ],
)
def test_nonsense_is_refused(region: str, people: int, years: tuple[int, int], code: str) -> None:
    with pytest.raises(Fault) as caught:
        generate(region, people, years, 1)
    assert caught.value.code == code
    assert caught.value.text("zh")
    assert caught.value.advice("en")


@pytest.fixture(scope="module")
def figures() -> Figures:
    return measure(generate("wenshang", 20_000, (2019, 2025), seed=1))


# What 汶上's plan prints for 2020, and how far a county of 20,000 may lie from it by chance and by construction.
PUBLISHED = [
    ("chronic_standard_management", 61.07, 3.5),
    ("mental_management", 90.0, 9.0),
    ("elderly_examination", 61.0, 3.0),
    ("maternal_systematic_management", 92.97, 5.0),
    ("child_systematic_management", 93.95, 2.5),
    ("prenatal_screening", 89.2, 6.0),
    ("doctors", 2.45, 0.4),
    ("nurses", 2.12, 0.4),
    ("bed_days", 3631 * 0.738 * 365 / 699_600, 0.1),
]


@pytest.mark.parametrize(("name", "published", "tolerance"), PUBLISHED)
def test_the_figures_of_2020_come_near_the_published_ones(
    figures: Figures, name: str, published: float, tolerance: float
) -> None:
    assert figures.value(name, 2020) == pytest.approx(published, abs=tolerance)


def test_rare_figures_come_near_the_published_ones_over_all_years(figures: Figures) -> None:
    """Deaths and tuberculosis are too few in a year of 20,000 people; seven years carry them."""
    assert figures.life_expectancy() == pytest.approx(79.17, abs=1.5)
    assert figures.premature_mortality() == pytest.approx(19.76, abs=4.0)
    assert figures.value("tuberculosis_incidence") == pytest.approx(25, abs=15)
    assert figures.value("full_vaccination") > 90
    assert figures.value("infant_mortality") < 8
    assert figures.value("birth_rate", 2020) == pytest.approx(12.8, abs=2.5)
