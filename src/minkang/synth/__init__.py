"""The synthetic county: people who never lived, whose whole history is known.

`generate` makes the truth, `write_truth` keeps it as Parquet, `write_fhir` tells it as FHIR R4. Feeds in other
formats are modules of their own that read the same tables (docs/decisions/0006-synthetic-county.md).
"""

from minkang.synth.fhir import write_fhir
from minkang.synth.generate import generate, generate_chunks
from minkang.synth.parquet import write_truth
from minkang.synth.sample import sample
from minkang.synth.truth import Truth

__all__ = ["Truth", "generate", "generate_chunks", "sample", "write_fhir", "write_truth"]
