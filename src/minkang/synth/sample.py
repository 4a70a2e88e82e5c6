"""A small county ready to load, for demonstrations."""

from __future__ import annotations

from pathlib import Path

from minkang.synth.fhir import write_fhir
from minkang.synth.generate import generate


def sample(
    people: int = 2000,
    seed: int = 1,
    folder: Path | str = "sample",
    *,
    region: str = "wenshang",
    years: tuple[int, int] = (2023, 2025),
) -> dict[str, int]:
    """Write three years of a county of 2,000 people as NDJSON; takes about two seconds.

    Returns:
        resources by type. Load the types in any order: references are relative and complete.
    """
    return write_fhir(generate(region, people, years, seed), folder)
