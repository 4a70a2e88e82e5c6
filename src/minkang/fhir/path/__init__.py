"""FHIRPath: a parser, a reference evaluator over JSON values, and FHIRPath Patch."""

from minkang.fhir.path.evaluation import collect, evaluate, truth
from minkang.fhir.path.parser import parse
from minkang.fhir.path.scope import Environment

__all__ = ["Environment", "collect", "evaluate", "parse", "truth"]
