"""The bulk side of the person index: whole files at once, on DuckDB or on Spark."""
