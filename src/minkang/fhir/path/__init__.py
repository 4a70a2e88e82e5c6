"""FHIRPath: a parser, a reference evaluator over JSON values, and FHIRPath Patch."""
