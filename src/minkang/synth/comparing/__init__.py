"""What the feeds of a synthetic county carried, set beside what the record store holds of it."""

from minkang.synth.comparing.matching import Agreement, compare
from minkang.synth.comparing.reading import Compared, compare_store
from minkang.synth.comparing.stored import facts_of
from minkang.synth.comparing.told import Told, read_told

__all__ = ["Agreement", "Compared", "Told", "compare", "compare_store", "facts_of", "read_told"]
